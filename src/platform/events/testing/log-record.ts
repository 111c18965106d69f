import type { EventTable } from "../store.ts";

/** A small table of the shape that log records have, for the tests of the store itself. */
export const LOG: EventTable = {
  name: "log_record",
  columns: `event_id UUID, received_at DateTime64(3, 'UTC'), org_id UUID, tlp Int16, audience Array(UUID),
    bytes_out UInt64, text String, labels Array(String), duration Nullable(Float64)`,
  orderBy: "org_id, received_at",
  partitionBy: "received_at",
};
export const ORG = "0198c0de-0000-7000-8000-000000000001";
export const OTHER = "0198c0de-0000-7000-8000-000000000002";

/** One row of it, as it comes back from the store. */
export function record(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    event_id: crypto.randomUUID(),
    received_at: "2026-11-23T01:02:03.456Z",
    org_id: ORG,
    tlp: 1,
    audience: [],
    bytes_out: "1",
    text: "x",
    labels: [],
    duration: null,
    ...more,
  };
}
