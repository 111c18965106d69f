import type { Import, ImportEntry } from "./imports/model.ts";
import type { ItemRow, ValueWarning } from "./model.ts";

const COLUMNS = [
  "id",
  "kind",
  "tlp",
  "state",
  "title",
  "indicators",
  "removed",
  "createdAt",
  "updatedAt",
  "releasedAt",
];

/** RFC 4180 with a byte order mark, so that spreadsheets read Chinese; no cell begins as a formula. */
export function itemsCsv(rows: readonly ItemRow[]): string {
  const lines = rows.map((row) => [
    row.id,
    row.kind,
    row.tlp,
    row.state,
    row.title,
    String(row.indicatorCount),
    String(row.removedCount),
    row.createdAt,
    row.updatedAt,
    row.releasedAt ?? "",
  ]);
  return csvOf([COLUMNS, ...lines]);
}

/** The list that warns, and of a network how many of its entries lie in it. */
function listWords({ list, entry, inside }: ValueWarning): string {
  return inside === undefined ? list : `${list} (${inside} inside: ${entry})`;
}

/** A row for each object; of what was refused a row for each reason. */
export function entriesCsv(rows: readonly ImportEntry[]): string {
  const heads = "position,path,id,type,name,tlp,state,told_by,warninglists,place,rule,reason".split(",");
  const lines = rows.flatMap((row) => {
    const state = row.refusals.length > 0 ? "refused" : row.known ? "known" : "new";
    const lists = [...new Set(row.warnings.map(listWords))].join("; ");
    const told = row.toldBy.join("; ");
    const base = [String(row.position), row.path, row.id, row.type, row.name];
    if (row.refusals.length === 0)
      return [[...base, row.tlp, row.conflict ? `${state}, conflict` : state, told, lists, "", "", ""]];
    return row.refusals.map(({ path, rule, message }) => [
      ...base,
      "",
      state,
      told,
      lists,
      path,
      rule,
      message,
    ]);
  });
  return csvOf([heads, ...lines]);
}

export function importsCsv(rows: readonly Import[]): string {
  const lines = rows.map((row) => [
    row.id,
    row.fileName,
    row.format,
    row.source.name,
    row.source.reliability,
    row.tlp,
    row.state,
    String(row.counts.total),
    String(row.counts.new),
    String(row.counts.known),
    String(row.counts.refused),
    row.by,
    row.at,
    row.sha256 ?? "",
  ]);
  return csvOf([IMPORT_COLUMNS, ...lines]);
}

const IMPORT_COLUMNS = [
  "id",
  "fileName",
  "format",
  "source",
  "reliability",
  "tlp",
  "state",
  "objects",
  "new",
  "known",
  "refused",
  "by",
  "at",
  "sha256",
];

/** Lines of CSV with a byte order mark. */
export function csvOf(lines: readonly (readonly string[])[]): string {
  return `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** None begins as a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
