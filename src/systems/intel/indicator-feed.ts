import { sql } from "kysely";
import type { OrgId } from "../../core/org.ts";
import { type Tlp, tlpOfRank } from "../../core/tlp.ts";
import { readInIndexOrder } from "../../platform/records/index-order.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { parseDocument } from "./object-store.ts";
import { type PlainValue, plainValues } from "./plain-pattern.ts";
import type { Json } from "./stix/json.ts";
import type { StixObject } from "./stix/object.ts";
import type { IntelTables } from "./tables.ts";

/** One stored version of an indicator, with what it takes to meet it with logs. */
export interface LibraryIndicator {
  /** Grows in the order of commit; ask for what comes after the highest. */
  readonly seq: number;
  /** The same for every version of one object in one place; the version with the highest `versionKey` is current. */
  readonly key: string;
  readonly versionKey: string;
  /** STIX id. */
  readonly id: string;
  readonly name: string;
  readonly orgId: OrgId;
  readonly tlp: Tlp;
  readonly audience: readonly string[];
  /** Empty for what was revoked or withdrawn, and for a pattern that no single value makes true. */
  readonly values: readonly PlainValue[];
  /** 0 to 100 (STIX 2.1 section 3.2), where the producer gives it. */
  readonly confidence: number | undefined;
  /** `indicator_types` (STIX 2.1 section 10.6). */
  readonly types: readonly string[];
  /** Milliseconds since 1970. */
  readonly validFrom: number | undefined;
  readonly validUntil: number | undefined;
}

export interface LibraryPage {
  readonly indicators: readonly LibraryIndicator[];
  /** Ask for what comes after this; undefined when there is no more. */
  readonly next: number | undefined;
}

/**
 * Indicators that the work's scope sees, every version, in the order in which they were committed: a new version, a
 * revocation or a withdrawal comes after what it replaces. An object that was deleted for good comes no more, so who
 * keeps a copy reads from 0 now and then.
 */
export async function libraryIndicators(
  work: Work,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<LibraryPage> {
  await readInIndexOrder(work);
  const rows = await work
    .tables<IntelTables>()
    .selectFrom("stix_object")
    .select(
      // What ended before its own end; the entry of what was not derived yet is missing.
      sql<number | null>`(select e.ends_at::float8 from stix_entry e where e.seq = stix_object.seq
        and ${visible(work, "e")})`.as("endsAt"),
    )
    .select([
      "seq",
      "collection_id",
      "item_id",
      "org_id",
      "tlp",
      "audience",
      "id",
      "version_key",
      "revoked",
      "document",
    ])
    .where("type", "=", "indicator")
    .where("seq", ">", after)
    .where(visible(work, "stix_object"))
    .orderBy("seq")
    .limit(limit)
    .execute();
  const last = rows.at(-1);
  return {
    indicators: rows.map((row): LibraryIndicator => {
      const object = parseDocument(row.document);
      return {
        seq: Number(row.seq),
        key: [row.item_id ?? row.collection_id ?? "library", row.org_id, row.id].join(" "),
        versionKey: row.version_key,
        id: row.id,
        name: textOf(object["name"]) ?? "",
        orgId: row.org_id,
        tlp: tlpOfRank(row.tlp),
        audience: row.audience,
        values: row.revoked ? [] : valuesOf(object),
        confidence: typeof object["confidence"] === "number" ? object["confidence"] : undefined,
        types: textsOf(object["indicator_types"]),
        validFrom: timeOf(object["valid_from"]),
        validUntil: row.endsAt ?? timeOf(object["valid_until"]),
      };
    }),
    next: last === undefined || rows.length < limit ? undefined : Number(last.seq),
  };
}

function valuesOf(object: StixObject): readonly PlainValue[] {
  const pattern = textOf(object["pattern"]);
  const type = textOf(object["pattern_type"]) ?? "stix";
  return pattern === undefined || type !== "stix" ? [] : (plainValues(pattern) ?? []);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function timeOf(value: Json | undefined): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
