import type { EventBatch, EventTable } from "../store.ts";

/** The table of the durability test and its batches, known by their number to the killed process and to its judge. */
export const KEPT: EventTable = {
  name: "kept",
  columns: "received_at DateTime64(3, 'UTC'), batch UInt32, place UInt32, text String",
  orderBy: "batch, place",
  partitionBy: "received_at",
};

export const ROWS_A_BATCH = 200;

export function batchOf(number: number): EventBatch {
  const rows = Array.from({ length: ROWS_A_BATCH }, (_, place) => ({
    received_at: "2026-11-23T01:02:03.456Z",
    batch: number,
    place,
    text: `記錄 ${number}/${place} `.repeat(10),
  }));
  return { table: KEPT.name, rows, token: `kept ${number}` };
}
