import type { Instant } from "../../../../core/instant.ts";
import { uuidV7 } from "../../../../platform/crypto/digest.ts";
import { visible } from "../../../../platform/records/visible.ts";
import type { Work } from "../../../../platform/records/work.ts";
import { BOOK_TLP } from "../batches.ts";
import type { Source } from "../sources.ts";
import type { IngestTables } from "../tables.ts";

/** How far a file was read. */
export interface Position {
  /** `device:inode`; for a packed file the same. */
  readonly identity: string;
  readonly path: string;
  /** New whenever the file begins anew; part of the batches' keys. */
  readonly generation: string;
  /** Bytes, unpacked, whose lines are stored. */
  readonly at: number;
  /** Where the batch ends that was under way; it is made again to the byte. */
  readonly ends: number | undefined;
  /** Digest of the bytes at the file's beginning and of those before `at`: shows that it is still the same content. */
  readonly mark: string;
  /** The header of the log in force there (`LogHeader`), empty where there is none; undefined: nobody looked yet. */
  readonly header: string | undefined;
  /** Nothing more will come: a packed file that was read to its end. */
  readonly finished: boolean;
}

/** The beginning of a file that was never read. */
export function freshPosition(identity: string, path: string): Position {
  return {
    identity,
    path,
    generation: uuidV7(),
    at: 0,
    ends: undefined,
    mark: "",
    header: "",
    finished: false,
  };
}

/** Positions of the files of one source. */
export class PositionStore {
  readonly #work: Work;
  readonly #source: Source;

  constructor(work: Work, source: Source) {
    this.#work = work;
    this.#source = source;
  }

  async all(): Promise<Position[]> {
    const rows = await this.#work
      .tables<IngestTables>()
      .selectFrom("ingest_position")
      .selectAll()
      .where("org_id", "=", this.#source.orgId)
      .where("name", "=", this.#source.name)
      .where(visible(this.#work, "ingest_position"))
      .execute();
    return rows.map((row) => ({
      identity: row.identity,
      path: row.path,
      generation: row.generation,
      at: Number(row.at),
      ends: row.ends === null ? undefined : Number(row.ends),
      mark: row.mark,
      header: row.header ?? undefined,
      finished: row.finished,
    }));
  }

  /**
   * Notes which files are there now, and forgets those that were last there before an instant; answers their identities.
   * Until then a copy of a file that is gone is still known for what it is.
   */
  async prune(there: readonly string[], before: Instant): Promise<string[]> {
    const db = this.#work.tables<IngestTables>();
    if (there.length > 0)
      await db
        .updateTable("ingest_position")
        .set({ seen_at: this.#work.now })
        .where("org_id", "=", this.#source.orgId)
        .where("name", "=", this.#source.name)
        .where("identity", "in", there)
        .execute();
    const gone = await db
      .deleteFrom("ingest_position")
      .where("org_id", "=", this.#source.orgId)
      .where("name", "=", this.#source.name)
      .where("seen_at", "<", before as unknown as Date)
      .returning("identity")
      .execute();
    return gone.map(({ identity }) => identity);
  }

  async keep(position: Position): Promise<void> {
    const values = {
      path: position.path,
      generation: position.generation,
      at: position.at,
      ends: position.ends ?? null,
      mark: position.mark,
      header: position.header ?? null,
      finished: position.finished,
      seen_at: this.#work.now,
    };
    await this.#work
      .tables<IngestTables>()
      .insertInto("ingest_position")
      .values({
        org_id: this.#source.orgId,
        name: this.#source.name,
        identity: position.identity,
        tlp: BOOK_TLP,
        ...values,
      })
      .onConflict((conflict) => conflict.columns(["org_id", "name", "identity"]).doUpdateSet(values))
      .execute();
  }
}
