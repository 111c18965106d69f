import { addMillis } from "../../core/instant.ts";
import { Problem } from "../../core/problem.ts";
import { type Tlp, tlpOfRank, tlpRank } from "../../core/tlp.ts";
import { sha256Hex, uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { NO_SECRETS, type Secrets } from "./deidentify/secrets.ts";
import { type ItemRecord, ItemStore, type StepAction } from "./item-store.ts";
import { IndicatorValue, type IntelKind, IntelState, type ItemChange, type Recipient } from "./model.ts";
import { markedDocument, StixObjectStore } from "./object-store.ts";
import { composeOutgoing, documentsOf, leaksOf, type Outgoing, writtenOf } from "./outgoing.ts";
import {
  type Act,
  approvalRefusal,
  audienceOf,
  collectionAliasOf,
  recipientFaults,
  stateAfter,
} from "./rules.ts";
import { bundleOf, canBeRevoked, revokedVersion } from "./stix/build.ts";
import type { IntelTables } from "./tables.ts";

export interface Draft {
  /** Whose case it is; the scope must be of it or oversee it. */
  readonly orgId: string;
  readonly title: string;
  readonly description: string;
  readonly kind?: IntelKind;
  readonly tlp?: Tlp;
  readonly recipients?: readonly Recipient[];
  readonly indicators: readonly DraftIndicator[];
  readonly incident?: { readonly id: string; readonly number: string };
  readonly secrets?: Partial<Secrets>;
}

export interface DraftIndicator {
  readonly type: IndicatorValue["type"];
  readonly value: string;
  readonly firstSeen?: string | undefined;
  readonly lastSeen?: string | undefined;
  readonly count?: number | undefined;
}

/**
 * Makes a draft. Problem http.invalid names an indicator that is none; intel.tlp-exceeded when the marking is above
 * the writer's clearance. What the platform knows of the organisation's people and names is added to `secrets`.
 */
export async function draftItem(work: Work, draft: Draft): Promise<{ id: string }> {
  const tlp = draft.tlp ?? "amber";
  refuseAboveClearance(work, tlp);
  if (!work.scope.orgIds.includes(draft.orgId)) throw new Problem("http.not-found");
  const secrets = { ...NO_SECRETS, ...draft.secrets };
  const written = {
    orgId: draft.orgId,
    kind: draft.kind ?? "INT",
    tlp,
    title: draft.title,
    description: draft.description,
    indicators: readIndicators(draft.indicators),
  };
  const outgoing = await composeOutgoing(work, written, secrets);
  const id = uuidV7();
  const { actor } = work.scope;
  const store = new ItemStore(work);
  await store.insert({
    id,
    org_id: draft.orgId,
    tlp: tlpRank(tlp),
    kind: written.kind,
    state: "draft",
    title: written.title,
    description: written.description,
    indicators: written.indicators,
    recipients: [...(draft.recipients ?? [])],
    secrets,
    incident_id: draft.incident?.id ?? null,
    incident_number: draft.incident?.number ?? null,
    authors: [{ id: actor.id, name: actor.name }],
    ...outgoingColumns(outgoing),
    reason: null,
    created_at: work.now,
    updated_at: work.now,
    submitted_at: null,
    approved_by_id: null,
    approved_by_name: null,
    approved_at: null,
    released_at: null,
    withdrawn_at: null,
  });
  await store.step(id, "drafted");
  work.audit({ action: "intel.draft", subject: id, detail: { orgId: draft.orgId, tlp, kind: written.kind } });
  work.emit({
    topic: "intel.drafted",
    subject: id,
    marked: { orgId: draft.orgId, tlp, audience: [] },
    data: { kind: written.kind, ...(draft.incident === undefined ? {} : { incidentId: draft.incident.id }) },
  });
  return { id };
}

/** Changes a draft and makes what would leave anew. Whoever edits is an author from then on. */
export async function editItem(work: Work, id: string, change: ItemChange): Promise<void> {
  const before = await acting(work, id, "edit");
  if (before.version !== change.version) throw new Problem("http.conflict");
  const tlp = change.tlp ?? tlpOfRank(before.tlp);
  refuseAboveClearance(work, tlp);
  const written = {
    ...writtenOf(before),
    tlp,
    kind: change.kind ?? writtenOf(before).kind,
    title: change.title ?? before.title,
    description: change.description ?? before.description,
    indicators: change.indicators ?? before.indicators,
  };
  const { actor } = work.scope;
  const known = before.authors.some((author) => author.id === actor.id);
  await advance(work, before, "edit", "edited", {
    tlp: tlpRank(tlp),
    kind: written.kind,
    title: written.title,
    description: written.description,
    indicators: [...written.indicators],
    recipients: change.recipients ?? before.recipients,
    authors: known ? before.authors : [...before.authors, { id: actor.id, name: actor.name }],
    ...outgoingColumns(await composeOutgoing(work, written, before.secrets)),
  });
}

/** Sends a draft to review, with what would leave made from what is known of the organisation at this moment. */
export async function submitItem(work: Work, id: string): Promise<void> {
  const before = await acting(work, id, "submit");
  refuseRecipients(before);
  const outgoing = await composeOutgoing(work, writtenOf(before), before.secrets);
  await advance(work, before, "submit", "submitted", {
    ...outgoingColumns(outgoing),
    submitted_at: work.now,
    reason: null,
  });
}

export async function rejectItem(work: Work, id: string, reason: string): Promise<void> {
  const before = await acting(work, id, "reject");
  const cleared = {
    reason,
    submitted_at: null,
    approved_by_id: null,
    approved_by_name: null,
    approved_at: null,
  };
  await advance(work, before, "reject", "rejected", cleared, reason);
}

/**
 * Approves exactly the bundle whose SHA-256 the reviewer names, then releases it unless `hold`. Problems:
 * intel.own-approval, intel.preview-stale, intel.leaks (with paths), intel.recipients.
 */
export async function approveItem(
  work: Work,
  id: string,
  decision: { sha256: string; hold: boolean },
): Promise<void> {
  const before = await acting(work, id, "approve");
  const refusal = approvalRefusal(
    { authorIds: before.authors.map((author) => author.id) },
    work.scope.actor.id,
  );
  if (refusal !== undefined) throw new Problem(refusal);
  if (before.bundle_sha256 !== decision.sha256) throw new Problem("intel.preview-stale");
  await refuseUnfit(work, before);
  const { actor } = work.scope;
  await advance(work, before, "approve", "approved", {
    approved_by_id: actor.id,
    approved_by_name: actor.name,
    approved_at: work.now,
  });
  work.emit({
    topic: "intel.approved",
    subject: id,
    marked: { orgId: before.org_id, tlp: tlpOfRank(before.tlp), audience: [] },
    data: { kind: before.kind, sha256: before.bundle_sha256 },
  });
  if (!decision.hold) await releaseItem(work, id);
}

/** Makes an approved item fetchable by its recipients, byte for byte as it was approved. */
export async function releaseItem(work: Work, id: string): Promise<void> {
  const before = await acting(work, id, "release");
  await refuseUnfit(work, before);
  const tlp = tlpOfRank(before.tlp);
  const audience = audienceOf(before.recipients);
  const documents = documentsOf(before.bundle);
  const db = work.tables<IntelTables>();
  const collections = await db.selectFrom("taxii_collection").select(["id", "alias"]).execute();
  const alias = collectionAliasOf(
    before.recipients,
    collections.map((each) => each.alias),
  );
  const collection = collections.find((each) => each.alias === alias);
  if (collection === undefined)
    throw new Problem("http.internal", { detail: "the intel system was never started" });
  await new StixObjectStore(work).add({
    collectionId: collection.id,
    itemId: id,
    revision: 1,
    orgId: before.org_id,
    audience,
    documents: documents.map((text) => markedDocument(text, tlp)),
  });
  await db
    .insertInto("intel_release")
    .values({
      item_id: id,
      org_id: before.org_id,
      tlp: before.tlp,
      audience,
      kind: before.kind,
      title: before.out_title,
      description: before.out_description,
      bundle: before.bundle,
      bundle_sha256: before.bundle_sha256,
      released_at: work.now,
      withdrawn_at: null,
    })
    .execute();
  await advance(work, before, "release", "released", { released_at: work.now });
  work.emit({
    topic: "intel.released",
    subject: id,
    marked: { orgId: before.org_id, tlp, audience },
    data: { kind: before.kind, title: before.out_title },
  });
}

/** Takes a released item back: every object that can be revoked gets a new, revoked version where the old one went. */
export async function withdrawItem(work: Work, id: string, reason: string): Promise<void> {
  const before = await acting(work, id, "withdraw");
  const tlp = tlpOfRank(before.tlp);
  const audience = audienceOf(before.recipients);
  const db = work.tables<IntelTables>();
  const { collection_id } = await db
    .selectFrom("stix_object")
    .select("collection_id")
    .where("item_id", "=", id)
    .where("collection_id", "is not", null)
    .where(visible(work, "stix_object"))
    .limit(1)
    .executeTakeFirstOrThrow();
  const store = new StixObjectStore(work);
  // Of what has several versions, as a summary of sightings, the last one ends.
  const last = new Map((await store.released(id)).map((object) => [object.id, object]));
  const objects = [...last.values()].filter(canBeRevoked);
  const created =
    objects
      .map((object) => String(object["modified"]))
      .sort()
      .at(-1) ?? work.now;
  const modified = work.now > created ? work.now : addMillis(created, 1);
  const documents = objects.map((object) => JSON.stringify(revokedVersion(object, modified)));
  await store.add({
    collectionId: collection_id,
    itemId: id,
    revision: 2,
    orgId: before.org_id,
    audience,
    documents: documents.map((text) => markedDocument(text, tlp)),
  });
  // From now on a download says that it is revoked, too.
  const bundle = bundleOf(documents).text;
  await db
    .updateTable("intel_release")
    .set({ withdrawn_at: work.now, bundle, bundle_sha256: sha256Hex(bundle) })
    .where("item_id", "=", id)
    .execute();
  await advance(work, before, "withdraw", "withdrawn", { withdrawn_at: work.now, reason }, reason);
  work.emit({
    topic: "intel.withdrawn",
    subject: id,
    marked: { orgId: before.org_id, tlp, audience },
    data: { kind: before.kind, title: before.out_title },
  });
}

async function acting(work: Work, id: string, act: Act): Promise<ItemRecord> {
  const row = await new ItemStore(work).record(id);
  if (stateAfter(IntelState.parse(row.state), act) === undefined) {
    throw new Problem("intel.wrong-state", { detail: `${act} does not fit the state ${row.state}` });
  }
  return row;
}

async function advance(
  work: Work,
  before: ItemRecord,
  act: Act,
  step: StepAction,
  change: Partial<Omit<ItemRecord, "id" | "version">>,
  reason: string | null = null,
): Promise<void> {
  const state = stateAfter(IntelState.parse(before.state), act) ?? before.state;
  const store = new ItemStore(work);
  await store.change(before, { ...change, state });
  await store.step(before.id, step, reason);
  work.audit({
    action: `intel.${act}`,
    subject: before.id,
    detail: { from: before.state, to: state, sha256: change.bundle_sha256 ?? before.bundle_sha256 },
  });
}

function refuseAboveClearance(work: Work, tlp: Tlp): void {
  if (tlpRank(tlp) > tlpRank(work.scope.clearance)) throw new Problem("intel.tlp-exceeded");
}

function refuseRecipients(row: ItemRecord): void {
  const faults = recipientFaults(tlpOfRank(row.tlp), row.recipients);
  if (faults.length > 0) throw new Problem("intel.recipients", { faults });
}

async function refuseUnfit(work: Work, row: ItemRecord): Promise<void> {
  refuseRecipients(row);
  const faults = await leaksOf(work, row);
  if (faults.length > 0) throw new Problem("intel.leaks", { faults });
}

function outgoingColumns(outgoing: Outgoing) {
  return {
    out_title: outgoing.title,
    out_description: outgoing.description,
    out_indicators: outgoing.indicators,
    bundle: outgoing.bundle,
    bundle_sha256: outgoing.sha256,
    removed: outgoing.removed,
  };
}

function readIndicators(given: readonly DraftIndicator[]): IndicatorValue[] {
  const read = IndicatorValue.array().max(5000).safeParse(given);
  if (read.success) return read.data;
  const faults = read.error.issues.map((issue) => ({
    path: ["indicators", ...issue.path.map(String)].join("."),
    message: issue.message,
  }));
  throw new Problem("http.invalid", { faults });
}
