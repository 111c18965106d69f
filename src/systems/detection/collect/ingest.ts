import type { Clock, Instant } from "../../../core/instant.ts";
import { addMillis, millis } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Scope } from "../../../core/scope.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import type { Records } from "../../../platform/records/work.ts";
import { type MatchedEvent, raiseAlerts } from "../alerts/index.ts";
import type { Correlated, Correlations } from "../correlation/standing.ts";
import type { BatchLines } from "../pipeline/batch.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import type { PipelinePool } from "../pipeline/pool.ts";
import { type BatchDone, BatchStore } from "./batches.ts";
import { type Position, PositionStore } from "./files/position.ts";
import type { IngestMetrics } from "./metrics.ts";
import { type Refusal, type Source, SourceStore } from "./sources.ts";
import type { Counted } from "./tally.ts";

/** How long a file that is gone is remembered: a rotated log may come back as a packed copy. */
const GONE_DAYS = 30;

export interface IngestParts {
  readonly records: Records;
  readonly events: EventStore;
  readonly pool: Pick<PipelinePool, "process">;
  /** Without it matches are raised as they are. */
  readonly correlations?: Pick<Correlations, "commit">;
  readonly clock: Clock;
  readonly metrics: IngestMetrics;
  /** The scope of `job:ingest`; each batch runs under it, narrowed to the one organisation. */
  readonly scope: () => Promise<Scope>;
}

/** A batch as a collector hands it over. */
export interface IncomingBatch extends BatchLines {
  /** Deterministic: the same batch sent again bears the same key. */
  readonly key: string;
  /** Digest of the whole body that the batch is part of. */
  readonly sha256: string;
  /** Who sent it: a key's or account's id, or a sender's address. */
  readonly sentBy: string;
  /** When its first line came, where that was before now. */
  readonly receivedAt?: Instant;
}

/**
 * The one way in for log lines, whatever carried them. When it resolves, the rows are on disk and the alerts are raised,
 * once, however often the same batch came and wherever an earlier attempt broke off.
 */
export class Ingest {
  readonly #parts: IngestParts;

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  /** Throws ingest.key-reused, ingest.bad-record, ingest.busy, or what the stores throw; then it may be sent again. */
  async ingest(source: Source, batch: IncomingBatch): Promise<BatchDone> {
    const { records, events, pool, clock, metrics, correlations } = this.#parts;
    const began = millis(clock.now());
    const scope = await this.#scopeFor(source.orgId);
    const taken = await records.within(scope, (work) =>
      new BatchStore(work).take({
        orgId: source.orgId,
        key: batch.key,
        sha256: batch.sha256,
        source: source.name,
        channel: source.channel,
        sentBy: batch.sentBy,
        ...(batch.receivedAt !== undefined && { receivedAt: batch.receivedAt }),
      }),
    );
    if (taken.done !== undefined) return taken.done;
    const { rows, counts, matches, newest, known } = await pool.process({
      bytes: batch.bytes,
      format: batch.format,
      firstLine: batch.firstLine,
      header: batch.header,
      framed: batch.framed,
      encoding: notUtf8(batch.encoding ?? source.encoding),
      orgId: source.orgId,
      source: source.name,
      batch: batch.key,
      receivedAt: taken.receivedAt,
      parser: source.parser,
      timeZone: source.timeZone,
    });
    await events.insert({ table: LOG_TABLE.name, rows: { native: rows }, token: taken.id });
    const finish = (correlated: Correlated) =>
      records.within(scopeOf(scope, correlated.matches), async (work) => {
        const batches = new BatchStore(work);
        const raised = await raiseAlerts(work, correlated.matches);
        await correlated.record(work);
        const result = { ...counts, alerts: raised.alerts.length };
        if (!(await batches.finish(taken.id, result)))
          return { done: await batches.get(taken.id), first: false };
        const lag = (millis(work.now) - millis(taken.receivedAt)) / 1000;
        await new SourceStore(work).stored(source, result, lag, correlated.late);
        return { done: result, first: true };
      });
    const { orgId, name } = source;
    const hits = { orgId, source: name, receivedAt: taken.receivedAt, newest, matches };
    const { done, first } = await (correlations?.commit(hits, finish) ??
      finish({ matches, late: 0, record: async () => undefined }));
    if (first) {
      metrics.stored(source.channel, done, (millis(clock.now()) - began) / 1000);
      metrics.indicators(matches, known ?? {});
    }
    return done;
  }

  /** Counts what a source sent and was refused. */
  async refused(source: Source, count: number, reason: Refusal): Promise<void> {
    this.#parts.metrics.refused(source.channel, count);
    const scope = await this.#scopeFor(source.orgId);
    await this.#parts.records.within(scope, (work) => new SourceStore(work).refused(source, count, reason));
  }

  /** Counts lines that were too long and are stored without their end. */
  async cut(source: Source, count: number): Promise<void> {
    this.#parts.metrics.cut(source.channel, count);
    await this.count(source, { cut: count });
  }

  /** How far the files of a source were read. */
  async positions(source: Source): Promise<readonly Position[]> {
    const scope = await this.#scopeFor(source.orgId);
    return this.#parts.records.within(scope, (work) => new PositionStore(work, source).all());
  }

  async keepPosition(source: Source, position: Position): Promise<void> {
    const scope = await this.#scopeFor(source.orgId);
    await this.#parts.records.within(scope, (work) => new PositionStore(work, source).keep(position));
  }

  /** Notes which files of a source are there; forgets and names those that were not for `GONE_DAYS`. */
  async prunePositions(source: Source, there: readonly string[]): Promise<readonly string[]> {
    const scope = await this.#scopeFor(source.orgId);
    const before = addMillis(this.#parts.clock.now(), -GONE_DAYS * 86_400_000);
    return this.#parts.records.within(scope, (work) => new PositionStore(work, source).prune(there, before));
  }

  /** Counts lines of a source that no batch speaks of. */
  async count(source: Source, counted: Partial<Counted>): Promise<void> {
    const scope = await this.#scopeFor(source.orgId);
    await this.#parts.records.within(scope, (work) => new SourceStore(work).count(source, counted));
  }

  async #scopeFor(orgId: OrgId): Promise<Scope> {
    const scope = await this.#parts.scope();
    return { ...scope, orgId, orgIds: [orgId], audiences: [orgId] };
  }
}

/** A mark at the beginning of a file may say UTF-8 where its source says something else. */
function notUtf8(encoding: string | undefined): string | undefined {
  return encoding === "utf-8" ? undefined : encoding;
}

/** The scope with those organisations, too, that keep an alert about the batch to themselves. */
function scopeOf(scope: Scope, matches: readonly MatchedEvent[]): Scope {
  const orgIds = [...new Set([...scope.orgIds, ...matches.map(({ orgId }) => orgId)])];
  return orgIds.length === scope.orgIds.length ? scope : { ...scope, orgIds };
}
