import { createHash } from "node:crypto";
import { addMillis, type Clock, type Instant, millis } from "../../../core/instant.ts";
import type { Scope } from "../../../core/scope.ts";
import { visibleTo } from "../../../core/scope.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import { visible } from "../../../platform/events/visible.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import type { Metrics } from "../../../platform/metrics/metrics.ts";
import type { Records, Work } from "../../../platform/records/work.ts";
import { raiseAlerts, settleAlert } from "../alerts/index.ts";
import { LOG_TABLE } from "../pipeline/log-table.ts";
import type { OrgNames } from "./senders.ts";
import { lengthOf, RHYTHM_DAYS, silenceLevel, silentAfter, silentSince } from "./silence.ts";
import { type Source, SourceStore } from "./sources.ts";
import { type WatchedSource, WatchStore } from "./watch-store.ts";

export const SILENT_RULE = "lianfang.source-silent";

/** A source of the configuration, with what it says of silence. */
export interface ExpectedSource extends Omit<Source, "orgId"> {
  readonly org: string;
  readonly silentAfterMinutes?: number;
}

export interface SilenceParts {
  readonly records: Records;
  readonly events: EventStore;
  readonly expected: readonly ExpectedSource[];
  readonly orgs: OrgNames;
  /** Whether lines of a source may have come that are not stored yet; then nobody is called silent. */
  readonly behind: () => boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly startedAt: Instant;
}

/** Every minute: raises an alert for a source that fell silent, once, and settles it when the source speaks again. */
export function silenceJob(parts: SilenceParts): Job {
  const silent = parts.metrics.gauge("ingest_source_silent", "1 for a source that fell silent", [
    "org",
    "source",
  ]);
  const lag = parts.metrics.gauge(
    "ingest_source_lag_seconds",
    "Age of a source's newest line: from the event to its receipt (event), from its receipt to storage (store)",
    ["org", "source", "kind"],
  );
  return {
    name: "ingest.silence",
    permissions: ["logs:ingest"],
    cron: "* * * * *",
    async run({ scope }) {
      const watched = await watchSilence(parts, scope);
      silent.reset();
      lag.reset();
      for (const { orgId, name, storeLag, eventLag, silentSince: since } of watched) {
        const labels = { org: orgId, source: name };
        silent.set(labels, since === undefined ? 0 : 1);
        if (storeLag !== undefined) lag.set({ ...labels, kind: "store" }, storeLag);
        if (eventLag !== undefined) lag.set({ ...labels, kind: "event" }, eventLag);
      }
    },
  };
}

/** One look at every source; answers how they stand after it. */
export async function watchSilence(parts: SilenceParts, scope: Scope): Promise<WatchedSource[]> {
  const { records, clock, startedAt } = parts;
  const now = clock.now();
  await expect(parts, scope);
  const lags = await eventLags(parts, scope, now);
  return records.within(scope, async (work) => {
    const store = new WatchStore(work);
    const after: WatchedSource[] = [];
    for (const source of await store.all(addMillis(now, -RHYTHM_DAYS * 86_400_000))) {
      const minutes = silentAfter(source, now);
      const eventLag = lags.get(`${source.orgId}\n${source.name}`);
      if (eventLag !== undefined) await store.lag(source, eventLag);
      const since = silentSince(source, minutes, startedAt, now);
      let stands = source.silentSince;
      if (stands === undefined && since !== undefined && minutes !== undefined && !parts.behind()) {
        await raise(work, store, source, since, minutes, now);
        stands = since;
      } else if (stands !== undefined && (source.lastSeen ?? "") > stands) {
        await settle(work, source, stands, now);
        await store.speaks(source);
        stands = undefined;
      } else if (stands !== undefined && (minutes === undefined || isAllowed(source, minutes, now))) {
        await settle(work, source, stands, undefined);
        await store.speaks(source);
        stands = undefined;
      }
      after.push({ ...source, silentSince: stands, ...(eventLag !== undefined && { eventLag }) });
    }
    return after;
  });
}

/** Whether a gap that was silence lies within what is allowed by now. */
function isAllowed({ lastSeen, firstSeen }: WatchedSource, minutes: number, now: Instant): boolean {
  return millis(now) - millis(lastSeen ?? firstSeen) <= minutes * 60_000;
}

/** Sources of the configuration are watched from the start, also one that never spoke. */
async function expect({ expected, orgs, records }: SilenceParts, scope: Scope): Promise<void> {
  const found: { source: Source; minutes: number }[] = [];
  for (const { org, silentAfterMinutes: minutes, ...source } of expected) {
    const orgId = minutes === undefined ? undefined : await orgs.find(org);
    if (orgId !== undefined && minutes !== undefined) found.push({ source: { ...source, orgId }, minutes });
  }
  await records.within(scope, (work) => new SourceStore(work).expect(found));
}

async function eventLags({ events }: SilenceParts, scope: Scope, now: Instant): Promise<Map<string, number>> {
  const seen = visible(visibleTo(scope));
  const rows = await events.query<{ org_id: string; source: string; lag: number }>({
    sql: `SELECT org_id, source, argMax(dateDiff('second', time, received_at), received_at) AS lag
      FROM ${LOG_TABLE.name} WHERE received_at > parseDateTime64BestEffort({since:String}, 3) AND (${seen.sql})
      GROUP BY org_id, source`,
    params: { ...seen.params, since: addMillis(now, -600_000) },
  });
  return new Map(rows.map(({ org_id, source, lag }) => [`${org_id}\n${source}`, Number(lag)]));
}

async function raise(
  work: Work,
  store: WatchStore,
  source: WatchedSource,
  since: Instant,
  minutes: number,
  now: Instant,
): Promise<void> {
  const { orgId, name, configured } = source;
  const eventId = silenceId(orgId, name, since);
  await raiseAlerts(work, [
    {
      orgId,
      eventId,
      at: now,
      record: {
        "@timestamp": now,
        "event.dataset": "lianfang.source",
        "event.start": since,
        "observer.name": name,
        message: `no line of ${name} since ${since}; expected at least every ${minutes} minutes`,
      },
      match: {
        ruleId: SILENT_RULE,
        title: `Log source silent: ${name}`,
        titleZh: `資料來源靜默：${name}`,
        level: silenceLevel(configured),
        why: [{ field: "event.start", value: since }],
      },
    },
  ]);
  await store.silent(source, since, { ruleId: SILENT_RULE, eventId });
}

/** Closes the alert, or tells whoever took it over; with the length of the gap when the source speaks again. */
async function settle(
  work: Work,
  source: WatchedSource,
  since: Instant,
  back: Instant | undefined,
): Promise<void> {
  if (source.alertId === undefined) return;
  const gap = lengthOf(millis(source.lastSeen ?? since) - millis(since));
  const text =
    back === undefined
      ? "此來源現在可以靜默這麼久。 / This source may be silent for so long now."
      : `已恢復傳送，中斷 ${gap.zh}。 / Lines come again after ${gap.en}.`;
  await settleAlert(work, source.alertId, text);
}

/** A UUID of version 8 for one silence of one source. */
function silenceId(orgId: string, name: string, since: Instant): string {
  const hex = createHash("sha256").update(`${orgId}\n${name}\n${since}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
