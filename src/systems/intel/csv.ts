import type { ItemRow } from "./model.ts";

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
  return `\ufeff${[COLUMNS, ...lines].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
