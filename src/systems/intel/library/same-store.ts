import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { EVERYONE } from "../../../core/scope.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { StixObjectStore } from "../object-store.ts";
import type { JsonObject } from "../stix/json.ts";
import { type IntelTables, instant } from "../tables.ts";
import { thingOf } from "./entry.ts";
import type { LibraryRow, SameDecision, SameThings, SameVerdict } from "./model.ts";
import { namesOf } from "./names.ts";
import { CURRENT_FIRST } from "./query.ts";
import { type Found, objectOf, rowOf } from "./row.ts";
import { classOf, reasonsFor } from "./same.ts";
import { SearchStore } from "./search-store.ts";
import { type Judges, type Member, WorthStore } from "./worth-store.ts";

const MOST_SHOWN = 20;
const MOST_PROPOSED = 20;
const MOST_NAMES = 50;
const MOST_DECISIONS = 100;

/** What is one thing under different ids, and what people decided about it. */
export class SameStore {
  private readonly work: Work;
  private readonly judges: Judges;

  constructor(work: Work, judges: Judges) {
    this.work = work;
    this.judges = judges;
  }

  /** The objects that are one thing with this one, side by side, and those that may be. Problem http.not-found. */
  async of(id: string): Promise<SameThings> {
    const worth = (await new WorthStore(this.work, this.judges).of([id])).get(id);
    const own = worth?.members.find(({ object }) => object["id"] === id);
    if (worth === undefined || own === undefined) throw new Problem("http.not-found");
    const others = worth.members.filter((member) => member !== own);
    const decisions = await this.decisions(worth.members.map(({ object }) => String(object["id"])));
    const ties = new Set(
      decisions.filter(({ verdict, undone }) => verdict === "same" && undone === null).map(pairOf),
    );
    return {
      members: [own, ...others].slice(0, MOST_SHOWN).map((member) => ({
        row: rowOf(member),
        document: member.document,
        reasons: member === own ? [] : reasonsFor(own.object, member.object),
        decided: ties.has(pairOf({ one: id, other: String(member.object["id"]) })),
      })),
      total: worth.members.length,
      more: worth.more,
      sources: worth.sources,
      proposals: await this.proposals(own, worth.members, decisions),
      decisions,
    };
  }

  /**
   * Says that two objects are one thing, or that they are not. Problem http.not-found where the scope sees not both,
   * intel.not-keeper where it does not keep both, http.conflict where it was decided before or says nothing new.
   */
  async decide(
    id: string,
    { other, verdict, reason }: { other: string; verdict: SameVerdict; reason: string },
  ): Promise<{ id: string }> {
    // From here to the commit no object comes that would miss its group.
    await new StixObjectStore(this.work).lock();
    const [one, two] = await this.both(id, other);
    const before = (await this.decisions([id, other])).find(
      (decision) => decision.undone === null && pairOf(decision) === pairOf({ one: id, other }),
    );
    if (before !== undefined)
      throw new Problem("http.conflict", { detail: "it was decided before; undo that first" });
    const joined = one.same !== null && one.same === two.same;
    if (joined && (verdict === "same" || one.alike === null || one.alike !== two.alike))
      throw new Problem("http.conflict", {
        detail:
          verdict === "same" ? "they are one thing already" : "another decision joins them; undo that first",
      });
    const decision = uuidV7();
    await this.work
      .tables<IntelTables>()
      .insertInto("stix_same")
      .values({
        id: decision,
        org_id: this.work.scope.orgId,
        tlp: Math.max(one.tlp, two.tlp),
        audience: bothAudiences(one, two),
        verdict,
        // Who says "different" of what is alike sets the object apart that it is said of.
        one: other,
        other: id,
        one_thing: two.thing,
        other_thing: one.thing,
        one_alike: two.alike,
        other_alike: one.alike,
        reason,
        by_id: this.work.scope.actor.id,
        by_name: this.work.scope.actor.name,
        at: this.work.now,
      })
      .execute();
    await this.regroup([one.thing, two.thing, one.alike, two.alike]);
    this.work.audit({ action: "intel.same-decide", subject: id, detail: { decision, other, verdict } });
    return { id: decision };
  }

  /** Takes a decision back; what it joined or parted is as if it had never been. Problem http.not-found, http.conflict. */
  async undo(id: string, decisionId: string, reason: string): Promise<{ id: string }> {
    const store = new StixObjectStore(this.work);
    await store.lock();
    const db = this.work.tables<IntelTables>();
    const row = await db
      .selectFrom("stix_same as s")
      .select([
        "s.one",
        "s.other",
        "s.undone_at",
        sql<string>`s.one_thing::text`.as("oneThing"),
        sql<string>`s.other_thing::text`.as("otherThing"),
        sql<string | null>`s.one_alike::text`.as("oneAlike"),
        sql<string | null>`s.other_alike::text`.as("otherAlike"),
      ])
      .where("s.id", "=", decisionId)
      .where("s.org_id", "in", [...this.work.scope.orgIds])
      .where(visible(this.work, "s"))
      .forUpdate()
      .executeTakeFirst();
    if (row === undefined || (row.one !== id && row.other !== id)) throw new Problem("http.not-found");
    await this.both(row.one, row.other);
    if (row.undone_at !== null) throw new Problem("http.conflict", { detail: "it was undone before" });
    await db
      .updateTable("stix_same")
      .set({ undone_at: this.work.now, undone_by_name: this.work.scope.actor.name, undone_reason: reason })
      .where("id", "=", decisionId)
      .execute();
    await this.regroup([row.oneThing, row.otherThing, row.oneAlike, row.otherAlike]);
    this.work.audit({ action: "intel.same-undo", subject: id, detail: { decision: decisionId } });
    return { id: decisionId };
  }

  private async regroup(touched: readonly (string | null)[]): Promise<void> {
    const nodes = touched.filter((node) => node !== null);
    await sql`select lianfang_regroup(${nodes}::bigint[])`.execute(this.work.tables<IntelTables>());
  }

  /** Both objects as the index has them, where the scope sees and keeps both. */
  private async both(id: string, other: string) {
    const { rows } = await sql<{
      id: string;
      thing: string;
      same: string | null;
      alike: string | null;
      tlp: number;
      orgId: string;
      audience: string[];
    }>`select distinct on (e.thing) o.id, e.thing::text as thing, coalesce(e.same, e.alike)::text as same,
        e.alike::text as alike, o.tlp, o.org_id as "orgId", o.audience
      from stix_entry e join stix_object o on o.seq = e.seq
      where o.id = any(${[id, other]}::text[]) and e.thing = any(${[id, other].map((each) => thingOf(each).toString())}::bigint[])
        and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by e.thing, ${CURRENT_FIRST}`.execute(this.work.tables<IntelTables>());
    const one = rows.find((row) => row.id === id);
    const two = rows.find((row) => row.id === other);
    if (one === undefined || two === undefined) throw new Problem("http.not-found");
    if (id === other) throw new Problem("http.conflict", { detail: "an object is itself" });
    if (![one, two].every(({ orgId }) => this.work.scope.orgIds.includes(orgId)))
      throw new Problem("intel.not-keeper");
    return [one, two] as const;
  }

  /** Objects by the same name or alias that nobody has judged yet. */
  private async proposals(
    own: Member,
    members: readonly Member[],
    decisions: readonly SameDecision[],
  ): Promise<SameThings["proposals"]> {
    const types = classOf(String(own.object["type"]));
    const names = [...new Set(members.flatMap(({ object }) => namesOf(object)))].slice(0, MOST_NAMES);
    if (types.length === 0 || names.length === 0) return [];
    const found = await new SearchStore(this.work).bearingNames(
      names,
      types,
      MOST_PROPOSED + members.length + 100,
    );
    const known = new Set(members.map(({ object }) => String(object["id"])));
    const judged = new Set(decisions.filter(({ undone }) => undone === null).map(pairOf));
    const id = String(own.object["id"]);
    const proposed: { row: LibraryRow; reasons: ReturnType<typeof reasonsFor> }[] = [];
    for (const each of found) {
      const row = rowOf(each);
      if (known.has(row.id) || judged.has(pairOf({ one: id, other: row.id })) || row.revoked) continue;
      const reasons = reasonsAmong(members, each);
      if (reasons.length > 0 && proposed.length < MOST_PROPOSED) proposed.push({ row, reasons });
    }
    return proposed;
  }

  /** What was decided about these objects, the newest first; only where the scope sees both. */
  private async decisions(ids: readonly string[]): Promise<SameDecision[]> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_same as s")
      .select(["s.id", "s.tlp", "s.verdict", "s.one", "s.other", "s.reason", "s.by_name", "s.at"])
      .select(["s.undone_reason", "s.undone_by_name", "s.undone_at"])
      .where(sql<boolean>`(s.one = any(${[...ids]}::text[]) or s.other = any(${[...ids]}::text[]))`)
      .where(visible(this.work, "s"))
      .orderBy("s.at", "desc")
      .orderBy("s.id", "desc")
      .limit(MOST_DECISIONS)
      .execute();
    const named = [...new Set(rows.flatMap(({ one, other }) => [one, other]))];
    const seen = new Map(
      (await new SearchStore(this.work).current(named)).map((found) => [idOf(found), rowOf(found)]),
    );
    return rows.flatMap((row) => {
      const [one, other] = [seen.get(row.one), seen.get(row.other)];
      if (one === undefined || other === undefined) return [];
      return [
        {
          id: row.id,
          verdict: row.verdict,
          one: row.one,
          oneName: one.name,
          other: row.other,
          otherName: other.name,
          tlp: tlpOfRank(row.tlp),
          reason: row.reason,
          by: row.by_name,
          at: instant(row.at),
          undone:
            row.undone_at === null
              ? null
              : { by: row.undone_by_name ?? "", at: instant(row.undone_at), reason: row.undone_reason ?? "" },
        },
      ];
    });
  }
}

function idOf({ document }: Found): string {
  return String(objectOf(document)["id"]);
}

function reasonsAmong(members: readonly { readonly object: JsonObject }[], found: Found) {
  const other = objectOf(found.document);
  for (const { object } of members) {
    const reasons = reasonsFor(object, other);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

function pairOf({ one, other }: { one: string; other: string }): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

interface Readers {
  readonly orgId: string;
  readonly audience: readonly string[];
}

/** Whom both objects were released to: nobody else may read that they are one. */
function bothAudiences(one: Readers, two: Readers): string[] {
  const readers = ({ orgId, audience }: Readers) => [orgId, ...audience];
  const [ones, twos] = [readers(one), readers(two)];
  if (one.audience.includes(EVERYONE)) return [...two.audience];
  if (two.audience.includes(EVERYONE)) return [...one.audience];
  return ones.filter((each) => twos.includes(each));
}
