import type { Page, PageQuery } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { orgNames } from "../members/index.ts";
import type { Delivery } from "./model.ts";
import { type IntelTables, instant } from "./tables.ts";

/** The ledger of sharing (mission I8): one row for each item, revision and receiving organisation. */
export class DeliveryStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /**
   * Notes that the scope's organisation now has these items, once and for ever the first time. What it owns itself, or
   * sees only because it oversees the owner, is no delivery.
   */
  async record(items: readonly { itemId: string; revision: number }[]): Promise<void> {
    if (items.length === 0) return;
    const { scope } = this.work;
    const db = this.work.tables<IntelTables>();
    const ids = [...new Set(items.map((item) => item.itemId))];
    const releases = await db
      .selectFrom("intel_release")
      .select(["item_id", "org_id", "tlp", "audience"])
      .where("item_id", "in", ids)
      .where(visible(this.work, "intel_release"))
      .execute();
    const rows = releases.flatMap((release) => {
      if (release.org_id === scope.orgId || !release.audience.some((to) => scope.audiences.includes(to)))
        return [];
      const revisions = new Set(
        items.filter((item) => item.itemId === release.item_id).map((item) => item.revision),
      );
      return [...revisions].map((revision) => ({
        item_id: release.item_id,
        revision,
        org_id: scope.orgId,
        tlp: release.tlp,
        audience: [release.org_id],
        via: scope.purpose,
        first_fetched_at: this.work.now,
        recipient_id: scope.orgId,
        recipient: null,
      }));
    });
    if (rows.length === 0) return;
    await db
      .insertInto("intel_delivery")
      .values(rows)
      .onConflict((e) => e.doNothing())
      .execute();
  }

  /**
   * Notes that a peer took these in a push: under the organisation that it stands for, else under itself by its name.
   * What is no release of the node is no delivery.
   */
  async recordPush(
    objects: readonly { readonly itemId: string | null; readonly revision: number }[],
    to: { readonly id: string; readonly name: string; readonly standsFor: string | null },
  ): Promise<void> {
    const revisions = new Map<string, Set<number>>();
    for (const { itemId, revision } of objects)
      if (itemId !== null) revisions.set(itemId, (revisions.get(itemId) ?? new Set()).add(revision));
    if (revisions.size === 0) return;
    const db = this.work.tables<IntelTables>();
    const releases = await db
      .selectFrom("intel_release")
      .select(["item_id", "org_id", "tlp"])
      .where("item_id", "in", [...revisions.keys()])
      .where(visible(this.work, "intel_release"))
      .execute();
    const { orgId: own, orgIds } = this.work.scope;
    const keeper = to.standsFor !== null && orgIds.includes(to.standsFor) ? to.standsFor : own;
    const rows = releases.flatMap((release) =>
      [...(revisions.get(release.item_id) ?? [])].map((revision) => ({
        item_id: release.item_id,
        revision,
        org_id: keeper,
        tlp: release.tlp,
        audience: [release.org_id],
        via: "push",
        first_fetched_at: this.work.now,
        recipient_id: to.standsFor ?? to.id,
        recipient: to.name,
      })),
    );
    if (rows.length === 0) return;
    await db
      .insertInto("intel_delivery")
      .values(rows)
      .onConflict((e) => e.doNothing())
      .execute();
  }

  async list(itemId: string, { limit, cursor }: PageQuery): Promise<Page<Delivery>> {
    const of = this.work
      .tables<IntelTables>()
      .selectFrom("intel_delivery")
      .where("item_id", "=", itemId)
      .where(visible(this.work, "intel_delivery"));
    const { total } = await of.select((e) => e.fn.countAll<number>().as("total")).executeTakeFirstOrThrow();
    let query = of.selectAll().orderBy("revision").orderBy("recipient_id");
    if (cursor !== undefined) {
      const [revision, orgId] = readCursor(cursor);
      query = query.where((e) => e(e.refTuple("revision", "recipient_id"), ">", e.tuple(revision, orgId)));
    }
    const rows = await query.limit(limit + 1).execute();
    const names = await orgNames(this.work);
    const items = rows.map((row) => ({
      itemId: row.item_id,
      orgId: row.recipient_id,
      orgName: names.get(row.recipient_id)?.name ?? row.recipient,
      revision: row.revision,
      via: row.via,
      firstFetchedAt: instant(row.first_fetched_at),
    }));
    const last = items[limit - 1];
    if (items.length <= limit || last === undefined) return { items, total };
    return { items: items.slice(0, limit), next: `${last.revision}.${last.orgId}`, total };
  }
}

function readCursor(cursor: string): [number, string] {
  const match = /^(\d{1,4})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor);
  if (match?.[1] !== undefined && match[2] !== undefined) return [Number(match[1]), match[2]];
  throw new Problem("http.invalid", {
    faults: [{ path: "querystring.cursor", message: "not a cursor of this list" }],
  });
}
