import { randomUUID } from "node:crypto";
import { type Tlp, tlpLabel, tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type MarkedDocument, StixObjectStore } from "../object-store.ts";
import { canonicalJson, isJsonObject, type Json } from "../stix/json.ts";
import { tlpOfObject } from "../stix/marking.ts";
import { versionOf } from "../stix/object.ts";
import { timestampKey } from "../stix/timestamp.ts";
import { validate } from "../stix/validate.ts";
import type { EnvelopePart } from "./elements.ts";
import { type Status, type StatusDetail, StatusStore } from "./status-store.ts";
import { microseconds } from "./timestamp.ts";

/** No object of STIX needs more levels; a deeper one is refused by itself before anything walks it. */
const DEPTH = 200;
const MOST_REASONS = 10;

type Judged = { readonly detail: StatusDetail } & (
  | { readonly document: MarkedDocument; readonly refused?: never }
  | { readonly document?: never; readonly refused: string }
);

/** So many objects are stored in one unit of work; others write between two. */
const AT_ONCE = 1000;

/** What a push needs: units of work, and the collection as it then is. */
interface Receiving {
  within<T>(run: (work: Work) => Promise<T>): Promise<T>;
  /** The collection's id; refuses where it takes nothing from the scope. */
  collection(work: Work): Promise<string>;
}

/**
 * Takes a push into a collection (TAXII 2.1 section 5.5). Each object is judged by itself: what breaks STIX 2.1 or is
 * marked above the sender's clearance is a failure with its reasons, the rest is stored verbatim under the sending
 * organisation. What that organisation sent before is a success and is not stored again, so that a push which was cut
 * off between two parts is simply sent again.
 */
export async function receiveObjects(
  { within, collection }: Receiving,
  parts: Iterable<EnvelopePart>,
): Promise<Status> {
  const id = randomUUID();
  const rest = batchesOf(parts);
  let batch = rest.next().value ?? [];
  let before: Outcome = { successes: [], failures: [], highest: "clear" };
  for (;;) {
    const following = rest.next().value;
    const { outcome, status } = await within(async (work) => {
      const outcome = await receivePart(work, await collection(work), { id, batch, before });
      if (following !== undefined) return { outcome };
      const status = statusOf(id, work, outcome);
      await new StatusStore(work).add(status, outcome.highest);
      return { outcome, status };
    });
    if (status !== undefined) return status;
    [before, batch] = [outcome, following ?? []];
  }
}

/** What became of the objects so far, and the strictest marking among them. */
interface Outcome {
  readonly successes: readonly StatusDetail[];
  readonly failures: readonly StatusDetail[];
  readonly highest: Tlp;
}

async function receivePart(
  work: Work,
  collectionId: string,
  {
    id,
    batch,
    before,
  }: { readonly id: string; readonly batch: readonly EnvelopePart[]; readonly before: Outcome },
): Promise<Outcome> {
  const from = before.successes.length + before.failures.length;
  const judged = batch.map((part, at) => judge(work, part, from + at));
  const stored = await store(work, collectionId, judged);
  work.audit({
    action: "taxii.push",
    subject: id,
    detail: {
      collectionId,
      total: judged.length,
      stored: stored.fresh,
      repeated: stored.successes.length - stored.fresh,
      refused: stored.failures.length,
    },
  });
  const strictest = strictestOf(work, judged);
  return {
    successes: [...before.successes, ...stored.successes],
    failures: [...before.failures, ...stored.failures],
    highest: tlpRank(strictest) > tlpRank(before.highest) ? strictest : before.highest,
  };
}

function statusOf(id: string, work: Work, { successes, failures }: Outcome): Status {
  return {
    id,
    status: "complete",
    request_timestamp: microseconds(work.now),
    total_count: successes.length + failures.length,
    success_count: successes.length,
    ...(successes.length === 0 ? {} : { successes }),
    failure_count: failures.length,
    ...(failures.length === 0 ? {} : { failures }),
    pending_count: 0,
  };
}

function* batchesOf(parts: Iterable<EnvelopePart>): Generator<EnvelopePart[], undefined> {
  let batch: EnvelopePart[] = [];
  for (const part of parts) {
    if (batch.push(part) < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function store(work: Work, collectionId: string, judged: readonly Judged[]) {
  const objects = new StixObjectStore(work);
  await objects.lock();
  const { orgId } = work.scope;
  const held = await heldBefore(objects, orgId, collectionId, judged);
  const fresh: MarkedDocument[] = [];
  const successes: StatusDetail[] = [];
  const failures: StatusDetail[] = [];
  for (const { detail, document, refused } of judged) {
    if (document === undefined) failures.push({ ...detail, message: refused });
    else {
      const known = held.compare(document);
      if (known === "other") failures.push({ ...detail, message: OTHER_TEXT });
      else successes.push(known === "same" ? { ...detail, message: "already held" } : detail);
      if (known === "new") fresh.push(document);
    }
  }
  await objects.add({ collectionId, revision: 1, orgId, audience: [], documents: fresh });
  return { fresh: fresh.length, successes, failures };
}

const OTHER_TEXT = "another object is held under this id and version; a change needs a later modified";

function judge(work: Work, part: EnvelopePart, at: number): Judged {
  const version = microseconds(work.now);
  const nameless = { id: `objects.${at}`, version };
  if (part.depth > DEPTH) return { detail: nameless, refused: `nested deeper than ${DEPTH} levels` };
  const value: Json = JSON.parse(part.text);
  if (!isJsonObject(value)) return { detail: nameless, refused: "an object is wanted" };
  const { id, type } = value;
  const detail = {
    id: typeof id === "string" ? id : nameless.id,
    version: versionOf(value) ?? version,
  };
  if (type === "bundle") return { detail, refused: "a bundle is no object of an envelope" };
  const reasons = validate(value).filter((finding) => finding.level === "must");
  if (reasons.length > 0 || typeof id !== "string" || typeof type !== "string") {
    const told = reasons.slice(0, MOST_REASONS).map(({ path, message }) => `${path || "object"}: ${message}`);
    const rest = reasons.length - told.length;
    return { detail, refused: `${told.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}` };
  }
  const tlp = tlpOfObject(value);
  if (tlpRank(tlp) > tlpRank(work.scope.clearance)) {
    return { detail, refused: `marked ${tlpLabel(tlp)}, above the clearance of the key that sent it` };
  }
  return { detail, document: { text: part.text, object: { ...value, id, type }, tlp } };
}

interface Held {
  /** Notes the document, and says what was there under its id and version before. */
  compare(document: MarkedDocument): "new" | "same" | "other";
}

/** Objects without a version, as observables are, are the same when they say the same. */
async function heldBefore(
  store: StixObjectStore,
  orgId: string,
  collectionId: string,
  judged: readonly Judged[],
): Promise<Held> {
  const texts = new Map<string, string[]>();
  const ids = judged.flatMap(({ document }) => (document === undefined ? [] : [document.object.id]));
  for (const { id, version, dateAdded, document } of await store.pushed(collectionId, orgId, [
    ...new Set(ids),
  ])) {
    const key = keyOf(id, version === dateAdded ? undefined : version);
    texts.set(key, [...(texts.get(key) ?? []), document]);
  }
  return {
    compare({ text, object }) {
      const version = versionOf(object);
      const key = keyOf(object.id, version);
      const before = texts.get(key);
      if (before?.some((each) => saysTheSame(each, text)) === true) return "same";
      if (before !== undefined && version !== undefined) return "other";
      texts.set(key, [...(before ?? []), text]);
      return "new";
    },
  };
}

function keyOf(id: string, version: string | undefined): string {
  return version === undefined ? id : `${id} ${timestampKey(version)}`;
}

function saysTheSame(one: string, other: string): boolean {
  return one === other || canonicalOr(one) === canonicalOr(other);
}

/** What a text says, whatever its spacing and order; the text itself where I-JSON cannot say it. */
function canonicalOr(text: string): string {
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    return text;
  }
}

function strictestOf(work: Work, judged: readonly Judged[]): Tlp {
  const highest = judged.reduce((rank, { document }) => {
    return document === undefined ? rank : Math.max(rank, tlpRank(document.tlp));
  }, 0);
  return tlpOfRank(Math.min(highest, tlpRank(work.scope.clearance)));
}
