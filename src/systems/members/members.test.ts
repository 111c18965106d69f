import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { TOTP } from "otpauth";
import { addMillis, millis } from "../../core/instant.ts";
import { SECTORS } from "../../core/org.ts";
import { Config } from "../../platform/config/config.ts";
import { createServer } from "../../platform/http/server.ts";
import { createLog } from "../../platform/log/log.ts";
import { createMetrics } from "../../platform/metrics/metrics.ts";
import { DATABASES, type FreshRecords, testClock } from "../../platform/records/testing.ts";
import { ensureFirstAdministrator, members, nobodyScope, SignIn } from "./index.ts";
import { memberRoutes } from "./routes.ts";
import { lockedUntil, makesCircle, type OrgNode, passwordFault, subtreeOf } from "./rules.ts";

const log = createLog({ level: "silent" });

for (const database of DATABASES) {
  describe(`members on ${database.name}`, () => {
    const clock = testClock("2026-11-23T01:00:00.000Z");
    const config = Config.parse({});
    let records: FreshRecords;
    let server: FastifyInstance;
    let first: { name: string; password: string };

    before(async () => {
      records = await database.fresh([members], { clock });
      first =
        (await ensureFirstAdministrator(records, config)) ??
        assert.fail("an empty store makes an administrator");
      const signIn = new SignIn({ records, config, clock });
      server = await createServer({
        config,
        log,
        metrics: createMetrics(),
        records,
        nobody: nobodyScope,
        version: "test",
        routes: memberRoutes({ config, signIn }),
        authenticate: (request) => signIn.authenticate(request),
      });
    });
    after(async () => {
      await server.close();
      await records.dispose();
    });

    const signIn = (name: string, password: string, code?: string) =>
      server.inject({
        method: "POST",
        url: "/api/v1/session",
        payload: { name, password, ...(code === undefined ? {} : { code }) },
      });
    type Answer = Awaited<ReturnType<typeof signIn>>;
    const browserOf = (answer: Answer) => {
      const cookie = answer.cookies[0] ?? assert.fail("no cookie");
      return { cookie: `${cookie.name}=${cookie.value}`, "x-csrf-token": String(answer.json().csrfToken) };
    };
    const code = (secret: string) => new TOTP({ secret }).generate({ timestamp: millis(clock.now()) });

    test("the first administrator is made once", async () => {
      assert.equal(await ensureFirstAdministrator(records, config), undefined);
    });

    test("first sign-in: own password, then the one-time code, then everything opens", async () => {
      const opened = await signIn(first.name, first.password);
      assert.equal(opened.statusCode, 200);
      assert.equal(opened.json().state, "password-change-needed");
      const cookie = opened.cookies[0];
      assert.equal(cookie?.httpOnly, true);
      assert.equal(cookie?.sameSite, "Strict");
      const browser = browserOf(opened);

      const early = await server.inject({ url: "/api/v1/orgs", headers: browser });
      assert.equal(early.json().code, "members.password-change-needed");
      const weak = await server.inject({
        method: "POST",
        url: "/api/v1/session/password",
        headers: browser,
        payload: { current: first.password, next: "password1234" },
      });
      assert.equal(weak.json().code, "members.weak-password");
      const changed = await server.inject({
        method: "POST",
        url: "/api/v1/session/password",
        headers: browser,
        payload: { current: first.password, next: "eleven blue herons" },
      });
      assert.equal(changed.statusCode, 204);
      assert.equal(
        (await server.inject({ url: "/api/v1/orgs", headers: browser })).json().code,
        "members.enrolment-needed",
      );

      const offered = await server.inject({ method: "POST", url: "/api/v1/session/totp", headers: browser });
      const { secret, uri } = offered.json();
      assert.match(uri, /^otpauth:\/\/totp\//);
      const confirmed = await server.inject({
        method: "POST",
        url: "/api/v1/session/totp/confirm",
        headers: browser,
        payload: { code: code(secret) },
      });
      assert.equal(confirmed.statusCode, 204);
      assert.equal((await server.inject({ url: "/api/v1/orgs", headers: browser })).json().total, 1);

      assert.equal(
        (await signIn(first.name, "eleven blue herons")).json().code,
        "members.second-factor-needed",
      );
      assert.equal(
        (await signIn(first.name, "eleven blue herons", code(secret))).json().code,
        "members.wrong-credentials",
        "a used code",
      );
      clock.set(addMillis(clock.now(), 30_000));
      assert.equal((await signIn(first.name, "eleven blue herons", code(secret))).json().state, "ok");
      first = { name: first.name, password: "eleven blue herons" };
      clock.set(addMillis(clock.now(), 30_000));
      admin = async () => {
        clock.set(addMillis(clock.now(), 30_000));
        return browserOf(await signIn(first.name, first.password, code(secret)));
      };
    });

    let admin: () => Promise<Record<string, string>>;

    test("a change without the token, or from another site, is refused", async () => {
      const browser = await admin();
      const { cookie = "" } = browser;
      const payload = {
        name: "北水局",
        shortName: "north",
        parentId: crypto.randomUUID(),
        kind: "bureau",
        sector: "water",
      };
      const bare = await server.inject({ method: "POST", url: "/api/v1/orgs", headers: { cookie }, payload });
      assert.equal(bare.json().code, "http.csrf");
      const foreign = await server.inject({
        method: "POST",
        url: "/api/v1/orgs",
        headers: { ...browser, origin: "https://evil.example" },
        payload,
      });
      assert.equal(foreign.json().code, "http.csrf");
    });

    test("an organisation below, its people, and what they see", async () => {
      const browser = await admin();
      const post = (url: string, payload: object, headers = browser) =>
        server.inject({ method: "POST", url, headers, payload });
      const root = (await server.inject({ url: "/api/v1/orgs", headers: browser })).json().items[0];
      const north = await post("/api/v1/orgs", {
        parentId: root.id,
        name: "北區水資源局",
        shortName: "north",
        kind: "bureau",
        sector: "water",
      });
      assert.equal(north.statusCode, 201, north.body);
      const dam = await post("/api/v1/orgs", {
        parentId: north.json().id,
        name: "石門水庫",
        shortName: "shimen",
        kind: "facility",
        sector: "water",
      });
      const other = await post("/api/v1/orgs", {
        parentId: root.id,
        name: "南區水資源局",
        shortName: "south",
        kind: "bureau",
        sector: "water",
      });
      assert.equal(
        (
          await post("/api/v1/orgs", {
            parentId: root.id,
            name: "又一",
            shortName: "south",
            kind: "bureau",
            sector: "water",
          })
        ).json().code,
        "members.name-taken",
      );

      const circle = await server.inject({
        method: "PATCH",
        url: `/api/v1/orgs/${north.json().id}`,
        headers: browser,
        payload: { parentId: dam.json().id, version: 1 },
      });
      assert.equal(circle.json().code, "members.tree-circle");

      const made = await post("/api/v1/accounts", {
        orgId: north.json().id,
        name: "north-soc",
        displayName: "值勤",
        roles: ["soc-analyst"],
      });
      assert.equal(made.statusCode, 201, made.body);
      const soc = await signIn("north-soc", made.json().oneTimePassword);
      assert.deepEqual(
        soc
          .json()
          .orgs.map((org: { id: string }) => org.id)
          .sort(),
        [north.json().id, dam.json().id].sort(),
        "an overseer sees its own and those below",
      );
      assert.equal(
        (await server.inject({ url: `/api/v1/orgs/${other.json().id}`, headers: browserOf(soc) })).statusCode,
        403,
        "owes a password",
      );

      const issued = await post("/api/v1/keys", {
        orgId: dam.json().id,
        name: "firewall",
        permissions: ["logs:ingest"],
      });
      assert.equal(issued.statusCode, 201, issued.body);
      const { key, secret } = issued.json();
      const asKey = { authorization: `Bearer ${secret}` };
      assert.equal(
        (await server.inject({ url: "/api/v1/orgs", headers: asKey })).json().code,
        "http.forbidden",
      );
      assert.equal(
        (await server.inject({ method: "DELETE", url: `/api/v1/keys/${key.id}`, headers: browser }))
          .statusCode,
        200,
      );
      assert.equal(
        (await server.inject({ url: "/api/v1/orgs", headers: asKey })).json().code,
        "http.unauthenticated",
      );
      const listed = await server.inject({ url: "/api/v1/keys", headers: browser });
      assert.ok(!listed.body.includes(secret), "the secret is shown once");
    });

    test("failures lock the account, longer each time, also when they arrive together", async () => {
      const tries = await Promise.all(
        Array.from({ length: 8 }, () => signIn(first.name, "wrong wrong wrong")),
      );
      const codes = tries.map((answer) => answer.json().code);
      assert.equal(codes.filter((code) => code === "members.wrong-credentials").length, 5);
      assert.equal(codes.filter((code) => code === "members.locked").length, 3);
      assert.ok(Number(tries.at(-1)?.headers["retry-after"]) > 0);
      clock.set(addMillis(clock.now(), 31_000));
      assert.equal((await signIn(first.name, "wrong again here")).json().code, "members.wrong-credentials");
      clock.set(addMillis(clock.now(), 31_000));
      assert.equal(
        (await signIn(first.name, "wrong again here")).json().code,
        "members.locked",
        "the second lock lasts a minute",
      );
      clock.set(addMillis(clock.now(), 60_000));
      assert.equal((await signIn(first.name, first.password)).json().code, "members.second-factor-needed");
    });

    test("a name that nobody bears answers and locks as one that somebody does", async () => {
      const codes: string[] = [];
      for (let tries = 0; tries < 6; tries++)
        codes.push((await signIn("nobody-here", "wrong wrong wrong")).json().code);
      assert.deepEqual(codes, [...Array(5).fill("members.wrong-credentials"), "members.locked"]);
    });

    test("sessions are listed, end on revocation and when idle", async () => {
      const one = await admin();
      const two = await admin();
      const list = await server.inject({ url: "/api/v1/sessions", headers: one });
      const rest = list.json().filter((session: { current: boolean }) => !session.current);
      assert.ok(rest.length >= 1);
      for (const session of rest) {
        await server.inject({ method: "DELETE", url: `/api/v1/sessions/${session.id}`, headers: one });
      }
      assert.equal((await server.inject({ url: "/api/v1/sessions", headers: two })).statusCode, 401);
      clock.set(addMillis(clock.now(), 121 * 60_000));
      assert.equal((await server.inject({ url: "/api/v1/sessions", headers: one })).statusCode, 401);
    });

    test("a body that breaks the contract is told field by field", async () => {
      const answer = await server.inject({
        method: "POST",
        url: "/api/v1/session",
        payload: { name: "", code: "12" },
      });
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.headers["content-type"], "application/problem+json");
      assert.deepEqual(
        answer
          .json()
          .faults.map((fault: { path: string }) => fault.path)
          .sort(),
        ["body.code", "body.name", "body.password"],
      );
    });
  });
}

const forest = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 }).map((parents): OrgNode[] =>
  parents.map((parent, at) => ({
    id: String(at),
    parentId: at === 0 ? null : String(parent % at),
    sector: SECTORS[0],
  })),
);

test("a subtree holds its root and with each member all of that member's children", () => {
  fc.assert(
    fc.property(forest, fc.nat(), (orgs, pick) => {
      const root = String(pick % orgs.length);
      const inside = new Set(subtreeOf(orgs, root));
      assert.ok(inside.has(root));
      for (const org of orgs) {
        if (org.id !== root && org.parentId !== null)
          assert.equal(inside.has(org.id), inside.has(org.parentId));
        assert.equal(makesCircle(orgs, root, org.id), inside.has(org.id));
      }
    }),
  );
});

test("locks grow and never pass an hour", () => {
  const now = "2026-11-23T00:00:00.000Z";
  assert.equal(lockedUntil(4, now), null);
  assert.equal(lockedUntil(5, now), "2026-11-23T00:00:30.000Z");
  assert.equal(lockedUntil(6, now), "2026-11-23T00:01:00.000Z");
  assert.equal(lockedUntil(50, now), "2026-11-23T01:00:00.000Z");
});

test("passwords are judged by length and commonness", () => {
  assert.equal(passwordFault("eleven blue herons", "admin"), undefined);
  assert.equal(passwordFault("十二隻藍色的蒼鷺飛過水庫", "admin"), undefined);
  for (const bad of ["short", "password1234", "111111111111", "Administrator1!", "north-soc-2026!!"]) {
    assert.notEqual(passwordFault(bad, "north-soc"), undefined, bad);
  }
});
