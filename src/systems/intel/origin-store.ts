import { createHash } from "node:crypto";
import { sql } from "kysely";
import { EVERYONE } from "../../core/scope.ts";
import { type Tlp, tlpRank } from "../../core/tlp.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { importedId } from "./imports/imported.ts";
import type { UndoPreview } from "./imports/model.ts";
import { markToldBy } from "./library/entry-store.ts";
import { relationshipsOf } from "./library/query.ts";
import { type MarkedDocument, StixObjectStore } from "./object-store.ts";
import { readersOf } from "./reference.ts";
import { isJsonObject, isList, type Json } from "./stix/json.ts";
import type { IntelTables } from "./tables.ts";

/** A document as an import tells it: what it says as a digest, and its place in what was imported. */
export interface ToldDocument extends MarkedDocument {
  readonly digest: string;
  readonly path: string;
  /** Made here in the name of its source: where the source says something else of it now, that is a later version. */
  readonly made?: boolean | undefined;
}

export interface Telling {
  readonly importId: string;
  readonly orgId: string;
  readonly audience: readonly string[];
  readonly documents: readonly ToldDocument[];
  /** A feed says the same again and again: no origin is noted for what an import of this source told already. */
  readonly feedId?: string | undefined;
  /** Of whom it answers to: what stands above counts as added, since that it is known is no news for them. */
  readonly clearance?: Tlp | undefined;
}

export interface Told {
  readonly added: number;
  readonly known: number;
}

interface Row {
  readonly seq: number;
  readonly tlp: number;
  readonly sha256: string;
}

/**
 * Which import told which object. The same object told by three imports is one row of the library with three origins;
 * the row bears the text of the first and the least strict marking of all. Its scope must see the organisation's rows
 * whole (a job's does), or what it does not see it would tell twice.
 */
export class OriginStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** The place of a relationship between clusters of two files, which goes with either of its ends. */
  static tiePath(uuid: string): string {
    return `${TIE}${uuid}`;
  }

  /** Adds what the organisation's library lacks, and notes for every document that this import told it. */
  async tell({ documents: given, ...telling }: Telling): Promise<Told> {
    const { importId, orgId, audience, feedId, clearance = "red" } = telling;
    const store = new StixObjectStore(this.work);
    await store.lock();
    const source = await this.sourceOf(importId);
    const documents = await this.laterVersions(orgId, given, source?.name);
    const rows = await this.known(orgId, documents);
    const above = new Set([...rows].flatMap(([key, { tlp }]) => (tlp > tlpRank(clearance) ? [key] : [])));
    const unseen = documents.filter(({ object, digest }) => above.delete(keyOf(object.id, digest))).length;
    const toldBefore = feedId === undefined ? new Set<number>() : await this.toldBy(feedId, importId, rows);
    const fresh = new Map<string, ToldDocument>();
    for (const each of documents) {
      const key = keyOf(each.object.id, each.digest);
      if (!rows.has(key) && !fresh.has(key)) fresh.set(key, each);
    }
    const { scope } = this.work;
    const isOpen = (document: ToldDocument) => readersOf(scope, { orgId, audience }, document) !== audience;
    let first = 0;
    for (const open of [false, true]) {
      const part = [...fresh].filter(([, document]) => isOpen(document) === open);
      if (part.length === 0) continue;
      const from = await store.add({
        collectionId: null,
        sourceId: source?.id,
        revision: 1,
        orgId,
        audience: open ? [...audience, EVERYONE] : audience,
        documents: part.map(([, document]) => document),
      });
      if (first === 0) first = from;
      for (const [at, [key, { text, tlp }]] of part.entries())
        rows.set(key, { seq: from + at, tlp: tlpRank(tlp), sha256: sha256Base64(text) });
    }
    const origins = new Map<number, { seq: number; tlp: number; path: string; document: string | null }>();
    for (const { object, digest, text, tlp, path } of documents) {
      const row = rows.get(keyOf(object.id, digest));
      if (row === undefined || toldBefore.has(row.seq)) continue;
      const rank = tlpRank(tlp);
      const before = origins.get(row.seq);
      if (before !== undefined) before.tlp = Math.min(before.tlp, rank);
      else {
        const document = row.sha256 === sha256Base64(text) ? null : text;
        origins.set(row.seq, { seq: row.seq, tlp: rank, path: path.slice(0, LONGEST_PATH), document });
      }
    }
    const told = JSON.stringify([...origins.values()]);
    const db = this.work.tables<IntelTables>();
    await sql`insert into stix_origin (seq, import_id, org_id, tlp, audience, path, document)
      select seq, ${importId}::uuid, ${orgId}::uuid, tlp, ${[...audience]}::uuid[], path, document
      from json_to_recordset(${told}::text::json) as given (seq bigint, tlp smallint, path text, document text)
      on conflict (seq, import_id) do update set tlp = least(stix_origin.tlp, excluded.tlp), gone_at = null`.execute(
      db,
    );
    // What was withdrawn because nobody told it any more is told again.
    if (origins.size > 0 && fresh.size < documents.length)
      await sql`update stix_object o set withdrawn_at = null,
          revoked = coalesce(o.document::json ->> 'revoked', '') = 'true'
        from json_to_recordset(${told}::text::json) as given (seq bigint)
        where o.seq = given.seq and o.withdrawn_at is not null`.execute(db);
    const before = [...origins.keys()].filter((seq) => fresh.size === 0 || seq < first);
    if (source !== undefined && before.length > 0) await markToldBy(this.work, source.id, before);
    if (origins.size > 0 && fresh.size < documents.length)
      await sql`update stix_object o set tlp = given.tlp
        from json_to_recordset(${told}::text::json) as given (seq bigint, tlp smallint)
        where o.seq = given.seq and given.tlp < o.tlp`.execute(db);
    const opened = documents.filter(isOpen).flatMap(({ object, digest }) => {
      const seq = rows.get(keyOf(object.id, digest))?.seq;
      return seq === undefined || (fresh.size > 0 && seq >= first) ? [] : [seq];
    });
    if (opened.length > 0)
      await sql`update stix_object set audience = array_append(audience, ${EVERYONE}::uuid)
        where seq = any(${opened}::bigint[]) and tlp = 0 and collection_id is null
          and not audience @> array[${EVERYONE}::uuid]`.execute(db);
    return { added: fresh.size + unseen, known: documents.length - fresh.size - unseen };
  }

  /**
   * What is made here has the times that its source names, and a source that says something else under the same time
   * would not be heard: such objects get a `modified` behind the version that the library has. What was made in the name
   * of the source itself, before its authors were read, is such a version, too.
   */
  private async laterVersions(
    orgId: string,
    given: readonly ToldDocument[],
    source: string | undefined,
  ): Promise<readonly ToldDocument[]> {
    const made = given.filter((each) => each.made === true && typeof each.object["modified"] === "string");
    if (made.length === 0) return given;
    const formerly = source === undefined ? null : importedId("identity", source);
    const wanted = made.map(({ object, digest }) => ({
      id: object.id,
      digest,
      by: object["created_by_ref"] ?? null,
    }));
    const { rows } = await sql<{ id: string; version: string }>`select o.id, max(o.version) as version
      from json_to_recordset(${JSON.stringify(wanted)}::text::json) as given (id text, digest text, by text)
      join stix_object o on o.org_id = ${orgId}::uuid and o.id = given.id and o.collection_id is null
        and (o.document::json ->> 'created_by_ref') in (given.by, ${formerly}::text)
      where ${visible(this.work, "o")} and not exists (select 1 from stix_object s where s.org_id = o.org_id
        and s.id = o.id and s.digest = given.digest and s.collection_id is null and ${visible(this.work, "s")})
      group by o.id`.execute(this.work.tables<IntelTables>());
    const last = new Map(rows.map(({ id, version }) => [id, version]));
    return given.map((each) => {
      const known = last.get(each.object.id);
      const { modified } = each.object;
      if (each.made !== true || known === undefined || typeof modified !== "string") return each;
      if (Date.parse(modified) > Date.parse(known)) return each;
      const later = new Date(Math.max(Date.parse(known) + 1, Date.parse(this.work.now))).toISOString();
      const object = { ...each.object, modified: later };
      return { ...each, object, text: JSON.stringify(object) };
    });
  }

  /**
   * Takes back up to `most` of what an import told: its origins, and those objects that nobody else told and nothing
   * holds. Answers how many origins and objects went; no origins means that all is done.
   */
  async untell(importId: string, most: number): Promise<{ origins: number; objects: number }> {
    await new StixObjectStore(this.work).lock();
    const db = this.work.tables<IntelTables>();
    const gone = await sql<{
      seq: number;
    }>`delete from stix_origin where import_id = ${importId}::uuid and seq in (
        select seq from stix_origin o where o.import_id = ${importId}::uuid and ${visible(this.work, "o")}
        order by seq limit ${most}) returning seq`.execute(db);
    const seqs = gone.rows.map((row) => row.seq);
    if (seqs.length === 0) return { origins: 0, objects: 0 };
    await this.restore(seqs);
    const lone = await sql<{ seq: number; id: string; orgId: string; released: boolean }>`
      select o.seq, o.id, o.org_id as "orgId", ${this.isReleased()} as released
      from stix_object o where o.seq = any(${seqs}::bigint[]) and ${visible(this.work, "o")}
        and not exists (select 1 from stix_origin r where r.seq = o.seq and ${visible(this.work, "r")})`.execute(
      db,
    );
    const held = await this.heldByPeople(importId);
    const free = lone.rows.filter((row) => !row.released && !held.has(row.id));
    const numbers = free.map((row) => row.seq);
    await sql`delete from stix_object where seq = any(${numbers}::bigint[]) and collection_id is null`.execute(
      db,
    );
    await this.dropTies(free.map((row) => row.id).filter((id) => !held.has(id)));
    return { origins: seqs.length, objects: free.length };
  }

  /**
   * What untelling an import comes to, as far as the scope sees it: the objects that go, and those that stay, each for the
   * first of its reasons.
   */
  async wouldUntell(importId: string): Promise<UndoPreview> {
    const held = [...(await this.heldByPeople(importId))];
    const { rows } = await sql<UndoPreview>`select count(*)::int as told,
        count(*) filter (where not (others or released or held))::int as objects,
        count(*) filter (where others or released or held)::int as stays,
        count(*) filter (where others)::int as others,
        count(*) filter (where released and not others)::int as released,
        count(*) filter (where held and not (others or released))::int as held
      from (select exists (select 1 from stix_origin a where a.seq = r.seq and a.import_id <> r.import_id
            and ${visible(this.work, "a")}) as others,
          ${this.isReleased()} as released, o.id = any(${held}::text[]) as held
        from stix_origin r join stix_object o on o.seq = r.seq
        where r.import_id = ${importId}::uuid and ${visible(this.work, "r")} and ${visible(this.work, "o")}) t`.execute(
      this.work.tables<IntelTables>(),
    );
    return rows[0] ?? { told: 0, objects: 0, stays: 0, others: 0, released: 0, held: 0 };
  }

  /** Whether an object `o` stands in a collection as a released item. */
  private isReleased() {
    return sql<boolean>`exists (select 1 from taxii_collection c join stix_object p
      on p.collection_id = c.id and p.id = o.id where p.item_id is not null and ${visible(this.work, "p")})`;
  }

  /** Relationships between clusters of two files, told by either's import, go when one of their ends has gone. */
  private async dropTies(gone: readonly string[]): Promise<void> {
    const db = this.work.tables<IntelTables>();
    for (let at = 0; at < gone.length; at += TIES_AT_ONCE) {
      const part = gone.slice(at, at + TIES_AT_ONCE);
      const wanted = relationshipsOf(part);
      const { rows } = await sql<{ seq: number }>`select distinct o.seq
        from lianfang_find(${wanted}::text::tsquery, null, null, ${Number.MAX_SAFE_INTEGER}::bigint, ${MOST_TIES}::integer) f
        join stix_object o on o.seq = f.seq join stix_origin r on r.seq = o.seq and r.path like ${`${TIE}%`}
        cross join lateral (values (o.document::json ->> 'source_ref'), (o.document::json ->> 'target_ref')) as tied (id)
        where tied.id = any(${part}::text[]) and ${visible(this.work, "f")} and ${visible(this.work, "o")}
          and ${visible(this.work, "r")} and not exists (select 1 from stix_object c where c.org_id = o.org_id
            and c.id = tied.id and c.collection_id is null and ${visible(this.work, "c")})`.execute(db);
      const seqs = rows.map(({ seq }) => seq);
      await sql`delete from stix_origin where seq = any(${seqs}::bigint[]) and path like ${`${TIE}%`}`.execute(
        db,
      );
      await sql`delete from stix_object o where seq = any(${seqs}::bigint[]) and not exists
        (select 1 from stix_origin r where r.seq = o.seq and ${visible(this.work, "r")})`.execute(db);
    }
  }

  /** Rows whose first teller went bear the next one's text, and the least strict marking of those that remain. */
  private async restore(seqs: readonly number[]): Promise<void> {
    const db = this.work.tables<IntelTables>();
    const seen = visible(this.work, "r");
    await sql`update stix_object o set tlp = left_over.tlp
      from (select seq, min(tlp) as tlp from stix_origin r
        where seq = any(${[...seqs]}::bigint[]) and ${seen} group by seq) as left_over
      where o.seq = left_over.seq and o.tlp <> left_over.tlp`.execute(db);
    // What nobody tells as TLP:CLEAR any more is everyone's no longer, but for whom an import itself names.
    await sql`update stix_object o set audience = array_remove(o.audience, ${EVERYONE}::uuid)
      where o.seq = any(${[...seqs]}::bigint[]) and o.tlp > 0 and o.audience @> array[${EVERYONE}::uuid]
        and not exists (select 1 from stix_origin r where r.seq = o.seq and r.audience @> array[${EVERYONE}::uuid]
          and ${seen})`.execute(db);
    const first = sql`(select distinct on (r.seq) r.seq, r.document from stix_origin r
      where r.seq = any(${[...seqs]}::bigint[]) and ${seen} order by r.seq, r.told)`;
    await sql`update stix_origin t set document = o.document from ${first} f join stix_object o on o.seq = f.seq
      where t.seq = f.seq and f.document is not null and t.document is null`.execute(db);
    await sql`update stix_object o set document = f.document from ${first} f
      where o.seq = f.seq and f.document is not null`.execute(db);
    await sql`update stix_origin t set document = null from stix_object o
      where t.seq = any(${[...seqs]}::bigint[]) and o.seq = t.seq and t.document = o.document`.execute(db);
  }

  private sourceOf(importId: string): Promise<{ id: string; name: string } | undefined> {
    return this.work
      .tables<IntelTables>()
      .selectFrom("intel_import as i")
      .innerJoin("intel_source as s", "s.id", "i.source_id")
      .select(["s.id", "s.name"])
      .where("i.id", "=", importId)
      .where(visible(this.work, "i"))
      .where(visible(this.work, "s"))
      .executeTakeFirst();
  }

  private async toldBy(sourceId: string, but: string, rows: ReadonlyMap<string, Row>): Promise<Set<number>> {
    const seqs = [...rows.values()].map((row) => row.seq);
    const told = await sql<{ seq: number }>`select distinct r.seq from stix_origin r
      join intel_import i on i.id = r.import_id
      where r.seq = any(${seqs}::bigint[]) and i.source_id = ${sourceId}::uuid and i.id <> ${but}::uuid
        and ${visible(this.work, "r")} and ${visible(this.work, "i")}`.execute(
      this.work.tables<IntelTables>(),
    );
    return new Set(told.rows.map((row) => row.seq));
  }

  private async known(orgId: string, documents: readonly ToldDocument[]): Promise<Map<string, Row>> {
    const wanted = documents.map(({ object, digest }) => ({ id: object.id, digest }));
    const { rows } = await sql<Row & { id: string; digest: string }>`
      select o.seq, o.id, o.digest, o.tlp, encode(sha256(convert_to(o.document, 'UTF8')), 'base64') as sha256
      from json_to_recordset(${JSON.stringify(wanted)}::text::json) as given (id text, digest text)
      join stix_object o on o.org_id = ${orgId}::uuid and o.id = given.id and o.digest = given.digest
        and o.collection_id is null
      where ${visible(this.work, "o")}`.execute(this.work.tables<IntelTables>());
    return new Map(rows.map((row) => [keyOf(row.id, row.digest), row]));
  }

  /** The ids to which relations, notes and reports that people wrote by hand refer, other than those of one import. */
  private async heldByPeople(but: string): Promise<Set<string>> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("intel_source as s")
      .innerJoin("intel_import as i", "i.source_id", "s.id")
      .innerJoin("stix_origin as r", "r.import_id", "i.id")
      .innerJoin("stix_object as o", "o.seq", "r.seq")
      .select("o.document")
      .where("s.kind", "=", "manual")
      .where("i.id", "<>", but)
      .where(visible(this.work, "s"))
      .where(visible(this.work, "i"))
      .where(visible(this.work, "r"))
      .where(visible(this.work, "o"))
      .execute();
    return new Set(rows.flatMap((row) => refsOf(JSON.parse(row.document))));
  }
}

const LONGEST_PATH = 500;
const TIE = "related ";
const TIES_AT_ONCE = 500;
const MOST_TIES = 20_000;

function keyOf(id: string, digest: string): string {
  return `${id} ${digest}`;
}

/** As PostgreSQL writes it. */
function sha256Base64(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** What an object refers to: the values of its members that end in `_ref` or `_refs`. */
function refsOf(value: Json): string[] {
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    if (name.endsWith("_ref")) return typeof member === "string" ? [member] : [];
    if (!name.endsWith("_refs") || !isList(member)) return [];
    return member.filter((each): each is string => typeof each === "string");
  });
}
