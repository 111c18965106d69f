import { type RawBuilder, sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import { type LibraryFilter, MOST_COUNTED } from "./model.ts";
import { amongMarks, type Question, questionOf } from "./query.ts";
import { asksByType } from "./shown-types.ts";
import { TallyStore } from "./tally-store.ts";
import { type Judges, WorthStore } from "./worth-store.ts";

/** A question with everything about its filters that had to be looked up first. */
export interface Asked {
  readonly question: Question;
  readonly filter: LibraryFilter;
  /** What one thing is, is one row. */
  readonly together: boolean;
  readonly leastSeq: number;
  readonly lastSeq: number;
  /** Numbers of those whose score fits; null where no score is asked for. */
  readonly only: readonly number[] | null;
  /** More match than had their score worked out. */
  readonly onlyOfSome: boolean;
  /** How many had their score worked out, the newest; null where no score is asked for. */
  readonly examined: number | null;
}

export const NEWEST = Number.MAX_SAFE_INTEGER;
/** So many fitting scores are enough; until then older objects are looked at, to a bound. */
const SCORES_WANTED = 100;
const MOST_SCORED = 10_000;
/** Scores worked out in one reading. */
const SCORED_AT_ONCE = 500;

/** Turns questions and filters into what the index answers. */
export class Matching {
  private readonly work: Work;
  private marks: Promise<readonly string[] | undefined> | undefined;

  constructor(work: Work) {
    this.work = work;
  }

  async asked(
    question: Question,
    filter: LibraryFilter,
    judges: Judges | undefined,
    { together = true, most = MOST_COUNTED }: { together?: boolean; most?: number } = {},
  ): Promise<Asked> {
    const { addedFrom, addedTo, scoreFrom, scoreTo } = filter;
    const asked: Asked = {
      question: await this.ofReader(question),
      // What has a score above none stands still, so that nothing else need be worked out.
      filter: (scoreFrom ?? 0) > 0 && filter.state === undefined ? { ...filter, state: "valid" } : filter,
      together,
      leastSeq: addedFrom === undefined ? 0 : await this.firstSince(addedFrom),
      lastSeq: addedTo === undefined ? NEWEST : (await this.firstSince(addedTo)) - 1,
      only: null,
      onlyOfSome: false,
      examined: null,
    };
    if (judges === undefined || (scoreFrom === undefined && scoreTo === undefined)) return asked;
    const only: number[] = [];
    const store = new WorthStore(this.work, judges);
    let upto = NEWEST;
    let examined = 0;
    for (;;) {
      const { rows } = await sql<{ seq: number; id: string; type: string }>`select o.seq, o.id, o.type
        from ${this.matches(asked, upto, most + 1)} f join stix_object o on o.seq = f.seq
        where ${visible(this.work, "f")} and ${visible(this.work, "o")} order by f.seq desc`.execute(
        this.work.tables<IntelTables>(),
      );
      const judged = rows.slice(0, most);
      const worthy = judged.filter(({ type }) => !WORTHLESS.has(type));
      for (let at = 0; at < worthy.length; at += SCORED_AT_ONCE) {
        const part = worthy.slice(at, at + SCORED_AT_ONCE);
        const worth = await store.of(part.map(({ id }) => id));
        for (const { seq, id } of part) {
          const score = worth.get(id)?.score.value ?? 0;
          if (score >= (scoreFrom ?? 0) && score <= (scoreTo ?? 100)) only.push(seq);
        }
      }
      examined += judged.length;
      const last = judged.at(-1);
      const onlyOfSome = rows.length > most;
      if (!onlyOfSome || last === undefined || only.length >= SCORES_WANTED || examined >= MOST_SCORED)
        return { ...asked, only, onlyOfSome, examined };
      upto = Number(last.seq) - 1;
    }
  }

  /** The number of the first object that came at an instant or after it: numbers and times of receipt grow together. */
  private async firstSince(instant: string): Promise<number> {
    const db = this.work.tables<IntelTables>();
    const { seq: top } = await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow();
    let [low, high] = [1, Number(top) + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = await db
        .selectFrom("stix_object as o")
        .select(["o.seq", sql<boolean>`o.date_added >= ${instant}::timestamptz`.as("late")])
        .where("o.seq", ">=", middle)
        .where("o.seq", "<", high)
        .where(visible(this.work, "o"))
        .orderBy("o.seq")
        .limit(1)
        .executeTakeFirst();
      if (row === undefined || row.late) high = middle;
      else low = Number(row.seq) + 1;
    }
    return low;
  }

  /** What the index is asked for. Of a list that only leaves types out it is asked for those that are there and not left out. */
  async question(filter: LibraryFilter, options: { readonly begins?: boolean } = {}): Promise<Question> {
    if (!asksByType(filter)) return questionOf(filter, options);
    const { shown } = await new TallyStore(this.work).types(filter);
    return questionOf(filter, { ...options, shown });
  }

  /** A question that names, where the scope sees little of the library, the marks of that. */
  async ofReader(question: Question): Promise<Question> {
    this.marks ??= new TallyStore(this.work).marks();
    const marks = await this.marks;
    return marks === undefined ? question : { ...question, wanted: amongMarks(question.wanted, marks) };
  }

  /** The objects that answer, newest first, as `lianfang_find` tells them. */
  matches(
    { question: { wanted, strong, whole }, filter, together, leastSeq, lastSeq }: Asked,
    upto: number,
    most: number,
  ): RawBuilder<unknown> {
    const at = (instant: string | undefined) => (instant === undefined ? null : Date.parse(instant));
    const seen = filter.sighted === undefined ? null : filter.sighted === "yes";
    return sql`lianfang_find(${wanted}::text::tsquery, ${strong}::text::tsquery, ${whole}::text::tsquery, ${upto}::bigint, ${most}::integer,
      ${at(filter.createdFrom)}::bigint, ${at(filter.createdTo)}::bigint, ${filter.confidence ?? null}::smallint,
      ${together}::boolean, ${leastSeq}::bigint, ${lastSeq}::bigint, ${filter.state ?? null}::text,
      ${Date.parse(this.work.now)}::bigint, ${filter.source ?? null}::uuid, ${seen}::boolean,
      ${filter.conflicting === "yes"}::boolean)`;
  }
}

/** A question of the program's own, without filters. */
export function plainly(wanted: string): Asked {
  return {
    question: { wanted, strong: null, whole: null, values: [] },
    filter: {},
    together: false,
    leastSeq: 0,
    lastSeq: NEWEST,
    only: null,
    onlyOfSome: false,
    examined: null,
  };
}

/** Of what matches, those whose score fits. */
export function fits({ only }: Asked) {
  return only === null ? sql`true` : sql`f.seq = any(${[...only]}::bigint[])`;
}

/** What is nothing to act on has no score. */
export const WORTHLESS: ReadonlySet<string> = new Set([
  "relationship",
  "sighting",
  "note",
  "opinion",
  "marking-definition",
  "extension-definition",
  "language-content",
  "identity",
  "location",
  "observed-data",
]);
