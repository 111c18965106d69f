import type { ReactNode } from "react";
import type { Permission } from "../../core/access.ts";
import type { Filters } from "../route.tsx";

export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  /** Pixels; the columns without one share what is left. */
  readonly width?: number;
  readonly align?: "end";
  render(row: Row): ReactNode;
  /** For the export; a column without it is not exported. */
  readonly text?: (row: Row) => string | number | null | undefined;
  /** In the export but not on the screen, where another column shows it. */
  readonly exportOnly?: boolean;
  /** Has what the others leave of a table's width; that of the title unless told. */
  readonly wide?: true;
  /** Its place on the card of a phone: `line` unless told. */
  readonly phone?: "title" | "side" | "line" | "hidden";
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A filter of the list: its name is both the query parameter of the address and that of the API. */
export interface FilterField {
  readonly name: string;
  readonly label: string;
  readonly kind: "choice" | "choices" | "text" | "instant" | "flag";
  readonly options?: readonly Choice[];
}

export interface RowAct<Row> {
  /** A letter; works on the marked rows, or on the current one. */
  readonly key: string;
  readonly label: string;
  readonly needs: Permission;
  readonly danger?: boolean;
  readonly when?: (rows: readonly Row[]) => boolean;
  /** The marks are cleared once it resolves to anything but false. */
  run(rows: readonly Row[]): unknown;
}

export interface View {
  readonly name: string;
  readonly filters: Filters;
}

/** Filters of the address that the list knows; anything else there is not sent. */
export function knownFilters(
  all: Filters,
  fields: readonly FilterField[],
  search: string | undefined,
): Filters {
  const names = new Set(fields.map((field) => field.name));
  if (search !== undefined) names.add(search);
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => names.has(name) && value !== ""));
}

/** Whether two sets of filters show the same. */
export function sameFilters(one: Filters, other: Filters): boolean {
  const sorted = (filters: Filters) =>
    JSON.stringify(Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return sorted(one) === sorted(other);
}

/** Views that were kept on the device; what is none is left out. */
export function viewsOf(value: unknown): View[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    const { name, filters } = (typeof one === "object" && one !== null ? one : {}) as {
      name?: unknown;
      filters?: unknown;
    };
    if (typeof name !== "string" || typeof filters !== "object" || filters === null) return [];
    return [
      {
        name,
        filters: Object.fromEntries(Object.entries(filters).map(([key, held]) => [key, String(held)])),
      },
    ];
  });
}
