import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { typeOfIdentifier } from "../stix/identifier.ts";
import { OBSERVABLE_OBJECTS } from "../stix/observable-objects.ts";
import { isTimestamp, timestampKey } from "../stix/timestamp.ts";
import type { IntelTables } from "../tables.ts";
import type { PeerCollection, TaxiiClient } from "../taxii/client.ts";
import { clientOf, collectionOf, type ExchangeParts } from "./connection.ts";
import type { WorkingPeer } from "./peer-store.ts";
import type { PeerTables } from "./tables.ts";

/** An object and its version, whatever the digits of the second; observables have no version. */
export function keyOf(id: string, version: string): string {
  if (Object.hasOwn(OBSERVABLE_OBJECTS, typeOfIdentifier(id))) return id;
  return isTimestamp(version) ? `${id} ${timestampKey(version)}` : `${id} ${version}`;
}

/** Ids by their keys, of all that a collection holds. */
export async function manifestOf(
  client: TaxiiClient,
  collection: PeerCollection,
): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for await (const { id, version } of client.manifest(collection)) held.set(keyOf(id, version), id);
  return held;
}

/** What the collections that we pull from a peer hold: ids by their keys. */
export async function gatherManifests(
  parts: ExchangeParts,
  peer: WorkingPeer,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const client = clientOf(parts, { url: peer.row.url, login: peer.login }, signal);
  const held = new Map<string, string>();
  for (const line of peer.lines.filter((each) => each.direction === "pull"))
    for (const [key, id] of await manifestOf(client, collectionOf(line))) held.set(key, id);
  return held;
}

/** An object that a peer told, and the rows in which it stands here. */
export interface Told {
  readonly id: string;
  readonly seqs: number[];
}

/** By their keys, all that a peer told and has not deleted since. */
export async function toldBy(work: Work, peerId: string): Promise<Map<string, Told>> {
  const { rows } = await sql<{ id: string; version: string; seq: number | string }>`
    select distinct o.id, o.version, o.seq from intel_peer p join intel_import i on i.source_id = p.source_id
      join stix_origin r on r.import_id = i.id join stix_object o on o.seq = r.seq
    where p.id::text = ${peerId} and r.gone_at is null and ${visible(work, "p")} and ${visible(work, "i")}
      and ${visible(work, "r")} and ${visible(work, "o")}`.execute(work.tables<IntelTables & PeerTables>());
  const told = new Map<string, Told>();
  for (const { id, version, seq } of rows) {
    const key = keyOf(id, version);
    const known = told.get(key);
    if (known === undefined) told.set(key, { id, seqs: [Number(seq)] });
    else known.seqs.push(Number(seq));
  }
  return told;
}
