import { z } from "zod";
import { EncodingName } from "../../../core/encoding.ts";
import { OrgId } from "../../../core/org.ts";
import { PageQuery, pageOf } from "../../../core/page.ts";
import { TimeZoneName } from "../../../core/time-zone.ts";
import { Tlp } from "../../../core/tlp.ts";

export const CHANNELS = ["http", "syslog", "file", "nats"] as const;
export const Channel = z.enum(CHANNELS);
export type Channel = z.infer<typeof Channel>;

/** A name that people read in lists: of one line, without control characters. */
export const SourceName = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[^\p{Cc}]+$/u, "one line without control characters");

/** Query of `POST /ingest/logs`. */
export const IngestQuery = z.object({
  parser: z.string().min(1).max(60).default("auto"),
  /** Zone of times without one. */
  timeZone: TimeZoneName,
  /** Character encoding of the lines; UTF-8 when absent. */
  encoding: EncodingName,
  source: SourceName.optional(),
  org: z.string().min(1).max(80).optional(),
});

/** What became of a body: how many lines came, were stored, and were kept unparsed; how many alerts rose. */
export const IngestAnswer = z.object({
  /** The idempotency key: the same body under the same key gets this same answer. */
  batch: z.string(),
  received: z.number().int(),
  stored: z.number().int(),
  unparsed: z.number().int(),
  /** Lines that were no UTF-8, or no text in the encoding named: shown with replacement characters, tagged `invalid-utf8` (`invalid-big5`), their bytes kept beside. */
  invalidUtf8: z.number().int(),
  alerts: z.number().int(),
});
export type IngestAnswer = z.infer<typeof IngestAnswer>;

export const ParserInfo = z.object({ id: z.string(), product: z.string() });

/** The hours of the last day in which something came or was lost, in order. */
const SourceHours = z.array(
  z.object({
    hour: z.iso.datetime(),
    received: z.number().int(),
    unparsed: z.number().int(),
    dropped: z.number().int(),
  }),
);

/** How one source of logs does. Counts are since its first line. */
export const IngestSource = z.object({
  orgId: OrgId,
  name: z.string(),
  channel: Channel,
  parser: z.string(),
  /** IANA name of the zone of times without one. */
  timeZone: z.string(),
  address: z.string().nullable(),
  firstSeen: z.iso.datetime(),
  /** When lines last came; null when all that came was refused. */
  lastSeen: z.iso.datetime().nullable(),
  received: z.number().int(),
  parsed: z.number().int(),
  unparsed: z.number().int(),
  /** Bodies (HTTP) or lines (syslog) that were not taken. */
  refused: z.number().int(),
  /** Lines longer than allowed, stored without what was beyond. */
  cut: z.number().int(),
  invalidUtf8: z.number().int(),
  alerts: z.number().int(),
  /** Lines let go: no room for a datagram, or never to be stored. */
  dropped: z.number().int(),
  /** Lines that went over the disk because the stores were away or slow. */
  spooled: z.number().int(),
  /** Matches that came too late for correlation and were not counted by it. */
  late: z.number().int(),
  /** Seconds from receipt to storage of the last batch. */
  storeLag: z.number().nullable(),
  /** Seconds from the newest event's own time to its receipt; negative where the device's clock runs ahead. */
  eventLag: z.number().nullable(),
  /** Since when no line came that should have; its alert. */
  silentSince: z.iso.datetime().nullable(),
  silentAlert: z.uuid().nullable(),
  /** After how many minutes without a line it counts as silent, configured or learnt; null: not watched. */
  silentAfterMinutes: z.number().int().nullable(),
  /** Who says so: a person here, the configuration, or what was learnt of its rhythm; null: nothing is known yet. */
  silentAfterFrom: z.enum(["person", "configuration", "rhythm"]).nullable(),
  hours: SourceHours,
  /** Why something was last not taken: a problem code. */
  lastErrorCode: z.string().nullable(),
  /** The particulars of it. */
  lastError: z.string().nullable(),
  lastErrorAt: z.iso.datetime().nullable(),
});
export type IngestSource = z.infer<typeof IngestSource>;

export const SOURCE_STATES = ["silent", "refused", "dropped", "cut", "unparsed"] as const;
export const SourceFilter = z.object({
  org: OrgId.optional(),
  channel: Channel.optional(),
  /** Sources that are silent, or of which something was refused, dropped, cut or not understood. */
  state: z.enum(SOURCE_STATES).optional(),
  /** Part of the name. */
  q: z.string().trim().min(1).max(80).optional(),
});
export type SourceFilter = z.infer<typeof SourceFilter>;
export const SourceQuery = PageQuery.extend(SourceFilter.shape);
export type SourceQuery = z.infer<typeof SourceQuery>;
export const SourcePage = pageOf(IngestSource);

/** Many sources in sum. */
export const IngestSummary = IngestSource.pick({
  received: true,
  parsed: true,
  unparsed: true,
  refused: true,
  cut: true,
  dropped: true,
  spooled: true,
  alerts: true,
  storeLag: true,
  eventLag: true,
  hours: true,
}).extend({ sources: z.number().int(), silent: z.number().int() });
export type IngestSummary = z.infer<typeof IngestSummary>;

/** Thirty days, as in the configuration. */
export const MOST_SILENT_MINUTES = 43_200;
export const AllowSilence = z.object({
  orgId: OrgId,
  name: z.string().min(1).max(80),
  /** 0: as long as it likes; null: as the configuration or its own rhythm says. */
  silentAfterMinutes: z.number().int().min(0).max(MOST_SILENT_MINUTES).nullable(),
});

/** One log record in a list. */
export const LogRecord = z.object({
  eventId: z.uuid(),
  /** Time of the event as its device told it. */
  time: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  orgId: OrgId,
  tlp: Tlp,
  source: z.string(),
  /** Parser that took it; empty for an unparsed line. */
  parser: z.string(),
  parsed: z.boolean(),
  dataset: z.string(),
  action: z.string(),
  outcome: z.string(),
  /** Syslog's, 0 emergency to 7 debug. */
  severity: z.number().int().nullable(),
  sourceIp: z.string(),
  sourcePort: z.number().int(),
  destinationIp: z.string(),
  destinationPort: z.number().int(),
  user: z.string(),
  host: z.string(),
  domain: z.string(),
  url: z.string(),
  /** Titles of the detection rules that it met. */
  rules: z.array(z.string()),
  /** The line as it came; a list cuts it after 1,000 characters. */
  original: z.string(),
  /** The bytes of the line in base64 where `original` written as UTF-8 is not they; in a list only when asked for. */
  originalBase64: z.base64().optional(),
});
export type LogRecord = z.infer<typeof LogRecord>;

export const LogDetail = LogRecord.extend({
  batch: z.string(),
  /** The whole record in ECS, flat. */
  fields: z.record(z.string(), z.unknown()),
});
export type LogDetail = z.infer<typeof LogDetail>;

export const LogFilter = z.object({
  /** Words that the line must hold, in any order and case; "several words" in quotes stay together. */
  q: z.string().max(400).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  /** An address as source or destination, or a prefix as 10.20.0.0/16. */
  ip: z.string().max(60).optional(),
  parser: z.string().max(60).optional(),
  parsed: z.enum(["true", "false"]).optional(),
  source: z.string().max(80).optional(),
  user: z.string().max(200).optional(),
  domain: z.string().max(300).optional(),
  action: z.string().max(200).optional(),
  outcome: z.string().max(40).optional(),
  org: OrgId.optional(),
});
export type LogFilter = z.infer<typeof LogFilter>;
export const LogQuery = PageQuery.extend({
  ...LogFilter.shape,
  /** The bytes of lines that are no UTF-8, too. */
  bytes: z.enum(["true", "false"]).optional(),
});
export type LogQuery = z.infer<typeof LogQuery>;
export const LogPage = pageOf(LogRecord);

/** How many of the matching records fall in each span of time. */
export const LogTimes = z.object({
  /** Length of a span in seconds; every span between the first and the last is there, the empty ones too. */
  stepSeconds: z.int().positive(),
  spans: z.array(
    z.object({
      from: z.iso.datetime(),
      count: z.int(),
      failures: z.int().describe("of count, with outcome failure"),
    }),
  ),
});
export type LogTimes = z.infer<typeof LogTimes>;

/** Columns whose commonest values can be asked for; each is a filter of the search, the two ends are its `ip`. */
export const VALUE_FIELDS = [
  "parser",
  "action",
  "outcome",
  "user",
  "domain",
  "sourceIp",
  "destinationIp",
  "source",
  "org",
] as const;
export const ValueField = z.enum(VALUE_FIELDS);
export type ValueField = z.infer<typeof ValueField>;

export const LogValues = z.object({
  /** Matching records that hold a value in this column. */
  records: z.int(),
  /** Different values, estimated above some thousands. */
  distinct: z.int(),
  /** The commonest first, twenty at most. */
  values: z.array(z.object({ value: z.string(), count: z.int() })),
});
export type LogValues = z.infer<typeof LogValues>;
