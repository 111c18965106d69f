import type { FileHandle } from "node:fs/promises";
import { decodingOf } from "../../../../core/encoding.ts";
import { Problem } from "../../../../core/problem.ts";
import type { Config } from "../../../../platform/config/config.ts";
import { isStoreTrouble, type StoreHealth } from "../health.ts";
import { pause } from "../pause.ts";
import type { OrgNames } from "../senders.ts";
import type { Refusal, Source } from "../sources.ts";
import { type Content, Follower, type FollowParts, markOf, openPlain } from "./follower.ts";
import { type Found, lookAt } from "./names.ts";
import { PackedContent } from "./packed.ts";
import { freshPosition, type Position } from "./position.ts";

type Watched = Config["ingest"]["files"][number];

export interface WatcherParts extends FollowParts {
  refused(source: Source, count: number, reason: Refusal): Promise<void>;
  readonly watched: readonly Watched[];
  readonly orgs: OrgNames;
  positions(source: Source): Promise<readonly Position[]>;
  /** Notes the files that are there and names those that are forgotten by now. */
  prune(source: Source, there: readonly string[]): Promise<readonly string[]>;
  readonly health: StoreHealth;
  /** How often the folders are looked at; a second unless told. */
  readonly pollMillis?: number;
  /** A last line without an end is taken when its file was untouched for so long; a minute unless told. */
  readonly lastLineMillis?: number;
  /** Lines whose event may go on are taken when their file was untouched for so long; two seconds unless told. */
  readonly eventMillis?: number;
  /** A packed file is read when it was untouched for so long; two seconds unless told. */
  readonly settledMillis?: number;
  /** How often files that are long gone are forgotten; an hour unless told. */
  readonly pruneMillis?: number;
}

const POLL_MILLIS = 1_000;
const LAST_LINE_MILLIS = 60_000;
const EVENT_MILLIS = 2_000;
const MOST_BACKOFF = 30_000;
/** A packed file is left alone while somebody may still write it. */
const SETTLED_MILLIS = 2_000;
/** Shorter beginnings are too much alike to say that one file is a copy of another. */
const LEAST_COPIED = 128;
const MOST_OPEN = 128;
const PRUNE_MILLIS = 3_600_000;

interface Tail {
  readonly follower: Follower;
  handle: (Content & { handle: FileHandle }) | undefined;
  /** Size and time at the last look that found nothing more to do. */
  settled: string;
}

/** Follows the files of the configuration: each line once, through rotation, truncation, packing and restarts. */
export class FileWatcher {
  readonly #parts: WatcherParts;
  readonly #stopping = new AbortController();
  readonly #told = new Set<string>();
  /** When files of each were last forgotten, by `performance.now()`. */
  readonly #pruned = new Map<Watched, number>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = Promise.all(this.#parts.watched.map((watched) => this.#watch(watched)));
  }

  /** Finishes the batches under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #watch(watched: Watched): Promise<void> {
    const { signal } = this.#stopping;
    const { health, log, pollMillis = POLL_MILLIS } = this.#parts;
    const tails = new Map<string, Tail>();
    let source: Source | undefined;
    let failures = 0;
    while (!signal.aborted) {
      try {
        source ??= await this.#open(watched, tails);
        if (source !== undefined) await this.#round(watched, source, tails);
        if (failures > 0) health.worked();
        failures = 0;
      } catch (error) {
        if (failures++ === 0)
          log.warn(
            { err: error, source: watched.name },
            "watched files cannot be stored or read now; trying again",
          );
        if (!(error instanceof Problem) && isStoreTrouble(error)) health.failed(error);
      }
      await pause(Math.min(pollMillis * 2 ** Math.min(failures, 10), MOST_BACKOFF), signal);
    }
    for (const tail of tails.values()) await close(tail);
  }

  /** The source and what is known of its files; undefined while its organisation is not there. */
  async #open(watched: Watched, tails: Map<string, Tail>): Promise<Source | undefined> {
    const { name, org, parser, timeZone, encoding, path } = watched;
    const orgId = await this.#parts.orgs.find(org);
    if (orgId === undefined) {
      this.#tellOnce(
        `org ${org}`,
        { source: name, org },
        "watched files name an organisation that is not there; they wait",
      );
      return undefined;
    }
    const source: Source = {
      orgId,
      name,
      channel: "file",
      parser,
      timeZone,
      encoding: decodingOf(encoding),
      address: path,
    };
    for (const position of await this.#parts.positions(source)) this.#remember(tails, source, position);
    return source;
  }

  #remember(tails: Map<string, Tail>, source: Source, position: Position): Tail {
    const tail: Tail = {
      follower: new Follower(this.#parts, source, position),
      handle: undefined,
      settled: "",
    };
    tails.set(position.identity, tail);
    return tail;
  }

  async #round(watched: Watched, source: Source, tails: Map<string, Tail>): Promise<void> {
    const { files, links } = await lookAt(watched.path);
    for (const path of links)
      this.#tellOnce(`link ${path}`, { source: source.name, path }, "a symbolic link is not followed");
    // Of files that were rotated the oldest comes first.
    for (const file of files.toSorted((a, b) => a.modifiedMillis - b.modifiedMillis)) {
      if (this.#stopping.signal.aborted) return;
      const tail = tails.get(file.identity);
      if (tail === undefined && !file.meant) continue;
      if (file.packed && Date.now() - file.modifiedMillis < (this.#parts.settledMillis ?? SETTLED_MILLIS))
        continue;
      await this.#visit(file, tail ?? this.#remember(tails, source, await this.#begin(file, tails)));
    }
    const there = new Set(files.map(({ identity }) => identity));
    for (const [identity, tail] of tails) if (!there.has(identity)) await this.#leave(tail);
    // A folder in which nothing is may be one that is not mounted now.
    const pruned = this.#pruned.get(watched) ?? Number.NEGATIVE_INFINITY;
    if (files.length > 0 && performance.now() - pruned >= (this.#parts.pruneMillis ?? PRUNE_MILLIS)) {
      const gone = await this.#parts.prune(
        source,
        [...there].filter((identity) => tails.has(identity)),
      );
      for (const identity of gone) tails.delete(identity);
      this.#pruned.set(watched, performance.now());
    }
    const open = [...tails.values()].filter(({ handle }) => handle !== undefined);
    for (const tail of open.slice(0, Math.max(0, open.length - MOST_OPEN))) await close(tail);
  }

  /** Where a file begins that was never seen: behind what is stored of the one that it is a copy of, packed or not. */
  async #begin(file: Found, tails: Map<string, Tail>): Promise<Position> {
    const fresh = freshPosition(file.identity, file.path);
    const known = [...tails.values()]
      .flatMap(({ follower }) => follower.marks)
      .filter(({ at }) => at >= LEAST_COPIED)
      .toSorted((a, b) => a.at - b.at);
    if (known.length === 0 || file.size === 0) return fresh;
    const content = await this.#contentOf(file);
    let copied = fresh;
    try {
      for (const { at, mark } of known) {
        if ((await content.size()) >= at && (await markOf(content, at)) === mark)
          copied = { ...fresh, at, mark, header: undefined };
      }
    } catch (error) {
      // A packed file that is broken is told of when it is read.
      if (!(error instanceof Problem)) throw error;
    } finally {
      await content.close();
    }
    return copied;
  }

  async #contentOf(file: Found): Promise<Content & { close(): Promise<void> }> {
    if (file.packed) return new PackedContent(file.path);
    const plain = await openPlain(file.path);
    return { ...plain, close: () => plain.handle.close() };
  }

  async #visit(file: Found, tail: Tail): Promise<void> {
    const { follower } = tail;
    const { lastLineMillis = LAST_LINE_MILLIS, eventMillis = EVENT_MILLIS } = this.#parts;
    if (follower.position.finished) return;
    if (follower.position.path !== file.path) follower.renamed(file.path);
    const quiet = Date.now() - file.modifiedMillis;
    const last = quiet >= lastLineMillis;
    const all = quiet >= eventMillis;
    const state = `${file.size} ${file.modifiedMillis} ${last} ${all && follower.waiting}`;
    if (state === tail.settled) return;
    if (file.packed) {
      await this.#unpack(file, follower);
    } else {
      tail.handle ??= await openPlain(file.path);
      await follower.check(tail.handle);
      await follower.follow(tail.handle, { all, last }, this.#stopping.signal);
    }
    if (!this.#stopping.signal.aborted) tail.settled = state;
  }

  async #unpack(file: Found, follower: Follower): Promise<void> {
    const { refused, log } = this.#parts;
    const content = new PackedContent(file.path);
    try {
      await follower.follow(content, { all: true, last: true }, this.#stopping.signal);
      if (!this.#stopping.signal.aborted) await follower.finish();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "ingest.bad-gzip") throw error;
      log.warn({ path: file.path, detail: error.detail }, "a packed file is broken");
      await refused(follower.source, 1, {
        code: "ingest.bad-gzip",
        detail: `${file.path}: ${error.detail ?? ""}`,
      });
    } finally {
      await content.close();
    }
  }

  /** The file is gone from its folder: what an open handle still reaches is the last of it. */
  async #leave(tail: Tail): Promise<void> {
    if (tail.handle === undefined) return;
    await tail.follower.check(tail.handle);
    await tail.follower.follow(tail.handle, { all: true, last: true }, this.#stopping.signal);
    await close(tail);
  }

  #tellOnce(key: string, said: Record<string, unknown>, message: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#parts.log.warn(said, message);
  }
}

async function close(tail: Tail): Promise<void> {
  const { handle } = tail;
  tail.handle = undefined;
  await handle?.handle.close();
}
