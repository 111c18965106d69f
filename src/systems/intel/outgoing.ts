import { type Fault, Problem } from "../../core/problem.ts";
import type { Tlp } from "../../core/tlp.ts";
import { tlpOfRank } from "../../core/tlp.ts";
import { sha256Hex } from "../../platform/crypto/digest.ts";
import type { Work } from "../../platform/records/work.ts";
import { identifyingWords } from "../members/index.ts";
import { deidentifyIndicators, deidentifyText, keptEmails, type Removed } from "./deidentify/deidentify.ts";
import { leaks } from "./deidentify/leaks.ts";
import { type Matcher, matcherOf, NO_SECRETS, type Secrets } from "./deidentify/secrets.ts";
import type { ItemRecord } from "./item-store.ts";
import { type IndicatorValue, IntelKind, type IntelKind as Kind } from "./model.ts";
import { parseDocument } from "./object-store.ts";
import { producerOf } from "./producer.ts";
import { bundleOf, releaseObjects } from "./stix/build.ts";
import { isJsonObject, isList, type Json } from "./stix/json.ts";
import { validateBundle } from "./stix/validate.ts";

export interface Written {
  readonly orgId: string;
  readonly kind: Kind;
  readonly tlp: Tlp;
  readonly title: string;
  readonly description: string;
  readonly indicators: readonly IndicatorValue[];
}

/** What would leave of an item, and what was taken out of it on the way. */
export interface Outgoing {
  readonly title: string;
  readonly description: string;
  readonly indicators: IndicatorValue[];
  readonly bundle: string;
  readonly sha256: string;
  readonly removed: Removed[];
}

/** Takes out of the written words what may not leave and builds the bundle of the rest. */
export async function composeOutgoing(work: Work, written: Written, secrets: Secrets): Promise<Outgoing> {
  const producer = await producerOf(work);
  const matcher = await matcherFor(work, written.orgId, secrets);
  const keep = keptEmails(written.indicators);
  const title = deidentifyText(written.title, matcher, "title", keep);
  const description = deidentifyText(written.description, matcher, "description", keep);
  const { indicators, removed } = deidentifyIndicators(written.indicators, matcher);
  const release = {
    kind: written.kind,
    tlp: written.tlp,
    title: title.text,
    description: description.text,
    indicators,
  };
  const objects = releaseObjects(release, producer, work.now);
  const { text } = bundleOf(objects.map((object) => JSON.stringify(object)));
  return {
    title: title.text,
    description: description.text,
    indicators,
    bundle: text,
    sha256: sha256Hex(text),
    removed: [...title.removed, ...description.removed, ...removed],
  };
}

export function writtenOf(row: ItemRecord): Written {
  return {
    orgId: row.org_id,
    kind: IntelKind.parse(row.kind),
    tlp: tlpOfRank(row.tlp),
    title: row.title,
    description: row.description,
    indicators: row.indicators,
  };
}

/** The last gate: what in the stored bundle gives somebody away, by what is known now. Empty lets it pass. */
export async function leaksOf(work: Work, row: ItemRecord): Promise<Fault[]> {
  const producer = await producerOf(work);
  const matcher = await matcherFor(work, row.org_id, row.secrets);
  const bundle: Json = JSON.parse(row.bundle);
  return leaks(bundle, matcher, { keep: keptEmails(row.out_indicators), publicIds: new Set([producer.id]) });
}

/** The texts of the objects of a bundle that this program wrote; throws when they would not make the same bytes. */
export function documentsOf(bundle: string): string[] {
  const value: Json = JSON.parse(bundle);
  const objects =
    isJsonObject(value) && value["objects"] !== undefined && isList(value["objects"]) ? value["objects"] : [];
  const documents = objects.map((object) => JSON.stringify(object));
  const id = isJsonObject(value) && typeof value["id"] === "string" ? value["id"] : "";
  if (bundleOf(documents, id).text !== bundle) throw new Error("the stored bundle is not what was reviewed");
  const faults = validateBundle(value).filter((fault) => fault.level === "must");
  if (faults.length > 0) throw new Error(`the bundle breaks STIX 2.1: ${JSON.stringify(faults.slice(0, 5))}`);
  for (const document of documents) parseDocument(document);
  return documents;
}

/** Everything known of the organisation: what came with the item, and what the platform knows at this moment. */
async function matcherFor(work: Work, orgId: string, given: Secrets): Promise<Matcher> {
  const known = await identifyingWords(work, orgId).catch((error: unknown) => {
    if (error instanceof Problem && error.code === "http.not-found") return NO_SECRETS;
    throw error;
  });
  return matcherOf({
    names: [...given.names, ...known.names],
    people: [...given.people, ...known.people],
    emails: [...given.emails, ...known.emails],
    phones: [...given.phones, ...known.phones],
    hosts: given.hosts,
    networks: [...given.networks, ...known.networks],
  });
}
