import { type Permission, ROLE_GRANTS, type Role } from "../../core/access.ts";
import { addMillis, type Instant } from "../../core/instant.ts";
import { type OrgId, SECTOR_AUDIENCE, type Sector } from "../../core/org.ts";
import { EVERYONE, type Scope } from "../../core/scope.ts";
import { TLP_LEVELS, type Tlp, tlpRank } from "../../core/tlp.ts";

/** The organisation tree as far as visibility needs it. */
export interface OrgNode {
  readonly id: OrgId;
  readonly parentId: OrgId | null;
  readonly sector: Sector;
}

/** The organisation and everything below it. */
export function subtreeOf(orgs: readonly OrgNode[], root: OrgId): OrgId[] {
  const children = Map.groupBy(orgs, (org) => org.parentId);
  const found: OrgId[] = [];
  const open = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    found.push(at);
    for (const child of children.get(at) ?? []) open.push(child.id);
  }
  return found;
}

/** Would making `parentId` the parent of `id` put an organisation below itself? */
export function makesCircle(orgs: readonly OrgNode[], id: OrgId, parentId: OrgId): boolean {
  return subtreeOf(orgs, id).includes(parentId);
}

/** Whom an organisation hears of releases as: itself, its sector, everyone. */
export function audiencesOf(org: OrgNode): string[] {
  return [org.id, SECTOR_AUDIENCE[org.sector], EVERYONE];
}

/** What several roles together may do, see and read. Rights add up; the widest sight and clearance win. */
export function grantOf(roles: readonly Role[]): {
  permissions: Set<Permission>;
  oversees: boolean;
  clearance: Tlp;
} {
  const grants = roles.map((role) => ROLE_GRANTS[role]);
  const rank = Math.max(0, ...grants.map((grant) => tlpRank(grant.clearance)));
  return {
    permissions: new Set(grants.flatMap((grant) => [...grant.permissions])),
    oversees: grants.some((grant) => grant.oversees),
    clearance: TLP_LEVELS[rank] ?? "clear",
  };
}

/** The scope of a person: what the roles grant, over the own organisation and, where one oversees, those below it. */
export function personScope(
  account: { id: string; displayName: string; orgId: OrgId; roles: readonly Role[] },
  orgs: readonly OrgNode[],
  purpose: string,
): Scope {
  const grant = grantOf(account.roles);
  const own = orgs.find((org) => org.id === account.orgId);
  return {
    actor: { kind: "person", id: account.id, name: account.displayName },
    orgId: account.orgId,
    orgIds: grant.oversees ? subtreeOf(orgs, account.orgId) : [account.orgId],
    audiences: own === undefined ? [] : audiencesOf(own),
    permissions: grant.permissions,
    clearance: grant.clearance,
    purpose,
  };
}

const FREE_FAILURES = 5;
const LONGEST_LOCK = 3_600_000;

/** When an account opens again after its n-th failure in a row: 30 s after the fifth, doubling, an hour at most. */
export function lockedUntil(failures: number, now: Instant): Instant | null {
  if (failures < FREE_FAILURES) return null;
  return addMillis(now, Math.min(LONGEST_LOCK, 30_000 * 2 ** (failures - FREE_FAILURES)));
}

const COMMON = new Set([
  "password",
  "passw0rd",
  "qwertyuiop",
  "administrator",
  "lianfang",
  "1234567890",
  "123456789012",
  "iloveyou",
  "changeme",
]);

/**
 * Why a password is refused, or nothing. Length and not composition (NIST SP 800-63B 5.1.1.2): 12 characters at
 * least, not the account's name, no single repeated character or run, not a well-known one with digits around it.
 */
export function passwordFault(password: string, accountName: string): string | undefined {
  const folded = password.normalize("NFKC").toLowerCase();
  if ([...folded].length < 12) return "at least 12 characters";
  if (folded.includes(accountName.toLowerCase()) && accountName.length > 3)
    return "it contains the account's name";
  if (new Set(folded).size < 5) return "too few different characters";
  const core = folded.replace(/^[\d\W_]+/, "").replace(/[\d\W_]+$/, "");
  if (COMMON.has(core) || COMMON.has(folded)) return "it is among the most used passwords";
  return undefined;
}
