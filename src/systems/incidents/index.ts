import type { System } from "../../platform/platform.ts";
import { neighbours } from "./neighbours.ts";
import { startIncidents } from "./system.ts";

export { DutyIncident, type DutyPack } from "./duties/model.ts";
export { loadPack, loadPackFile, type PackFault } from "./duties/pack.ts";
export { dutiesOf } from "./duties/rules.ts";
export type { Incident, IncidentDetail } from "./model.ts";

/** CERT: reports, levels, legal clocks, review and handling of incidents (mission C2, C3). */
export const incidents: System = {
  name: "incidents",
  migrations: new URL("./migrations/", import.meta.url),
  start: (platform) => startIncidents(platform, neighbours),
};
