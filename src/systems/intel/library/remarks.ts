import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import type { Work } from "../../../platform/records/work.ts";
import { OriginStore } from "../origin-store.ts";
import { digestOf } from "../stix/digest.ts";
import { newIdentifier } from "../stix/identifier.ts";
import type { Json } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { validate } from "../stix/validate.ts";
import type { IntelTables } from "../tables.ts";
import type { Remark } from "./model.ts";
import { ObjectPage } from "./object-page.ts";

/** The source under which what people write by hand is kept. */
const BY_HAND = "手動輸入";

/**
 * Adds a sighting, note, opinion or relationship as an object of its own, marked as the object it is about, kept in the
 * library of the writer's organisation. Problem http.not-found where the scope sees not both ends.
 */
export async function remark(work: Work, id: string, given: Remark): Promise<{ id: string }> {
  const page = new ObjectPage(work);
  const marks = [await page.tlpOf(id)];
  if (given.kind === "relationship") marks.push(await page.tlpOf(given.target));
  const tlp = marks.reduce((one, other) => (tlpRank(one) >= tlpRank(other) ? one : other));
  const object = await objectFor(work, id, given, tlp);
  const [fault] = validate(object).filter(({ level }) => level === "must");
  if (fault !== undefined)
    throw new Problem("http.invalid", { faults: [{ path: `body.${fault.path}`, message: fault.message }] });
  const text = JSON.stringify(object);
  const importId = await importByHand(work, tlp, given.kind);
  await new OriginStore(work).tell({
    importId,
    orgId: work.scope.orgId,
    audience: [],
    documents: [{ text, object, tlp, digest: digestOf(object, text), path: "" }],
  });
  work.audit({ action: "intel.remark", subject: object.id, detail: { kind: given.kind, about: id } });
  return { id: object.id };
}

async function objectFor(work: Work, id: string, given: Remark, tlp: Tlp): Promise<StixObject> {
  const producer = await work
    .tables<IntelTables>()
    .selectFrom("intel_producer")
    .select("id")
    .executeTakeFirst();
  const common = {
    spec_version: "2.1",
    created_by_ref: producer?.id,
    created: work.now,
    modified: work.now,
    object_marking_refs: [tlpMarkingId(tlp)],
  };
  const made = (type: string, own: { readonly [name: string]: Json | undefined }) =>
    stixObject({ type, id: newIdentifier(type), ...common, ...own });
  const text = given.text === "" ? undefined : given.text;
  const authors = [work.scope.actor.name];
  switch (given.kind) {
    case "sighting":
      return made("sighting", {
        sighting_of_ref: id,
        count: given.count,
        first_seen: utc(given.firstSeen),
        last_seen: utc(given.lastSeen),
        description: text,
        where_sighted_refs: producer === undefined ? undefined : [producer.id],
      });
    case "note":
      return made("note", {
        content: given.text,
        authors,
        object_refs: [id],
        labels: given.labels?.length === 0 ? undefined : given.labels,
      });
    case "opinion":
      return made("opinion", { opinion: given.opinion, explanation: text, authors, object_refs: [id] });
    case "relationship":
      return made("relationship", {
        relationship_type: given.relation,
        source_ref: id,
        target_ref: given.target,
        description: text,
      });
  }
}

function utc(time: string | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

/** A row of the ledger of imports, so that who wrote it is kept as the origin of the object. */
async function importByHand(work: Work, tlp: Tlp, kind: Remark["kind"]): Promise<string> {
  const db = work.tables<IntelTables>();
  const { actor, orgId } = work.scope;
  const by = { org_id: orgId, tlp: 0 };
  await db
    .insertInto("intel_source")
    .values({
      ...by,
      id: uuidV7(),
      kind: "manual",
      name: BY_HAND,
      url: null,
      created_at: work.now,
      created_by_id: actor.id,
      created_by_name: actor.name,
    })
    .onConflict((conflict) => conflict.columns(["org_id", "kind", "name"]).doNothing())
    .execute();
  const { rows } = await sql<{ id: string }>`select id from intel_source where org_id = ${orgId}::uuid
    and kind = 'manual' and name = ${BY_HAND} and org_id = any(${[...work.scope.orgIds]}::uuid[])`.execute(
    db,
  );
  const id = uuidV7();
  await db
    .insertInto("intel_import")
    .values({
      ...by,
      id,
      tlp: tlpRank(tlp),
      source_id: rows[0]?.id ?? "",
      format: "stix-2.1",
      file_name: kind,
      blob_sha256: null,
      blob_size: null,
      state: "stored",
      counts: JSON.stringify({ total: 1, refused: 0, warned: 0, new: 1, known: 0, left: 0 }),
      reason: null,
      by_id: actor.id,
      by_name: actor.name,
      at: work.now,
      stored_at: work.now,
    })
    .execute();
  return id;
}
