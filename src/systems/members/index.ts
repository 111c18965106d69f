import { sql } from "kysely";
import { type Permission, ROLE_GRANTS, ROLES } from "../../core/access.ts";
import type { OrgId } from "../../core/org.ts";
import { EVERYONE, type Scope } from "../../core/scope.ts";
import type { System } from "../../platform/platform.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Records, Work } from "../../platform/records/work.ts";
import { ContactStore } from "./contacts.ts";
import { OrganisationStore } from "./organisations.ts";
import { memberRoutes } from "./routes.ts";
import { audiencesOf } from "./rules.ts";
import { nobodyScope, SignIn } from "./sign-in.ts";
import type { MembersTables } from "./tables.ts";

export { ensureFirstAdministrator, type FirstAdministrator } from "./first-administrator.ts";
export type { Org } from "./model.ts";
export { nobodyScope, SignIn } from "./sign-in.ts";

/** The doorman reads this purpose's rows: the tree, to make the scopes of jobs. */
const TREE_PURPOSE = "job:members.tree";

/**
 * A named, narrow scope for the program's own work: the given rights and nothing else, over every organisation of
 * this node, as `job:<name>`.
 */
export async function jobScope(
  records: Records,
  name: string,
  permissions: readonly Permission[],
): Promise<Scope> {
  const orgs = await readTree(records);
  const root = orgs.find((org) => org.parentId === null);
  return {
    actor: { kind: "job", id: name, name },
    orgId: root?.id ?? nobodyScope.orgId,
    orgIds: orgs.map((org) => org.id),
    audiences: [EVERYONE],
    permissions: new Set(permissions),
    clearance: "red",
    purpose: `job:${name}`,
  };
}

/** Id of the organisation with this id or short name, or undefined. */
export async function orgByName(records: Records, name: string): Promise<OrgId | undefined> {
  return treeWork(records, (work) => new OrganisationStore(work).idOf(name));
}

/** Every organisation with those above it in the tree, the nearest first, and whom releases reach it as. */
export async function orgReaders(
  records: Records,
): Promise<{ id: OrgId; above: OrgId[]; audiences: string[] }[]> {
  const orgs = await readTree(records);
  const parents = new Map(orgs.map((org) => [org.id, org.parentId]));
  return orgs.map((org) => {
    const above: OrgId[] = [];
    for (let at = org.parentId; at !== null && !above.includes(at); at = parents.get(at) ?? null)
      above.push(at);
    return { id: org.id, above, audiences: audiencesOf(org) };
  });
}

/** E-mail addresses of the contacts of these organisations, as far as the work's scope sees them. */
export function contactMails(work: Work, orgIds: readonly OrgId[]): Promise<string[]> {
  return new ContactStore(work).mailsOf(orgIds);
}

/** The words that name an organisation and its people; de-identification removes them (mission I6). */
export async function identifyingWords(
  work: Work,
  orgId: OrgId,
): Promise<{ names: string[]; people: string[]; emails: string[]; phones: string[]; networks: string[] }> {
  const org = await new OrganisationStore(work).get(orgId);
  const contacts = await new ContactStore(work).list({ orgId, limit: 200 });
  const accounts = await new OrganisationStore(work).peopleOf(orgId);
  const present = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null && value !== ""))] as string[];
  return {
    names: present([org.name, org.nameEn, org.shortName, ...org.aliases]),
    people: present([
      ...contacts.items.map((contact) => contact.name),
      ...accounts.map((account) => account.displayName),
    ]),
    emails: present([
      ...contacts.items.map((contact) => contact.email),
      ...accounts.map((account) => account.email),
    ]),
    phones: present(contacts.items.map((contact) => contact.phone)),
    networks: org.networks,
  };
}

/** Names of the organisations in the scope's sight by id, for lists that show them. */
export async function orgNames(work: Work): Promise<Map<OrgId, { name: string; nameEn: string }>> {
  const rows = await new OrganisationStore(work).names();
  return new Map(rows.map((row) => [row.id, { name: row.name, nameEn: row.nameEn }]));
}

/** Active accounts in the work's sight whose roles hold a right: whom work can be given to, by name. */
export async function peopleWho(
  work: Work,
  permission: Permission,
): Promise<{ id: string; name: string; orgId: OrgId }[]> {
  const roles = ROLES.filter((role) => ROLE_GRANTS[role].permissions.includes(permission));
  const rows = await work
    .tables<MembersTables>()
    .selectFrom("account")
    .select(["id", "display_name", "org_id"])
    .where("state", "=", "active")
    .where(sql<boolean>`account.roles && ${roles}::text[]`)
    .where(visible(work, "account"))
    .orderBy("display_name")
    .execute();
  return rows.map((row) => ({ id: row.id, name: row.display_name, orgId: row.org_id }));
}

function treeWork<T>(records: Records, run: (work: Work) => Promise<T>): Promise<T> {
  const scope = {
    ...nobodyScope,
    actor: { kind: "job", id: "members.tree", name: "members.tree" },
    purpose: TREE_PURPOSE,
  } as const;
  return records.within(scope, run);
}

function readTree(records: Records) {
  return treeWork(records, (work) => new OrganisationStore(work).tree());
}

export const members: System = {
  name: "members",
  migrations: new URL("./migrations/", import.meta.url),
  async start(platform) {
    const signIn = new SignIn({ records: platform.records, config: platform.config, clock: platform.clock });
    return {
      routes: memberRoutes({ config: platform.config, signIn }),
      authenticate: (request) => signIn.authenticate(request),
    };
  },
};
