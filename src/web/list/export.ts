import { api, type ListAnswer, type Query } from "../api.ts";
import type { Column } from "./list.ts";

const BATCH = 200;

/** One cell of CSV (RFC 4180). A leading sign that spreadsheets would run as a formula is made text. */
export function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as CSV with a byte-order mark, so that spreadsheets read it as UTF-8. */
export function csvOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const told = columns.flatMap(({ label, text }) => (text === undefined ? [] : [{ label, text }]));
  const lines = [
    told.map(({ label }) => cell(label)),
    ...rows.map((row) => told.map(({ text }) => cell(text(row)))),
  ];
  return `\uFEFF${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** Every row by the filters, page after page; `progress` hears how many are in. Rejects when `signal` aborts. */
export async function allRows<Row>(
  path: string,
  query: Query,
  signal: AbortSignal,
  progress: (count: number, total: number) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const page: ListAnswer<Row> = await api.get(path, { query: { ...query, limit: BATCH, cursor }, signal });
    rows.push(...page.items);
    cursor = page.next;
    progress(rows.length, page.total);
  } while (cursor !== undefined);
  return rows;
}

/** Hands text to the browser as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
