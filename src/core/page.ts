import { z } from "zod";
import { Problem } from "./problem.ts";

/** Query of every list: how many and from where. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(400).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** A page of a list; `next` is the cursor of the following page, absent on the last; `total` counts all that match. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().optional(), total: z.number().int() });
}

export interface Page<Item> {
  items: Item[];
  next?: string | undefined;
  total: number;
}

/** A page of what does not change while it is looked at: the cursor is a place. Throws http.invalid on a foreign cursor. */
export function pageFrom<Row>(rows: readonly Row[], query: PageQuery): Page<Row>;
export function pageFrom<Row, Shown>(
  rows: readonly Row[],
  query: PageQuery,
  show: (row: Row, at: number) => Shown,
): Page<Shown>;
export function pageFrom<Row, Shown>(
  rows: readonly Row[],
  { limit, cursor }: PageQuery,
  show?: (row: Row, at: number) => Shown,
): Page<Row | Shown> {
  const from = cursor === undefined ? 0 : placeOf(cursor);
  const items = rows.slice(from, from + limit).map((row, at) => show?.(row, from + at) ?? row);
  const next = from + limit;
  return { items, total: rows.length, ...(next < rows.length ? { next: String(next) } : {}) };
}

function placeOf(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new Problem("http.invalid", {
    faults: [{ path: "querystring.cursor", message: "not a cursor of this list" }],
  });
}
