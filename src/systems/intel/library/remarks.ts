import { Problem } from "../../../core/problem.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import type { Work } from "../../../platform/records/work.ts";
import { OriginStore } from "../origin-store.ts";
import { digestOf } from "../stix/digest.ts";
import { newIdentifier } from "../stix/identifier.ts";
import type { Json } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import { validate } from "../stix/validate.ts";
import type { IntelTables } from "../tables.ts";
import { importByHand } from "./by-hand.ts";
import type { Remark } from "./model.ts";
import { ObjectPage } from "./object-page.ts";

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
