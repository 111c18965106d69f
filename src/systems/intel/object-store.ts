import { sql } from "kysely";
import type { Tlp } from "../../core/tlp.ts";
import { tlpRank } from "../../core/tlp.ts";
import type { Work } from "../../platform/records/work.ts";
import { isJsonObject } from "./stix/json.ts";
import type { StixObject } from "./stix/object.ts";
import { versionOf } from "./stix/object.ts";
import { timestampKey } from "./stix/timestamp.ts";
import type { IntelTables } from "./tables.ts";

/** A batch of documents on its way into a collection. */
export interface Batch {
  readonly collectionId: string;
  readonly itemId: string;
  /** 1 = release, 2 = withdrawal. */
  readonly revision: number;
  readonly orgId: string;
  readonly tlp: Tlp;
  readonly audience: readonly string[];
  readonly documents: readonly string[];
}

/** STIX objects as stored: the text as it came, and what is derived from it for searching. */
export class StixObjectStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Adds the documents in their order. From here to the commit no other batch can be numbered. */
  async add(batch: Batch): Promise<void> {
    if (batch.documents.length === 0) return;
    const { seq, dateAdded: from } = await this.reserve(batch.documents.length);
    const rows = batch.documents.map((document, at) => {
      const object = parseDocument(document);
      const dateAdded = laterBy(from, at);
      const version = versionOf(object) ?? dateAdded;
      return {
        seq: seq + at,
        collection_id: batch.collectionId,
        item_id: batch.itemId,
        revision: batch.revision,
        org_id: batch.orgId,
        tlp: tlpRank(batch.tlp),
        audience: [...batch.audience],
        id: object.id,
        type: object.type,
        spec_version: typeof object["spec_version"] === "string" ? object["spec_version"] : "2.1",
        version,
        version_key: timestampKey(version),
        revoked: object["revoked"] === true,
        document,
        date_added: dateAdded,
      };
    });
    const db = this.work.tables<IntelTables>();
    for (let at = 0; at < rows.length; at += 1000) {
      await db
        .insertInto("stix_object")
        .values(rows.slice(at, at + 1000))
        .execute();
    }
  }

  /** The documents of an item as they were released. */
  async released(itemId: string): Promise<StixObject[]> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select("document")
      .where("item_id", "=", itemId)
      .where("revision", "=", 1)
      .orderBy("seq")
      .execute();
    return rows.map((row) => parseDocument(row.document));
  }

  /**
   * The next `count` numbers and times of arrival, each a microsecond later than the one before, so that a client
   * may also page by `added_after`. The counter's row stays locked to the end of the commit.
   */
  private async reserve(count: number): Promise<{ seq: number; dateAdded: string }> {
    const first = sql<Date>`greatest(${this.work.now}::timestamptz, date_added + interval '1 microsecond')`;
    const row = await this.work
      .tables<IntelTables>()
      .updateTable("stix_ledger")
      .set({
        seq: sql`seq + ${count}::int`,
        date_added: sql`${first} + (${count}::int - 1) * interval '1 microsecond'`,
      })
      .returning(["seq", dateAddedText("date_added").as("text")])
      .executeTakeFirstOrThrow();
    return { seq: row.seq - count + 1, dateAdded: laterBy(row.text, 1 - count) };
  }
}

/** A TAXII timestamp so many microseconds on. */
function laterBy(timestamp: string, microseconds: number): string {
  const all =
    BigInt(Date.parse(`${timestamp.slice(0, 23)}Z`)) * 1000n +
    BigInt(timestamp.slice(23, 26)) +
    BigInt(microseconds);
  return `${new Date(Number(all / 1000n)).toISOString().slice(0, 23)}${String(all % 1000n).padStart(3, "0")}Z`;
}

/** A TAXII timestamp (TAXII 2.1 section 2): UTC with six digits of the second. */
export function dateAddedText(column: string) {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Throws TypeError on what is no STIX object at all; callers validate before. */
export function parseDocument(text: string): StixObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value) || typeof value["type"] !== "string" || typeof value["id"] !== "string") {
    throw new TypeError("not a STIX object");
  }
  return { ...value, type: value["type"], id: value["id"] };
}
