import { isUtf8 } from "node:buffer";
import { jsonFaultAt } from "../../../core/json-fault.ts";
import { Problem } from "../../../core/problem.ts";
import { isJsonObject } from "../stix/json.ts";

/** An element of an envelope's `objects`: its text exactly as it came, and how deep brackets stand in it. */
export interface EnvelopePart {
  readonly text: string;
  readonly depth: number;
}

/** Reads a body to its end; Problem http.too-large as soon as it is longer than `most` bytes. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  most: number,
  announced?: string,
): Promise<Buffer> {
  const tooLarge = () => new Problem("http.too-large", { detail: `at most ${most} bytes are taken` });
  if (announced !== undefined && Number(announced) > most) throw tooLarge();
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > most) throw tooLarge();
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/**
 * The objects of a pushed envelope (TAXII 2.1 section 3.7), verbatim. Problem http.invalid where the body is no JSON,
 * taxii.unprocessable where it is no envelope (section 5.5).
 */
export function readEnvelope(body: Buffer): EnvelopePart[] {
  const { parts } = readEnvelopePage(body);
  if (parts.length === 0) throw unprocessable("objects", "a list with at least one object is wanted");
  return parts;
}

/** An envelope as an answer: its objects verbatim, and how it goes on. Problems as of `readEnvelope`. */
export function readEnvelopePage(body: Buffer): { parts: EnvelopePart[]; more: boolean; next?: string } {
  if (!isUtf8(body)) throw refusal("body", "not UTF-8");
  const text = body.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal("body", `not JSON at character ${jsonFaultAt(text) + 1}`);
  }
  if (!isJsonObject(value)) throw unprocessable("body", "an envelope is wanted: an object with objects");
  const { objects, more, next } = value;
  if (objects !== undefined && !Array.isArray(objects)) throw unprocessable("objects", "a list is wanted");
  return {
    parts: objects === undefined ? [] : partsOf(text),
    more: more === true,
    ...(typeof next === "string" ? { next } : {}),
  };
}

function unprocessable(path: string, message: string): Problem {
  return new Problem("taxii.unprocessable", { faults: [{ path, message }] });
}

function refusal(path: string, message: string): Problem {
  return new Problem("http.invalid", { faults: [{ path, message }] });
}

/**
 * The elements of the last member named `objects` of a well-formed JSON object: one pass over the text that counts
 * brackets and never recurses, so that no depth of nesting hurts it.
 */
function partsOf(text: string): EnvelopePart[] {
  let parts: EnvelopePart[] = [];
  let depth = 0;
  let key = "";
  let wanted = false;
  let start = -1;
  let deepest = 0;
  const close = (end: number) => {
    const part = text.slice(start, end).trim();
    if (part !== "") parts.push({ text: part, depth: deepest });
    [start, deepest] = [end + 1, 0];
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const from = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === "\\") at++;
      if (depth === 1) key = text.slice(from, at + 1);
    } else if (char === "{" || char === "[") {
      depth++;
      if (depth === 2) {
        wanted = char === "[" && JSON.parse(key) === "objects";
        if (wanted) [parts, start, deepest] = [[], at + 1, 0];
      } else if (wanted) deepest = Math.max(deepest, depth - 2);
    } else if (char === "}" || char === "]") {
      if (depth === 2 && wanted) {
        close(at);
        wanted = false;
      }
      depth--;
    } else if (char === "," && depth === 2 && wanted) close(at);
  }
  return parts;
}

const MOST_IN_ENVELOPE = 1000;

/** Documents in envelopes, verbatim, none larger than `most` bytes unless it holds a single one. */
export function* envelopes(documents: readonly string[], most: number): Generator<string> {
  let open: string[] = [];
  let size = 0;
  for (const document of documents) {
    const bytes = Buffer.byteLength(document) + 1;
    if (open.length > 0 && (open.length === MOST_IN_ENVELOPE || EMPTY_ENVELOPE + size + bytes > most)) {
      yield envelopeText(open);
      [open, size] = [[], 0];
    }
    open.push(document);
    size += bytes;
  }
  if (open.length > 0) yield envelopeText(open);
}

export function envelopeText(documents: readonly string[]): string {
  return `{"objects":[${documents.join(",")}]}`;
}

const EMPTY_ENVELOPE = envelopeText([]).length;
