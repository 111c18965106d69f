import { z } from "zod";
import type { Tlp } from "./tlp.ts";

/**
 * Every right in the product, `system:verb`. A route names the one it needs; a role is a set of them.
 * Adding one here makes the access test ask which roles hold it.
 */
export const PERMISSIONS = [
  "self:use",
  "platform:read",
  "platform:manage",
  "audit:read",
  "members:read",
  "members:manage",
  "keys:manage",
  "logs:ingest",
  "logs:read",
  "rules:read",
  "alerts:read",
  "alerts:work",
  "incidents:read",
  "incidents:report",
  "incidents:work",
  "incidents:review",
  "intel:read",
  "intel:write",
  "intel:approve",
  "taxii:read",
  "taxii:write",
] as const;
export const Permission = z.enum(PERMISSIONS);
export type Permission = z.infer<typeof Permission>;

export const ROLES = [
  "member-reporter",
  "member-security-officer",
  "soc-analyst",
  "soc-lead",
  "cert-duty-officer",
  "intel-reviewer",
  "authority-head",
  "auditor",
  "administrator",
] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

interface RoleGrant {
  readonly permissions: readonly Permission[];
  /** Sees what the organisations below its own one own, too. */
  readonly oversees: boolean;
  /** The highest marking this role may read. */
  readonly clearance: Tlp;
}

const READS = ["self:use", "members:read", "alerts:read", "incidents:read", "intel:read"] as const;

/** The named sets of permissions (mission C1). An account may hold several roles; rights add up. */
export const ROLE_GRANTS: Record<Role, RoleGrant> = {
  "member-reporter": {
    permissions: ["self:use", "members:read", "incidents:read", "incidents:report", "intel:read"],
    oversees: false,
    clearance: "amber",
  },
  "member-security-officer": {
    permissions: [...READS, "alerts:work", "incidents:report", "incidents:work", "logs:read", "keys:manage"],
    oversees: false,
    clearance: "amber+strict",
  },
  "soc-analyst": {
    permissions: [
      ...READS,
      "alerts:work",
      "incidents:report",
      "logs:read",
      "logs:ingest",
      "rules:read",
      "intel:write",
      "platform:read",
    ],
    oversees: true,
    clearance: "amber+strict",
  },
  "soc-lead": {
    permissions: [
      ...READS,
      "alerts:work",
      "incidents:report",
      "incidents:work",
      "logs:read",
      "logs:ingest",
      "rules:read",
      "intel:write",
      "platform:read",
      "keys:manage",
    ],
    oversees: true,
    clearance: "red",
  },
  "cert-duty-officer": {
    permissions: [
      ...READS,
      "incidents:report",
      "incidents:work",
      "incidents:review",
      "intel:write",
      "platform:read",
    ],
    oversees: true,
    clearance: "red",
  },
  "intel-reviewer": {
    permissions: [...READS, "intel:write", "intel:approve"],
    oversees: true,
    clearance: "red",
  },
  "authority-head": { permissions: [...READS, "platform:read"], oversees: true, clearance: "red" },
  auditor: {
    permissions: [...READS, "audit:read", "platform:read", "rules:read"],
    oversees: true,
    clearance: "red",
  },
  administrator: {
    permissions: [
      "self:use",
      "members:read",
      "members:manage",
      "keys:manage",
      "platform:read",
      "platform:manage",
      "audit:read",
    ],
    oversees: true,
    clearance: "amber",
  },
};
