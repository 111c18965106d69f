import { type RawBuilder, sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { digestOf } from "../stix/digest.ts";
import { isJsonObject, type Json } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import type { ReindexState } from "./acts-model.ts";
import { confidenceOf, DERIVATION, entryOf, freshAtOf, token } from "./entry.ts";

/** Rows of one statement. */
const ROWS_AT_ONCE = 2000;

interface Numbered {
  readonly seq: number;
  readonly tlp: number;
  readonly object: StixObject;
}

interface Told extends Numbered {
  /** The document as it came. */
  readonly text: string;
  /** SHA-256 (hex) over its canonical JSON, where it is known. */
  readonly digest?: string | undefined;
}

/** Writes what is derived from stored objects, in the transaction that stores them. */
export async function addEntries(
  work: Work,
  {
    orgId,
    audience,
    objects,
    sourceId,
  }: {
    orgId: string;
    audience: readonly string[];
    objects: readonly Told[];
    sourceId?: string | undefined;
  },
): Promise<void> {
  for (let at = 0; at < objects.length; at += ROWS_AT_ONCE) {
    const told = sourceId === undefined ? [] : [token.toldBy(sourceId)];
    const part = JSON.stringify(objects.slice(at, at + ROWS_AT_ONCE).map((row) => rowOf(row, told)));
    await sql`insert into stix_entry
        (seq, org_id, tlp, audience, type, thing, version_at, created_at, confidence, derivation, tokens, alike, same,
          ends_at, content, fresh_at)
      select seq, ${orgId}::uuid, tlp, ${[...audience]}::uuid[], type, thing, version_at, created_at, confidence,
        ${DERIVATION}::smallint,
        array_to_tsvector(tokens || lianfang_readers_mark(${orgId}::uuid, tlp, ${[...audience]}::uuid[])), alike,
        ${GROUP}, ${endsAt(work, sql`${orgId}::uuid`)}, content, fresh_at
      from json_to_recordset(${part}::text::json) as given (seq bigint, tlp smallint, type text, thing bigint,
        version_at bigint, created_at bigint, confidence smallint, tokens text[], alike bigint,
        ends_at bigint, content bigint, fresh_at bigint)`.execute(work.tables<IntelTables>());
    await markConflicts(work, objects.slice(at, at + ROWS_AT_ONCE));
    const rows = objects.slice(at, at + ROWS_AT_ONCE).map((row) => ({ ...row, orgId, audience }));
    await addJudgements(work, rows);
  }
}

/** The group into which decisions put what is inserted: the object's own, else that of what it is alike to. */
const GROUP = sql`coalesce((select n.root from stix_same_node n where n.node = given.thing),
  (select n.root from stix_same_node n where n.node = given.alike))`;

/** The end of what is inserted: its own, or an earlier one that a person or its decay gave it. */
function endsAt(work: Work, orgId: RawBuilder<unknown>) {
  return sql`least(given.ends_at, (select min((extract(epoch from n.at) * 1000)::bigint) from stix_ending n
    where n.thing = given.thing and n.org_id = ${orgId} and n.resumed_at is null
      and (n.seq is null or n.seq = given.seq) and ${visible(work, "n")}))`;
}

interface Judging extends Numbered {
  readonly orgId: string;
  readonly audience: readonly string[];
}

async function addJudgements(work: Work, rows: readonly Judging[]): Promise<void> {
  const judging = rows.flatMap(({ seq, tlp, object, orgId, audience }) => {
    if (object.type !== "sighting" && object.type !== "opinion") return [];
    const { thing, versionAt, judgements } = entryOf(object);
    return judgements.map(({ about, verdict, times, lastAt }) => ({
      seq,
      about: about.toString(),
      org_id: orgId,
      tlp,
      audience,
      thing: thing.toString(),
      version_at: versionAt,
      verdict,
      times,
      last_at: lastAt,
      summed_by: object["summary"] === true ? (object["created_by_ref"] ?? null) : null,
    }));
  });
  if (judging.length === 0) return;
  await sql`insert into stix_judgement (seq, about, org_id, tlp, audience, thing, version_at, verdict, times, last_at)
    select seq, about, org_id, tlp, audience, thing, version_at, verdict, times, last_at
    from json_to_recordset(${JSON.stringify(judging)}::text::json) as given (seq bigint, about bigint, org_id uuid,
      tlp smallint, audience uuid[], thing bigint, version_at bigint, verdict smallint, times integer, last_at bigint,
      summed_by text)
    -- What this node sums up was counted when it was seen.
    where given.summed_by is null or given.summed_by not in (select p.id from intel_producer p)
    on conflict (about, seq) do nothing`.execute(work.tables<IntelTables>());
}

async function markConflicts(work: Work, objects: readonly Pick<Numbered, "seq">[]): Promise<void> {
  const numbers = objects.map(({ seq }) => seq);
  await sql`select lianfang_mark_conflicts(${numbers}::bigint[])`.execute(work.tables<IntelTables>());
}

/** 64 bits of what a document says. */
function contentOf({ object, text, digest }: Told): string {
  const bits = BigInt(`0x${(digest ?? digestOf(object, text)).slice(0, 16)}`);
  return BigInt.asIntN(64, bits).toString();
}

function rowOf(given: Told, told: readonly string[]) {
  const { seq, tlp, object } = given;
  const { thing, versionAt, createdAt, tokens, alike, endsAt } = entryOf(object);
  return {
    seq,
    tlp,
    type: object.type,
    thing: thing.toString(),
    version_at: versionAt,
    created_at: createdAt,
    confidence: confidenceOf(object),
    fresh_at: freshAtOf(object),
    tokens: [...tokens, ...told, token.tlp(tlp), token.part(seq)],
    alike: alike?.toString() ?? null,
    ends_at: endsAt ?? null,
    content: contentOf(given),
  };
}

export interface Reindexed {
  readonly made: number;
  /** Nothing is left to do. */
  readonly done: boolean;
}

/**
 * Makes the entries of the next `most` numbers anew where they are missing or of an older derivation, and remembers how
 * far it came: called again, also after a stop, it goes on there. The scope must see every object of the node, as a
 * job's does.
 */
export async function reindexSome(work: Work, most: number): Promise<Reindexed> {
  const db = work.tables<IntelTables>();
  const at = await db.selectFrom("stix_reindex").selectAll().forUpdate().executeTakeFirstOrThrow();
  if (at.derivation === DERIVATION && at.finished_at !== null) return { made: 0, done: true };
  const from = at.derivation === DERIVATION ? at.done_to : 0;
  const { seq: last } = await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow();
  // A stretch of numbers and not a limit: the planner takes the visible rows for few and would sort all that is left.
  const to = Math.min(from + most, last);
  const rows = await db
    .selectFrom("stix_object as o")
    .select(["o.seq", "o.tlp", "o.org_id", "o.audience", "o.document", "o.revoked", "o.digest"])
    .select(
      sql<string[]>`array(select distinct i.source_id::text from stix_origin r
        join intel_import i on i.id = r.import_id where r.seq = o.seq and ${visible(work, "r")} and ${visible(work, "i")})`.as(
        "sources",
      ),
    )
    .where("o.seq", ">", from)
    .where("o.seq", "<=", to)
    .where(visible(work, "o"))
    .orderBy("o.seq")
    .execute();
  const judging: Judging[] = [];
  const derived = rows.flatMap((row) => {
    const said = readObject(row.document);
    if (said === undefined) return [];
    const object = row.revoked ? { ...said, revoked: true } : said;
    judging.push({ seq: row.seq, tlp: row.tlp, object, orgId: row.org_id, audience: row.audience });
    const told = row.sources.map(token.toldBy);
    const digest = row.digest ?? digestOf(said, row.document);
    return [
      {
        ...rowOf({ seq: row.seq, tlp: row.tlp, object, text: row.document, digest }, told),
        org_id: row.org_id,
        audience: row.audience,
      },
    ];
  });
  for (let start = 0; start < derived.length; start += ROWS_AT_ONCE) {
    const part = JSON.stringify(derived.slice(start, start + ROWS_AT_ONCE));
    await sql`insert into stix_entry
        (seq, org_id, tlp, audience, type, thing, version_at, created_at, confidence, derivation, tokens, alike, same,
          ends_at, content, fresh_at)
      select seq, org_id, tlp, audience, type, thing, version_at, created_at, confidence, ${DERIVATION}::smallint,
        array_to_tsvector(tokens || lianfang_readers_mark(org_id, tlp, audience)), alike, ${GROUP},
        ${endsAt(work, sql`given.org_id`)}, content, fresh_at
      from json_to_recordset(${part}::text::json) as given (seq bigint, org_id uuid, audience uuid[], tlp smallint,
        type text, thing bigint, version_at bigint, created_at bigint, confidence smallint, tokens text[], alike bigint,
        ends_at bigint, content bigint, fresh_at bigint)
      on conflict (seq) do update set type = excluded.type, thing = excluded.thing, version_at = excluded.version_at,
        created_at = excluded.created_at, confidence = excluded.confidence, derivation = excluded.derivation,
        tokens = excluded.tokens, alike = excluded.alike, same = excluded.same, ends_at = excluded.ends_at,
        content = excluded.content, fresh_at = excluded.fresh_at
      where stix_entry.derivation <> excluded.derivation`.execute(db);
  }
  await markConflicts(work, derived);
  await addJudgements(work, judging);
  const done = to >= last;
  await db
    .updateTable("stix_reindex")
    .set({
      derivation: DERIVATION,
      done_to: to,
      finished_at: done ? work.now : null,
    })
    .execute();
  return { made: derived.length, done };
}

/** How far the making anew is, in numbers of objects, which tell nothing of them. */
export async function reindexState(work: Work): Promise<ReindexState> {
  const db = work.tables<IntelTables>();
  const at = await db.selectFrom("stix_reindex").selectAll().executeTakeFirstOrThrow();
  const { seq } = await db.selectFrom("stix_ledger").select("seq").executeTakeFirstOrThrow();
  const finished = at.derivation === DERIVATION && at.finished_at !== null;
  return { done: finished ? seq : at.done_to, of: seq, finished };
}

/** Forgets how far it came, so that the next run makes every entry anew. */
export async function restartReindex(work: Work): Promise<void> {
  const db = work.tables<IntelTables>();
  await db.updateTable("stix_reindex").set({ done_to: 0, finished_at: null }).execute();
}

function readObject(document: string): StixObject | undefined {
  const value: Json = JSON.parse(document);
  if (!isJsonObject(value)) return undefined;
  const { id, type } = value;
  return typeof id === "string" && typeof type === "string" ? { ...value, id, type } : undefined;
}

/** Notes in the index that a source told these objects, which others had told before. */
export async function markToldBy(work: Work, sourceId: string, seqs: readonly number[]): Promise<void> {
  const told = token.toldBy(sourceId);
  await sql`update stix_entry set tokens = tokens || array_to_tsvector(array[${told}::text])
    where seq = any(${[...seqs]}::bigint[]) and not tokens @@ ${`'${told}'`}::tsquery`.execute(
    work.tables<IntelTables>(),
  );
}
