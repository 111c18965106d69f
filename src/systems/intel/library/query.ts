import { sql } from "kysely";
import { tlpRank } from "../../../core/tlp.ts";
import { token } from "./entry.ts";
import type { LibraryFilter, Value } from "./model.ts";
import { leftOut } from "./shown-types.ts";
import { readValue } from "./values.ts";
import { isEmptyWord, pairsOf, partsOf, runsOf } from "./words.ts";

/**
 * Orders the versions of an object: the newest first, and of documents of one version the first that was told, unless
 * nobody tells it any more. `e` is stix_entry; as in lianfang_stands_before.
 */
export const CURRENT_FIRST = sql`e.version_at desc, (e.tokens @@ '''#x'''::tsquery), e.seq`;

/** A question to the index, as texts of PostgreSQL's tsquery. */
export interface Question {
  /** Null = everything. */
  readonly wanted: string | null;
  /** What of it weighs more: words of a name, whole values. */
  readonly strong: string | null;
  /** What weighs most: the whole of a name. */
  readonly whole: string | null;
  readonly values: readonly Value[];
}

/** A question that nothing answers: words were given and none of them finds. */
const NOTHING = "'#none'";
const SHORTEST_BEGINNING = 2;

/**
 * `begins` takes the last word as the beginning of one. `shown` are the types of a list where nothing else names what is
 * wanted: the index finds what is there, and not what is none of some types.
 */
export function questionOf(
  filter: LibraryFilter,
  { begins = false, shown }: { readonly begins?: boolean; readonly shown?: readonly string[] } = {},
): Question {
  const words = readWords(filter.q ?? "", begins);
  const all = [
    ...words.wanted,
    ...anyOf(filter.type, token.type),
    ...(shown === undefined
      ? leftOut(filter).map((type) => `!${quoted(token.type(type))}`)
      : [anyOf(shown, token.type)[0] ?? NOTHING]),
    ...anyOf(filter.label, token.label),
    ...(filter.tag === undefined ? [] : [quoted(token.label(filter.tag))]),
    ...anyOf(filter.phase, (phase) => token.phase(...chainAndPhase(phase))),
    ...anyOf(
      filter.tlp?.map((tlp) => String(tlpRank(tlp))),
      (rank) => token.tlp(Number(rank)),
    ),
    ...anyOf(filter.source === undefined ? undefined : [filter.source], token.toldBy),
    ...(filter.revoked === "yes" ? [quoted(token.revoked)] : []),
    ...(filter.revoked === "no" ? [`!${quoted(token.revoked)}`] : []),
    ...(filter.conflicting === "yes" ? [quoted(token.conflicting)] : []),
  ];
  return {
    wanted: all.length === 0 ? null : all.join(" & "),
    strong: words.strong.length === 0 ? null : words.strong.join(" & "),
    whole: filter.q === undefined || filter.q === "" ? null : quoted(token.wholeName(filter.q)),
    values: words.values,
  };
}

/** The objects that bear a value, and those that refer to an object. */
export function bearing(value: Value): string {
  return quoted(token.value(value));
}
/** Objects of some types that any of these names is the whole name or an alias of. */
export function named(names: readonly string[], types: readonly string[]): string {
  return [...anyOf(names, token.wholeName), ...anyOf(types, token.type)].join(" & ");
}
export function referringTo(id: string): string {
  return quoted(token.refersTo(id));
}

/** Relationships that have one of these as an end, and clusters of galaxies that name one of these by MISP's UUID. */
export function relationshipsOf(ids: readonly string[]): string {
  return [...anyOf(ids, token.refersTo), quoted(token.type("relationship"))].join(" & ");
}
export function clustersNaming(uuids: readonly string[]): string {
  return anyOf(uuids, token.clusterTie).join("");
}

/** What of a question stands under one of these marks of readers. */
export function amongMarks(wanted: string | null, marks: readonly string[]): string {
  const [any = NOTHING] = anyOf(marks, (mark) => mark);
  return wanted === null ? any : `(${wanted}) & ${any}`;
}

/** The objects of a type, and those with a label that begins so, as long as they are not revoked. */
export function ofType(type: string): string {
  return `${quoted(token.type(type))} & !${quoted(token.revoked)}`;
}
export function labelledFrom(prefix: string): string {
  return `${quoted(token.label(prefix))}:* & !${quoted(token.revoked)}`;
}

function readWords(text: string, begins: boolean) {
  const wanted: string[] = [];
  const strong: string[] = [];
  const values: Value[] = [];
  const chunks = text.split(/[\s，、；。]+/u).filter((chunk) => chunk !== "");
  let read = 0;
  chunks.forEach((chunk, at) => {
    const beginning = addressBeginning(chunk);
    if (beginning !== undefined) {
      read++;
      wanted.push(beginning);
      return;
    }
    const value = readValue(chunk.replace(/^["'“”「」<(]+|["'“”「」>),;]+$/gu, ""));
    const last = begins && at === chunks.length - 1;
    if (value !== undefined && !last) {
      const whole = quoted(value.value.toLowerCase().slice(0, 200));
      values.push(value);
      wanted.push(whole);
      strong.push(
        `(${quoted(token.value(value))} | ${quoted(token.name(value.value.toLowerCase().slice(0, 200)))})`,
      );
      return;
    }
    for (const word of wordsOf(chunk, last || chunk.endsWith("*"))) {
      read++;
      wanted.push(word.text);
      strong.push(word.strong);
    }
  });
  if (chunks.length > 0 && read + values.length === 0) wanted.push(NOTHING);
  return { wanted, strong, values };
}

/** `203.0.113`, `203.0.` or `203.0.113.*`: the addresses that begin so, and the text as it stands. */
function addressBeginning(chunk: string): string | undefined {
  const plain = chunk.replace(/\[\.\]/g, ".").replace(/\.?\*?$/, "");
  const parts = plain.split(".");
  if (parts.length < 2 || parts.length > 3) return undefined;
  if (!parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return `(${quoted(plain)} | ${quoted(`${plain}.`)}:*)`;
}

function wordsOf(chunk: string, begins: boolean): { readonly text: string; readonly strong: string }[] {
  const runs = runsOf(chunk);
  return runs.flatMap((run, at) => {
    const last = at === runs.length - 1;
    if (run.cjk) {
      const pairs = pairsOf(run.text);
      // The last character alone says nothing beside the pair that ends in it; one character begins a pair.
      const kept = pairs.length === 1 ? pairs : pairs.slice(0, -1);
      return kept.map((pair) => term(pair, pairs.length === 1));
    }
    const parts = partsOf(run.text).filter((part) => !isEmptyWord(part));
    return parts.map((part, index) =>
      term(part, begins && last && index === parts.length - 1 && part.length >= SHORTEST_BEGINNING),
    );
  });
}

function term(word: string, begins: boolean) {
  const end = begins ? ":*" : "";
  return { text: quoted(word) + end, strong: quoted(token.name(word)) + end };
}

function anyOf(values: readonly string[] | undefined, tokenOf: (value: string) => string): string[] {
  if (values === undefined || values.length === 0) return [];
  return [`(${values.map((value) => quoted(tokenOf(value))).join(" | ")})`];
}

function chainAndPhase(text: string): [string, string] {
  const slash = text.indexOf("/");
  return slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)];
}

/** A lexeme as tsquery's text takes it. */
function quoted(lexeme: string): string {
  return `'${lexeme.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
