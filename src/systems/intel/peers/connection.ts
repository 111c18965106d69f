import type { Clock } from "../../../core/instant.ts";
import { SECTOR_AUDIENCE, type Sector } from "../../../core/org.ts";
import { EVERYONE } from "../../../core/scope.ts";
import type { NodeKey } from "../../../platform/crypto/node-key.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Records } from "../../../platform/records/work.ts";
import { TaxiiClient } from "../taxii/client.ts";
import type { WorkingPeer } from "./peer-store.ts";

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
