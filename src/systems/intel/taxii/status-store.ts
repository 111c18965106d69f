import { addMillis } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";

/** What became of one object of a push (TAXII 2.1 section 4.3.1). */
export interface StatusDetail {
  readonly id: string;
  readonly version: string;
  readonly message?: string;
}

/** The status resource of a push (section 4.3). A list without an entry is left out. */
export interface Status {
  readonly id: string;
  readonly status: "complete" | "pending";
  readonly request_timestamp: string;
  readonly total_count: number;
  readonly success_count: number;
  readonly successes?: readonly StatusDetail[];
  readonly failure_count: number;
  readonly failures?: readonly StatusDetail[];
  readonly pending_count: number;
  readonly pendings?: readonly StatusDetail[];
}

/** Seven days; section 4.3 asks for 24 hours. */
const KEPT_MILLIS = 7 * 24 * 3_600_000;

/** The answers to what an organisation pushed. */
export class StatusStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Keeps a status under the strictest marking of what it speaks of, and lets go of the organisation's old ones. */
  async add(status: Status, tlp: Tlp): Promise<void> {
    const { orgId } = this.work.scope;
    const db = this.work.tables<IntelTables>();
    await db
      .insertInto("taxii_status")
      .values({
        id: status.id,
        org_id: orgId,
        tlp: tlpRank(tlp),
        requested_at: this.work.now,
        document: JSON.stringify(status),
      })
      .execute();
    await db
      .deleteFrom("taxii_status")
      .where("org_id", "=", orgId)
      .where("requested_at", "<", addMillis(this.work.now, -KEPT_MILLIS))
      .execute();
  }

  /** The text of the resource; Problem http.not-found where the scope has none such. */
  async get(id: string): Promise<string> {
    const row = await this.work
      .tables<IntelTables>()
      .selectFrom("taxii_status")
      .select("document")
      .where((e) => e(e.cast<string>("id", "text"), "=", id.toLowerCase()))
      .where(visible(this.work, "taxii_status"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return row.document;
  }
}
