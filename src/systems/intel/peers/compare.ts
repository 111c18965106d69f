import type { Scope } from "../../../core/scope.ts";
import type { Work } from "../../../platform/records/work.ts";
import { audiencesOf, clientOf, collectionOf, type ExchangeParts, type PeerLine } from "./connection.ts";
import { goneOf, withdrawGone } from "./deletions.ts";
import { Incoming } from "./incoming.ts";
import { keyOf, manifestOf, type Told, toldBy } from "./manifests.ts";
import type { Difference } from "./model.ts";
import { outgoingAfter } from "./outgoing.ts";
import { PeerStore, type WorkingPeer } from "./peer-store.ts";

const AT_ONCE = 500;
const EXAMPLES = 20;

/**
 * Holds the manifests of both sides of each line against each other (mission I1) and, with `mend`, brings them together:
 * what we lack is fetched, what the peer lacks is sent again, and what is gone at the peer is withdrawn here, however
 * much that is.
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
  const elsewhere = new Map<string, string>();
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
  elsewhere: Map<string, string>,
): Promise<Difference> {
  const client = clientOf(parts, { url: peer.row.url, login: peer.login });
  const there = await manifestOf(client, collectionOf(line));
  for (const [key, id] of there) elsewhere.set(key, id);
  const lastPull = peer.lines.filter((each) => each.direction === "pull").at(-1)?.id === line.id;
  const here = await parts.records.within(scope, (work) => toldBy(work, peer.row.id));
  const missing = [...there].filter(([key]) => !here.has(key));
  const gone = lastPull ? goneOf(here, elsewhere) : [];
  let mended = 0;
  if (mend && gone.length > 0) {
    await parts.records.within(scope, (work) => withdrawGone(work, peer, gone));
    mended += gone.length;
  }
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
    for (const object of batch.objects) {
      const key = keyOf(object.id, object.version);
      if (there.has(key)) same++;
      else {
        missing.push([key, object.id]);
        absent.push(object.document);
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
    gone: readonly Told[];
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
      ...found.gone.slice(0, EXAMPLES).map(({ id }) => ({ id, message: "no longer there" })),
    ],
  };
}
