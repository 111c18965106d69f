import { sql } from "kysely";
import type { Tlp } from "../../core/tlp.ts";
import { tlpRank } from "../../core/tlp.ts";
import { visible } from "../../platform/records/visible.ts";
import type { DomainEvent, Work } from "../../platform/records/work.ts";
import { addEntries } from "./library/entry-store.ts";
import { isJsonObject } from "./stix/json.ts";
import type { StixObject } from "./stix/object.ts";
import { versionOf } from "./stix/object.ts";
import { timestampKey } from "./stix/timestamp.ts";
import type { IntelTables } from "./tables.ts";

/** A batch of documents on its way into a collection or into the library. */
export interface Batch {
  /** Null: in the library only, published in no collection; each document then has its digest. */
  readonly collectionId: string | null;
  /** Absent for what a member pushed and what was imported. */
  readonly itemId?: string;
  /** 1 = release, 2 = withdrawal. */
  readonly revision: number;
  readonly orgId: string;
  readonly audience: readonly string[];
  readonly documents: readonly MarkedDocument[];
  /** Who tells them, where that is a source of imports. */
  readonly sourceId?: string | undefined;
}

/** That objects are gone for good, or stand no more: whoever keeps a copy of the library reads it again. */
export function goneEvent(work: Work): DomainEvent {
  const marked = { orgId: work.scope.orgId, tlp: "amber", audience: [] } as const;
  return { topic: "intel.gone", subject: "library", marked, data: {} };
}

/** The text of an object as it came, what it says, and the marking under which it is kept. */
export interface MarkedDocument {
  readonly text: string;
  readonly object: StixObject;
  readonly tlp: Tlp;
  /** SHA-256 (hex) over the canonical JSON; wanted in the library. */
  readonly digest?: string;
}

/** Rows of one statement; each is one parameter of JSON, whatever its number of columns. */
const ROWS_AT_ONCE = 2000;

/** STIX objects as stored: the text as it came, and what is derived from it for searching. */
export class StixObjectStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /**
   * Adds the documents in their order and answers the first one's number; the others' follow. From here to the commit no
   * other batch can be numbered. The one place where documents become rows, and where everything derived from them is.
   */
  async add(batch: Batch): Promise<number> {
    if (batch.documents.length === 0) return 0;
    const { seq, dateAdded: from } = await this.reserve(batch.documents.length);
    const rows = batch.documents.map(({ text, object, tlp, digest }, at) => {
      const dateAdded = laterBy(from, at);
      const version = versionOf(object) ?? dateAdded;
      return {
        seq: seq + at,
        tlp: tlpRank(tlp),
        id: object.id,
        type: object.type,
        spec_version: typeof object["spec_version"] === "string" ? object["spec_version"] : "2.1",
        version,
        version_key: timestampKey(version),
        revoked: object["revoked"] === true,
        document: text,
        date_added: dateAdded,
        digest: digest ?? null,
      };
    });
    const audience = [...batch.audience];
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const part = JSON.stringify(rows.slice(at, at + ROWS_AT_ONCE));
      await sql`insert into stix_object (seq, collection_id, item_id, revision, org_id, tlp, audience, id, type,
          spec_version, version, version_key, revoked, document, date_added, digest)
        select seq, ${batch.collectionId}::uuid, ${batch.itemId ?? null}::uuid, ${batch.revision}::smallint,
          ${batch.orgId}::uuid, tlp, ${audience}::uuid[], id, type, spec_version, version, version_key, revoked,
          document, date_added, digest
        from json_to_recordset(${part}::text::json) as given (seq bigint, tlp smallint, id text, type text,
          spec_version text, version text, version_key text, revoked boolean, document text,
          date_added timestamptz, digest text)`.execute(this.work.tables<IntelTables>());
    }
    await addEntries(this.work, {
      orgId: batch.orgId,
      audience,
      sourceId: batch.sourceId,
      objects: batch.documents.map(({ object, tlp, text, digest }, at) => ({
        seq: seq + at,
        tlp: tlpRank(tlp),
        object,
        text,
        digest,
      })),
    });
    return seq;
  }

  /**
   * What an organisation itself pushed into a collection under these ids, every version. The version of an object that
   * has none is its time of arrival.
   */
  async pushed(
    collectionId: string,
    orgId: string,
    ids: readonly string[],
  ): Promise<{ id: string; version: string; dateAdded: string; document: string }[]> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select(["id", "version", "document", dateAddedText("date_added").as("dateAdded")])
      .where("collection_id", "=", collectionId)
      .where("org_id", "=", orgId)
      .where("item_id", "is", null)
      .where(sql<boolean>`id = any(${[...ids]}::text[])`)
      .where(visible(this.work, "stix_object"))
      .execute();
    return rows;
  }

  /** Lets no other batch in until the commit, so that what is not there now will not come meanwhile. */
  async lock(): Promise<void> {
    await this.work.tables<IntelTables>().selectFrom("stix_ledger").select("seq").forUpdate().execute();
  }

  /** The documents of an item as they were released. */
  async released(itemId: string): Promise<StixObject[]> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select("document")
      .where("item_id", "=", itemId)
      .where("revision", "=", 1)
      .where(visible(this.work, "stix_object"))
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

/** A document that is known to be a STIX object, under a marking. */
export function markedDocument(text: string, tlp: Tlp): MarkedDocument {
  return { text, object: parseDocument(text), tlp };
}

/** Throws TypeError on what is no STIX object at all; callers validate before. */
export function parseDocument(text: string): StixObject {
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value) || typeof value["type"] !== "string" || typeof value["id"] !== "string") {
    throw new TypeError("not a STIX object");
  }
  return { ...value, type: value["type"], id: value["id"] };
}
