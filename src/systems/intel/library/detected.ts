import { sql } from "kysely";
import { type Instant, instantOf } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { type Tlp, tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import { uuidV5 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { StixObjectStore } from "../object-store.ts";
import { producerOf } from "../producer.ts";
import { digestOf } from "../stix/digest.ts";
import { canonicalJson, type Json, type JsonObject } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import type { IntelTables } from "../tables.ts";
import { thingOf } from "./entry.ts";
import { CURRENT_FIRST } from "./query.ts";
import { objectOf } from "./row.ts";

/** What the detection system saw of one indicator at one organisation on one day. */
export interface Seen {
  /** STIX id of the indicator; one that the scope does not see in the library is passed over. */
  readonly indicatorId: string;
  /** Whose logs they were, or who keeps it where that organisation may not know of the indicator. */
  readonly orgId: OrgId;
  /** The marking of what was seen; the sighting bears the stricter of this and the indicator's own. */
  readonly tlp: Tlp;
  /** Day in UTC, `2026-11-25`. */
  readonly day: string;
  /** How many events; 0 where people found that every one of them was a false positive. */
  readonly count: number;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
}

/** How people judged one alert that an indicator raised. */
export interface Verdict {
  readonly indicatorId: string;
  readonly orgId: OrgId;
  readonly tlp: Tlp;
  /** Id of the alert. */
  readonly about: string;
  readonly falsePositive: boolean;
}

/** Objects of this namespace are one for each indicator, organisation and day or alert; none of these can be read from them. */
const DETECTED = "3f4e6a54-4f0c-5b0e-9a57-0d7c2f6a9b11";

/**
 * Keeps sightings (STIX 2.1 section 5.2) and opinions of what detection saw, in the library of the organisation whose
 * logs they were: it and those above it see them, they name no organisation, and no collection carries them themselves
 * (`sightings-out.ts` sums them up). Told again,
 * nothing new is made; what changed since is a new version, and what proved false is revoked. Answers how many versions
 * were made.
 */
export async function recordSightings(
  work: Work,
  { seen, verdicts }: { readonly seen: readonly Seen[]; readonly verdicts: readonly Verdict[] },
): Promise<number> {
  if (seen.length + verdicts.length === 0) return 0;
  const store = new StixObjectStore(work);
  await store.lock();
  const markings = await markingsOf(
    work,
    [...seen, ...verdicts].map(({ indicatorId }) => indicatorId),
  );
  const producer = await producerOf(work);
  const drafts = [
    ...seen.flatMap((each) => draftOf(each, "sighting", each.day, markings, sightingOf(each, producer.id))),
    ...verdicts.flatMap((each) => draftOf(each, "opinion", each.about, markings, opinionOf(each))),
  ];
  const before = await currentOf(
    work,
    drafts.map(({ id }) => id),
  );
  let made = 0;
  for (const draft of drafts) {
    const object = versionOf(work, draft, before.get(draft.id), producer.id);
    if (object === undefined) continue;
    const text = JSON.stringify(object);
    await store.add({
      collectionId: null,
      revision: 1,
      orgId: draft.orgId,
      audience: [],
      documents: [{ text, object, tlp: draft.tlp, digest: digestOf(object, text) }],
    });
    made++;
  }
  if (made > 0) work.audit({ action: "intel.detected", subject: "library", detail: { made } });
  return made;
}

interface Draft {
  readonly id: string;
  readonly type: "sighting" | "opinion";
  readonly orgId: OrgId;
  readonly tlp: Tlp;
  readonly says: JsonObject & { readonly revoked: boolean };
}

function draftOf(
  { indicatorId, orgId, tlp }: { indicatorId: string; orgId: OrgId; tlp: Tlp },
  type: Draft["type"],
  key: string,
  markings: ReadonlyMap<string, number>,
  says: Draft["says"],
): Draft[] {
  const marking = markings.get(indicatorId);
  if (marking === undefined) return [];
  const id = `${type}--${uuidV5(DETECTED, canonicalJson([indicatorId, orgId, key]))}`;
  return [{ id, type, orgId, tlp: tlpOfRank(Math.max(marking, tlpRank(tlp))), says }];
}

function sightingOf(seen: Seen, producerId: string): Draft["says"] {
  return {
    sighting_of_ref: seen.indicatorId,
    count: Math.min(999_999_999, seen.count),
    first_seen: seen.firstSeen,
    last_seen: seen.lastSeen,
    where_sighted_refs: [producerId],
    description: "偵測系統依日誌告警。 Seen in logs by the detection system.",
    revoked: seen.count === 0,
  };
}

function opinionOf({ indicatorId, falsePositive }: Verdict): Draft["says"] {
  return {
    opinion: "disagree",
    explanation: "依此告警的警訊經查為誤報。 An alert raised by this was found to be a false positive.",
    object_refs: [indicatorId],
    revoked: !falsePositive,
  };
}

/** The next version, where it says anything other than the one before; what never was is not revoked either. */
function versionOf(
  work: Work,
  draft: Draft,
  before: JsonObject | undefined,
  producerId: string,
): StixObject | undefined {
  if (before === undefined && draft.says.revoked) return undefined;
  if (before !== undefined && saysTheSame(before, draft)) return undefined;
  const last = before === undefined ? 0 : Date.parse(String(before["modified"]));
  return stixObject({
    type: draft.type,
    spec_version: "2.1",
    id: draft.id,
    created_by_ref: producerId,
    created: before === undefined ? work.now : String(before["created"]),
    // Versions of one millisecond could not be told apart.
    modified: instantOf(Math.max(Date.parse(work.now), last + 1)),
    ...draft.says,
    // A sighting that was found false keeps what it had said.
    ...(draft.says.revoked && before !== undefined ? keptOf(before) : {}),
    object_marking_refs: [tlpMarkingId(draft.tlp)],
  });
}

function keptOf(before: JsonObject): JsonObject {
  const kept: { [name: string]: Json } = {};
  for (const name of ["count", "first_seen", "last_seen"]) {
    const value = before[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function saysTheSame(before: JsonObject, { says, tlp }: Draft): boolean {
  if ((before["revoked"] === true) !== says.revoked) return false;
  if (says.revoked) return true;
  return (
    ["count", "first_seen", "last_seen"].every((name) => before[name] === says[name]) &&
    JSON.stringify(before["object_marking_refs"]) === JSON.stringify([tlpMarkingId(tlp)])
  );
}

/** The marking of the current version of each indicator. */
async function markingsOf(work: Work, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await newest(work, ids);
  return new Map(rows.map(({ id, tlp }) => [id, tlp]));
}

async function currentOf(work: Work, ids: readonly string[]): Promise<Map<string, JsonObject>> {
  const rows = await newest(work, ids);
  return new Map(rows.map(({ id, document }) => [id, objectOf(document)]));
}

async function newest(work: Work, ids: readonly string[]) {
  const things = [...new Set(ids)].map((id) => thingOf(id).toString());
  const { rows } = await sql<{
    id: string;
    tlp: number;
    document: string;
  }>`select distinct on (o.id) o.id, o.tlp, o.document
    from stix_entry e join stix_object o on o.seq = e.seq
    where e.thing = any(${things}::bigint[]) and o.id = any(${[...new Set(ids)]}::text[])
      and ${visible(work, "e")} and ${visible(work, "o")}
    order by o.id, ${CURRENT_FIRST}`.execute(work.tables<IntelTables>());
  return rows;
}
