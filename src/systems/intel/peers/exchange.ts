import type { Clock } from "../../../core/instant.ts";
import { SECTOR_AUDIENCE, type Sector } from "../../../core/org.ts";
import { EVERYONE, type Scope } from "../../../core/scope.ts";
import type { NodeKey } from "../../../platform/crypto/node-key.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Records } from "../../../platform/records/work.ts";
import { PeerFault, type PulledPage, TaxiiClient } from "../taxii/client.ts";
import { Incoming } from "./incoming.ts";
import type { Counts, RunDetail } from "./model.ts";
import { outgoingAfter } from "./outgoing.ts";
import { PeerStore, type WorkingPeer } from "./peer-store.ts";
import type { LineCheckpoint } from "./tables.ts";

export interface ExchangeParts {
  readonly records: Records;
  readonly nodeKey: Pick<NodeKey, "seal" | "unseal">;
  readonly clock: Clock;
  readonly log: Log;
  readonly sectors: readonly Sector[];
  /** Whether a peer may be on this very machine. */
  readonly loopback: boolean;
  /** PEM of authorities whose peers are believed beside those that the machine believes. */
  readonly ca?: string;
  /** First pause between two tries, in milliseconds; for tests. */
  readonly pause?: number;
  readonly tries?: number;
}

export type PeerLine = WorkingPeer["lines"][number];

const AT_ONCE = 500;

/** The client of a peer with its login. */
export function clientOf(
  parts: Pick<ExchangeParts, "loopback" | "ca" | "pause" | "tries">,
  peer: { readonly url: string; readonly login: WorkingPeer["login"] },
  signal?: AbortSignal,
): TaxiiClient {
  const { loopback, ca, pause, tries } = parts;
  return new TaxiiClient(
    { url: peer.url, login: peer.login },
    {
      loopback,
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
      ...(pause === undefined ? {} : { pause }),
      ...(tries === undefined ? {} : { tries }),
    },
  );
}

/**
 * Pulls from peers and pushes to them (mission I1). A page is stored in one commit with the checkpoint behind it; a push
 * moves on once the peer has answered for it. So a crash loses nothing, and what is sent again is known to the receiver.
 */
export class PeerExchange {
  private readonly parts: ExchangeParts;
  private readonly running = new Set<string>();

  constructor(parts: ExchangeParts) {
    this.parts = parts;
  }

  /** Those whose turn has come, one after the other; what fails with one is written down and stops no other. */
  async runDue(scope: Scope, signal: AbortSignal): Promise<void> {
    for (const id of await this.stored(scope, (store) => store.due())) {
      if (signal.aborted) return;
      await this.run(scope, id, signal);
    }
  }

  /** One peer, every line of it. A run that is under way is not doubled. */
  async run(scope: Scope, id: string, signal?: AbortSignal): Promise<void> {
    if (this.running.has(id)) return;
    this.running.add(id);
    try {
      const peer = await this.stored(scope, (store) => store.working(id));
      let fault: string | undefined;
      for (const line of peer.lines) {
        const error = await this.runLine(scope, peer, line, signal);
        fault ??= error;
        if (signal?.aborted === true) return;
      }
      await this.stored(scope, (store) => store.ended(id, fault));
    } finally {
      this.running.delete(id);
    }
  }

  private async runLine(
    scope: Scope,
    peer: WorkingPeer,
    line: PeerLine,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const sums = new Sums();
    let error: string | undefined;
    try {
      const client = clientOf(this.parts, { url: peer.row.url, login: peer.login }, signal);
      if (line.direction === "pull") await this.pull(scope, peer, line, client, sums);
      else await this.push(scope, peer, line, client, sums);
    } catch (thrown) {
      if (signal?.aborted === true) return undefined;
      if (!(thrown instanceof PeerFault))
        this.parts.log.error({ err: thrown, peer: peer.row.name }, "peer exchange");
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    await this.stored(scope, (store) =>
      store.logRun(peer.row.id, {
        kind: "exchange",
        direction: line.direction,
        title: line.title,
        counts: sums.counts,
        details: sums.details,
        ...(error === undefined ? {} : { error }),
      }),
    );
    return error === undefined ? undefined : `${line.title}: ${error}`;
  }

  private async pull(
    scope: Scope,
    peer: WorkingPeer,
    line: PeerLine,
    client: TaxiiClient,
    sums: Sums,
  ): Promise<void> {
    const incoming = new Incoming(peer, line);
    let { checkpoint } = line;
    for (let more = true; more; ) {
      const page: PulledPage = await client.page(collectionOf(line), checkpoint, AT_ONCE);
      const kept = await this.parts.records.within(scope, async (work) => {
        const store = new PeerStore(work, this.parts.nodeKey);
        const counts = await incoming.take(work, store, page.documents);
        const moved = await store.moveOn(line, checkpoint, page.checkpoint, counts.counts);
        if (!moved) throw new PeerFault("another process exchanges with this peer at the same time");
        return counts;
      });
      sums.add(kept.counts, kept.details);
      ({ checkpoint, more } = page);
    }
  }

  private async push(
    scope: Scope,
    peer: WorkingPeer,
    line: PeerLine,
    client: TaxiiClient,
    sums: Sums,
  ): Promise<void> {
    let { checkpoint } = line;
    for (;;) {
      const batch = await this.parts.records.within(scope, (work) =>
        outgoingAfter(work, {
          source: line.source ?? "",
          after: checkpoint.after ?? 0,
          most: AT_ONCE,
          ceiling: peer.row.ceiling,
          audiences: audiencesOf(peer, this.parts.sectors),
          standsFor: peer.row.stands_for,
        }),
      );
      if (batch.last === undefined) return;
      const answer =
        batch.documents.length === 0
          ? { taken: 0, refused: [] }
          : await client.push(
              { url: line.root_url, title: "", maxContentLength: Number(line.max_content_length) },
              collectionOf(line),
              batch.documents,
            );
      const counts = { moved: answer.taken, refused: answer.refused.length, held: batch.held };
      const to: LineCheckpoint = { after: batch.last };
      const moved = await this.stored(scope, (store) => store.moveOn(line, checkpoint, to, counts));
      if (!moved) throw new PeerFault("another process exchanges with this peer at the same time");
      sums.add(
        counts,
        answer.refused.map(({ id, message }) => ({ id, message: message ?? "refused by the peer" })),
      );
      checkpoint = to;
    }
  }

  private stored<T>(scope: Scope, run: (store: PeerStore) => Promise<T>): Promise<T> {
    return this.parts.records.within(scope, (work) => run(new PeerStore(work, this.parts.nodeKey)));
  }
}

class Sums {
  readonly counts: Counts = { moved: 0, refused: 0, held: 0 };
  readonly details: RunDetail[] = [];

  add(counts: Counts, details: readonly RunDetail[]): void {
    this.counts.moved += counts.moved;
    this.counts.refused += counts.refused;
    this.counts.held += counts.held;
    this.details.push(...details.slice(0, 50 - this.details.length));
  }
}

export function collectionOf(line: PeerLine) {
  return {
    url: line.collection_url,
    id: line.collection_id,
    title: line.title,
    canRead: true,
    canWrite: true,
  };
}

/** Releases that a peer may have: to everyone, to a whole sector of this node, or to the organisation it stands for. */
export function audiencesOf(peer: WorkingPeer, sectors: readonly Sector[]): string[] {
  const { stands_for: own } = peer.row;
  return [EVERYONE, ...sectors.map((sector) => SECTOR_AUDIENCE[sector]), ...(own === null ? [] : [own])];
}
