import { linkAlerts } from "../detection/index.ts";
import { draftItem } from "../intel/index.ts";
import { contactMails, orgNames } from "../members/index.ts";
import { fromAlerts } from "./alert-indicators.ts";
import { draftOf } from "./draft.ts";
import type { Neighbours } from "./system.ts";

/** The systems below as incidents uses them: alerts become indicators, an incident becomes a draft of intelligence. */
export const neighbours: Neighbours = {
  orgNames,
  contactMails,
  linkAlerts: async (work, alertIds, incidentId) => {
    const { alerts, indicators } = await linkAlerts(work, alertIds, incidentId);
    return { alerts, indicators: fromAlerts(alerts, indicators) };
  },
  share: async (work, incident) => (await draftItem(work, draftOf(incident))).id,
};
