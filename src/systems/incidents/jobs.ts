import type { Scope } from "../../core/scope.ts";
import type { Job } from "../../platform/jobs/job.ts";
import type { Records, Work } from "../../platform/records/work.ts";
import { ClockStore, type DueClock } from "./clocks.ts";
import type { DutyPack } from "./duties/model.ts";
import { IncidentStore } from "./store.ts";

/** Clocks marked in one transaction; a backlog after a long stop is worked off in several. */
const BATCH = 200;

/** What the events of clocks tell; nothing of the incident beyond its number and level. */
export interface ClockNews {
  readonly clockId: string;
  readonly number: string;
  readonly level: number;
  readonly duty: string;
  readonly zh: string;
  readonly en: string;
  readonly owedBy: string;
  readonly dueAt: string;
}

/** Every minute: tells of clocks that are nearly over and of those that are over, each once. */
export function clockJob(parts: { records: Records; packOf(id: string): DutyPack }): Job {
  return {
    name: "incidents.clocks",
    permissions: ["incidents:read", "incidents:work"],
    cron: "* * * * *",
    run: async ({ scope, signal }) => {
      while (!signal.aborted && (await watch(parts, scope)) >= BATCH);
    },
  };
}

async function watch(
  parts: { records: Records; packOf(id: string): DutyPack },
  scope: Scope,
): Promise<number> {
  return parts.records.within(scope, async (work) => {
    const clocks = new ClockStore(work);
    const overdue = await clocks.takeOverdue(BATCH);
    for (const clock of overdue) await tell(work, parts.packOf, clock, "clock-overdue");
    const near = await clocks.takeNear(BATCH);
    for (const clock of near) await tell(work, parts.packOf, clock, "clock-near");
    return Math.max(overdue.length, near.length);
  });
}

async function tell(
  work: Work,
  packOf: (id: string) => DutyPack,
  clock: DueClock,
  kind: "clock-near" | "clock-overdue",
): Promise<void> {
  const store = new IncidentStore(work, packOf);
  const incident = await store.get(clock.incidentId);
  const news: ClockNews = {
    clockId: clock.id,
    number: incident.number,
    level: incident.level,
    duty: clock.duty,
    zh: clock.names.zh,
    en: clock.names.en,
    owedBy: clock.owedBy,
    dueAt: clock.dueAt,
  };
  const { clockId: _, number: __, level: ___, ...shown } = news;
  await store.record(incident.id, kind, "", shown);
  work.audit({
    action: `incidents.${kind}`,
    subject: incident.id,
    orgId: incident.orgId,
    detail: { ...news },
  });
  work.emit({
    topic: `incidents.${kind}`,
    subject: incident.id,
    marked: { orgId: incident.orgId, tlp: incident.tlp, audience: incident.audience },
    data: { ...news },
  });
}
