import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";
import { jsonFaultAt } from "../../core/json-fault.ts";
import { type Fault, Problem } from "../../core/problem.ts";

/** Makes a server read JSON bodies and refuse what is none (http.invalid), with its line and column. */
export function readJsonBodies(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser("error", "error");
  server.removeContentTypeParser("application/json");
  server.addContentTypeParser<Buffer>("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const text = body.toString("utf8");
    if (!isUtf8(body)) return done(refusal(text, foreignByte(body), "the bytes here are not UTF-8"));
    parse(request, text, (error, value) =>
      done(error === null || text === "" ? error : jsonRefusal(text), value),
    );
  });
}

function jsonRefusal(text: string): Problem {
  const at = jsonFaultAt(text);
  if (at >= text.length) return refusal(text, at, "the JSON ends too early");
  if (at >= 0) return refusal(text, at, `not expected here: ${JSON.stringify(text[at])}`);
  return refusal(text, 0, "the keys __proto__ and constructor.prototype are not taken");
}

function refusal(text: string, at: number, message: string): Problem {
  const lines = text.slice(0, at).split("\n");
  const detail = `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1}: ${message}`;
  return new Problem("http.invalid", { detail, faults: [{ path: "body", message: detail }] });
}

/** Where the text stops saying what the bytes say, counted in characters. */
function foreignByte(body: Buffer): number {
  const again = Buffer.from(body.toString("utf8"));
  let at = 0;
  while (at < body.length && body[at] === again[at]) at++;
  return body.toString("utf8", 0, at).length;
}

interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly above: Place | undefined;
}

const MOST_FAULTS = 20;
const LONGEST_PATH = 200;

/** Every text or key of a part of a request that holds U+0000, which no store can keep. Never recurses. */
export function nulFaults(part: string, root: unknown): Fault[] {
  const faults: Fault[] = [];
  const open: Place[] = [{ value: root, key: part, above: undefined }];
  for (let at = open.pop(); at !== undefined && faults.length < MOST_FAULTS; at = open.pop()) {
    const { value, key } = at;
    const holdsNul = key.includes("\0") || (typeof value === "string" && value.includes("\0"));
    if (holdsNul) faults.push({ path: pathOf(at), message: "holds the character NUL (U+0000)" });
    if (typeof value !== "object" || value === null) continue;
    for (const [name, below] of Object.entries(value)) open.push({ value: below, key: name, above: at });
  }
  return faults;
}

function pathOf(place: Place): string {
  const keys: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.above) keys.push(at.key);
  return keys.toReversed().join(".").replaceAll("\0", "\\0").slice(0, LONGEST_PATH);
}
