import type { Selectable } from "kysely";
import { Problem } from "../../../core/problem.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type IntelTables, type IntelWarninglistTable, instant } from "../tables.ts";
import type { WarninglistChanges } from "./checker.ts";

/** What was decided about a list, without its file. */
export interface WarninglistDecision {
  readonly reason: string;
  readonly changedAt: string;
  readonly changedBy: string;
}

type Row = Selectable<IntelWarninglistTable>;

/** Decisions about warninglists; they hold for the whole node. */
export class WarninglistStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async decisions(): Promise<ReadonlyMap<string, WarninglistDecision>> {
    const rows = await this.table().select(["key", "reason", "changed_at", "changed_by_name"]).execute();
    return new Map(
      rows.map((row) => [
        row.key,
        { reason: row.reason, changedAt: instant(row.changed_at), changedBy: row.changed_by_name },
      ]),
    );
  }

  /** Switches the list off or on. */
  async switch(key: string, name: string, { off, reason }: { off: boolean; reason: string }): Promise<void> {
    const changed = { off, reason: off ? reason : "", ...this.stamp() };
    await this.work
      .tables<IntelTables>()
      .insertInto("intel_warninglist")
      .values({ key, name, ...changed })
      .onConflict((conflict) => conflict.column("key").doUpdateSet(changed))
      .execute();
  }

  /** Takes a list in, in the place of one of the same name. */
  async take(key: string, name: string, document: string): Promise<void> {
    const changed = { name, document, ...this.stamp() };
    await this.work
      .tables<IntelTables>()
      .insertInto("intel_warninglist")
      .values({ key, ...changed })
      .onConflict((conflict) => conflict.column("key").doUpdateSet(changed))
      .execute();
  }

  /** Takes out what was taken in; a folder's list of the same name is at work again. Problem http.not-found. */
  async remove(key: string): Promise<void> {
    const { numDeletedRows } = await this.work
      .tables<IntelTables>()
      .deleteFrom("intel_warninglist")
      .where("key", "=", key)
      .where("document", "is not", null)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new Problem("http.not-found");
  }

  async changes(): Promise<WarninglistChanges> {
    const rows = await this.table().select(["key", "off", "document"]).orderBy("name").execute();
    return {
      off: new Set(rows.filter((row) => row.off).map((row) => row.key)),
      taken: rows.flatMap(({ document }) => document ?? []),
    };
  }

  private table() {
    return this.work.tables<IntelTables>().selectFrom("intel_warninglist");
  }

  private stamp(): Pick<Row, "changed_by_name"> & { changed_at: string } {
    return { changed_at: this.work.now, changed_by_name: this.work.scope.actor.name };
  }
}
