import type { Permission } from "./access.ts";
import type { Instant } from "./instant.ts";
import type { OrgId } from "./org.ts";
import { type Tlp, tlpRank } from "./tlp.ts";

/** Who acts: a person with an account, a machine with a key or certificate, or a named job of the program. */
export interface Actor {
  readonly kind: "person" | "machine" | "job";
  /** Account id, key id, or the job's name. */
  readonly id: string;
  readonly name: string;
}

/**
 * Who is asking, for whom and for what. Nothing is read or written without one.
 * Made by `members` at the door for people and machines, and by `jobScope` for the program's own work.
 */
export interface Scope {
  readonly actor: Actor;
  readonly orgId: OrgId;
  /** Organisations whose rows it may read and write: its own, and those below where a role oversees. */
  readonly orgIds: readonly OrgId[];
  /** What it may read because it was released to it: its organisation, sharing groups, sector, everyone. */
  readonly audiences: readonly string[];
  readonly permissions: ReadonlySet<Permission>;
  readonly clearance: Tlp;
  /** `console`, `api`, `taxii`, `sign-in`, `job:<name>`; kept in the audit row. */
  readonly purpose: string;
  readonly requestId?: string;
  readonly at?: Instant;
}

/** The audience that means every organisation of the community. */
export const EVERYONE = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** What every row that somebody may not see carries. */
export interface Marked {
  readonly orgId: OrgId;
  readonly tlp: Tlp;
  /** Organisations and sharing groups it was released to; empty = not released. */
  readonly audience: readonly string[];
}

/** The whole answer to "who may see what", as data that each store renders in its own language. */
export interface Visibility {
  readonly orgIds: readonly OrgId[];
  readonly audiences: readonly string[];
  /** Highest readable TLP rank. */
  readonly maxTlp: number;
}

/**
 * The one rule of visibility: a row is seen when its marking is within the clearance, and it belongs to an
 * organisation of the scope or was released to one of its audiences. `platform/records` and `platform/events`
 * render this value to SQL and row-level security repeats it; no query decides for itself.
 */
export function visibleTo(scope: Scope): Visibility {
  return { orgIds: scope.orgIds, audiences: scope.audiences, maxTlp: tlpRank(scope.clearance) };
}

/** The same rule over a value in memory: for streams and for the tests that hold the SQL against it. */
export function sees(visibility: Visibility, row: Marked): boolean {
  return (
    tlpRank(row.tlp) <= visibility.maxTlp &&
    (visibility.orgIds.includes(row.orgId) || row.audience.some((to) => visibility.audiences.includes(to)))
  );
}

export function may(scope: Scope, permission: Permission): boolean {
  return scope.permissions.has(permission);
}
