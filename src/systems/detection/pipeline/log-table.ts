import type { Tlp } from "../../../core/tlp.ts";
import type { EventTable } from "../../../platform/events/store.ts";
import { FEW_COLUMNS, MANY_COLUMNS, NUMBER_COLUMNS, ORIGINAL_SQL, URL_SQL } from "./line-text.ts";

/** Marking of log records and of the alerts they raise: for the member itself and the centre that watches for it. */
export const LOG_TLP: Tlp = "amber";

interface Column {
  readonly name: string;
  readonly type: string;
  readonly codec: string;
}

const column = (name: string, type: string, codec = "ZSTD(3)"): Column => ({ name, type, codec });
const few = (name: string) => column(name, "LowCardinality(String)");

/** An address: IPv4 as a number, which packs and compares best; 0 where there is none, or another kind in `<side>_other`. */
const address = (side: "source" | "destination") => [
  column(`${side}_ip4`, "UInt32", side === "source" ? "T64, ZSTD(3)" : "ZSTD(3)"),
  few(`${side}_other`),
  `${side}_ip String ALIAS if(${side}_ip4 = 0, ${side}_other, IPv4NumToString(${side}_ip4))`,
];

/** The id of an event out of its batch's mark and its place, in the byte order of ClickHouse's UUID. */
const EVENT_ID_SQL =
  "reinterpretAsUUID(concat(reinterpretAsFixedString(batch_high), reinterpretAsFixedString(bitOr(bitShiftLeft(toUInt64(batch_low), 32), toUInt64(place)))))";

/** Columns, and in SQL what is worked out of them. */
const COLUMNS: readonly (Column | string)[] = [
  column("time", "DateTime64(3, 'UTC')", "T64, ZSTD(3)"),
  column("received_at", "DateTime64(3, 'UTC')"),
  column("org_id", "UUID"),
  column("tlp", "UInt8"),
  few("source"),
  few("batch"),
  column("batch_high", "UInt64"),
  column("batch_low", "UInt32"),
  column("place", "UInt32", "Delta, ZSTD(3)"),
  `event_id UUID ALIAS ${EVENT_ID_SQL}`,
  few("form"),
  few("choice"),
  few("parser"),
  column("parsed", "UInt8"),
  few("dataset"),
  few("action"),
  few("outcome"),
  column("severity", "Nullable(UInt8)"),
  ...address("source"),
  column("source_port", "UInt16"),
  ...address("destination"),
  column("destination_port", "UInt16"),
  few("user"),
  few("host"),
  column("domain", "String"),
  column("url_text", "String", "ZSTD(6)"),
  `url String ALIAS ${URL_SQL}`,
  column("rules", "Array(LowCardinality(String))"),
  column("fields", "String"),
  column("words", "UInt8"),
  ...FEW_COLUMNS.map(few),
  ...MANY_COLUMNS.map((name) => column(name, "String")),
  ...NUMBER_COLUMNS.map((name) => column(name, "UInt32", "T64, ZSTD(3)")),
  `original String ALIAS ${ORIGINAL_SQL}`,
  "INDEX by_time time TYPE minmax GRANULARITY 1",
  "INDEX by_batch batch_high TYPE bloom_filter(0.01) GRANULARITY 4",
  "INDEX by_source source_ip4 TYPE bloom_filter(0.02) GRANULARITY 16",
  "INDEX by_destination destination_ip4 TYPE bloom_filter(0.02) GRANULARITY 16",
  "INDEX by_domain domain TYPE bloom_filter(0.02) GRANULARITY 16",
];

/**
 * Log records, in the order of their arrival (docs/decisions/log-storage.md). `original` is the line as it came, put
 * together from `words` and the columns that people filter by. The whole ECS record is made anew from it by the same
 * parser; `fields` holds it as JSON only where that cannot be. `form` and `choice` are what the batch asked for.
 * `severity` is syslog's (0 emergency to 7 debug), absent where the product has none.
 */
export const LOG_TABLE: EventTable = {
  name: "log_line",
  columns: COLUMNS.map((one) =>
    typeof one === "string" ? one : `${one.name} ${one.type} CODEC(${one.codec})`,
  ).join(", "),
  codecs: Object.fromEntries(
    COLUMNS.flatMap((one) => (typeof one === "string" ? [] : [[one.name, one.codec] as const])),
  ),
  settings: {
    // Larger blocks pack better; to read one row is to unpack half a megabyte of each column.
    min_compress_block_size: 524_288,
    // Fewer and wider merges, so that a line is written again less often.
    min_parts_to_merge_at_once: 16,
  },
  orderBy: "org_id, source, received_at, batch_high, place",
  partitionBy: "received_at",
};
