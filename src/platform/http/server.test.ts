import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { Config } from "../config/config.ts";
import { createLog } from "../log/log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import { DATABASES, testScope } from "../records/testing.ts";
import { type Route, route } from "./route.ts";
import { createServer } from "./server.ts";

test("the console's first page answers whatever a client accepts, other paths only who wants a page", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-console-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>聯防</title>");
  const records = await (DATABASES[0] ?? assert.fail()).fresh([]);
  const server = await createServer({
    config: Config.parse({}),
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    records,
    nobody: testScope({ permissions: [] }),
    version: "test",
    routes: [],
    authenticate: async () => undefined,
    consoleFolder: folder,
  });
  const ask = async (url: string, accept?: string) => {
    const headers = accept === undefined ? {} : { accept };
    const { statusCode, headers: answer } = await server.inject({ method: "GET", url, headers });
    return `${statusCode} ${String(answer["content-type"]).split(";", 1)[0]}`;
  };
  try {
    for (const accept of [undefined, "*/*", "text/html", "text/html,*/*;q=0.8"])
      assert.equal(await ask("/", accept), "200 text/html", String(accept));
    assert.equal(await ask("/?next=/alerts", "*/*"), "200 text/html");
    assert.equal(await ask("/incidents/new", "text/html"), "200 text/html");
    assert.equal(await ask("/incidents/new", "*/*"), "404 application/problem+json");
    assert.equal(await ask("/api/v1/nothing", "text/html"), "404 application/problem+json");
  } finally {
    await server.close();
    await records.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the documentation of the API says how one signs in, and what each call needs", async () => {
  const records = await (DATABASES[0] ?? assert.fail()).fresh([]);
  const call = (id: string, method: "GET" | "POST", path: string, needs: Route["needs"]) =>
    route({ id, method, path, summary: id, needs, response: z.void(), handler: async () => undefined });
  const server = await createServer({
    config: Config.parse({}),
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    records,
    nobody: testScope({ permissions: [] }),
    version: "test",
    routes: [
      call("a.read", "GET", "/api/v1/a", "self:use"),
      call("a.make", "POST", "/api/v1/a", "self:use"),
      call("a.open", "GET", "/api/v1/open", "public"),
      call("taxii.read", "GET", "/taxii2/a/", "taxii:read"),
    ],
    authenticate: async () => undefined,
  });
  try {
    const { components, paths } = (await server.inject({ url: "/api/docs/json" })).json();
    const { session, csrf, key, basic } = components.securitySchemes;
    assert.deepEqual(
      [session.name, csrf.name, key.scheme, basic.scheme],
      ["lianfang_session", "x-csrf-token", "bearer", "basic"],
    );
    assert.deepEqual(paths["/api/v1/a"].get.security, [{ key: [] }, { session: [] }]);
    assert.deepEqual(paths["/api/v1/a"].post.security, [{ key: [] }, { session: [], csrf: [] }]);
    assert.deepEqual(paths["/api/v1/open"].get.security, []);
    assert.deepEqual(paths["/taxii2/a/"].get.security, [{ key: [] }, { basic: [] }, { session: [] }]);
  } finally {
    await server.close();
    await records.dispose();
  }
});

test("a parameter that an address does not take is refused with those that it takes; a contract may be open", async () => {
  const records = await (DATABASES[0] ?? assert.fail()).fresh([]);
  const scope = testScope({ permissions: ["self:use"] });
  const call = (path: string, more: Partial<Route>) =>
    route({
      id: path,
      method: "GET",
      path,
      summary: path,
      needs: "self:use",
      response: z.unknown(),
      handler: async ({ query }) => query ?? null,
      ...more,
    });
  const Filter = z.object({ limit: z.coerce.number().int().default(50), q: z.string().optional() });
  const server = await createServer({
    config: Config.parse({}),
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    records,
    nobody: testScope({ permissions: [] }),
    version: "test",
    routes: [
      call("/list", { query: Filter }),
      call("/list", { method: "POST", query: Filter }),
      call("/one", {}),
      call("/any", { query: z.record(z.string(), z.unknown()) }),
      call("/loose", { query: z.looseObject({}) }),
      call("/open", { needs: "public" }),
    ],
    authenticate: async () => ({ scope }),
  });
  const ask = async (url: string, method: "GET" | "POST" = "GET") => {
    const answer = await server.inject({ method, url });
    const { faults } = answer.json() as { faults?: { path: string; message: string }[] };
    return [answer.statusCode, ...(faults ?? []).map(({ path, message }) => `${path}: ${message}`)];
  };
  const wrong = (name: string, takes: string) =>
    `querystring.${name}: no parameter of this address, which takes ${takes}`;
  try {
    assert.deepEqual(await ask("/list?limit=3&q=a"), [200]);
    for (const method of ["GET", "POST"] as const) {
      assert.deepEqual(await ask("/list?limt=3&q=a&__proto__=x", method), [
        400,
        wrong("limt", "limit, q"),
        wrong("__proto__", "limit, q"),
      ]);
    }
    const [status, ...faults] = await ask("/list?limit=many&Q=a");
    assert.deepEqual([status, faults.length, faults.at(-1)], [400, 2, wrong("Q", "limit, q")]);
    assert.deepEqual(await ask("/one?x=1"), [400, wrong("x", "no parameters")]);
    for (const url of ["/one", "/any?x=1", "/loose?x=1", "/open?x=1"])
      assert.deepEqual(await ask(url), [200], url);
  } finally {
    await server.close();
    await records.dispose();
  }
});
