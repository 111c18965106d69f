import type { Scope } from "../../../core/scope.ts";
import { DeliveryStore } from "../delivery-store.ts";
import { PeerFault, type PulledPage, type TaxiiClient } from "../taxii/client.ts";
import { audiencesOf, clientOf, collectionOf, type ExchangeParts, type PeerLine } from "./connection.ts";
import { deletionsAreDue, followDeletions } from "./deletions.ts";
import { Incoming } from "./incoming.ts";
import type { Counts, RunDetail } from "./model.ts";
import { outgoingAfter } from "./outgoing.ts";
import { PeerStore, type WorkingPeer } from "./peer-store.ts";
import { goneAfter, keepSent, noteDeleted, type SentVersion } from "./sent.ts";
import type { LineCheckpoint } from "./tables.ts";

const AT_ONCE = 500;

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
      if (fault === undefined && deletionsAreDue(peer, this.parts.clock.now()))
        fault = await this.followed(scope, peer, signal);
      if (signal?.aborted === true) return;
      await this.stored(scope, (store) => store.ended(id, fault));
    } finally {
      this.running.delete(id);
    }
  }

  private async followed(
    scope: Scope,
    peer: WorkingPeer,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    try {
      await followDeletions(this.parts, scope, peer, signal);
      return undefined;
    } catch (thrown) {
      if (!(thrown instanceof PeerFault) && signal?.aborted !== true)
        this.parts.log.error({ err: thrown, peer: peer.row.name }, "peer deletions");
      return thrown instanceof Error ? thrown.message : String(thrown);
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
        if (!moved) throw new PeerFault(OTHER_PROCESS);
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
      if (batch.last === undefined) break;
      const answer =
        batch.objects.length === 0
          ? { taken: 0, refused: [] }
          : await client.push(
              { url: line.root_url, title: "", maxContentLength: Number(line.max_content_length) },
              collectionOf(line),
              batch.objects.map(({ document }) => document),
            );
      const counts = { moved: answer.taken, refused: answer.refused.length, held: batch.held };
      const to: LineCheckpoint = { ...checkpoint, after: batch.last };
      const refused = new Set(answer.refused.map(({ id }) => id));
      const taken = batch.objects.filter(({ id }) => !refused.has(id));
      await this.parts.records.within(scope, async (work) => {
        const store = new PeerStore(work, this.parts.nodeKey);
        if (!(await store.moveOn(line, checkpoint, to, counts))) throw new PeerFault(OTHER_PROCESS);
        await keepSent(work, line, taken);
        await new DeliveryStore(work).recordPush(taken, {
          id: peer.row.id,
          name: peer.row.name,
          standsFor: peer.row.stands_for,
        });
      });
      sums.add(
        counts,
        answer.refused.map(({ id, message }) => ({ id, message: message ?? "refused by the peer" })),
      );
      checkpoint = to;
    }
    await this.pushDeletions(scope, line, client, sums, checkpoint);
  }

  /** What the peer took and is gone here is deleted there; what it will not delete is told. */
  private async pushDeletions(
    scope: Scope,
    line: PeerLine,
    client: TaxiiClient,
    sums: Sums,
    from: LineCheckpoint,
  ): Promise<void> {
    let checkpoint = from;
    for (;;) {
      const batch = await this.parts.records.within(scope, (work) =>
        goneAfter(work, line, checkpoint.gone ?? 0, AT_ONCE),
      );
      if (batch.last === undefined) return;
      const details: RunDetail[] = [];
      for (const version of batch.versions) {
        const refused = await client.remove(collectionOf(line), version.id, versionOfSent(version));
        details.push({ id: version.id, message: refused ?? "deleted here; deleted there" });
        if (refused !== undefined) sums.counts.refused++;
      }
      const to: LineCheckpoint = { ...checkpoint, gone: batch.last };
      await this.parts.records.within(scope, async (work) => {
        const counts = { moved: 0, refused: 0, held: 0 };
        const store = new PeerStore(work, this.parts.nodeKey);
        if (!(await store.moveOn(line, checkpoint, to, counts))) throw new PeerFault(OTHER_PROCESS);
        await noteDeleted(work, line, batch.versions);
      });
      sums.add({ moved: batch.versions.length, refused: 0, held: 0 }, details);
      checkpoint = to;
    }
  }

  private stored<T>(scope: Scope, run: (store: PeerStore) => Promise<T>): Promise<T> {
    return this.parts.records.within(scope, (work) => run(new PeerStore(work, this.parts.nodeKey)));
  }
}

const OTHER_PROCESS = "another process exchanges with this peer at the same time";

function versionOfSent({ version, versionKey }: SentVersion): string | undefined {
  return versionKey === "" ? undefined : version;
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
