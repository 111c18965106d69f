import { readFileSync } from "node:fs";
import { AckPolicy, type Consumer, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { decodingOf } from "../../../../core/encoding.ts";
import type { Clock } from "../../../../core/instant.ts";
import type { Config } from "../../../../platform/config/config.ts";
import { sha256Hex, uuidV7 } from "../../../../platform/crypto/digest.ts";
import type { Log } from "../../../../platform/log/log.ts";
import type { Metrics } from "../../../../platform/metrics/metrics.ts";
import { BATCH_BYTES, BATCH_LINES } from "../../pipeline/batch.ts";
import { frame } from "../../pipeline/framed.ts";
import { trimmed } from "../framing.ts";
import { holdBack, type Waiting } from "../hold.ts";
import type { IngestMetrics } from "../metrics.ts";
import { pause } from "../pause.ts";
import type { OrgNames } from "../senders.ts";
import type { Source } from "../sources.ts";
import { type Spool, SpoolFull } from "../spool.ts";
import type { Unconfirmed } from "./sequences.ts";

type NatsConfig = NonNullable<Config["ingest"]["nats"]>;
type Subject = NatsConfig["subjects"][number];

export interface NatsParts {
  readonly config: NatsConfig;
  readonly orgs: OrgNames;
  readonly spool: Spool;
  readonly unconfirmed: Unconfirmed;
  readonly maxLineBytes: number;
  /** Counts lines that were too long and are stored without their end. */
  cut(source: Source, count: number): Promise<void>;
  readonly ingestMetrics: IngestMetrics;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

interface Gathered extends Waiting {
  readonly message: JsMsg;
}

/** Messages that are asked for ahead of those at hand. */
const ASKED_AHEAD = 1_000;
const GATHER_MILLIS = 250;
const AGAIN_MILLIS = 2_000;
const LOOK_MILLIS = 10_000;
/** The server delivers a message again that was not acknowledged for so long. */
const ACK_WAIT_MILLIS = 60_000;
const NANOS = 1_000_000;

/**
 * Takes log lines off a JetStream stream, one durable consumer for each subject. A message is acknowledged when its line
 * is in the spool on disk, and not before; delivered again it is known by its sequence. One node for a durable consumer.
 */
export class NatsCollector {
  readonly #parts: NatsParts;
  readonly #stopping = new AbortController();
  readonly #pending;
  readonly #lag;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: NatsParts) {
    this.#parts = parts;
    this.#pending = parts.metrics.gauge(
      "ingest_nats_pending",
      "Messages of the stream not acknowledged yet",
      ["source"],
    );
    this.#lag = parts.metrics.gauge("ingest_nats_lag_seconds", "Age of the last message when it was taken", [
      "source",
    ]);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { config, log } = this.#parts;
    while (!signal.aborted) {
      let connection: NatsConnection | undefined;
      try {
        connection = await connect({
          servers: [...config.servers],
          name: "lianfang",
          maxReconnectAttempts: -1,
          ...(config.credentials !== undefined && {
            authenticator: credsAuthenticator(readFileSync(config.credentials)),
          }),
          ...(config.user !== undefined && { user: config.user, pass: config.password ?? "" }),
          ...(config.tls !== undefined && {
            tls: {
              ...(config.tls.ca !== undefined && { caFile: config.tls.ca }),
              ...(config.tls.cert !== undefined && { certFile: config.tls.cert }),
              ...(config.tls.key !== undefined && { keyFile: config.tls.key }),
            },
          }),
        });
        const open = connection;
        log.info({ servers: config.servers, stream: config.stream }, "connected to NATS");
        await Promise.all(config.subjects.map((subject) => this.#follow(open, subject)));
      } catch (error) {
        log.warn({ err: error, servers: config.servers }, "NATS cannot be reached or used; trying again");
      }
      await connection?.close().catch(() => undefined);
      await pause(AGAIN_MILLIS, signal);
    }
  }

  async #follow(connection: NatsConnection, subject: Subject): Promise<void> {
    const { config, orgs, log, unconfirmed } = this.#parts;
    const { signal } = this.#stopping;
    let orgId = await orgs.find(subject.org);
    while (orgId === undefined && !signal.aborted) {
      await pause(AGAIN_MILLIS, signal);
      orgId = await orgs.find(subject.org);
    }
    if (orgId === undefined) return;
    const { name, parser, timeZone, encoding } = subject;
    const source: Source = {
      orgId,
      name,
      channel: "nats",
      parser,
      timeZone,
      encoding: decodingOf(encoding),
      address: subject.subject,
    };
    const manager = await jetstreamManager(connection);
    const durable = `${config.durable}-${sha256Hex(`${subject.subject}\n${name}`).slice(0, 8)}`;
    const known = await manager.consumers.info(config.stream, durable).catch(() => undefined);
    if (known === undefined) {
      await manager.consumers.add(config.stream, {
        durable_name: durable,
        filter_subject: subject.subject,
        ack_policy: AckPolicy.Explicit,
        ack_wait: ACK_WAIT_MILLIS * NANOS,
        max_ack_pending: config.inFlight,
      });
    }
    const { created } = await manager.streams.info(config.stream);
    const stream = `${config.stream}@${String(created)}/${durable}`;
    const consumer = await jetstream(connection).consumers.get(config.stream, durable);
    const state = await consumer.info();
    unconfirmed.confirmUpTo(stream, state.ack_floor.stream_seq);
    log.info({ source: name, durable, pending: state.num_pending }, "following a stream");
    const look = setInterval(() => void this.#look(consumer, name), LOOK_MILLIS);
    try {
      await this.#consume(consumer, source, stream);
    } finally {
      clearInterval(look);
    }
  }

  async #consume(consumer: Consumer, source: Source, stream: string): Promise<void> {
    const { config, unconfirmed } = this.#parts;
    const { signal } = this.#stopping;
    const messages = await consumer.consume({ max_messages: Math.min(config.inFlight, ASKED_AHEAD) });
    signal.addEventListener("abort", () => messages.stop(), { once: true });
    // No more come once so many are not acknowledged.
    const most = Math.min(config.inFlight, BATCH_LINES);
    let gathered: Gathered[] = [];
    let bytes = 0;
    let timer: NodeJS.Timeout | undefined;
    /** Sequences that are in memory and not yet in the spool. */
    const held = new Set<number>();
    // One after the other: the order of the stream is the order of the spool.
    let kept: Promise<void> = Promise.resolve();
    const flush = (last = false): Promise<void> => {
      clearTimeout(timer);
      timer = undefined;
      // What is held back is not acknowledged: the stream has it until its event is whole.
      const { now: group, later } = last
        ? { now: gathered, later: [] }
        : holdBack(gathered, Buffer.concat(gathered.map((line) => line.bytes)), source.parser);
      gathered = [...later];
      bytes = gathered.reduce((sum, { message }) => sum + message.data.length, 0);
      if (gathered.length > 0) timer = setTimeout(again, GATHER_MILLIS);
      if (group.length > 0) {
        const due = group.map(({ message }) => message);
        kept = kept.then(async () => {
          await this.#keep(due, source, stream);
          for (const { seq } of due) held.delete(seq);
        });
        // Heard where it is awaited; the iteration ends with it.
        kept.catch(() => messages.stop());
      }
      return kept;
    };
    const again = (): void => void flush().catch(() => undefined);
    try {
      for await (const message of messages) {
        const { seq } = message;
        if (unconfirmed.has(stream, seq)) {
          if (await message.ackAck()) unconfirmed.confirm(stream, [seq]);
          continue;
        }
        if (held.has(seq)) continue;
        held.add(seq);
        gathered.push({ message, bytes: message.data, held: 0 });
        bytes += message.data.length;
        if (gathered.length >= most || bytes >= BATCH_BYTES) await flush(gathered[0]?.held !== 0);
        else timer ??= setTimeout(again, GATHER_MILLIS);
      }
      await flush(true);
    } finally {
      // Without the connection the stream delivers again what is not in the spool.
      clearTimeout(timer);
      gathered = [];
    }
  }

  /** Into the spool, then the acknowledgements; while the spool is full the messages are held. */
  async #keep(messages: readonly JsMsg[], source: Source, stream: string): Promise<void> {
    const { spool, unconfirmed, ingestMetrics, clock, log, maxLineBytes } = this.#parts;
    const { signal } = this.#stopping;
    const pieces: Uint8Array[] = [];
    let cut = 0;
    for (const { data } of messages) {
      const line = trimmed(Buffer.from(data.subarray(0, maxLineBytes)));
      if (data.length > maxLineBytes) cut++;
      if (line.length === 0) continue;
      pieces.push(line);
    }
    const lines = pieces.length;
    const { bytes, framed } = frame(pieces);
    const sequences = messages.map(({ seq }) => seq);
    const meta = {
      key: `nats/${uuidV7()}`,
      source,
      sentBy: stream.slice(0, 200),
      receivedAt: clock.now(),
      lines,
      ...(framed && { framed }),
      origin: { stream, sequences },
    };
    for (let attempt = 0; lines > 0; attempt++) {
      try {
        await spool.append(meta, bytes);
        break;
      } catch (error) {
        // Not acknowledged: the stream has them still.
        if (signal.aborted) return;
        const full = error instanceof SpoolFull;
        if (attempt % 60 === 0)
          log.warn(
            { err: error, source: source.name },
            full
              ? "the spool is full; the stream is held"
              : "the spool cannot be written; the stream is held",
          );
        for (const message of messages) message.working();
        await pause(1_000, signal);
      }
    }
    unconfirmed.add(meta);
    ingestMetrics.spooled("nats", lines);
    for (const message of messages.slice(0, -1)) message.ack();
    const last = messages.at(-1);
    // Acknowledgements of one connection are taken in order: with the last one all are confirmed.
    if (last !== undefined && (await last.ackAck().catch(() => false)))
      unconfirmed.confirm(stream, sequences);
    if (last !== undefined)
      this.#lag.set({ source: source.name }, (Date.now() - last.info.timestampNanos / NANOS) / 1_000);
    if (cut > 0) await this.#parts.cut(source, cut).catch(() => undefined);
  }

  async #look(consumer: Consumer, name: string): Promise<void> {
    const state = await consumer.info().catch(() => undefined);
    if (state !== undefined) this.#pending.set({ source: name }, state.num_pending + state.num_ack_pending);
  }
}
