import { z } from "zod";
import { addMillis } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import type { Platform } from "../../../platform/platform.ts";
import type { Imports } from "../imports/acts.ts";
import { detectFormat } from "../imports/detect.ts";
import { ImportStore } from "../imports/import-store.ts";
import type { ImportFormat } from "../imports/model.ts";
import { plainCause } from "../imports/plain.ts";
import { type Cause, cause } from "../reasons/model.ts";
import { type FeedRecord, FeedStore } from "./feed-store.ts";
import { FetchFault, fetchFeed } from "./fetch.ts";
import { loginHeaders } from "./login.ts";
import type { FeedRun } from "./model.ts";

type Parts = Pick<Platform, "log" | "jobScope" | "nodeKey"> &
  Imports & {
    /** Hosts that may be asked although they are within the own network. */
    readonly allowedHosts: readonly string[];
  };

const MOST_BYTES = 128 * 2 ** 20;
const HEAD = 1024 * 1024;
/** The rest of a MISP feed's events comes with the next runs. */
const MOST_EVENTS = 500;
const DAY_MINUTES = 1440;

const Manifest = z.record(
  z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  z.object({ timestamp: z.union([z.string(), z.number()]).transform(String) }),
);

interface Taken {
  readonly body: Buffer;
  readonly format: ImportFormat | undefined;
  readonly fileName: string;
  readonly seen: { etag?: string | null; last_modified?: string | null; checkpoint?: Record<string, string> };
}

/** Asks feeds when their time has come, and hands what changed to the imports. */
export class FeedRunner {
  private readonly parts: Parts;
  private readonly stopping = new AbortController();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Under which logins are sealed. */
  get nodeKey(): Parts["nodeKey"] {
    return this.parts.nodeKey;
  }

  /** Every feed whose time has come, one after the other; one that fails keeps no other from its turn. */
  async runDue(): Promise<void> {
    const scope = await this.scope();
    const due = await this.parts.records.within(scope, (work) => new FeedStore(work).due());
    for (const id of due) {
      if (this.stopping.signal.aborted) return;
      await this.run(id);
    }
  }

  /** One run. With `preview` the answer is read for a preview and stored only when a person says so. */
  async run(id: string, preview = false): Promise<FeedRun> {
    const scope = await this.scope();
    const { records, log } = this.parts;
    const feed = await records.within(scope, (work) => new FeedStore(work).claim(id));
    if (feed === undefined) throw new Problem("http.conflict", { detail: "a run of this feed is under way" });
    try {
      const run = await this.ask(scope, feed, preview);
      if (run.importId !== null) this.parts.runner.begin(run.importId);
      return run;
    } catch (error) {
      const known = error instanceof FetchFault || error instanceof Problem;
      if (!known) log.error({ err: error, feed: id }, "a feed failed by a fault of the program");
      const failure = plainCause(failureOf(error));
      const { message } = failure;
      await records.within(scope, (work) => {
        const failures = feed.failures + 1;
        // Twice as long after each failure, but never longer than a day.
        const minutes = Math.min(
          Math.max(DAY_MINUTES, feed.every_minutes),
          feed.every_minutes * 2 ** Math.min(failures, 10),
        );
        return new FeedStore(work).note(id, {
          running_at: null,
          last_run_at: work.now,
          last_result: "failed",
          last_error: message.slice(0, 500),
          last_failure: failure,
          failures,
          ...(feed.paused ? {} : { next_run_at: addMillis(work.now, minutes * 60_000) }),
        } as Parameters<FeedStore["note"]>[1]);
      });
      return { result: "failed", importId: null, error: message, failure };
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  private scope(): Promise<Scope> {
    return this.parts.jobScope("intel.feeds", ["intel:write"]);
  }

  private async ask(scope: Scope, feed: FeedRecord, preview: boolean): Promise<FeedRun> {
    const taken = await this.take(feed, preview);
    const kept = taken === undefined ? undefined : await this.parts.blobs.put(taken.body);
    const changed = kept !== undefined && (preview || kept.sha256 !== feed.last_sha256);
    const importId = changed ? uuidV7() : null;
    const detected = taken === undefined ? undefined : detectFormat(taken.body.subarray(0, HEAD));
    const format = taken?.format ?? detected?.format;
    if (changed && format === undefined) throw new FetchFault("fetch-format");
    await this.parts.records.within(scope, async (work) => {
      if (importId !== null && taken !== undefined && kept !== undefined && format !== undefined) {
        await new ImportStore(work).insert({
          id: importId,
          org_id: feed.org_id,
          tlp: feed.unmarked_tlp,
          source_id: feed.source_id,
          format,
          options:
            feed.options.csv === undefined && detected?.csv !== undefined
              ? { csv: detected.csv }
              : feed.options,
          file_name: taken.fileName,
          blob_sha256: kept.sha256,
          blob_size: kept.size,
          state: preview ? "reading" : "storing",
          choices: { tlp: tlpOfRank(feed.unmarked_tlp), clearance: tlpOfRank(feed.clearance) },
        });
        work.audit({
          action: "intel.feed-import",
          subject: importId,
          orgId: feed.org_id,
          detail: { feed: feed.source_id },
        });
      }
      // A preview leaves no trace by which the first real run would find nothing changed.
      const seen = preview
        ? {}
        : { ...taken?.seen, ...(kept === undefined ? {} : { last_sha256: kept.sha256 }) };
      await new FeedStore(work).note(feed.source_id, {
        ...seen,
        running_at: null,
        last_run_at: work.now,
        last_result: importId === null ? "unchanged" : "imported",
        last_error: null,
        last_failure: null,
        failures: 0,
        ...(importId === null ? {} : { last_import_id: importId }),
        ...(feed.paused ? {} : { next_run_at: addMillis(work.now, feed.every_minutes * 60_000) }),
      } as Parameters<FeedStore["note"]>[1]);
    });
    return { result: importId === null ? "unchanged" : "imported", importId, error: null, failure: null };
  }

  private async take(feed: FeedRecord, preview: boolean): Promise<Taken | undefined> {
    const url = feed.url ?? "";
    const login = this.loginOf(feed);
    if (feed.format === "misp-feed" || /\/manifest\.json$/.test(new URL(url).pathname))
      return this.takeMisp(feed, url, preview, login);
    const answer = await this.fetch(
      url,
      preview ? {} : { etag: feed.etag, lastModified: feed.last_modified },
      login,
    );
    if (!answer.changed) return undefined;
    return {
      body: answer.body,
      format: (feed.format as ImportFormat | null) ?? undefined,
      fileName: nameOf(url),
      seen: { etag: answer.etag, last_modified: answer.lastModified },
    };
  }

  /** A MISP feed: the manifest names its events with their timestamps; those that are new or changed are fetched. */
  private async takeMisp(
    feed: FeedRecord,
    url: string,
    preview: boolean,
    login: Readonly<Record<string, string>>,
  ): Promise<Taken | undefined> {
    const manifestUrl = new URL(url.endsWith(".json") ? url : `${url.replace(/\/?$/, "/")}manifest.json`);
    const answer = await this.fetch(manifestUrl.href, {}, login);
    if (!answer.changed) return undefined;
    let manifest: z.infer<typeof Manifest>;
    try {
      manifest = Manifest.parse(JSON.parse(answer.body.toString("utf8")));
    } catch {
      throw new FetchFault("fetch-manifest");
    }
    const before = preview ? {} : feed.checkpoint;
    const changed = Object.entries(manifest)
      .filter(([uuid, { timestamp }]) => before[uuid] !== timestamp)
      .sort(([, a], [, b]) => Number(a.timestamp) - Number(b.timestamp))
      .slice(0, MOST_EVENTS);
    if (changed.length === 0) return undefined;
    const checkpoint: Record<string, string> = Object.fromEntries(
      Object.entries(before).filter(([uuid]) => manifest[uuid] !== undefined),
    );
    const parts: Buffer[] = [];
    let size = 0;
    for (const [uuid, { timestamp }] of changed) {
      const event = await this.fetch(new URL(`${uuid}.json`, manifestUrl).href, {}, login);
      if (!event.changed) continue;
      if (parts.length > 0 && size + event.body.length > MOST_BYTES / 4) break;
      size += event.body.length;
      parts.push(Buffer.from(parts.length === 0 ? "[" : ","), event.body);
      checkpoint[uuid] = timestamp;
    }
    return {
      body: Buffer.concat([...parts, Buffer.from("]")]),
      format: "misp-event",
      fileName: nameOf(manifestUrl.href),
      seen: { checkpoint },
    };
  }

  private loginOf({ source_id: id, login_sealed: sealed }: FeedRecord): Record<string, string> {
    try {
      return loginHeaders(this.parts.nodeKey, id, sealed);
    } catch {
      throw new FetchFault("fetch-key");
    }
  }

  private fetch(
    url: string,
    seen: { etag?: string | null; lastModified?: string | null },
    login: Readonly<Record<string, string>>,
  ) {
    const { allowedHosts } = this.parts;
    return fetchFeed(url, {
      ...seen,
      login,
      allowedHosts,
      mostBytes: MOST_BYTES,
      signal: this.stopping.signal,
    });
  }
}

function failureOf(error: unknown): Cause {
  if (error instanceof FetchFault) return error.told;
  if (error instanceof Problem) return cause("fetch-problem", { detail: error.detail ?? error.message });
  return cause("program");
}

/** The host and the last part of the path: never the query, in which keys stand. */
function nameOf(url: string): string {
  const { hostname, pathname } = new URL(url);
  return `${hostname}/${pathname.split("/").findLast((part) => part !== "") ?? ""}`.slice(0, 255);
}
