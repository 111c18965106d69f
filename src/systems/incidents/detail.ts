import { may } from "../../core/scope.ts";
import type { Work } from "../../platform/records/work.ts";
import { ClockStore } from "./clocks.ts";
import type { DutyPack } from "./duties/model.ts";
import { hasBegun, levelOf } from "./duties/rules.ts";
import { ACTS, type IncidentDetail, type PackShown } from "./model.ts";
import { ACT_NEEDS, refusal } from "./rules.ts";
import { IncidentStore, type Kept } from "./store.ts";

type OrgNames = (work: Work) => Promise<ReadonlyMap<string, { name: string; nameEn: string }>>;

/** Everything that the page of one incident shows, with what this reader may do next. */
export async function detailOf(
  work: Work,
  room: { packOf(id: string): DutyPack; orgNames: OrgNames },
  id: string,
): Promise<IncidentDetail> {
  const store = new IncidentStore(work, room.packOf);
  const kept = await store.get(id);
  const pack = room.packOf(kept.pack);
  const { level, reasons } = levelOf(kept.facts, pack);
  const org = (await room.orgNames(work)).get(kept.orgId);
  return {
    ...(await store.shown(id)),
    orgName: org === undefined ? null : { zh: org.name, en: org.nameEn === "" ? org.name : org.nameEn },
    facts: kept.facts,
    proposed: level,
    reasons: [...reasons],
    levelNames: Object.fromEntries(pack.levels.map((one) => [String(one.level), { zh: one.zh, en: one.en }])),
    pack: { id: pack.id, zh: pack.zh, en: pack.en, draft: pack.status === "draft" },
    milestones: pack.milestones.map((one) => ({
      ...one,
      begun: hasBegun(one.id, kept.moments, pack),
      at: kept.moments.findLast((entry) => entry.moment === one.id)?.at ?? null,
    })),
    reporter: kept.reporterName,
    channel: kept.channel,
    channelReason: kept.channelReason,
    alertIds: [...kept.alertIds],
    closingReport: kept.closingReport,
    clocks: await new ClockStore(work).of(id),
    extendable: pack.duties.filter((duty) => duty.extendable).map((duty) => duty.id),
    timeline: await store.timeline(id),
    indicators: await store.indicators(id),
    ...nextActs(work, kept),
  };
}

function nextActs(work: Work, incident: Kept): Pick<IncidentDetail, "acts" | "blocked"> {
  const { scope } = work;
  if (!scope.orgIds.includes(incident.orgId)) return { acts: [], blocked: [] };
  const judged = ACTS.filter((act) => may(scope, ACT_NEEDS[act])).map((act) => ({
    act,
    code: refusal(act, incident.moments, scope.actor.id),
  }));
  return {
    acts: judged.filter((one) => one.code === undefined).map((one) => one.act),
    blocked: judged.flatMap(({ act, code }) => (code === undefined ? [] : [{ act, code }])),
  };
}

/** What a report form needs of the pack in force. */
export function packShown(pack: DutyPack): PackShown {
  return {
    id: pack.id,
    zh: pack.zh,
    en: pack.en,
    status: pack.status,
    note: pack.note ?? null,
    levels: pack.levels,
    measures: pack.measures,
  };
}
