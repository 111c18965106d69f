import { TLSSocket } from "node:tls";
import type { FastifyRequest } from "fastify";
import { type Clock, type Instant, millis } from "../../core/instant.ts";
import { Problem } from "../../core/problem.ts";
import type { Scope } from "../../core/scope.ts";
import { tlpOfRank } from "../../core/tlp.ts";
import type { Config } from "../../platform/config/config.ts";
import { certificateOf, type PeerCertificate } from "../../platform/crypto/peer-certificate.ts";
import type { Caller } from "../../platform/http/authenticate.ts";
import type { Records, Work } from "../../platform/records/work.ts";
import { ApiKey, type Session } from "./model.ts";
import { audiencesOf, lockedUntil, passwordFault, personScope } from "./rules.ts";
import { hashPassword, isPassword, newTotpSecret, pretendToCheck, totpStep, totpUri } from "./secrets.ts";
import { type Credentials, type LiveSession, SignInStore } from "./sessions.ts";

export const SESSION_COOKIE = "lianfang_session";

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** Sees no row of anybody: what public routes run under. */
export const nobodyScope: Scope = {
  actor: { kind: "machine", id: "nobody", name: "nobody" },
  orgId: NOBODY,
  orgIds: [],
  audiences: [],
  permissions: new Set(),
  clearance: "clear",
  purpose: "public",
};

/** The doorman: row-level security opens accounts, sessions, keys and the tree to this purpose and nothing else. */
const signInScope: Scope = {
  ...nobodyScope,
  actor: { kind: "job", id: "sign-in", name: "sign-in" },
  purpose: "sign-in",
};

/** So many names that nobody bears are remembered for their failures. */
const MOST_STRANGERS = 10_000;

interface From {
  readonly address: string;
  readonly agent: string;
}

/** Turns what a request bears into a scope, and opens and ends sessions. */
export class SignIn {
  private readonly records: Records;
  private readonly config: Config;
  private readonly clock: Clock;
  /** Tries at one name go one after the other, so that failures are counted also when they arrive together. */
  private readonly turns = new Map<string, Promise<unknown>>();
  private readonly strangers = new Map<string, { failures: number; lockedUntil: Instant | null }>();
  private readonly sessions = new WeakMap<FastifyRequest, LiveSession>();

  constructor(parts: { records: Records; config: Config; clock: Clock }) {
    this.records = parts.records;
    this.config = parts.config;
    this.clock = parts.clock;
  }

  async authenticate(request: FastifyRequest): Promise<Caller | undefined> {
    const bearer = bearerOf(request.headers.authorization);
    const purpose = request.url.startsWith("/taxii2") ? "taxii" : "api";
    if (bearer !== undefined) {
      const scope = await this.keyScope((store) => store.key(bearer), purpose);
      if (scope === undefined)
        throw new Problem("http.unauthenticated", { detail: "the key is unknown, revoked or expired" });
      return { scope };
    }
    const cookie = request.cookies[SESSION_COOKIE];
    if (cookie === undefined) {
      const certificate = this.certificateOf(request);
      if (certificate === undefined) return undefined;
      const scope = await this.keyScope((store) => store.certificateKey(certificate), purpose);
      return scope === undefined ? undefined : { scope };
    }
    return this.door(async (store) => {
      const live = await store.session(cookie, this.config.access.idleMinutes);
      if (live === undefined) return undefined;
      const scope = personScope(live.account, await store.orgTree(), "console");
      this.sessions.set(request, live);
      const owes = this.owes(live.account);
      return { scope, csrfToken: live.csrfToken, ...(owes === undefined ? {} : { owes }) };
    });
  }

  /** Answers the new session's bearer secret, for the cookie. */
  async signIn(
    given: { name: string; password: string; code?: string | undefined },
    from: From,
  ): Promise<string> {
    const name = given.name.trim().toLowerCase();
    const before = this.turns.get(name) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.attempt({ ...given, name }, from));
    this.turns.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(name) === turn) this.turns.delete(name);
    }
  }

  private async attempt(
    given: { name: string; password: string; code?: string | undefined },
    from: From,
  ): Promise<string> {
    const now = this.clock.now();
    const account = await this.door((store) => store.byName(given.name));
    if (account === undefined) return this.refuseStranger(given.name, given.password, now);
    if (account.lockedUntil !== null && account.lockedUntil > now) {
      throw new Problem("members.locked", { retryAfter: (millis(account.lockedUntil) - millis(now)) / 1000 });
    }
    const right = await isPassword(given.password, account.passwordHash);
    if (!right || !account.active) return this.refuse(account);
    let step: number | undefined;
    if (account.totpConfirmed && account.totpSecret !== null) {
      if (given.code === undefined) throw new Problem("members.second-factor-needed");
      step = totpStep(account.totpSecret, given.code, millis(now), account.totpLastStep);
      if (step === undefined) return this.refuse(account);
    }
    const hours = this.config.access.sessionHours;
    const { secret } = await this.door((store) => store.open(account, { ...from, hours, totpStep: step }));
    return secret;
  }

  /** A name that nobody bears takes as long and locks as an account does, so that trying tells nothing. */
  private async refuseStranger(name: string, password: string, now: Instant): Promise<never> {
    const known = this.strangers.get(name);
    if (known?.lockedUntil != null && known.lockedUntil > now) {
      throw new Problem("members.locked", { retryAfter: (millis(known.lockedUntil) - millis(now)) / 1000 });
    }
    await pretendToCheck(password);
    const failures = (known?.failures ?? 0) + 1;
    this.strangers.delete(name);
    this.strangers.set(name, { failures, lockedUntil: lockedUntil(failures, now) });
    const oldest = this.strangers.keys().next();
    if (this.strangers.size > MOST_STRANGERS && oldest.done !== true) this.strangers.delete(oldest.value);
    throw new Problem("members.wrong-credentials");
  }

  private async refuse(account: Credentials): Promise<never> {
    const until = lockedUntil(account.failures + 1, this.clock.now());
    await this.door((store) => store.recordFailure(account, until));
    throw new Problem("members.wrong-credentials");
  }

  /** The session as the console needs it; the secret is the cookie's. */
  async describe(secret: string): Promise<Session | undefined> {
    return this.door(async (store) => {
      const live = await store.session(secret, this.config.access.idleMinutes);
      if (live === undefined) return undefined;
      const tree = await store.orgTree();
      const scope = personScope(live.account, tree, "console");
      const named = tree
        .filter((org) => scope.orgIds.includes(org.id))
        .map((org) => ({ id: org.id, name: org.name, nameEn: org.nameEn }));
      const own = named.find((org) => org.id === live.account.orgId);
      if (own === undefined) return undefined;
      const owes = this.owes(live.account);
      return {
        account: { id: live.account.id, name: live.account.name, displayName: live.account.displayName },
        org: own,
        orgs: named,
        roles: live.account.roles,
        permissions: [...scope.permissions],
        clearance: scope.clearance,
        csrfToken: live.csrfToken,
        state:
          owes === "members.password-change-needed"
            ? "password-change-needed"
            : owes === "members.enrolment-needed"
              ? "enrolment-needed"
              : "ok",
        node: { name: this.config.node.name, tier: this.config.node.tier },
      };
    });
  }

  /** The live session behind a request that `authenticate` admitted; machines have none. */
  sessionOf(request: FastifyRequest): LiveSession {
    const found = this.sessions.get(request);
    if (found === undefined)
      throw new Problem("http.forbidden", { detail: "only a signed-in person can do this" });
    return found;
  }

  async changePassword(live: LiveSession, current: string, next: string): Promise<void> {
    if (!(await isPassword(current, live.account.passwordHash)))
      throw new Problem("members.wrong-credentials");
    const fault = next === current ? "it is the old one" : passwordFault(next, live.account.name);
    if (fault !== undefined)
      throw new Problem("members.weak-password", { faults: [{ path: "body.next", message: fault }] });
    const hashed = await hashPassword(next);
    await this.door((store) => store.setPassword(live.account, hashed, live.id));
  }

  async offerTotp(live: LiveSession): Promise<{ secret: string; uri: string }> {
    const secret = newTotpSecret();
    await this.door((store) => store.offerTotp(live.account.id, secret));
    return { secret, uri: totpUri(secret, live.account.name, this.config.node.name) };
  }

  async confirmTotp(live: LiveSession, code: string): Promise<void> {
    const { totpSecret, totpConfirmed } = live.account;
    if (totpSecret === null || totpConfirmed)
      throw new Problem("http.conflict", { detail: "no code waits to be confirmed" });
    const step = totpStep(totpSecret, code, millis(this.clock.now()), 0);
    if (step === undefined)
      throw new Problem("members.wrong-credentials", {
        faults: [{ path: "body.code", message: "wrong code" }],
      });
    await this.door((store) => store.confirmTotp(live.account, step));
  }

  /**
   * The certificate that a machine shows. A browser shows one on whatever page asks it to, so that a request which says
   * where it comes from is none of a machine's.
   */
  private certificateOf({ headers, raw: { socket } }: FastifyRequest): PeerCertificate | undefined {
    const { tls } = this.config.http;
    if (tls?.clientCertificates !== true || !(socket instanceof TLSSocket)) return undefined;
    if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) return undefined;
    const shown = certificateOf(socket, millis(this.clock.now()));
    return shown && { ...shown, trusted: shown.trusted && tls.clientCa !== undefined };
  }

  private async keyScope(
    find: (store: SignInStore) => ReturnType<SignInStore["key"]>,
    purpose: string,
  ): Promise<Scope | undefined> {
    return this.door(async (store) => {
      const key = await find(store);
      if (key === undefined) return undefined;
      const own = (await store.orgTree()).find((org) => org.id === key.org_id);
      return {
        actor: { kind: "machine", id: key.id, name: key.name },
        orgId: key.org_id,
        orgIds: [key.org_id],
        audiences: own === undefined ? [] : audiencesOf(own),
        permissions: new Set(ApiKey.shape.permissions.parse(key.permissions)),
        clearance: tlpOfRank(key.clearance),
        purpose,
      };
    });
  }

  private owes(account: Credentials): Caller["owes"] {
    if (account.mustChangePassword) return "members.password-change-needed";
    if (this.config.access.secondFactor === "required" && !account.totpConfirmed)
      return "members.enrolment-needed";
    return undefined;
  }

  private door<T>(run: (store: SignInStore, work: Work) => Promise<T>): Promise<T> {
    return this.records.within(signInScope, (work) => run(new SignInStore(work), work));
  }
}

/** `Bearer lf_...`, or Basic with the key as password (TAXII clients know only that). */
function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [scheme = "", value = ""] = header.split(" ", 2);
  if (scheme.toLowerCase() === "bearer") return value;
  if (scheme.toLowerCase() !== "basic")
    throw new Problem("http.unauthenticated", { detail: "Bearer or Basic" });
  const text = Buffer.from(value, "base64").toString("utf8");
  return text.slice(text.indexOf(":") + 1);
}
