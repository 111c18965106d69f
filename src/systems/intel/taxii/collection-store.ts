import { type Expression, type SqlBool, sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { dateAddedText } from "../object-store.ts";
import type { IntelTables } from "../tables.ts";
import type { TaxiiFilter, VersionWish } from "./filter.ts";

export interface Collection {
  readonly id: string;
  readonly alias: string;
  readonly title: string;
  readonly description: string;
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

  /** A page in the order of arrival. */
  async page(collectionId: string, filter: TaxiiFilter): Promise<ObjectPage> {
    let query = this.work
      .tables<IntelTables>()
      .selectFrom("stix_object as o")
      .select(["o.seq", "o.id", "o.version", "o.document", "o.item_id as itemId", "o.revision"])
      .select(dateAddedText("o.date_added").as("dateAdded"))
      .where("o.collection_id", "=", collectionId)
      .where(visible(this.work, "o"))
      .where("o.seq", ">", filter.afterSeq)
      .where(this.noTwin(sql`twin.version_key = o.version_key and twin.seq < o.seq`, "twin"));
    if (filter.addedAfter !== undefined)
      query = query.where(sql<SqlBool>`o.date_added > ${filter.addedAfter}::timestamptz`);
    if (filter.ids !== undefined) query = query.where("o.id", "in", filter.ids);
    if (filter.types !== undefined) query = query.where("o.type", "in", filter.types);
    if (filter.specVersions !== undefined) query = query.where("o.spec_version", "in", filter.specVersions);
    else query = query.where(this.newestSpecification());
    if (!filter.versions.includes("all")) {
      const wishes = filter.versions.map((wish) => this.version(wish));
      query = query.where((e) => e.or(wishes));
    }
    const rows = await query
      .orderBy("o.seq")
      .limit(filter.limit + 1)
      .execute();
    return { objects: rows.slice(0, filter.limit), more: rows.length > filter.limit };
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

  private collections() {
    return this.work
      .tables<IntelTables>()
      .selectFrom("taxii_collection")
      .select(["id", "alias", "title", "description"]);
  }

  private version(wish: VersionWish): Expression<SqlBool> {
    if (wish === "last") return this.noTwin(sql`later.version_key > o.version_key`, "later");
    if (wish === "first") return this.noTwin(sql`earlier.version_key < o.version_key`, "earlier");
    return wish === "all" ? sql<SqlBool>`true` : sql<SqlBool>`o.version_key = ${wish.key}`;
  }

  /** Several items may carry the same object: of equal versions the one that came first stands for all. */
  private noTwin(condition: Expression<unknown>, alias: string): Expression<SqlBool> {
    return sql<SqlBool>`not exists (select 1 from stix_object as ${sql.ref(alias)}
      where ${sql.ref(`${alias}.collection_id`)} = o.collection_id and ${sql.ref(`${alias}.id`)} = o.id
        and ${sql.ref(`${alias}.spec_version`)} = o.spec_version and ${condition} and ${visible(this.work, alias)})`;
  }

  private newestSpecification(): Expression<SqlBool> {
    return sql<SqlBool>`not exists (select 1 from stix_object as newer where newer.collection_id = o.collection_id
      and newer.id = o.id and newer.spec_version > o.spec_version and ${visible(this.work, "newer")})`;
  }
}
