import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import type { Tlp } from "../../../core/tlp.ts";
import type { AlertLevel } from "../alerts/model.ts";
import { readV4, readV6 } from "../parsers/text/ip-form.ts";
import type { IndicatorKind } from "./image.ts";

/** A configured list of indicators, one to a line. */
export interface IndicatorList {
  readonly name: string;
  /** A file, or a folder of which every file is read; `.gz` is unpacked. */
  readonly path: string;
  readonly kind: IndicatorKind | "auto";
  readonly marking: Exclude<Tlp, "red">;
  /** By the kind where it is absent. */
  readonly level?: AlertLevel | undefined;
}

/** The files of a list in the order of their names. Throws where there is none. */
export function filesOf(list: IndicatorList): string[] {
  if (!statSync(list.path).isDirectory()) return [list.path];
  return readdirSync(list.path, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(list.path, entry.name))
    .sort();
}

/** Differs when a file of the list has come, gone or been changed. */
export function stateOf(list: IndicatorList): string {
  if (!existsSync(list.path)) return "absent";
  return filesOf(list)
    .map((file) => {
      const { size, mtimeMs, ino } = statSync(file);
      return `${file} ${size} ${mtimeMs} ${ino}`;
    })
    .join("\n");
}

/** The entries of a file: the first word of each line, with its number; comments and empty lines are passed over. */
export async function* readEntries(
  file: string,
  kind: IndicatorList["kind"],
): AsyncGenerator<{ readonly line: number; readonly kind: IndicatorKind; readonly value: string }> {
  const bytes = createReadStream(file);
  const source = file.endsWith(".gz") ? bytes.pipe(createGunzip()) : bytes;
  // A fault of the file must reach the reader of the lines, whichever stream has it.
  bytes.on("error", (error) => source.destroy(error));
  let line = 0;
  for await (const text of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    const value = entryOf(line === 1 ? text.replace(/^\ufeff/, "") : text);
    if (value === undefined) continue;
    yield { line, kind: kind === "auto" ? kindOf(value) : kind, value };
  }
}

/** Of a line of a hosts file (`0.0.0.0 name`) the name, of one of CSV the first column, of another the first word. */
function entryOf(line: string): string | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#") || text.startsWith(";") || text.startsWith("//")) return undefined;
  const words = text.split(/[\s,;|]+/, 2).map((word) => word.replace(/^["']|["']$/g, ""));
  const [first = "", second = ""] = words;
  const sink = first === "0.0.0.0" || first === "127.0.0.1" || first === "::";
  return undefanged(sink && second !== "" && !second.startsWith("#") ? second : first);
}

/** Brackets that people put in so that nobody clicks. */
function undefanged(text: string): string {
  if (!/[[(]|^hxxp/i.test(text)) return text;
  return text
    .replace(/^hxxp(s?):/i, "http$1:")
    .replace(/\[\.\]|\(\.\)|\[dot\]/gi, ".")
    .replace(/\[at\]|\[@\]/gi, "@")
    .replace(/\[:\]/g, ":");
}

function kindOf(value: string): IndicatorKind {
  if (value.includes("://")) return "url";
  const slash = value.indexOf("/");
  const address = slash < 0 ? value : value.slice(0, slash);
  if (readV4(address) >= 0 || readV6(address) !== undefined) return "ip";
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value)) return "hash";
  return value.includes("@") ? "email" : "domain";
}
