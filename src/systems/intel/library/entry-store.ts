import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { isJsonObject, type Json } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import { DERIVATION, entryOf, token } from "./entry.ts";
import type { ReindexState } from "./model.ts";

/** Rows of one statement. */
const ROWS_AT_ONCE = 2000;

interface Numbered {
  readonly seq: number;
  readonly tlp: number;
  readonly object: StixObject;
}

/** Writes what is derived from stored objects, in the transaction that stores them. */
export async function addEntries(
  work: Work,
  { orgId, audience, objects }: { orgId: string; audience: readonly string[]; objects: readonly Numbered[] },
): Promise<void> {
  for (let at = 0; at < objects.length; at += ROWS_AT_ONCE) {
    const part = JSON.stringify(objects.slice(at, at + ROWS_AT_ONCE).map(rowOf));
    await sql`insert into stix_entry
        (seq, org_id, tlp, audience, type, thing, version_at, created_at, confidence, derivation, tokens)
      select seq, ${orgId}::uuid, tlp, ${[...audience]}::uuid[], type, thing, version_at, created_at, confidence,
        ${DERIVATION}::smallint, array_to_tsvector(tokens)
      from ${given(part)}`.execute(work.tables<IntelTables>());
  }
}

function given(rows: string) {
  return sql`json_to_recordset(${rows}::text::json) as given (seq bigint, tlp smallint, type text, thing bigint,
    version_at bigint, created_at bigint, confidence smallint, tokens text[])`;
}

function rowOf({ seq, tlp, object }: Numbered) {
  const { thing, versionAt, createdAt, tokens } = entryOf(object);
  const { confidence } = object;
  return {
    seq,
    tlp,
    type: object.type,
    thing: thing.toString(),
    version_at: versionAt,
    created_at: createdAt,
    confidence:
      typeof confidence === "number" && confidence >= 0 && confidence <= 100 ? Math.round(confidence) : null,
    tokens: [...tokens, token.tlp(tlp), token.part(seq)],
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
    .select(["o.seq", "o.tlp", "o.org_id", "o.audience", "o.document"])
    .where("o.seq", ">", from)
    .where("o.seq", "<=", to)
    .where(visible(work, "o"))
    .orderBy("o.seq")
    .execute();
  const derived = rows.flatMap((row) => {
    const object = readObject(row.document);
    return object === undefined
      ? []
      : [{ ...rowOf({ seq: row.seq, tlp: row.tlp, object }), org_id: row.org_id, audience: row.audience }];
  });
  for (let start = 0; start < derived.length; start += ROWS_AT_ONCE) {
    const part = JSON.stringify(derived.slice(start, start + ROWS_AT_ONCE));
    await sql`insert into stix_entry
        (seq, org_id, tlp, audience, type, thing, version_at, created_at, confidence, derivation, tokens)
      select seq, org_id, tlp, audience, type, thing, version_at, created_at, confidence, ${DERIVATION}::smallint,
        array_to_tsvector(tokens)
      from json_to_recordset(${part}::text::json) as given (seq bigint, org_id uuid, audience uuid[], tlp smallint,
        type text, thing bigint, version_at bigint, created_at bigint, confidence smallint, tokens text[])
      on conflict (seq) do update set type = excluded.type, thing = excluded.thing, version_at = excluded.version_at,
        created_at = excluded.created_at, confidence = excluded.confidence, derivation = excluded.derivation,
        tokens = excluded.tokens
      where stix_entry.derivation <> excluded.derivation`.execute(db);
  }
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
