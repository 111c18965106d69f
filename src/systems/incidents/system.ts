import type { Platform, Started } from "../../platform/platform.ts";
import type { Work } from "../../platform/records/work.ts";
import type { CaseRoom } from "./acts.ts";
import { clockMail } from "./clock-mail.ts";
import type { DutyPack } from "./duties/model.ts";
import { loadPack } from "./duties/pack.ts";
import { clockJob } from "./jobs.ts";
import { incidentRoutes, type RouteParts } from "./routes.ts";

/** What incidents asks of the systems below it; index.ts joins them. */
export interface Neighbours {
  linkAlerts: CaseRoom["linkAlerts"];
  orgNames: RouteParts["orgNames"];
  share: RouteParts["share"];
  /** E-mail addresses of the contacts of these organisations, as far as the scope sees them. */
  contactMails(work: Work, orgIds: readonly string[]): Promise<string[]>;
}

/** The system on a platform. Throws PackInvalid, with every fault, when the configured duty pack is wrong. */
export async function startIncidents(
  platform: Pick<Platform, "config" | "log" | "mailer" | "records" | "jobScope">,
  neighbours: Neighbours,
): Promise<Started> {
  const { config, records } = platform;
  const packOf = packShelf();
  const parts: RouteParts = {
    pack: packOf(config.duties.pack),
    tier: config.node.tier,
    packOf,
    linkAlerts: neighbours.linkAlerts,
    orgNames: neighbours.orgNames,
    share: neighbours.share,
  };
  const mail = clockMail({
    mailer: platform.mailer,
    log: platform.log,
    nodeName: config.node.name,
    publicUrl: config.node.publicUrl,
    recipients: async (orgId, owedBy) => {
      const scope = await platform.jobScope("incidents.mail-overdue", ["members:read"]);
      const owing = owedBy === "authority" || orgId === scope.orgId ? [] : [orgId];
      return records.within(scope, async (work) => {
        const groups: string[][] = [];
        for (const id of [...owing, scope.orgId]) groups.push(await neighbours.contactMails(work, [id]));
        return groups;
      });
    },
  });
  return {
    routes: incidentRoutes(parts),
    jobs: [clockJob({ records, packOf })],
    subscribers: [mail],
  };
}

/** Packs by name, each read once; an incident keeps the pack under which it was reported. */
function packShelf(): (id: string) => DutyPack {
  const shelf = new Map<string, DutyPack>();
  return (id) => {
    const known = shelf.get(id) ?? loadPack(id);
    shelf.set(id, known);
    return known;
  };
}
