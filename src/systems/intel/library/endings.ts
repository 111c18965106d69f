import { sql } from "kysely";
import { instantOf } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { StixObjectStore } from "../object-store.ts";
import { OriginStore } from "../origin-store.ts";
import { producerOf } from "../producer.ts";
import { digestOf } from "../stix/digest.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { validate } from "../stix/validate.ts";
import { type IntelTables, instant } from "../tables.ts";
import { importByHand } from "./by-hand.ts";
import { thingOf } from "./entry.ts";
import type { Ending } from "./model.ts";
import { CURRENT_FIRST } from "./query.ts";
import { objectOf } from "./row.ts";

/** Ends objects before their time, takes that back, and gives own indicators more of it. */
export class EndingStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Why the object ended before its own end, where the scope may know; null where it did not. */
  async of(id: string): Promise<Ending | null> {
    const row = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_ending as n")
      .select(["n.why", "n.reason", "n.by_name", "n.at"])
      .where(sql<boolean>`n.thing = ${thingOf(id).toString()}::bigint`)
      .where("n.object_id", "=", id)
      .where("n.resumed_at", "is", null)
      .where(visible(this.work, "n"))
      .orderBy("n.why")
      .executeTakeFirst();
    if (row === undefined) return null;
    return { why: row.why, reason: row.reason, by: row.by_name, at: instant(row.at) };
  }

  /**
   * From now on no device is told of it, whatever version comes. Problem http.not-found, intel.not-keeper, http.conflict
   * where it was ended before.
   */
  async end(id: string, reason: string): Promise<{ id: string }> {
    const current = await this.kept(id);
    if ((await this.of(id))?.why === "by-hand")
      throw new Problem("http.conflict", { detail: "it was ended before" });
    await this.add(current, { why: "by-hand", seq: null, reason });
    this.work.audit({ action: "intel.end", subject: id, detail: { reason } });
    this.tell(1);
    return { id };
  }

  /** Takes the word of a person back that it has ended. Problem http.not-found, intel.not-keeper, http.conflict. */
  async resume(id: string, reason: string): Promise<{ id: string }> {
    const { thing, orgId } = await this.kept(id);
    const { numUpdatedRows } = await this.work
      .tables<IntelTables>()
      .updateTable("stix_ending")
      .set({ resumed_at: this.work.now, resumed_by_name: this.work.scope.actor.name })
      .where(sql<boolean>`thing = ${thing}::bigint`)
      .where("org_id", "=", orgId)
      .where("why", "=", "by-hand")
      .where("resumed_at", "is", null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Problem("http.conflict", { detail: "nobody has ended it" });
    await this.restore([thing]);
    this.work.audit({ action: "intel.resume", subject: id, detail: { reason } });
    this.tell(1);
    return { id };
  }

  /**
   * Gives an own indicator a later end by a new version of it, in the library only: what recipients have changes with the
   * next release. Problem http.not-found, intel.not-keeper, intel.not-own, http.invalid.
   */
  async prolong(id: string, until: string, reason: string): Promise<{ id: string }> {
    const current = await this.kept(id);
    const object = objectOf(current.document);
    const producer = await producerOf(this.work);
    if (
      object["type"] !== "indicator" ||
      object["created_by_ref"] !== producer.id ||
      object["revoked"] === true
    )
      throw new Problem("intel.not-own");
    if (Date.parse(until) <= Date.parse(this.work.now))
      throw new Problem("http.invalid", { faults: [{ path: "body.until", message: "is past" }] });
    const modified = Math.max(Date.parse(this.work.now), (Date.parse(String(object["modified"])) || 0) + 1);
    const next: StixObject = stixObject({
      ...object,
      type: "indicator",
      id,
      modified: instantOf(modified),
      valid_until: instantOf(Date.parse(until)),
    });
    const [fault] = validate(next).filter(({ level }) => level === "must");
    if (fault !== undefined)
      throw new Problem("http.invalid", { faults: [{ path: "body.until", message: fault.message }] });
    const text = JSON.stringify(next);
    const tlp = tlpOfRank(current.tlp);
    await new OriginStore(this.work).tell({
      importId: await importByHand(this.work, tlp, "version"),
      orgId: this.work.scope.orgId,
      audience: [],
      documents: [{ text, object: next, tlp, digest: digestOf(next, text), path: "" }],
    });
    this.work.audit({ action: "intel.prolong", subject: id, detail: { until, reason } });
    return { id };
  }

  /** Ends what a thing's organisation keeps of it. */
  async add(
    current: { id: string; thing: string; orgId: string; tlp: number; audience: readonly string[] },
    { why, seq, reason }: { why: Ending["why"]; seq: number | null; reason: string },
  ): Promise<void> {
    const db = this.work.tables<IntelTables>();
    await db
      .insertInto("stix_ending")
      .values({
        id: uuidV7(),
        org_id: current.orgId,
        tlp: current.tlp,
        audience: [...current.audience],
        thing: current.thing,
        object_id: current.id,
        why,
        seq,
        reason,
        by_name: this.work.scope.actor.name,
        at: this.work.now,
      })
      .execute();
    await sql`update stix_entry set ends_at = least(ends_at, ${Date.parse(this.work.now)}::bigint)
      where thing = ${current.thing}::bigint and org_id = ${current.orgId}::uuid
        and (${seq}::bigint is null or seq = ${seq}::bigint)`.execute(db);
  }

  /** Gives entries the end that their documents and what stands of endings say. */
  async restore(things: readonly string[]): Promise<void> {
    const db = this.work.tables<IntelTables>();
    const { rows } = await sql<{ seq: number; document: string }>`select o.seq, o.document
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = any(${[...things]}::bigint[]) and ${visible(this.work, "e")} and ${visible(this.work, "o")}`.execute(
      db,
    );
    const ends = rows.map(({ seq, document }) => {
      const until = objectOf(document)["valid_until"];
      return { seq, ends_at: typeof until === "string" ? Date.parse(until) || null : null };
    });
    await sql`update stix_entry e set ends_at = least(given.ends_at, (select min((extract(epoch from n.at) * 1000)::bigint)
        from stix_ending n where n.thing = e.thing and n.org_id = e.org_id and n.resumed_at is null
          and (n.seq is null or n.seq = e.seq) and ${visible(this.work, "n")}))
      from json_to_recordset(${JSON.stringify(ends)}::text::json) as given (seq bigint, ends_at bigint)
      where e.seq = given.seq`.execute(db);
  }

  /** Whoever holds indicators in memory hears that ends have changed. */
  tell(count: number): void {
    this.work.emit({
      topic: "intel.expired",
      subject: "library",
      marked: { orgId: this.work.scope.orgId, tlp: "amber", audience: [] },
      data: { count },
    });
  }

  /** The current version, where the scope sees it and its organisation keeps it; from here to the commit no other comes. */
  private async kept(id: string) {
    await new StixObjectStore(this.work).lock();
    const { rows } = await sql<{
      id: string;
      thing: string;
      tlp: number;
      orgId: string;
      audience: string[];
      document: string;
    }>`select o.id, e.thing::text as thing, o.tlp, o.org_id as "orgId", o.audience, o.document
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = ${thingOf(id).toString()}::bigint and o.id = ${id}
        and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by ${CURRENT_FIRST} limit 1`.execute(this.work.tables<IntelTables>());
    const [current] = rows;
    if (current === undefined) throw new Problem("http.not-found");
    if (!this.work.scope.orgIds.includes(current.orgId)) throw new Problem("intel.not-keeper");
    return current;
  }
}
