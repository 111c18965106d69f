import { sql } from "kysely";
import type { Scope } from "../../../core/scope.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { typeOfIdentifier } from "../stix/identifier.ts";
import { OBSERVABLE_OBJECTS } from "../stix/observable-objects.ts";
import { isTimestamp, timestampKey } from "../stix/timestamp.ts";
import type { IntelTables } from "../tables.ts";
import type { PeerCollection, TaxiiClient } from "../taxii/client.ts";
import { audiencesOf, clientOf, collectionOf, type ExchangeParts, type PeerLine } from "./exchange.ts";
import { Incoming } from "./incoming.ts";
import type { Difference } from "./model.ts";
import { outgoingAfter } from "./outgoing.ts";
import { PeerStore, type WorkingPeer } from "./peer-store.ts";
import type { PeerTables } from "./tables.ts";

const AT_ONCE = 500;
const EXAMPLES = 20;

/**
 * Holds the manifests of both sides of each line against each other (mission I1) and, with `mend`, brings them together:
 * what we lack is fetched, what the peer lacks is sent again. What is gone at the peer is told and stays: a deletion
 * there is no withdrawal, which comes as a revoked version.
 */
export async function compareWith(
  parts: ExchangeParts,
  scope: Scope,
  peerId: string,
  mend: boolean,
): Promise<Difference[]> {
  const stored = <T>(run: (store: PeerStore, work: Work) => Promise<T>) =>
    parts.records.within(scope, (work) => run(new PeerStore(work, parts.nodeKey), work));
  const peer = await stored((store) => store.working(peerId));
  const found: Difference[] = [];
  // What one collection of the peer has lost may stand in another one that we pull.
  const elsewhere = new Set<string>();
  for (const line of peer.lines) {
    const difference =
      line.direction === "pull"
        ? await comparePull(parts, scope, peer, line, mend, elsewhere)
        : await comparePush(parts, scope, peer, line, mend);
    found.push(difference);
    await stored((store) =>
      store.logRun(peerId, {
        kind: "compare",
        direction: line.direction,
        title: line.title,
        counts: { moved: difference.mended, refused: difference.gone, held: difference.missing },
        details: difference.examples,
      }),
    );
  }
  return found;
}

async function comparePull(
  parts: ExchangeParts,
  scope: Scope,
  peer: WorkingPeer,
  line: PeerLine,
  mend: boolean,
  elsewhere: Set<string>,
): Promise<Difference> {
  const client = clientOf(parts, { url: peer.row.url, login: peer.login });
  const there = await manifestOf(client, collectionOf(line));
  for (const key of there.keys()) elsewhere.add(key);
  const lastPull = peer.lines.filter((each) => each.direction === "pull").at(-1)?.id === line.id;
  const here = await parts.records.within(scope, (work) => toldBy(work, peer.row.id));
  const missing = [...there].filter(([key]) => !here.has(key));
  const gone = lastPull ? [...here].filter(([key]) => !elsewhere.has(key)) : [];
  let mended = 0;
  if (mend && missing.length > 0) {
    const ids = [...new Set(missing.map(([, id]) => id))];
    const incoming = new Incoming(peer, line);
    for (let at = 0; at < ids.length; at += 50) {
      const documents = await client.byId(collectionOf(line), ids.slice(at, at + 50));
      const { counts } = await parts.records.within(scope, (work) =>
        incoming.take(work, new PeerStore(work, parts.nodeKey), documents),
      );
      mended += counts.moved;
    }
  }
  return difference(line, { same: there.size - missing.length, missing, gone, mended });
}

async function comparePush(
  parts: ExchangeParts,
  scope: Scope,
  peer: WorkingPeer,
  line: PeerLine,
  mend: boolean,
): Promise<Difference> {
  const client = clientOf(parts, { url: peer.row.url, login: peer.login });
  const there = await manifestOf(client, collectionOf(line));
  const missing: [string, string][] = [];
  const absent: string[] = [];
  let same = 0;
  const reached = line.checkpoint.after ?? 0;
  for (let after = 0; ; ) {
    const wish = {
      source: line.source ?? "",
      after,
      most: AT_ONCE,
      ceiling: peer.row.ceiling,
      audiences: audiencesOf(peer, parts.sectors),
      standsFor: peer.row.stands_for,
    };
    const batch = await parts.records.within(scope, (work) => outgoingAfter(work, wish));
    // What was not yet sent is no difference.
    if (batch.last === undefined || batch.last > reached) break;
    for (const document of batch.documents) {
      const { id, modified, created } = JSON.parse(document) as Record<string, string | undefined>;
      const key = keyOf(id ?? "", modified ?? created ?? "");
      if (there.has(key)) same++;
      else {
        missing.push([key, id ?? ""]);
        absent.push(document);
      }
    }
    after = batch.last;
  }
  let mended = 0;
  if (mend && absent.length > 0) {
    const root = { url: line.root_url, title: "", maxContentLength: Number(line.max_content_length) };
    mended = (await client.push(root, collectionOf(line), absent)).taken;
  }
  return difference(line, { same, missing, gone: [], mended });
}

function difference(
  line: PeerLine,
  found: {
    same: number;
    missing: readonly (readonly [string, string])[];
    gone: readonly (readonly [string, string])[];
    mended: number;
  },
): Difference {
  const example =
    (message: string) =>
    ([key, id]: readonly [string, string]) => ({
      id,
      message: `${message} ${key.slice(id.length + 1)}`.trim(),
    });
  return {
    lineId: line.id,
    title: line.title,
    direction: line.direction === "pull" ? "pull" : "push",
    same: found.same,
    missing: found.missing.length,
    gone: found.gone.length,
    mended: found.mended,
    examples: [
      ...found.missing
        .slice(0, EXAMPLES)
        .map(example(line.direction === "pull" ? "missing here" : "missing there")),
      ...found.gone.slice(0, EXAMPLES).map(example("no longer there")),
    ],
  };
}

/** An object and its version, whatever the digits of the second; observables have no version. */
function keyOf(id: string, version: string): string {
  if (Object.hasOwn(OBSERVABLE_OBJECTS, typeOfIdentifier(id))) return id;
  return isTimestamp(version) ? `${id} ${timestampKey(version)}` : `${id} ${version}`;
}

/** Ids by their keys, of all that a collection holds. */
async function manifestOf(client: TaxiiClient, collection: PeerCollection): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for await (const { id, version } of client.manifest(collection)) held.set(keyOf(id, version), id);
  return held;
}

/** Ids by their keys, of all that a peer told. */
async function toldBy(work: Work, peerId: string): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; version: string }>`
    select distinct o.id, o.version from intel_peer p join intel_import i on i.source_id = p.source_id
      join stix_origin r on r.import_id = i.id join stix_object o on o.seq = r.seq
    where p.id::text = ${peerId} and ${visible(work, "p")} and ${visible(work, "i")} and ${visible(work, "r")}
      and ${visible(work, "o")}`.execute(work.tables<IntelTables & PeerTables>());
  return new Map(rows.map(({ id, version }) => [keyOf(id, version), id]));
}
