import { z } from "zod";

export const OrgId = z.uuid();
export type OrgId = z.infer<typeof OrgId>;

/** Critical-infrastructure sectors of the programme (water and communications first). */
export const SECTORS = [
  "water",
  "communications",
  "energy",
  "government",
  "finance",
  "transport",
  "health",
  "science-park",
] as const;
export const Sector = z.enum(SECTORS);
export type Sector = z.infer<typeof Sector>;

export const ORG_KINDS = ["authority", "bureau", "operator", "facility"] as const;
export const OrgKind = z.enum(ORG_KINDS);
export type OrgKind = z.infer<typeof OrgKind>;

/**
 * The sharing group of everyone in a sector, as an audience. Fixed, so that every node of the country means the
 * same group by the same id.
 */
export const SECTOR_AUDIENCE: Readonly<Record<Sector, string>> = {
  water: "5ec70000-0000-4000-8000-000000000001",
  communications: "5ec70000-0000-4000-8000-000000000002",
  energy: "5ec70000-0000-4000-8000-000000000003",
  government: "5ec70000-0000-4000-8000-000000000004",
  finance: "5ec70000-0000-4000-8000-000000000005",
  transport: "5ec70000-0000-4000-8000-000000000006",
  health: "5ec70000-0000-4000-8000-000000000007",
  "science-park": "5ec70000-0000-4000-8000-000000000008",
};
