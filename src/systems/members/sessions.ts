import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import { Role } from "../../core/access.ts";
import { addHours, addMillis, type Instant, millis } from "../../core/instant.ts";
import { Sector } from "../../core/org.ts";
import { Problem } from "../../core/problem.ts";
import { sha256Hex, uuidV7 } from "../../platform/crypto/digest.ts";
import type { PeerCertificate } from "../../platform/crypto/peer-certificate.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import type { SessionEntry } from "./model.ts";
import type { OrgNode } from "./rules.ts";
import { newToken } from "./secrets.ts";
import { instantOrNull, type MembersTables } from "./tables.ts";

/** What sign-in knows of an account; read under the purpose `sign-in` only. */
export interface Credentials {
  readonly id: string;
  readonly orgId: string;
  readonly name: string;
  readonly displayName: string;
  readonly roles: Role[];
  readonly active: boolean;
  readonly passwordHash: string;
  readonly mustChangePassword: boolean;
  readonly totpSecret: string | null;
  readonly totpConfirmed: boolean;
  readonly totpLastStep: number;
  readonly failures: number;
  readonly lockedUntil: Instant | null;
}

export interface LiveSession {
  readonly id: string;
  readonly csrfToken: string;
  readonly account: Credentials;
}

/** Another use of a session or key is noted at most once in this time. */
const NOTE_EVERY = 60_000;

/** The doorman's store: made under the purpose `sign-in`, whose rows row-level security opens and nothing else. */
export class SignInStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async byName(name: string): Promise<Credentials | undefined> {
    const row = await this.db.selectFrom("account").selectAll().where("name", "=", name).executeTakeFirst();
    return row === undefined ? undefined : credentials(row);
  }

  async recordFailure(account: Credentials, lockedUntil: Instant | null): Promise<void> {
    await this.db
      .updateTable("account")
      .set((e) => ({ failures: e("failures", "+", 1), locked_until: lockedUntil }))
      .where("id", "=", account.id)
      .execute();
    this.work.audit({
      action: "members.sign-in-failed",
      subject: account.id,
      orgId: account.orgId,
      detail: { name: account.name, lockedUntil },
    });
  }

  /** Opens a session and answers its bearer secret, which is stored as a hash only. */
  async open(
    account: Credentials,
    from: { address: string; agent: string; hours: number; totpStep: number | undefined },
  ): Promise<{ secret: string }> {
    const token = newToken();
    await this.db
      .updateTable("account")
      .set({
        failures: 0,
        locked_until: null,
        last_sign_in_at: this.work.now,
        ...(from.totpStep === undefined ? {} : { totp_last_step: from.totpStep }),
      })
      .where("id", "=", account.id)
      .execute();
    await this.db
      .insertInto("session")
      .values({
        id: uuidV7(),
        account_id: account.id,
        org_id: account.orgId,
        token_sha256: token.sha256,
        csrf_token: newToken().secret,
        started_at: this.work.now,
        last_seen_at: this.work.now,
        expires_at: addHours(this.work.now, from.hours),
        revoked_at: null,
        address: from.address.slice(0, 60),
        agent: from.agent.slice(0, 200),
      })
      .execute();
    this.work.audit({
      action: "members.signed-in",
      subject: account.id,
      orgId: account.orgId,
      detail: { name: account.name },
    });
    return { secret: token.secret };
  }

  /** The session of a bearer secret while it lives: not revoked, not expired, not idle, its account active. */
  async session(secret: string, idleMinutes: number): Promise<LiveSession | undefined> {
    const row = await this.db
      .selectFrom("session")
      .innerJoin("account", "account.id", "session.account_id")
      .selectAll("account")
      .select(["session.id as session_id", "session.csrf_token", "session.last_seen_at"])
      .where("session.token_sha256", "=", sha256Hex(secret))
      .where("session.revoked_at", "is", null)
      .where("session.expires_at", ">", this.work.now)
      .where("session.last_seen_at", ">", addMillis(this.work.now, -idleMinutes * 60_000))
      .where("account.state", "=", "active")
      .executeTakeFirst();
    if (row === undefined) return undefined;
    if (millis(this.work.now) - new Date(row.last_seen_at).getTime() > NOTE_EVERY) {
      await this.db
        .updateTable("session")
        .set({ last_seen_at: this.work.now })
        .where("id", "=", row.session_id)
        .execute();
    }
    return { id: row.session_id, csrfToken: row.csrf_token, account: credentials(row) };
  }

  /** The key of a bearer secret while it is neither revoked nor expired. */
  key(secret: string) {
    return this.liveKey((e) => e("secret_sha256", "=", sha256Hex(secret)));
  }

  /** The key that a client certificate stands for: by its fingerprint, else by a name where an authority vouches for it. */
  async certificateKey({ sha256, names, trusted }: PeerCertificate) {
    const pinned =
      sha256 === "" ? undefined : await this.liveKey((e) => e("certificate_sha256", "=", sha256));
    if (pinned !== undefined || !trusted || sha256 === "" || names.length === 0) return pinned;
    return this.liveKey((e) => e("certificate_name", "in", [...names]));
  }

  private async liveKey(is: (e: ExpressionBuilder<MembersTables, "api_key">) => Expression<SqlBool>) {
    const row = await this.db
      .selectFrom("api_key")
      .selectAll()
      .where(is)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", this.work.now)
      .orderBy("id")
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const usedAt = row.last_used_at === null ? 0 : new Date(row.last_used_at).getTime();
    if (millis(this.work.now) - usedAt > NOTE_EVERY) {
      await this.db
        .updateTable("api_key")
        .set({ last_used_at: this.work.now })
        .where("id", "=", row.id)
        .execute();
    }
    return row;
  }

  async setPassword(account: Credentials, passwordHash: string, keepSession: string): Promise<void> {
    await this.db
      .updateTable("account")
      .set((e) => ({
        password_hash: passwordHash,
        must_change_password: false,
        version: e("version", "+", 1),
      }))
      .where("id", "=", account.id)
      .execute();
    await this.db
      .updateTable("session")
      .set({ revoked_at: this.work.now })
      .where("account_id", "=", account.id)
      .where("id", "!=", keepSession)
      .where("revoked_at", "is", null)
      .execute();
    this.work.audit({ action: "members.password-changed", subject: account.id, orgId: account.orgId });
  }

  /** A secret that waits for its first code; a confirmed one is not replaced here. */
  async offerTotp(accountId: string, secret: string): Promise<void> {
    const done = await this.db
      .updateTable("account")
      .set({ totp_secret: secret })
      .where("id", "=", accountId)
      .where("totp_confirmed_at", "is", null)
      .executeTakeFirst();
    if (Number(done.numUpdatedRows) === 0)
      throw new Problem("http.conflict", { detail: "a one-time code is set up already" });
  }

  async confirmTotp(account: Credentials, step: number): Promise<void> {
    await this.db
      .updateTable("account")
      .set((e) => ({ totp_confirmed_at: this.work.now, totp_last_step: step, version: e("version", "+", 1) }))
      .where("id", "=", account.id)
      .execute();
    this.work.audit({ action: "members.totp-enrolled", subject: account.id, orgId: account.orgId });
  }

  async orgTree(): Promise<(OrgNode & { name: string; nameEn: string; shortName: string })[]> {
    const rows = await this.db
      .selectFrom("organisation")
      .select(["id", "parent_id", "sector", "name", "name_en", "short_name"])
      .orderBy("short_name")
      .execute();
    return rows.map((row) => ({
      id: row.id,
      parentId: row.parent_id,
      sector: Sector.parse(row.sector),
      name: row.name,
      nameEn: row.name_en,
      shortName: row.short_name,
    }));
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

/** A person's own sessions: seen and ended by the owner. */
export class SessionStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(currentId: string): Promise<SessionEntry[]> {
    const rows = await this.db
      .selectFrom("session")
      .selectAll()
      .where(visible(this.work, "session"))
      .where("account_id", "=", this.work.scope.actor.id)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", this.work.now)
      .orderBy("last_seen_at", "desc")
      .execute();
    return rows.map((row) => ({
      id: row.id,
      startedAt: instantOrNull(row.started_at) ?? "",
      lastSeenAt: instantOrNull(row.last_seen_at) ?? "",
      expiresAt: instantOrNull(row.expires_at) ?? "",
      address: row.address,
      agent: row.agent,
      current: row.id === currentId,
    }));
  }

  async revoke(id: string): Promise<void> {
    const done = await this.db
      .updateTable("session")
      .set({ revoked_at: this.work.now })
      .where("id", "=", id)
      .where(visible(this.work, "session"))
      .where("account_id", "=", this.work.scope.actor.id)
      .where("revoked_at", "is", null)
      .executeTakeFirst();
    if (Number(done.numUpdatedRows) === 0) throw new Problem("http.not-found");
    this.work.audit({ action: "members.session-ended", subject: id });
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

interface AccountRow {
  id: string;
  org_id: string;
  name: string;
  display_name: string;
  roles: string[];
  state: string;
  password_hash: string;
  must_change_password: boolean;
  totp_secret: string | null;
  totp_confirmed_at: string | Date | null;
  totp_last_step: number | string;
  failures: number;
  locked_until: string | Date | null;
}

function credentials(row: AccountRow): Credentials {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    displayName: row.display_name,
    roles: row.roles.map((role) => Role.parse(role)),
    active: row.state === "active",
    passwordHash: row.password_hash,
    mustChangePassword: row.must_change_password,
    totpSecret: row.totp_secret,
    totpConfirmed: row.totp_confirmed_at !== null,
    totpLastStep: Number(row.totp_last_step),
    failures: row.failures,
    lockedUntil: instantOrNull(row.locked_until),
  };
}
