import { z } from "zod";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { type ImportOptions, idFrom, indicatorObject, type Said } from "./imported.ts";

/** MISP types whose values are rules of a language that STIX knows (pattern-type-ov), and where a rule says its name. */
const RULES: Readonly<Record<string, RegExp>> = Object.assign(Object.create(null), {
  sigma: /^title:[ \t]{0,20}["']?([^\n"']{1,200})/m,
  snort: /\bmsg:[ \t]{0,20}"([^"\n]{1,200})"/,
  suricata: /\bmsg:[ \t]{0,20}"([^"\n]{1,200})"/,
  yara: /\brule[ \t]{1,20}([A-Za-z0-9_]{1,128})/,
});

/** The indicator of a rule, whole; nothing for other types, and an empty list where there is no text. */
export function mispRule(
  type: string,
  value: string,
  said: Said,
  options: ImportOptions,
): StixObject[] | undefined {
  const named = RULES[type];
  if (named === undefined) return undefined;
  if (value.trim() === "") return [];
  const name = named.exec(value)?.[1]?.trim() ?? type;
  const { pattern_version: _, ...rule } = indicatorObject({ type, value, pattern: value }, said, options);
  return [{ ...rule, name, pattern_type: type }];
}

/** MISP types of free words, which are about the whole event. */
const WORDS: ReadonlySet<string> = new Set(["text", "comment", "other"]);

/** A note on `about`; nothing for types that are more than words. */
export function mispWords(
  type: string,
  value: string,
  about: string,
  said: Said,
  options: ImportOptions,
): StixObject | undefined {
  return WORDS.has(type) && value.trim() !== ""
    ? note({ content: value, abstract: said.description || undefined }, about, said, options)
    : undefined;
}

const EventReport = z.object({
  uuid: z.string().optional(),
  name: z.string().default(""),
  content: z.string().default(""),
  timestamp: z.union([z.string(), z.number()]).optional(),
  deleted: z.union([z.boolean(), z.string(), z.number()]).default(false),
});

/** An analyst's report within the event, in Markdown, as a note on the event; nothing where it is empty or was deleted. */
export function mispReport(
  given: unknown,
  about: string,
  said: Said,
  options: ImportOptions,
): StixObject | undefined {
  const read = EventReport.safeParse(given);
  if (!read.success || ![false, 0, "0", "false"].includes(read.data.deleted)) return undefined;
  const { uuid, name, content } = read.data;
  if (content.trim() === "") return undefined;
  return note({ content, abstract: name || undefined }, about, { ...said, uuid }, options);
}

function note(
  of: { readonly content: string; readonly abstract: string | undefined },
  about: string,
  said: Said,
  options: ImportOptions,
): StixObject {
  return stixObject({
    type: "note",
    spec_version: "2.1",
    id: idFrom("note", said.uuid, options.createdBy, about, of.content),
    created_by_ref: options.createdBy,
    created: said.at,
    modified: said.at,
    object_marking_refs: [tlpMarkingId(said.tlp)],
    labels: said.labels?.length === 0 ? undefined : said.labels,
    abstract: of.abstract,
    content: of.content,
    object_refs: [about],
  });
}
