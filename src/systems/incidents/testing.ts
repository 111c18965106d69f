import type { Permission } from "../../core/access.ts";
import type { Scope } from "../../core/scope.ts";
import {
  type FreshRecords,
  type TestClock,
  type TestDatabase,
  testClock,
  testScope,
} from "../../platform/records/testing.ts";
import type { Work } from "../../platform/records/work.ts";
import { type CaseRoom, Incidents } from "./acts.ts";
import { loadPack } from "./duties/pack.ts";
import { type ChangeFacts, type ClosingReport, NewIncident } from "./model.ts";

/** A member, another member and the authority above both, with a store and a clock that stands. */
export interface Desk {
  readonly records: FreshRecords;
  readonly clock: TestClock;
  readonly room: CaseRoom;
  readonly member: Scope;
  readonly otherMember: Scope;
  readonly reviewer: Scope;
  readonly jobs: Scope;
  as<T>(scope: Scope, run: (incidents: Incidents, work: Work) => Promise<T>): Promise<T>;
}

export const AWARE = "2026-11-23T01:00:00.000Z";
const AUTHORITY = "0190a000-0000-7000-8000-00000000000a";
const MEMBER = "0190a000-0000-7000-8000-00000000000b";
const OTHER = "0190a000-0000-7000-8000-00000000000c";
const WORKS: readonly Permission[] = ["incidents:read", "incidents:report", "incidents:work"];

export const migrations = { name: "incidents", migrations: new URL("./migrations/", import.meta.url) };

/** A fresh desk at 09:20 in Taipei, twenty minutes after `AWARE`. */
export async function freshDesk(database: TestDatabase, packName = "tw-2026"): Promise<Desk> {
  const clock = testClock("2026-11-23T01:20:00.000Z");
  const records = await database.fresh([migrations], { clock });
  const pack = loadPack(packName);
  const room: CaseRoom = {
    pack,
    tier: "W",
    packOf: (id) => loadPack(id),
    linkAlerts: () => Promise.reject(new Error("this desk has no alerts")),
  };
  const all = [AUTHORITY, MEMBER, OTHER];
  const person = (name: string, orgIds: readonly string[], permissions: readonly Permission[]) =>
    testScope({
      actor: { kind: "person", id: `account-${name}`, name },
      orgIds,
      permissions,
      clearance: "amber+strict",
    });
  return {
    records,
    clock,
    room,
    member: person("member-officer", [MEMBER], WORKS),
    otherMember: person("other-officer", [OTHER], WORKS),
    reviewer: testScope({
      actor: { kind: "person", id: "account-duty-officer", name: "duty-officer" },
      orgIds: all,
      permissions: [...WORKS, "incidents:review"],
      clearance: "red",
    }),
    jobs: testScope({
      actor: { kind: "job", id: "incidents.clocks", name: "incidents.clocks" },
      orgIds: all,
      permissions: ["incidents:read", "incidents:work"],
      clearance: "red",
      purpose: "job:incidents.clocks",
    }),
    as: (scope, run) => records.within(scope, (work) => run(new Incidents(work, room), work)),
  };
}

/** A report as a form sends it: a leak of business that is not core, level 1, unless told otherwise. */
export function aReport(more: Partial<Parameters<typeof NewIncident.parse>[0] & object> = {}): NewIncident {
  return NewIncident.parse({
    title: "Pumping station console shows unknown sign-ins",
    awareAt: AWARE,
    facts: { impacts: [{ business: "non-core", leak: "minor" }] },
    ...more,
  });
}

/** Facts that are level 3 under tw-2026. */
export const WORSE: ChangeFacts["facts"] = {
  impacts: [{ business: "core-ci", leak: "none", tampering: "minor", outage: "none" }],
  measures: {},
  systems: ["SCADA"],
  narrative: "",
};

export const CLOSING: ClosingReport = {
  scopeAndDamage: "one console",
  damageControl: "taken off the network",
  investigation: "disk image examined",
  rootCause: "a shared password",
  improvement: "accounts of their own",
  followUp: "checked after three months",
};
