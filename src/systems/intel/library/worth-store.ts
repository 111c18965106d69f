import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { ValueWarning } from "../model.ts";
import { dateAddedText } from "../object-store.ts";
import type { JsonObject } from "../stix/json.ts";
import type { IntelTables } from "../tables.ts";
import type { WarninglistChecker } from "../warninglists/checker.ts";
import { type Decays, decayOf } from "./decay.ts";
import { confidenceOf, freshAtOf, isDeprecated, thingOf } from "./entry.ts";
import type { LibraryState, Score } from "./model.ts";
import { CURRENT_FIRST } from "./query.ts";
import { type Found, standingOf } from "./row.ts";
import { scoreOf } from "./rules.ts";
import { valuesOf } from "./values.ts";
import { warningsOf } from "./warned.ts";

/** What judges indicators beside the library itself. */
export interface Judges {
  readonly warninglists: WarninglistChecker;
  readonly decays: Decays;
}

/** An object that is, for this reader, one thing with others; the newest version of each that he sees. */
export interface Member extends Found {
  readonly thing: string;
  readonly object: JsonObject;
  /** Milliseconds since 1970 of the end that counts; null where there is none. */
  readonly endsAt: number | null;
}

/** What the library makes of an object and of all that is the same thing. */
export interface Worth {
  /** Of the current version. */
  readonly seq: number;
  readonly score: Score;
  readonly members: readonly Member[];
  /** More are the same thing than are held here. */
  readonly more: boolean;
  /** Independent sources that told any of them. */
  readonly sources: number;
  readonly sightings: { readonly positive: number; readonly negative: number };
  readonly state: LibraryState;
  readonly warnings: readonly ValueWarning[];
}

/** Where an object stands in the index; `same` is the group of what is one thing with it. */
export interface Placed {
  readonly thing: string;
  readonly same: string | null;
}

interface Told {
  readonly source: string;
  readonly reliability: string | null;
}

interface Judged {
  positive: number;
  reports: number;
  negative: number;
  disagreed: number;
  lastSeen: number;
}

/** Of more than these of one group no more is asked. */
export const MOST_MEMBERS = 100;

/** Scores objects, many at once, by what the scope sees and by nothing else. */
export class WorthStore {
  private readonly work: Work;
  private readonly judges: Judges;

  private readonly byDocument: boolean;

  /** `byDocument`: ends are those that documents say, not those that people and decay gave. */
  constructor(work: Work, judges: Judges, { byDocument = false }: { byDocument?: boolean } = {}) {
    this.work = work;
    this.judges = judges;
    this.byDocument = byDocument;
  }

  /** What each of the objects is worth, by its id; those that the scope does not see are left out. */
  async of(ids: readonly string[]): Promise<Map<string, Worth>> {
    const things = ids.map((id) => thingOf(id).toString());
    const placed = await this.placed(things);
    const groups = await this.groups([...new Set([...placed.values()].flatMap((same) => same ?? []))]);
    const membersOf = (thing: string) => {
      const same = placed.get(thing);
      const all = same === undefined || same === null ? [thing] : (groups.get(same) ?? [thing]);
      return all.includes(thing) ? all : [thing, ...all];
    };
    const all = [...new Set(things.filter((thing) => placed.has(thing)).flatMap(membersOf))];
    const current = await this.current(all);
    const told = await this.told(all);
    const judged = await this.judged(all);
    const worth = new Map<string, Worth>();
    for (const [at, id] of ids.entries()) {
      const thing = things[at] ?? "";
      const own = current.get(thing);
      if (own === undefined || own.object["id"] !== id) continue;
      const members = membersOf(thing).flatMap((each) => current.get(each) ?? []);
      worth.set(id, this.worthOf(own, members, told, judged));
    }
    return worth;
  }

  private worthOf(
    own: Member,
    members: readonly Member[],
    told: ReadonlyMap<string, readonly Told[]>,
    judged: ReadonlyMap<string, Judged>,
  ): Worth {
    const now = Date.parse(this.work.now);
    const shown = members.length > MOST_MEMBERS ? members.slice(0, MOST_MEMBERS) : members;
    const standing = shown.filter((member) => stateOf(member, now) === "valid");
    // What one source has revoked stands as long as another says it.
    const judging = standing.length === 0 ? [own] : standing;
    const tellers = new Map(
      members.flatMap(({ thing }) => (told.get(thing) ?? []).map((each) => [each.source, each])),
    );
    const sum: Judged = { positive: 0, reports: 0, negative: 0, disagreed: 0, lastSeen: 0 };
    for (const { thing } of members) {
      const one = judged.get(thing);
      if (one === undefined) continue;
      sum.positive += one.positive;
      sum.reports += one.reports;
      sum.negative += one.negative;
      sum.disagreed += one.disagreed;
      sum.lastSeen = Math.max(sum.lastSeen, one.lastSeen);
    }
    const values = valuesOf(own.object);
    const warnings = own.object["type"] === "indicator" ? warningsOf(this.judges.warninglists, values) : [];
    const confidences = judging.flatMap(({ object }) => confidenceOf(object) ?? []);
    const ends = judging.map(({ endsAt }) => endsAt);
    const score = scoreOf({
      confidence: confidences.length === 0 ? null : Math.max(...confidences),
      reliability: [...tellers.values()].flatMap(({ reliability }) => reliability ?? []).sort()[0] ?? null,
      sources: tellers.size,
      freshAt: Math.max(sum.lastSeen, ...judging.map(freshOf)),
      sightings: { positive: sum.positive, reports: sum.reports, negative: sum.negative },
      disagreed: sum.disagreed,
      warninglists: [...new Set(warnings.map(({ list }) => list))],
      revoked: judging.every(({ object }) => object["revoked"] === true),
      deprecated: judging.every(({ object }) => isDeprecated(object)),
      validUntil: ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0)),
      decay: decayOf(this.judges.decays, String(own.object["type"]), values),
      now,
    });
    return {
      seq: own.seq,
      score,
      members: shown,
      more: members.length > MOST_MEMBERS,
      sources: tellers.size,
      sightings: { positive: sum.positive, negative: sum.negative },
      state: stateOf(own, now),
      warnings,
    };
  }

  /** The group of each thing that the scope sees, as its newest version says. */
  private async placed(things: readonly string[]): Promise<Map<string, string | null>> {
    const { rows } = await sql<Placed>`select distinct on (e.thing) e.thing::text as thing,
        coalesce(e.same, e.alike)::text as same
      from stix_entry e where e.thing = any(${[...things]}::bigint[]) and ${visible(this.work, "e")}
      order by e.thing, ${CURRENT_FIRST}`.execute(this.work.tables<IntelTables>());
    return new Map(rows.map(({ thing, same }) => [thing, same]));
  }

  /** The things of each group, those that came last first. */
  private async groups(groups: readonly string[]): Promise<Map<string, string[]>> {
    if (groups.length === 0) return new Map();
    const { rows } = await sql<{
      same: string;
      thing: string;
    }>`select m.same::text as same, m.thing::text as thing
      from lianfang_group(${[...groups]}::bigint[], ${2 * MOST_MEMBERS}) m where ${visible(this.work, "m")}
      order by m.seq desc`.execute(this.work.tables<IntelTables>());
    const things = new Map<string, string[]>();
    for (const { same, thing } of rows) {
      const known = things.get(same) ?? [];
      if (!known.includes(thing)) things.set(same, [...known, thing]);
    }
    return things;
  }

  private async current(things: readonly string[]): Promise<Map<string, Member>> {
    const { rows } = await sql<
      Found & { thing: string; endsAt: number | null }
    >`select distinct on (e.thing) e.thing::text as thing,
        e.ends_at::float8 as "endsAt", o.seq, o.tlp, o.org_id as "orgId", o.document, o.revoked,
        ${dateAddedText("o.date_added")} as "addedAt"
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = any(${[...things]}::bigint[]) and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by e.thing, ${CURRENT_FIRST}`.execute(this.work.tables<IntelTables>());
    return new Map(
      rows.map((row) => {
        const object = standingOf(row);
        const endsAt = this.byDocument ? timeOf(object["valid_until"]) : row.endsAt;
        return [row.thing, { ...row, object, endsAt }];
      }),
    );
  }

  /** Who told each thing, whatever version of it: sources of imports, members that pushed, this node by releasing. */
  private async told(things: readonly string[]): Promise<Map<string, Told[]>> {
    const { rows } = await sql<Told & { thing: string }>`select e.thing::text as thing,
        coalesce(s.id::text, case when o.item_id is not null then 'released'
          when o.collection_id is not null then 'pushed ' || o.org_id end) as source,
        min(coalesce(s.reliability, case when o.item_id is null then 'F' end)) as reliability
      from stix_entry e join stix_object o on o.seq = e.seq
      left join (stix_origin r join intel_import i on i.id = r.import_id and ${visible(this.work, "i")}
        join intel_source s on s.id = i.source_id and ${visible(this.work, "s")})
        on r.seq = e.seq and r.gone_at is null and ${visible(this.work, "r")}
      where e.thing = any(${[...things]}::bigint[]) and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      group by 1, 2`.execute(this.work.tables<IntelTables>());
    const by = new Map<string, Told[]>();
    for (const { thing, source, reliability } of rows)
      if (source !== null) by.set(thing, [...(by.get(thing) ?? []), { source, reliability }]);
    return by;
  }

  private async judged(things: readonly string[]): Promise<Map<string, Judged>> {
    const { rows } = await sql<Judged & { about: string }>`select j.about::text as about,
        coalesce(sum(j.times) filter (where j.verdict = 1), 0)::float8 as positive,
        count(*) filter (where j.verdict = 1)::int as reports, count(*) filter (where j.verdict = 0)::int as negative,
        count(*) filter (where j.verdict = -1)::int as disagreed,
        coalesce(max(j.last_at) filter (where j.verdict = 1), 0)::float8 as "lastSeen"
      from (select distinct on (j.about, j.thing) j.about, j.verdict, j.times, j.last_at from stix_judgement j
        where j.about = any(${[...things]}::bigint[]) and ${visible(this.work, "j")}
        order by j.about, j.thing, j.version_at desc, j.seq desc) j
      group by 1`.execute(this.work.tables<IntelTables>());
    return new Map(rows.map((row) => [row.about, row]));
  }
}

/** Revoked or recommended no more by its producer, past its end, or none of these. */
function stateOf({ object, endsAt }: Member, now: number): LibraryState {
  if (object["revoked"] === true) return "revoked";
  if (isDeprecated(object)) return "deprecated";
  return endsAt !== null && endsAt <= now ? "expired" : "valid";
}

/** When it was last said to be so; of what bears no time, as observables, when it came. */
function freshOf({ object, addedAt }: Member): number {
  return freshAtOf(object) || Date.parse(addedAt);
}

function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
