import { setImmediate } from "node:timers/promises";
import { type Page, pageFrom } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { EntryReader } from "../../../platform/lookup/list-entries.ts";
import { readPublished } from "../imports/value.ts";
import { INDICATOR_TYPES } from "../model.ts";
import { entryFaults, type HeldList, keyOf, type WarninglistChecker } from "./checker.ts";
import type { WarninglistFile } from "./list.ts";
import {
  type CheckAnswer,
  type EntryQuery,
  MOST_CHECKED,
  type TakenWarninglist,
  type WarninglistEntry,
  type WarninglistFilter,
  type WarninglistRow,
} from "./model.ts";
import type { WarninglistDecision } from "./store.ts";

export type HeldFile = HeldList<WarninglistFile>;
type Checker = WarninglistChecker<WarninglistFile>;
type Decisions = ReadonlyMap<string, WarninglistDecision>;

/** Problem http.not-found. */
export function heldList(checker: Checker, key: string): HeldFile {
  const held = checker.held.find((each) => each.key === key);
  if (held === undefined) throw new Problem("http.not-found");
  return held;
}

export function rowOf(held: HeldFile, decisions: Decisions, found: number | null = null): WarninglistRow {
  const { key, list, origin, off, unusable } = held;
  const decision = decisions.get(key);
  return {
    key,
    name: list.name,
    description: list.description,
    version: list.version,
    form: list.type,
    entries: list.entries.length,
    unusable,
    covers: INDICATOR_TYPES.filter((type) => list.types.has(type)),
    origin,
    off,
    reason: decision?.reason ?? "",
    changedAt: decision?.changedAt ?? null,
    changedBy: decision?.changedBy ?? null,
    found,
  };
}

/** The lists that match, by name. A search of entries makes way for other requests between lists. */
export async function listsOf(
  checker: Checker,
  decisions: Decisions,
  filter: WarninglistFilter,
): Promise<Page<WarninglistRow>> {
  const words = (filter.q ?? "").toLowerCase().split(/\s+/);
  const rows: WarninglistRow[] = [];
  for (const held of checker.held) {
    const { list, off, origin } = held;
    const text = `${list.name} ${list.description}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    if (filter.form !== undefined && list.type !== filter.form) continue;
    if (filter.covers !== undefined && !list.types.has(filter.covers)) continue;
    if (filter.state !== undefined && off !== (filter.state === "off")) continue;
    if (filter.origin !== undefined && origin !== filter.origin) continue;
    let found: number | null = null;
    if (filter.entry !== undefined) {
      await setImmediate();
      found = containing(list.entries, filter.entry).length;
      if (found === 0) continue;
    }
    rows.push(rowOf(held, decisions, found));
  }
  rows.sort((one, other) => one.name.localeCompare(other.name, "zh-Hant") || (one.key < other.key ? -1 : 1));
  return pageFrom(rows, filter);
}

export function entriesOf(list: WarninglistFile, query: EntryQuery): Page<WarninglistEntry> {
  if (query.q === undefined || query.q === "")
    return pageFrom(list.entries, query, (entry, at) => ({ place: at + 1, entry }));
  const places = containing(list.entries, query.q);
  return pageFrom(places, query, (place) => ({ place: place + 1, entry: list.entries[place] ?? "" }));
}

function containing(entries: readonly string[], text: string): number[] {
  const wanted = text.toLowerCase();
  const found: number[] = [];
  for (let at = 0; at < entries.length; at++)
    if (entries[at]?.toLowerCase().includes(wanted) === true) found.push(at);
  return found;
}

const SEPARATORS = /[\s,，、;；"'<>]+/;

/** Each value of a pasted text, and the lists at work that know it. */
export function checkText(checker: Checker, text: string): CheckAnswer {
  const given: { line: number; text: string }[] = [];
  text.split(/\r?\n/).forEach((raw, at) => {
    const line = raw.trim();
    if (line === "") return;
    const parts = readPublished(line) === undefined ? line.split(SEPARATORS).filter(Boolean) : [line];
    // A line of words is told as one.
    const told = parts.some((part) => readPublished(part) !== undefined) ? parts : [line];
    for (const part of told) given.push({ line: at + 1, text: part.slice(0, 4000) });
  });
  const items = given.slice(0, MOST_CHECKED).map(({ line, text }) => {
    const read = readPublished(text);
    if (read === undefined) return { line, text: text.slice(0, 300), type: null, value: null, hits: [] };
    const hits = checker.check(read.type, read.value).map((hit) => ({ key: keyOf(hit.list), ...hit }));
    return { line, text, type: read.type, value: read.value, hits };
  });
  return { items, more: given.length > MOST_CHECKED };
}

const SHOWN_FAULTS = 100;

/** What taking the list in would do. */
export async function takingOf(checker: Checker, list: WarninglistFile): Promise<TakenWarninglist> {
  const key = keyOf(list.name);
  const before = checker.held.find((each) => each.key === key);
  const faults = entryFaults(await EntryReader.inParts([list]));
  const [old, now] = [new Set(before?.list.entries), new Set(list.entries)];
  return {
    key,
    name: list.name,
    description: list.description,
    version: list.version,
    form: list.type,
    covers: INDICATOR_TYPES.filter((type) => list.types.has(type)),
    entries: list.entries.length,
    replaces:
      before === undefined
        ? null
        : {
            version: before.list.version,
            origin: before.origin,
            added: [...now].filter((entry) => !old.has(entry)).length,
            removed: [...old].filter((entry) => !now.has(entry)).length,
          },
    faults: faults
      .slice(0, SHOWN_FAULTS)
      .map((each) => ({ ...each, path: each.path.slice(list.name.length + 2) })),
    unusable: faults.length,
  };
}
