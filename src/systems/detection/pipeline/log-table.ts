import type { Tlp } from "../../../core/tlp.ts";
import type { EventTable } from "../../../platform/events/store.ts";

/** Marking of log records and of the alerts they raise: for the member itself and the centre that watches for it. */
export const LOG_TLP: Tlp = "amber";

const column = (name: string, type: string, codec = "ZSTD(1)") => `${name} ${type} CODEC(${codec})`;

/**
 * Log records. `fields` is the whole ECS record as JSON, `original` the line as it came; the columns between are
 * those that people filter by. `severity` is syslog's (0 emergency to 7 debug), absent where the product has none.
 */
export const LOG_TABLE: EventTable = {
  name: "log",
  columns: [
    column("time", "DateTime64(3, 'UTC')", "Delta, ZSTD(1)"),
    column("received_at", "DateTime64(3, 'UTC')", "Delta, ZSTD(1)"),
    column("org_id", "UUID"),
    column("tlp", "UInt8"),
    column("source", "LowCardinality(String)"),
    column("batch", "String"),
    column("event_id", "UUID"),
    column("parser", "LowCardinality(String)"),
    column("parsed", "UInt8"),
    column("dataset", "LowCardinality(String)"),
    column("action", "LowCardinality(String)"),
    column("outcome", "LowCardinality(String)"),
    column("severity", "Nullable(UInt8)"),
    column("source_ip", "String"),
    column("source_port", "UInt16"),
    column("destination_ip", "String"),
    column("destination_port", "UInt16"),
    column("user", "String"),
    column("host", "LowCardinality(String)"),
    column("domain", "String"),
    column("url", "String"),
    column("rules", "Array(LowCardinality(String))"),
    column("fields", "String", "ZSTD(3)"),
    column("original", "String", "ZSTD(3)"),
    "INDEX by_event_id event_id TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX by_source_ip source_ip TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX by_destination_ip destination_ip TYPE bloom_filter(0.01) GRANULARITY 1",
    "INDEX by_domain domain TYPE bloom_filter(0.01) GRANULARITY 1",
  ].join(", "),
  orderBy: "org_id, time",
  partitionBy: "received_at",
};
