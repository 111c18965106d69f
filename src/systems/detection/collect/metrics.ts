import type { Metrics } from "../../../platform/metrics/metrics.ts";
import type { MatchedEvent } from "../alerts/index.ts";
import type { KnownCounts } from "../indicators/pass.ts";
import type { BatchDone } from "./batches.ts";
import type { Channel } from "./model.ts";

/** Why a sender over TLS was turned away. */
export type TlsRefusal = "handshake" | "no-certificate" | "untrusted-certificate" | "unknown-certificate";

/** Figures of what comes in, by channel. */
export interface IngestMetrics {
  /** A batch is stored; `seconds` from its arrival to its acknowledgement. */
  stored(channel: Channel, done: BatchDone, seconds: number): void;
  /** What of a batch met indicators, and what of it warninglists know. */
  indicators(matches: readonly MatchedEvent[], known: KnownCounts): void;
  refused(channel: Channel, count: number): void;
  /** Lines stored without the part beyond the longest line allowed. */
  cut(channel: Channel, count: number): void;
  /** Syslog from an address that no source names. */
  unknownSender(): void;
  tlsRefused(reason: TlsRefusal): void;
  /** Lines let go: datagrams that found no room, batches that could never be stored. */
  dropped(channel: Channel, count: number): void;
  /** Lines that went over the disk. */
  spooled(channel: Channel, count: number): void;
  /** What the spool holds now. */
  spool(lines: number, bytes: number): void;
  /** Lines that wait. */
  waiting(lines: number): void;
}

export function ingestMetrics(metrics: Metrics): IngestMetrics {
  const lines = metrics.counter("ingest_lines_total", "Log lines by what became of them", [
    "channel",
    "result",
  ]);
  const tlsRefused = metrics.counter("ingest_tls_refused_total", "Senders over TLS turned away, by reason", [
    "reason",
  ]);
  const alerts = metrics.counter("ingest_alerts_total", "Alerts raised by incoming logs", ["channel"]);
  const seconds = metrics.histogram("ingest_batch_seconds", "From a batch's arrival to its acknowledgement", [
    "channel",
  ]);
  const met = metrics.counter("indicator_hits_total", "Records that met an indicator, by its kind", ["kind"]);
  const known = metrics.counter(
    "indicator_known_total",
    "Values that met an indicator and raised no alert, by the warninglist that knows them",
    ["list"],
  );
  const waiting = metrics.gauge("ingest_waiting_lines", "Syslog lines that wait to be stored");
  const spoolLines = metrics.gauge("ingest_spool_lines", "Lines on disk that wait for the stores");
  const spoolBytes = metrics.gauge("ingest_spool_bytes", "Bytes of the spool on disk");
  return {
    stored(channel, done, took) {
      lines.inc({ channel, result: "received" }, done.received);
      lines.inc({ channel, result: "parsed" }, done.parsed);
      lines.inc({ channel, result: "unparsed" }, done.unparsed);
      lines.inc({ channel, result: "stored" }, done.received);
      alerts.inc({ channel }, done.alerts);
      seconds.observe({ channel }, took);
    },
    indicators(matches, lists) {
      for (const { match } of matches)
        if (match.entity !== undefined && match.ruleId.startsWith("indicator"))
          met.inc({ kind: match.entity.slice(0, match.entity.indexOf(" ")) });
      for (const [list, count] of Object.entries(lists)) known.inc({ list }, count);
    },
    refused: (channel, count) => lines.inc({ channel, result: "refused" }, count),
    cut: (channel, count) => lines.inc({ channel, result: "cut" }, count),
    unknownSender: () => lines.inc({ channel: "syslog", result: "unknown-sender" }),
    tlsRefused: (reason) => tlsRefused.inc({ reason }),
    dropped: (channel, count) => lines.inc({ channel, result: "dropped" }, count),
    spooled: (channel, count) => lines.inc({ channel, result: "spooled" }, count),
    spool(held, bytes) {
      spoolLines.set(held);
      spoolBytes.set(bytes);
    },
    waiting: (count) => waiting.set(count),
  };
}
