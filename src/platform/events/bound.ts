import { EventStoreError } from "./error.ts";
import type { Bound } from "./store.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** A table, column or parameter name that may stand in SQL as it is; throws on anything else. */
export function plainName(name: string): string {
  if (!NAME.test(name))
    throw new EventStoreError("BAD_NAME", `not a plain SQL name: ${JSON.stringify(name.slice(0, 80))}`);
  return name;
}

/**
 * A value in the text form that ClickHouse reads for a `{name:Type}` parameter: TSV-escaped at the top,
 * quoted inside an array. The same form that goes over HTTP as `param_<name>`.
 */
export function parameterText(value: Bound): string {
  if (value === null) return "\\N";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return escaped(value);
  return `[${value.map((item) => (typeof item === "number" ? numberText(item) : `'${escaped(item)}'`)).join(",")}]`;
}

const INSTANT_PARAMETER = /\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*:\s*(?:Nullable\(|Array\()?DateTime/g;

/** ClickHouse refuses the `Z` of an ISO instant in a parameter; reads run in UTC, so it says nothing there. */
export function withPlainInstants(
  sql: string,
  params: Readonly<Record<string, Bound>>,
): Readonly<Record<string, Bound>> {
  const plain: Record<string, Bound> = { ...params };
  for (const [, name = ""] of sql.matchAll(INSTANT_PARAMETER)) {
    const value = params[name];
    if (typeof value === "string") plain[name] = withoutZ(value);
    else if (typeof value === "object" && value !== null) {
      plain[name] = value.map((item) => (typeof item === "string" ? withoutZ(item) : item));
    }
  }
  return plain;
}

function withoutZ(instant: string): string {
  return instant.endsWith("Z") ? instant.slice(0, -1) : instant;
}

function numberText(value: number): string {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new EventStoreError(
      "BAD_PARAMETER",
      `${value} is beyond what a number holds exactly; bind it as text`,
    );
  }
  if (!Number.isFinite(value)) throw new EventStoreError("BAD_PARAMETER", `${value} cannot be bound`);
  return String(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\0": "\\0",
};

function escaped(text: string): string {
  return text.toWellFormed().replace(/[\\'\t\n\r\0]/g, (character) => ESCAPES[character] ?? character);
}

/** Bytes that may stand in a literal as they are: letters, digits and ` ,-.:[]_`. */
const PLAIN_BYTES = new Set(
  Buffer.from("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,-.:[]_"),
);

/**
 * A string literal of harmless characters and `\xHH` alone, so that no value can end it whatever it holds.
 * The embedded engine has no other way to bind on concurrent connections: its own binding is one at a time.
 */
export function literal(text: string): string {
  let out = "'";
  for (const byte of Buffer.from(text, "utf8")) {
    out += PLAIN_BYTES.has(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `${out}'`;
}
