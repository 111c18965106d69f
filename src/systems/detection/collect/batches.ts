import { type Instant, instantOf } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { Problem } from "../../../core/problem.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { BatchCounts } from "../pipeline/batch.ts";
import type { Channel } from "./model.ts";
import type { IngestTables } from "./tables.ts";

/** TLP rank of the bookkeeping (GREEN): figures about logs, nothing out of them. */
export const BOOK_TLP = 1;

/** What became of a batch. */
export interface BatchDone extends BatchCounts {
  readonly alerts: number;
}

export interface TakenBatch {
  /** Also the token of the insert into the events store. */
  readonly id: string;
  readonly receivedAt: Instant;
  /** Set when the batch went all the way before. */
  readonly done: BatchDone | undefined;
}

/** The ledger of batches: what makes taking logs in happen exactly once. */
export class BatchStore {
  readonly #work: Work;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Enters a batch or finds it again. Throws ingest.key-reused when the key came before with another body. */
  async take(batch: {
    orgId: OrgId;
    key: string;
    sha256: string;
    source: string;
    channel: Channel;
    sentBy: string;
    receivedAt?: Instant;
  }): Promise<TakenBatch> {
    const db = this.#work.tables<IngestTables>();
    await db
      .insertInto("ingest_batch")
      .values({
        id: uuidV7(),
        org_id: batch.orgId,
        tlp: BOOK_TLP,
        key: batch.key,
        body_sha256: batch.sha256,
        source: batch.source,
        channel: batch.channel,
        sent_by: batch.sentBy,
        received_at: batch.receivedAt ?? this.#work.now,
        state: "taken",
      })
      .onConflict((conflict) => conflict.columns(["org_id", "key"]).doNothing())
      .execute();
    const row = await db
      .selectFrom("ingest_batch")
      .selectAll()
      .where("org_id", "=", batch.orgId)
      .where("key", "=", batch.key)
      .where(visible(this.#work, "ingest_batch"))
      .executeTakeFirstOrThrow();
    if (row.body_sha256 !== batch.sha256) {
      const message = `the key was used on ${instantOf(row.received_at)} with another body`;
      throw new Problem("ingest.key-reused", {
        detail: message,
        faults: [{ path: "headers.idempotency-key", message }],
      });
    }
    return {
      id: row.id,
      receivedAt: instantOf(row.received_at),
      done: row.state === "done" ? doneOf(row) : undefined,
    };
  }

  /** Marks a batch done. Answers false when another attempt was first. */
  async finish(id: string, done: BatchDone): Promise<boolean> {
    const changed = await this.#work
      .tables<IngestTables>()
      .updateTable("ingest_batch")
      .set({
        state: "done",
        done_at: this.#work.now,
        received: done.received,
        parsed: done.parsed,
        unparsed: done.unparsed,
        invalid_utf8: done.invalidUtf8,
        alerts: done.alerts,
      })
      .where("id", "=", id)
      .where("state", "=", "taken")
      .executeTakeFirst();
    return Number(changed.numUpdatedRows) === 1;
  }

  async get(id: string): Promise<BatchDone> {
    const row = await this.#work
      .tables<IngestTables>()
      .selectFrom("ingest_batch")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.#work, "ingest_batch"))
      .executeTakeFirstOrThrow();
    return doneOf(row);
  }

  /** Forgets batches done before an instant; a body sent again later than that counts as new. */
  async forget(channel: Channel, before: Instant): Promise<number> {
    const gone = await this.#work
      .tables<IngestTables>()
      .deleteFrom("ingest_batch")
      .where("channel", "=", channel)
      .where("done_at", "<", before as unknown as Date)
      .executeTakeFirst();
    return Number(gone.numDeletedRows);
  }
}

function doneOf(row: {
  received: number;
  parsed: number;
  unparsed: number;
  invalid_utf8: number;
  alerts: number;
}): BatchDone {
  return {
    received: row.received,
    parsed: row.parsed,
    unparsed: row.unparsed,
    invalidUtf8: row.invalid_utf8,
    alerts: row.alerts,
  };
}
