import { type RawBuilder, sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { IntelTables } from "../tables.ts";
import { type LibraryFilter, MOST_COUNTED } from "./model.ts";
import { amongMarks, type Question, questionOf } from "./query.ts";
import { WORTHLESS } from "./rules.ts";
import { asksByType } from "./shown-types.ts";
import { TallyStore } from "./tally-store.ts";
import { isWeighedBy } from "./weighing.ts";
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
  /** There are older ones at whose score nobody looked. */
  readonly onlyOfSome: boolean;
  /** How many had their score worked out one by one; null where no score is asked for. */
  readonly workedOut: number | null;
  readonly score?: { readonly from: number; readonly to: number; readonly kept: boolean };
}

/** Numbers from one to another, both among them. */
interface Stretch {
  readonly leastSeq: number;
  readonly lastSeq: number;
}

interface Scored {
  readonly seq: number;
  /** Null where it must be worked out. */
  readonly score: number | null;
  readonly type: string;
  readonly id: string | null;
}

export const NEWEST = Number.MAX_SAFE_INTEGER;
/** Of scores that must be worked out so many are where that gives what fits enough, and at most so many. */
const SCORES_WANTED = 100;
const ENOUGH_SCORED = 2000;
const MOST_SCORED = 10_000;
/** Scores read, and where they are not kept worked out, at once. */
const SCORED_AT_ONCE = 500;
/** So long one request looks for scores that fit. */
const MOST_MILLIS = 3000;
/** Numbers looked through at once in the beginning, and how quick that must be to be more. */
const STRETCH = 16_384;
const QUICK_MILLIS = 200;
const MOST_OF_ONE_COUNT = 2 ** 31 - 1;

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
    const asked = await this.reaching(question, filter, judges, together);
    return judges === undefined || asked.score === undefined ? asked : this.scored(asked, judges, most);
  }

  /** A question with the numbers that it reaches over, before anybody looks at scores. */
  private async reaching(
    question: Question,
    filter: LibraryFilter,
    judges: Judges | undefined,
    together: boolean,
  ): Promise<Asked> {
    const { addedFrom, addedTo, scoreFrom, scoreTo } = filter;
    const scored = judges !== undefined && (scoreFrom !== undefined || scoreTo !== undefined);
    return {
      question: await this.ofReader(question),
      // What has a score above none stands still, so that nothing else need be worked out.
      filter: (scoreFrom ?? 0) > 0 && filter.state === undefined ? { ...filter, state: "valid" } : filter,
      together,
      leastSeq: addedFrom === undefined ? 0 : await this.firstSince(addedFrom),
      lastSeq: addedTo === undefined ? NEWEST : (await this.firstSince(addedTo)) - 1,
      only: null,
      onlyOfSome: false,
      workedOut: null,
      ...(scored
        ? { score: { from: scoreFrom ?? 0, to: scoreTo ?? 100, kept: await isWeighedBy(this.work, judges) } }
        : {}),
    };
  }

  /**
   * How many of the `width` numbers up to `upto` answer, of what is one thing each once, and the highest number that was
   * not looked at; those whose score must be worked out are.
   */
  async countSome(
    question: Question,
    filter: LibraryFilter,
    judges: Judges,
    { upto, width }: { upto: number; width: number },
  ): Promise<{ count: number; upto: number; workedOut: number }> {
    const asked = await this.reaching(question, filter, judges, true);
    const { seq } = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_ledger")
      .select("seq")
      .executeTakeFirstOrThrow();
    const top = Math.min(upto, asked.lastSeq, Number(seq));
    const part = { ...asked, leastSeq: Math.max(asked.leastSeq, top - width + 1) };
    const below = part.leastSeq > asked.leastSeq ? part.leastSeq - 1 : 0;
    if (asked.score === undefined) {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count
        from ${this.matches(part, top, MOST_OF_ONE_COUNT)} f where ${visible(this.work, "f")}`.execute(
        this.work.tables<IntelTables>(),
      );
      return { count: rows[0]?.count ?? 0, upto: below, workedOut: 0 };
    }
    const store = new WorthStore(this.work, judges);
    let [count, workedOut] = [0, 0];
    for (let next = top; next >= part.leastSeq && next > 0; ) {
      const some = await this.fitting(part, next, store);
      count += some.fit.length;
      workedOut += some.workedOut;
      next = some.upto;
      if (workedOut >= MOST_SCORED) return { count, upto: Math.max(next, below), workedOut };
    }
    return { count, upto: below, workedOut };
  }

  /** Of the next that answer, up to `upto`, those whose score fits, and where to go on; 0 where nothing is left. */
  private async fitting(
    asked: Asked,
    upto: number,
    store: WorthStore,
  ): Promise<{ fit: number[]; upto: number; workedOut: number }> {
    const { from, to } = asked.score ?? { from: 0, to: 100 };
    const { rows } = await sql<Scored>`select f.seq, f.score, f.type, o.id
      from ${this.matches(asked, upto, SCORED_AT_ONCE)} f
      left join stix_object o on o.seq = f.seq and f.score is null and ${visible(this.work, "o")}
      where ${visible(this.work, "f")} order by f.seq desc`.execute(this.work.tables<IntelTables>());
    const unkept = rows.flatMap(({ score, type, id }) =>
      score === null && id !== null && !WORTHLESS.has(type) ? [id] : [],
    );
    const worth = unkept.length === 0 ? undefined : await store.of(unkept);
    const fit = rows.flatMap(({ seq, score, id }) => {
      const value = score ?? (id === null ? undefined : worth?.get(id)?.score.value);
      return value !== undefined && value >= from && value <= to ? [Number(seq)] : [];
    });
    const last = rows.length < SCORED_AT_ONCE ? 1 : Number(rows.at(-1)?.seq);
    return { fit, upto: last - 1, workedOut: unkept.length };
  }

  /**
   * With the numbers of those whose score fits: what is kept of it says so in the index; where nothing is kept that holds
   * for this reader it is worked out, of the newest. Ends when more fit than are counted, when it has worked out as many
   * as it may, or when its time is over.
   */
  private async scored(asked: Asked, judges: Judges, most: number): Promise<Asked> {
    const store = new WorthStore(this.work, judges);
    const until = performance.now() + MOST_MILLIS;
    const only: number[] = [];
    let workedOut = 0;
    const ends = (onlyOfSome: boolean): Asked => ({ ...asked, only, onlyOfSome, workedOut });
    for await (const part of this.stretches(asked)) {
      for (let upto = part.lastSeq; upto >= part.leastSeq && upto > 0; ) {
        const some = await this.fitting({ ...asked, leastSeq: part.leastSeq }, upto, store);
        only.push(...some.fit);
        workedOut += some.workedOut;
        upto = some.upto;
        if (only.length > most) return ends(true);
        const enough = only.length >= SCORES_WANTED ? ENOUGH_SCORED : MOST_SCORED;
        if (workedOut >= enough || performance.now() > until)
          return ends(upto >= part.leastSeq || part.leastSeq > asked.leastSeq);
      }
    }
    return ends(false);
  }

  /** The numbers that a question reaches over, in stretches from the newest, wider as long as that costs little. */
  private async *stretches({ leastSeq, lastSeq }: Asked): AsyncGenerator<Stretch> {
    const db = this.work.tables<IntelTables>();
    const { seq } = await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow();
    let width = STRETCH;
    for (let top = Math.min(lastSeq, Number(seq)); top >= leastSeq && top > 0; ) {
      const began = performance.now();
      const low = Math.max(leastSeq, top - width + 1);
      yield { leastSeq: low, lastSeq: top };
      if (performance.now() - began < QUICK_MILLIS) width *= 2;
      top = low - 1;
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
    { question: { wanted, strong, whole }, filter, together, leastSeq, lastSeq, score, only }: Asked,
    upto: number,
    most: number,
  ): RawBuilder<unknown> {
    const at = (instant: string | undefined) => (instant === undefined ? null : Date.parse(instant));
    const seen = filter.sighted === undefined ? null : filter.sighted === "yes";
    return sql`lianfang_find(${wanted}::text::tsquery, ${strong}::text::tsquery, ${whole}::text::tsquery, ${upto}::bigint, ${most}::integer,
      ${at(filter.createdFrom)}::bigint, ${at(filter.createdTo)}::bigint, ${filter.confidence ?? null}::smallint,
      ${together}::boolean, ${leastSeq}::bigint, ${lastSeq}::bigint, ${filter.state ?? null}::text,
      ${Date.parse(this.work.now)}::bigint, ${filter.source ?? null}::uuid, ${seen}::boolean,
      ${filter.conflicting === "yes"}::boolean, ${score?.from ?? null}::smallint, ${score?.to ?? null}::smallint,
      ${score?.kept ?? false}::boolean, ${only === null ? null : [...only]}::bigint[])`;
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
    workedOut: null,
  };
}
