import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import type { EventRecord } from "./view.ts";

/**
 * A matcher so plain that it can be held beside the specification: it works on the rule as JavaScript values, one
 * character at a time, and knows nothing of compiling. The compiled rules must agree with it on every rule and event.
 */
export type Value = string | number | boolean | null;
export type Fields = Readonly<Record<string, Value | Value[]>>;
export type Search = Fields | readonly (Search | Value)[];
export interface Rule {
  readonly searches: Readonly<Record<string, Search>>;
  readonly condition: string;
}

export function values(event: EventRecord, field: string): string[] {
  const value = event[field];
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one) => one !== null && one !== undefined).map(String);
}

type Char = { readonly wild: "*" | "?" } | { readonly plain: string };

function chars(text: string): Char[] {
  const out: Char[] = [];
  const all = [...text];
  while (all.length > 0) {
    const char = all.shift() ?? "";
    if (char === "\\" && ["*", "?", "\\"].includes(all[0] ?? "")) out.push({ plain: all.shift() ?? "" });
    else out.push(char === "*" || char === "?" ? { wild: char } : { plain: char });
  }
  return out;
}

function like(pattern: readonly Char[], value: readonly string[], cased: boolean): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return value.length === 0;
  if ("wild" in first && first.wild === "*") {
    return like(rest, value, cased) || (value.length > 0 && like(pattern, value.slice(1), cased));
  }
  const [head, ...tail] = value;
  if (head === undefined) return false;
  const same =
    "wild" in first || head === first.plain || (!cased && head.toLowerCase() === first.plain.toLowerCase());
  return same && like(rest, tail, cased);
}

/** What `expand` fills in; a star in it is a wildcard, as in a rule. */
export const PLACEHOLDERS: ReadonlyMap<string, readonly string[]> = new Map([["p", ["a*", "b"]]]);

const UTF16: readonly string[] = ["wide", "utf16le", "utf16be", "utf16"];

/** The bytes that an encoding modifier makes. */
function bytesOf(text: string, modifiers: readonly string[]): Buffer {
  const encoding = modifiers.find((modifier) => UTF16.includes(modifier));
  if (encoding === undefined) return Buffer.from(text, "utf8");
  const units = [...(encoding === "utf16" ? `\ufeff${text}` : text)].flatMap((char) =>
    Array.from({ length: char.length }, (_, at) => char.charCodeAt(at)),
  );
  return Buffer.from(
    units.flatMap((unit) => (encoding === "utf16be" ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8])),
  );
}

/** What stays the same in base64 whatever bytes stand around, by trying the two extremes. */
function offsets(bytes: Buffer): string[] {
  return [0, 1, 2].map((shift) => {
    const around = (fill: number) =>
      Buffer.concat([Buffer.alloc(shift, fill), bytes, Buffer.alloc(3, fill)]).toString("base64");
    const [low, high] = [around(0), around(255)];
    const most = Math.floor(((shift + bytes.length) * 8) / 6);
    return [...low.slice(0, most)].filter((char, at) => char === high[at]).join("");
  });
}

function isEncoded(modifiers: readonly string[]): boolean {
  return modifiers.some((one) => UTF16.includes(one) || one === "base64" || one === "base64offset");
}

function encodings(text: string, modifiers: readonly string[]): string[] {
  const bytes = bytesOf(text, modifiers);
  if (modifiers.includes("base64offset")) return offsets(bytes);
  return [modifiers.includes("base64") ? bytes.toString("base64") : bytes.toString("latin1")];
}

function wanted(value: Value, modifiers: readonly string[]): Char[][] {
  const star: Char = { wild: "*" };
  let texts = [String(value)];
  if (modifiers.includes("expand")) {
    texts = (PLACEHOLDERS.get("p") ?? []).map((one) => String(value).replace("%p%", one));
  }
  if (modifiers.includes("windash")) {
    const dashes = ["-", "/", "–", "—", "―"];
    const write = (before: string, text: string): string[] => {
      const [char, ...rest] = [...text];
      if (char === undefined) return [before];
      const word = (one: string | undefined) => one !== undefined && /\w/.test(one);
      const isSwitch = dashes.includes(char) && !word([...before].at(-1)) && word(rest[0]);
      return (isSwitch ? dashes : [char]).flatMap((one) => write(before + one, rest.join("")));
    };
    texts = texts.flatMap((text) => write("", text));
  }
  if (isEncoded(modifiers)) texts = texts.flatMap((text) => encodings(text, modifiers));
  return texts.map((text) => {
    let pattern =
      typeof value === "string" && !isEncoded(modifiers)
        ? chars(text)
        : [...text].map((plain): Char => ({ plain }));
    if (modifiers.includes("contains") || modifiers.includes("endswith")) pattern = [star, ...pattern];
    if (modifiers.includes("contains") || modifiers.includes("startswith")) pattern = [...pattern, star];
    return pattern;
  });
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function inNetwork(text: string, network: string): boolean {
  const family = isIP(text);
  const [address = "", bits = ""] = network.split("/");
  if (family === 0 || family !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(text, family === 4 ? "ipv4" : "ipv6");
}

const PARTS = ["minute", "hour", "day", "week", "month", "year"] as const;

/** The part of a date that is written `2026-11-23 10:11`. */
function partOf(text: string, part: (typeof PARTS)[number]): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text)) return undefined;
  const date = new Date(`${text.replace(" ", "T")}:00Z`);
  if (part === "week") {
    // The week of a day is that of its Thursday, counted from the year's first.
    const thursday = new Date(date);
    while (thursday.getUTCDay() !== 4)
      thursday.setUTCDate(thursday.getUTCDate() + ((date.getUTCDay() + 6) % 7 < 3 ? 1 : -1));
    let week = 0;
    const walk = new Date(Date.UTC(thursday.getUTCFullYear(), 0, 1));
    for (; walk.getTime() <= thursday.getTime(); walk.setUTCDate(walk.getUTCDate() + 1))
      if (walk.getUTCDay() === 4) week += 1;
    return week;
  }
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    year: date.getUTCFullYear(),
  }[part];
}

function compares(left: number, right: number, modifiers: readonly string[]): boolean {
  if (modifiers.includes("lte")) return left <= right;
  if (modifiers.includes("lt")) return left < right;
  if (modifiers.includes("gte")) return left >= right;
  return modifiers.includes("gt") ? left > right : left === right;
}

function itemHolds(event: EventRecord, key: string, value: Value | Value[]): boolean {
  const [field = "", ...modifiers] = key.split("|");
  const own = values(event, field);
  const holds = (one: Value): boolean => {
    if (modifiers.includes("exists")) return Object.keys(event).includes(field) === one;
    if (one === null) return own.length === 0;
    if (modifiers.includes("cidr")) return own.some((text) => inNetwork(text, String(one)));
    const part = PARTS.find((name) => modifiers.includes(name));
    if (part !== undefined) {
      const numbers = own.map((text) => partOf(text, part)).filter((number) => number !== undefined);
      return numbers.some((number) => compares(number, Number(one), modifiers));
    }
    if (modifiers.includes("lte") || modifiers.includes("gt"))
      return own.some((text) => isNumber(text) && compares(Number(text), Number(one), modifiers));
    if (modifiers.includes("gte")) return own.some((text) => isNumber(text) && Number(text) >= Number(one));
    if (modifiers.includes("lt")) return own.some((text) => isNumber(text) && Number(text) < Number(one));
    if (modifiers.includes("re")) {
      // A dot is one character, be it two halves.
      const flags = modifiers.filter((flag) => "ims".includes(flag)).join("");
      const expression = new RegExp(String(one), `${flags}u`);
      return own.some((text) => expression.test(text));
    }
    if (modifiers.includes("fieldref")) {
      const plainCase = (text: string) => (modifiers.includes("cased") ? text : text.toLowerCase());
      return own.map(plainCase).some((text) =>
        values(event, String(one))
          .map(plainCase)
          .some((other) => {
            if (modifiers.includes("startswith")) return text.indexOf(other) === 0;
            if (modifiers.includes("endswith"))
              return text.slice(text.length - other.length) === other && text.length >= other.length;
            return modifiers.includes("contains") ? text.includes(other) : text === other;
          }),
      );
    }
    return wanted(one, modifiers).some((pattern) =>
      own.some((text) => like(pattern, [...text], modifiers.includes("cased"))),
    );
  };
  const list = Array.isArray(value) ? value : [value];
  const met = modifiers.includes("all") ? list.every(holds) : list.some(holds);
  return modifiers.includes("neq") ? !met : met;
}

/** `'|all': [...]`: each of the words somewhere in the event. */
function keywordsHold(event: EventRecord, key: string, value: Value | Value[]): boolean {
  const list = Array.isArray(value) ? value : [value];
  const holds = (one: Value) => searchHolds(event, [one]);
  return key.includes("all") ? list.every(holds) : list.some(holds);
}

function isList(search: Search): search is readonly (Search | Value)[] {
  return Array.isArray(search);
}

function searchHolds(event: EventRecord, search: Search): boolean {
  if (!isList(search))
    return Object.entries(search).every(([key, value]) =>
      key.startsWith("|") ? keywordsHold(event, key, value) : itemHolds(event, key, value),
    );
  return search.some((one) =>
    typeof one === "object" && one !== null
      ? searchHolds(event, one)
      : Object.keys(event).some((field) =>
          values(event, field).some((text) =>
            wanted(one, ["contains"]).some((pattern) => like(pattern, [...text], false)),
          ),
        ),
  );
}

/** Answers a condition by rewriting it to JavaScript's own operators. */
export function ruleHolds(event: EventRecord, rule: Rule): boolean {
  const truth = (name: string) => searchHolds(event, rule.searches[name] ?? []);
  const names = Object.keys(rule.searches);
  const quantified = rule.condition.replace(/(1|all) of (them|\w*\*)/g, (_, how: string, pattern: string) => {
    const chosen = names.filter(
      (name) =>
        // By convention these are reached by their own name only.
        (pattern === "them" && !name.startsWith("_")) ||
        (pattern !== "them" &&
          name.startsWith(pattern.slice(0, -1)) &&
          (!name.startsWith("_") || pattern.startsWith("_"))),
    );
    const met = chosen.map(truth);
    return String(how === "all" ? met.every(Boolean) : met.some(Boolean));
  });
  const written = quantified.replace(/\b(_?s\d|and|or|not)\b/g, (word) => {
    return { and: "&&", or: "||", not: "!" }[word] ?? String(truth(word));
  });
  assert.match(written, /^(true|false|&&|\|\||!|[() ])+$/);
  return Boolean(new Function(`return ${written};`)());
}
