import { type Expression, type SqlBool, sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { readInIndexOrder } from "../../../platform/records/index-order.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { dateAddedText, goneEvent, StixObjectStore } from "../object-store.ts";
import type { IntelTables } from "../tables.ts";
import type { TaxiiFilter, VersionWish } from "./filter.ts";

export interface Collection {
  readonly id: string;
  readonly alias: string;
  readonly title: string;
  readonly description: string;
  /** Takes what organisations push; the rest carries only what the node released. */
  readonly takesPushes: boolean;
  /** TAXII timestamp; nothing in it was added before. */
  readonly beganAt: string;
}

/** An object of a collection as the scope sees it. */
export interface CollectionObject {
  readonly seq: number;
  readonly id: string;
  readonly version: string;
  /** TAXII timestamp with six digits of the second. */
  readonly dateAdded: string;
  readonly document: string;
  readonly itemId: string | null;
  readonly revision: number;
}

export interface ObjectPage {
  readonly objects: readonly CollectionObject[];
  readonly more: boolean;
}

/** Collections and what a scope may see of them. Where it may see nothing the answer is that nothing is there. */
export class CollectionStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  list(): Promise<Collection[]> {
    return this.collections().orderBy("position").orderBy("alias").execute();
  }

  /** By id or alias; Problem http.not-found. */
  async get(idOrAlias: string): Promise<Collection> {
    const found = await this.collections()
      .where(sql<SqlBool>`(id::text = ${idOrAlias.toLowerCase()} or alias = ${idOrAlias})`)
      .executeTakeFirst();
    if (found === undefined) throw new Problem("http.not-found");
    return found;
  }

  /** A page in the order of arrival; what it costs does not grow with the collection. */
  async page(collectionId: string, filter: TaxiiFilter): Promise<ObjectPage> {
    if (filter.ids === undefined) await readInIndexOrder(this.work);
    let query = this.work
      .tables<IntelTables>()
      .selectFrom("stix_object as o")
      .select(["o.seq", "o.id", "o.version", "o.document", "o.item_id as itemId", "o.revision"])
      .select(dateAddedText("o.date_added").as("dateAdded"))
      .where("o.collection_id", "=", collectionId)
      .where(visible(this.work, "o"))
      .where("o.seq", ">", await this.start(collectionId, filter))
      .where(this.unbeaten(filter));
    if (filter.addedAfter !== undefined)
      query = query.where(sql<SqlBool>`o.date_added > ${filter.addedAfter}::timestamptz`);
    const { ids, types, specVersions, versions } = filter;
    if (ids !== undefined) query = query.where("o.id", "in", ids);
    if (types !== undefined)
      query =
        types.length === 1 ? query.where("o.type", "=", types[0] ?? "") : query.where("o.type", "in", types);
    if (specVersions !== undefined) query = query.where("o.spec_version", "in", specVersions);
    if (versions.length > 1 || typeof versions[0] === "object") {
      const wishes = versions.map((wish) => this.version(wish));
      query = query.where((e) => e.or(wishes));
    }
    const rows = await query
      .orderBy("o.seq")
      .limit(filter.limit + 1)
      .execute();
    return { objects: rows.slice(0, filter.limit), more: rows.length > filter.limit };
  }

  /** Where to begin: numbers and times of arrival grow together, so a time is a number looked up once. */
  private async start(collectionId: string, { afterSeq, addedAfter }: TaxiiFilter): Promise<number> {
    if (addedAfter === undefined) return afterSeq;
    const first = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select("seq")
      .where("collection_id", "=", collectionId)
      .where(sql<SqlBool>`date_added > ${addedAfter}::timestamptz`)
      .where(visible(this.work, "stix_object"))
      .orderBy("date_added")
      .limit(1)
      .executeTakeFirst();
    return Math.max(afterSeq, first === undefined ? Number.MAX_SAFE_INTEGER : first.seq - 1);
  }

  /** Problem http.not-found when the scope sees no version of the object in the collection. */
  async requireObject(collectionId: string, objectId: string): Promise<void> {
    const found = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select("seq")
      .where("collection_id", "=", collectionId)
      .where("id", "=", objectId)
      .where(visible(this.work, "stix_object"))
      .limit(1)
      .executeTakeFirst();
    if (found === undefined) throw new Problem("http.not-found");
  }

  /** Deletes versions of an object that the scope's organisation pushed; Problem http.not-found where it has none such. */
  async remove(
    collectionId: string,
    objectId: string,
    filter: Pick<TaxiiFilter, "versions" | "specVersions">,
  ): Promise<number> {
    // Numbers of what is gone, too, grow in the order of commit.
    await new StixObjectStore(this.work).lock();
    const own = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object as o")
      .select(["o.seq", "o.version_key as key", "o.spec_version as spec"])
      .where("o.collection_id", "=", collectionId)
      .where("o.id", "=", objectId)
      .where("o.org_id", "=", this.work.scope.orgId)
      .where("o.item_id", "is", null)
      .where(visible(this.work, "o"))
      .orderBy("o.version_key")
      .execute();
    const { versions, specVersions } = filter;
    const wanted = own.filter((row) => specVersions === undefined || specVersions.includes(row.spec));
    const gone = wanted.filter((row) =>
      versions.some((wish) => {
        if (wish === "all") return true;
        if (wish === "last") return row.key === wanted.at(-1)?.key;
        return wish === "first" ? row.key === wanted[0]?.key : row.key === wish.key;
      }),
    );
    if (gone.length === 0) throw new Problem("http.not-found");
    const seqs = gone.map((row) => row.seq);
    this.work.emit(goneEvent(this.work));
    await sql`with gone as (delete from stix_object where seq = any(${seqs}::bigint[])
        returning seq, collection_id, org_id, tlp, audience, id, version, version_key)
      insert into stix_gone (collection_id, org_id, tlp, audience, id, version, version_key, at)
      select collection_id, org_id, tlp, audience, id, version, version_key, ${this.work.now} from gone order by seq`.execute(
      this.work.tables<IntelTables>(),
    );
    return gone.length;
  }

  private collections() {
    return this.work
      .tables<IntelTables>()
      .selectFrom("taxii_collection")
      .select(["id", "alias", "title", "description", "takes_pushes as takesPushes"])
      .select(dateAddedText("began_at").as("beganAt"));
  }

  /**
   * No other row of the same object stands for this one: of equal versions the one that came first, of several
   * specification versions the newest where none is named, and the last or first version where just that is wanted.
   */
  private unbeaten({ specVersions, versions }: TaxiiFilter): Expression<SqlBool> {
    const beats: Expression<SqlBool>[] = [
      sql<SqlBool>`better.spec_version = o.spec_version and better.version_key = o.version_key
      and better.seq < o.seq`,
    ];
    if (specVersions === undefined) beats.push(sql<SqlBool>`better.spec_version > o.spec_version`);
    const [only, ...others] = versions;
    if (others.length === 0 && only === "last") beats.push(later("better"));
    if (others.length === 0 && only === "first") beats.push(earlier("better"));
    return this.none("better", sql<SqlBool>`(${sql.join(beats, sql` or `)})`);
  }

  private version(wish: VersionWish): Expression<SqlBool> {
    if (wish === "last") return this.none("later", later("later"));
    if (wish === "first") return this.none("earlier", earlier("earlier"));
    return wish === "all" ? sql<SqlBool>`true` : sql<SqlBool>`o.version_key = ${wish.key}`;
  }

  private none(alias: string, condition: Expression<unknown>): Expression<SqlBool> {
    return sql<SqlBool>`not exists (select 1 from stix_object as ${sql.ref(alias)}
      where ${sql.ref(`${alias}.collection_id`)} = o.collection_id and ${sql.ref(`${alias}.id`)} = o.id
        and ${condition} and ${visible(this.work, alias)})`;
  }
}

function later(alias: string): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(`${alias}.spec_version`)} = o.spec_version
    and ${sql.ref(`${alias}.version_key`)} > o.version_key`;
}

function earlier(alias: string): Expression<SqlBool> {
  return sql<SqlBool>`${sql.ref(`${alias}.spec_version`)} = o.spec_version
    and ${sql.ref(`${alias}.version_key`)} < o.version_key`;
}
