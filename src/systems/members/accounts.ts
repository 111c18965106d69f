import type { Selectable } from "kysely";
import { Role } from "../../core/access.ts";
import type { Page, PageQuery } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import type { Account, AccountChange, NewAccount } from "./model.ts";
import { pageOfRows, unlessTaken } from "./organisations.ts";
import { type AccountTable, instantOrNull, type MembersTables } from "./tables.ts";

/** People's accounts; what sign-in needs of them is in sign-in.ts. */
export class AccountStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(
    filter: PageQuery & { q?: string | undefined; orgId?: string | undefined },
  ): Promise<Page<Account>> {
    let query = this.db.selectFrom("account").where(visible(this.work, "account"));
    if (filter.orgId !== undefined) query = query.where("org_id", "=", filter.orgId);
    if (filter.q !== undefined && filter.q !== "") {
      const like = `%${filter.q.replace(/[\\%_]/g, (each) => `\\${each}`)}%`;
      query = query.where((where) =>
        where.or([where("name", "ilike", like), where("display_name", "ilike", like)]),
      );
    }
    const { total } = await query
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    const after = filter.cursor === undefined ? query : query.where("name", ">", filter.cursor);
    const rows = await after
      .selectAll()
      .orderBy("name")
      .limit(filter.limit + 1)
      .execute();
    return pageOfRows(rows.map(presentAccount), filter.limit, Number(total), (account) => account.name);
  }

  async get(id: string): Promise<Account> {
    const row = await this.db
      .selectFrom("account")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.work, "account"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return presentAccount(row);
  }

  /** `passwordHash` is of a one-time password: the account must choose its own at the first sign-in. */
  async create(account: NewAccount, passwordHash: string): Promise<Account> {
    if (!this.work.scope.orgIds.includes(account.orgId)) throw new Problem("http.not-found");
    return this.plant({ ...account, passwordHash });
  }

  /** The insert itself, also for the node's first account, whose organisation no scope holds yet. */
  async plant(
    account: NewAccount & { passwordHash: string; mustChangePassword?: boolean },
  ): Promise<Account> {
    const insert = this.db
      .insertInto("account")
      .values({
        id: uuidV7(),
        org_id: account.orgId,
        name: account.name,
        display_name: account.displayName,
        email: account.email,
        roles: account.roles,
        state: "active",
        password_hash: account.passwordHash,
        must_change_password: account.mustChangePassword ?? true,
        created_at: this.work.now,
      })
      .returningAll();
    const made = presentAccount(await unlessTaken("body.name", insert.executeTakeFirstOrThrow()));
    this.work.audit({
      action: "members.account-created",
      subject: made.id,
      orgId: made.orgId,
      detail: { name: made.name, roles: made.roles },
    });
    return made;
  }

  /** A disabled account's sessions end with it. */
  async change(id: string, change: AccountChange): Promise<Account> {
    const before = await this.get(id);
    if (id === this.work.scope.actor.id && (change.roles !== undefined || change.state !== undefined)) {
      throw new Problem("http.forbidden", { detail: "nobody changes the own roles or state" });
    }
    const row = await this.db
      .updateTable("account")
      .set((e) => ({
        display_name: change.displayName ?? before.displayName,
        email: change.email === undefined ? before.email : change.email,
        roles: change.roles ?? before.roles,
        state: change.state ?? before.state,
        version: e("version", "+", 1),
      }))
      .where("id", "=", id)
      .where("version", "=", change.version)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.conflict");
    if (row.state === "disabled") await this.endSessions(id);
    this.work.audit({
      action: "members.account-changed",
      subject: id,
      detail: { roles: row.roles, state: row.state },
    });
    return presentAccount(row);
  }

  /** Back to a one-time password and no second factor; every session ends. */
  async reset(id: string, passwordHash: string): Promise<Account> {
    await this.get(id);
    const row = await this.db
      .updateTable("account")
      .set((e) => ({
        password_hash: passwordHash,
        must_change_password: true,
        totp_secret: null,
        totp_confirmed_at: null,
        failures: 0,
        locked_until: null,
        version: e("version", "+", 1),
      }))
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await this.endSessions(id);
    this.work.audit({ action: "members.account-reset", subject: id, detail: { name: row.name } });
    return presentAccount(row);
  }

  private async endSessions(accountId: string): Promise<void> {
    await this.db
      .updateTable("session")
      .set({ revoked_at: this.work.now })
      .where("account_id", "=", accountId)
      .where("revoked_at", "is", null)
      .execute();
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

export function presentAccount(row: Selectable<AccountTable>): Account {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    displayName: row.display_name,
    email: row.email,
    roles: row.roles.map((role) => Role.parse(role)),
    state: row.state === "disabled" ? "disabled" : "active",
    hasTotp: row.totp_confirmed_at !== null,
    mustChangePassword: row.must_change_password,
    lockedUntil: instantOrNull(row.locked_until),
    lastSignInAt: instantOrNull(row.last_sign_in_at),
    createdAt: instantOrNull(row.created_at) ?? "",
    version: row.version,
  };
}
