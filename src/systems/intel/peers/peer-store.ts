import type { Selectable } from "kysely";
import { addMillis } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import type { NodeKey } from "../../../platform/crypto/node-key.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type IntelTables, instant } from "../tables.ts";
import {
  type Counts,
  type NewLine,
  type NewPeer,
  type Peer,
  type PeerChange,
  PeerLogin,
  type Run,
  type RunDetail,
} from "./model.ts";
import { present } from "./present.ts";
import type { LineCheckpoint, PeerTables } from "./tables.ts";

type PeerRow = Selectable<PeerTables["intel_peer"]>;
type LineRow = Selectable<PeerTables["intel_peer_line"]>;

/** A peer as the exchange works with it: its login in the clear, its lines with their checkpoints. */
export interface WorkingPeer {
  readonly row: PeerRow;
  readonly login: PeerLogin;
  readonly lines: readonly LineRow[];
}

const SEAL = "intel.peer-login";
const RUNS_SHOWN = 100;
const RUNS_KEPT = 500;
const LONGEST_BACK_OFF = 6 * 3_600_000;

/** Peers of the node's own organisation, their lines and their runs. Logins leave this store encrypted or to the exchange. */
export class PeerStore {
  private readonly work: Work;
  private readonly nodeKey: Pick<NodeKey, "seal" | "unseal">;

  constructor(work: Work, nodeKey: Pick<NodeKey, "seal" | "unseal">) {
    this.work = work;
    this.nodeKey = nodeKey;
  }

  async list(): Promise<Peer[]> {
    const rows = await this.peers().orderBy("name").execute();
    return this.presented(rows);
  }

  /** Problem http.not-found. */
  async get(id: string): Promise<Peer> {
    const [peer] = await this.presented([await this.row(id)]);
    if (peer === undefined) throw new Problem("http.not-found");
    return peer;
  }

  async runs(peerId: string): Promise<Run[]> {
    await this.row(peerId);
    const rows = await this.db
      .selectFrom("intel_peer_run")
      .selectAll()
      .where("peer_id", "=", peerId)
      .orderBy("id", "desc")
      .limit(RUNS_SHOWN)
      .execute();
    return rows.map(({ peer_id: _, at, kind, ...run }) => ({
      ...run,
      kind: kind === "compare" ? "compare" : "exchange",
      at: instant(at),
    }));
  }

  async add(given: NewPeer): Promise<string> {
    refuseForeignLines(given.url, given.lines);
    const id = uuidV7();
    const { orgId } = this.work.scope;
    const taken = await this.peers().where("name", "=", given.name).executeTakeFirst();
    if (taken !== undefined)
      throw new Problem("http.invalid", {
        faults: [{ path: "body.name", message: "there is a peer of this name" }],
      });
    await this.db
      .insertInto("intel_peer")
      .values({
        id,
        org_id: orgId,
        tlp: 0,
        name: given.name,
        url: given.url,
        login_kind: given.login.kind,
        login_sealed: this.sealed(id, given.login),
        stands_for: given.standsFor,
        reliability: given.reliability,
        ceiling: tlpRank(given.ceiling),
        unmarked: tlpRank(given.unmarked),
        every_minutes: given.everyMinutes,
        next_run_at: this.work.now,
        created_at: this.work.now,
        created_by_name: this.work.scope.actor.name,
      })
      .execute();
    for (const line of given.lines) await this.addLine(id, line);
    this.work.audit({
      action: "intel.peer-added",
      subject: id,
      detail: { name: given.name, url: given.url },
    });
    return id;
  }

  /** Problem http.not-found, http.conflict where somebody else changed it meanwhile. */
  async change(id: string, change: PeerChange): Promise<void> {
    const row = await this.row(id);
    if (row.version !== change.version) throw new Problem("http.conflict");
    const { lines, login, ceiling, unmarked, version: _, ...plain } = change;
    if (lines !== undefined) {
      refuseForeignLines(row.url, lines);
      await this.replaceLines(id, lines);
    }
    const { name, standsFor, reliability, everyMinutes, paused } = plain;
    await this.db
      .updateTable("intel_peer")
      .set({
        version: row.version + 1,
        next_run_at: this.work.now,
        ...(name === undefined ? {} : { name }),
        ...(standsFor === undefined ? {} : { stands_for: standsFor }),
        ...(reliability === undefined ? {} : { reliability }),
        ...(everyMinutes === undefined ? {} : { every_minutes: everyMinutes }),
        ...(paused === undefined ? {} : { paused }),
        ...(ceiling === undefined ? {} : { ceiling: tlpRank(ceiling) }),
        ...(unmarked === undefined ? {} : { unmarked: tlpRank(unmarked) }),
        ...(login === undefined ? {} : { login_kind: login.kind, login_sealed: this.sealed(id, login) }),
      })
      .where("id", "=", id)
      .execute();
    const changed = Object.keys(change).filter((each) => each !== "version");
    this.work.audit({ action: "intel.peer-changed", subject: id, detail: { changed } });
  }

  async remove(id: string): Promise<void> {
    const row = await this.row(id);
    await this.db.deleteFrom("intel_peer").where("id", "=", id).execute();
    this.work.audit({ action: "intel.peer-removed", subject: id, detail: { name: row.name } });
  }

  /** Ids of those whose turn has come. */
  async due(): Promise<string[]> {
    const rows = await this.peers()
      .where("paused", "=", false)
      .where("next_run_at", "<=", this.work.now)
      .orderBy("next_run_at")
      .execute();
    return rows.map((row) => row.id);
  }

  /** Problem http.not-found. */
  async working(id: string): Promise<WorkingPeer> {
    const row = await this.row(id);
    const login = PeerLogin.parse(JSON.parse(this.nodeKey.unseal(`${SEAL} ${id}`, row.login_sealed)));
    return { row, login, lines: await this.lines([id]) };
  }

  /** The source in the library under which a peer's objects stand. */
  async keepSource(peerId: string, sourceId: string): Promise<void> {
    await this.db.updateTable("intel_peer").set({ source_id: sourceId }).where("id", "=", peerId).execute();
  }

  /**
   * Moves a line on, where it still stands at `from`. False where another process moved it meanwhile: what this one did
   * since was done twice, which the receiver makes once, and it stops.
   */
  async moveOn(line: LineRow, from: LineCheckpoint, to: LineCheckpoint, counts: Counts): Promise<boolean> {
    const now = await this.db
      .selectFrom("intel_peer_line")
      .select(["checkpoint", "counts"])
      .where("id", "=", line.id)
      .forUpdate()
      .executeTakeFirst();
    if (now === undefined || !sameCheckpoint(now.checkpoint, from)) return false;
    await this.db
      .updateTable("intel_peer_line")
      .set({
        checkpoint: JSON.stringify(to),
        counts: JSON.stringify({
          moved: now.counts.moved + counts.moved,
          refused: now.counts.refused + counts.refused,
          held: now.counts.held + counts.held,
        }),
      })
      .where("id", "=", line.id)
      .execute();
    return true;
  }

  /** Writes a run of a line down; runs that moved nothing and failed in nothing are not kept. */
  async logRun(
    peerId: string,
    run: {
      kind: Run["kind"];
      direction: string;
      title: string;
      counts: Counts;
      details?: readonly RunDetail[];
      error?: string;
    },
  ): Promise<void> {
    const { counts, details = [], error } = run;
    if (run.kind === "exchange" && error === undefined && counts.moved + counts.refused + counts.held === 0)
      return;
    await this.db
      .insertInto("intel_peer_run")
      .values({
        id: uuidV7(),
        peer_id: peerId,
        at: this.work.now,
        kind: run.kind,
        direction: run.direction,
        title: run.title,
        ...counts,
        details: JSON.stringify(details.slice(0, 50)),
        error: error ?? null,
      })
      .execute();
    const oldest = await this.db
      .selectFrom("intel_peer_run")
      .select("id")
      .where("peer_id", "=", peerId)
      .orderBy("id", "desc")
      .offset(RUNS_KEPT)
      .limit(1)
      .executeTakeFirst();
    if (oldest !== undefined)
      await this.db
        .deleteFrom("intel_peer_run")
        .where("peer_id", "=", peerId)
        .where("id", "<=", oldest.id)
        .execute();
  }

  /** How a run ended; a failing peer is asked again after ever longer, six hours at most. */
  async ended(id: string, error: string | undefined): Promise<void> {
    const row = await this.row(id);
    const failures = error === undefined ? 0 : row.failures + 1;
    const pause = Math.min(
      LONGEST_BACK_OFF,
      failures <= 1
        ? row.every_minutes * 60_000
        : Math.max(row.every_minutes * 60_000, 60_000 * 2 ** Math.min(failures, 10)),
    );
    await this.db
      .updateTable("intel_peer")
      .set({
        failures,
        last_error: error ?? null,
        last_run_at: this.work.now,
        ...(error === undefined ? { last_good_at: this.work.now } : {}),
        next_run_at: addMillis(this.work.now, pause),
      })
      .where("id", "=", id)
      .execute();
  }

  /** What the peer deleted was looked for just now. */
  async deletionsChecked(id: string): Promise<void> {
    await this.db
      .updateTable("intel_peer")
      .set({ deletions_checked_at: this.work.now })
      .where("id", "=", id)
      .execute();
  }

  private sealed(id: string, login: PeerLogin): string {
    return this.nodeKey.seal(`${SEAL} ${id}`, JSON.stringify(login));
  }

  private async addLine(peerId: string, line: NewLine): Promise<void> {
    await this.db
      .insertInto("intel_peer_line")
      .values({
        id: uuidV7(),
        peer_id: peerId,
        direction: line.direction,
        root_url: line.rootUrl,
        max_content_length: line.maxContentLength,
        collection_url: line.collectionUrl,
        collection_id: line.collectionId,
        title: line.title,
        source: line.source ?? null,
      })
      .execute();
  }

  private async replaceLines(peerId: string, lines: readonly NewLine[]): Promise<void> {
    const before = await this.lines([peerId]);
    const keyOf = (line: { direction: string; source?: string | null | undefined }, url: string) =>
      `${line.direction} ${url} ${line.source ?? ""}`;
    const wanted = new Set(lines.map((line) => keyOf(line, line.collectionUrl)));
    const known = new Set(before.map((line) => keyOf(line, line.collection_url)));
    for (const line of before)
      if (!wanted.has(keyOf(line, line.collection_url)))
        await this.db.deleteFrom("intel_peer_line").where("id", "=", line.id).execute();
    for (const line of lines)
      if (!known.has(keyOf(line, line.collectionUrl))) await this.addLine(peerId, line);
  }

  private async row(id: string): Promise<PeerRow> {
    const row = await this.peers().where("id", "=", id).executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return row;
  }

  private async lines(peerIds: readonly string[]): Promise<LineRow[]> {
    if (peerIds.length === 0) return [];
    return this.db
      .selectFrom("intel_peer_line")
      .selectAll()
      .where("peer_id", "in", [...peerIds])
      .orderBy("direction")
      .orderBy("title")
      .execute();
  }

  private async presented(rows: readonly PeerRow[]): Promise<Peer[]> {
    const lines = await this.lines(rows.map((row) => row.id));
    return rows.map((row) =>
      present(
        row,
        lines.filter((line) => line.peer_id === row.id),
      ),
    );
  }

  private peers() {
    return this.db.selectFrom("intel_peer").selectAll().where(visible(this.work, "intel_peer"));
  }

  private get db() {
    return this.work.tables<PeerTables & IntelTables>();
  }
}

/** A login goes to the peer's own origin alone. */
function refuseForeignLines(url: string, lines: readonly NewLine[]): void {
  const { origin } = new URL(url);
  const faults = lines.flatMap((line, at) =>
    [line.rootUrl, line.collectionUrl].some((each) => new URL(each).origin !== origin)
      ? [{ path: `body.lines.${at}`, message: `not at ${origin}` }]
      : [],
  );
  if (faults.length > 0) throw new Problem("http.invalid", { faults });
}

function sameCheckpoint(one: LineCheckpoint, other: LineCheckpoint): boolean {
  return (
    one.addedAfter === other.addedAfter &&
    one.next === other.next &&
    one.after === other.after &&
    one.gone === other.gone
  );
}
