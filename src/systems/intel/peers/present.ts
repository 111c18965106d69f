import type { Selectable } from "kysely";
import { tlpOfRank } from "../../../core/tlp.ts";
import { instant, instantOrNull } from "../tables.ts";
import { type Line, Peer } from "./model.ts";
import type { PeerTables } from "./tables.ts";

type PeerRow = Selectable<PeerTables["intel_peer"]>;
type LineRow = Selectable<PeerTables["intel_peer_line"]>;

function stateOf(row: PeerRow): Peer["state"] {
  if (row.paused) return "paused";
  if (row.failures > 0) return "failing";
  return row.last_run_at === null ? "new" : "good";
}

/** A peer and its lines as the API shows them. */
export function present(row: PeerRow, lines: readonly LineRow[]): Peer {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    loginKind: Peer.shape.loginKind.parse(row.login_kind),
    standsFor: row.stands_for,
    reliability: row.reliability,
    ceiling: Peer.shape.ceiling.parse(tlpOfRank(row.ceiling)),
    unmarked: tlpOfRank(row.unmarked),
    everyMinutes: row.every_minutes,
    paused: row.paused,
    state: stateOf(row),
    lastError: row.last_error,
    lastRunAt: instantOrNull(row.last_run_at),
    lastGoodAt: instantOrNull(row.last_good_at),
    nextRunAt: instant(row.next_run_at),
    failures: row.failures,
    version: row.version,
    lines: lines.map(presentLine),
  };
}

function presentLine(line: LineRow): Line {
  return {
    id: line.id,
    direction: line.direction === "pull" ? "pull" : "push",
    source: line.source,
    rootUrl: line.root_url,
    maxContentLength: Number(line.max_content_length),
    collectionUrl: line.collection_url,
    collectionId: line.collection_id,
    title: line.title,
    counts: line.counts,
  };
}
