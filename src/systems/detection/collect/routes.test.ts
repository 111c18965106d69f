import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import type { Permission } from "../../../core/access.ts";
import type { Scope } from "../../../core/scope.ts";
import { sha256Hex, uuidV7 } from "../../../platform/crypto/digest.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { createServer } from "../../../platform/http/server.ts";
import { testScope } from "../../../platform/records/testing.ts";
import { Budget } from "./budget.ts";
import { StoreHealth } from "./health.ts";
import { ingestRoutes } from "./routes.ts";
import { openWorkshop, type Workshop } from "./testing.ts";

let shop: Workshop;
let server: FastifyInstance;
let url: string;
let health: StoreHealth;
/** What the stores throw while they are away. */
let away: Error | undefined;
const budget = new Budget(64 * 2 ** 20);
const scopes = new Map<string, Scope>();
const ALL: Permission[] = ["logs:ingest", "logs:read", "platform:read", "self:use"];

before(async () => {
  shop = await openWorkshop();
  const { records, events, pool, log, metrics, config } = shop;
  const names = new Map<string, string>();
  const ingest = shop.ingestWith();
  health = new StoreHealth(shop.clock, tmpdir());
  server = await createServer({
    config,
    log,
    metrics,
    records,
    nobody: testScope({ permissions: [] }),
    version: "test",
    routes: ingestRoutes({
      ingest: {
        ingest: async (source, batch) => {
          if (away !== undefined) throw away;
          return ingest.ingest(source, batch);
        },
        refused: ingest.refused.bind(ingest),
      },
      health,
      log,
      pool,
      budget,
      events,
      maxBodyBytes: 8 * 2 ** 20,
      maxLineBytes: 65_536,
      orgByName: async (name) => names.get(name),
    }),
    authenticate: async (request) => {
      const scope = scopes.get(String(request.headers.authorization));
      return scope === undefined ? undefined : { scope };
    },
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
after(async () => {
  await server.close();
  await shop.dispose();
  await closeEventStores();
});

/** A key of an organisation of its own. */
function key(
  permissions: readonly Permission[] = ALL,
  orgIds?: readonly string[],
): { auth: string; orgId: string } {
  const scope = testScope({ permissions, ...(orgIds !== undefined && { orgIds }) });
  const auth = `Bearer ${uuidV7()}`;
  scopes.set(auth, scope);
  return { auth, orgId: scope.orgId };
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & {
    items?: Record<string, unknown>[];
    faults?: { path: string; message: string }[];
  };
}

async function post(
  auth: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
  query = "",
): Promise<Answer> {
  const answer = await fetch(`${url}/ingest/logs${query}`, {
    method: "POST",
    headers: { authorization: auth, "content-type": "text/plain", ...headers },
    body: body as BodyInit,
  });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

async function get(auth: string, path: string): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, { headers: { authorization: auth } });
  return { status: answer.status, body: (await answer.json()) as Answer["body"] };
}

const sample = (parser: string) => readFileSync(new URL(`../parsers/${parser}/sample.log`, import.meta.url));
const NDJSON = { "content-type": "application/x-ndjson" };

test("a body in another encoding is read by the label that names it; records are UTF-8", async () => {
  const { auth } = key();
  const big5 = Buffer.from("b56ea44a0a", "hex");
  assert.equal((await post(auth, big5, {}, "?source=a&encoding=Big5")).body.invalidUtf8, 0);
  const list = await get(auth, `/api/v1/logs?q=${encodeURIComponent("登入")}`);
  assert.equal(list.body.total, 1);
  const [{ eventId = "" } = {}] = list.body.items as { eventId: string }[];
  const one = (await get(auth, `/api/v1/logs/${eventId}`)).body as {
    original?: string;
    originalBase64?: string;
  };
  assert.equal(one.original, "登入");
  assert.equal(one.originalBase64, big5.subarray(0, 4).toString("base64"));
  const base64 = one.originalBase64;
  await post(auth, "an ASCII line", {}, "?source=a");
  const both = (await get(auth, "/api/v1/logs?bytes=true")).body.items as { originalBase64?: string }[];
  assert.deepEqual(new Set(both.map(({ originalBase64 }) => originalBase64)), new Set([base64, undefined]));
  const without = (await get(auth, "/api/v1/logs")).body.items as object[];
  assert.ok(without.every((item) => !("originalBase64" in item)));
  const unknown = await post(auth, big5, {}, "?encoding=klingon");
  assert.equal(unknown.status, 400);
  assert.match(JSON.stringify(unknown.body), /querystring\.encoding.+big5, gb18030/);
  const records = await post(auth, "{}", NDJSON, "?encoding=big5");
  assert.equal(records.status, 400);
});

test("lines, packed lines and wrapped lines come in and can be searched", async () => {
  const { auth, orgId } = key();
  const plain = await post(auth, sample("cisco-asa"), {}, "?source=asa");
  assert.equal(plain.status, 200, JSON.stringify(plain.body));
  const lines = (id: string) =>
    sample(id)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "").length;
  const [asa, bind, squid] = [lines("cisco-asa"), lines("bind-query"), lines("squid")];
  assert.equal(plain.body.received, asa);
  assert.equal(plain.body.stored, asa);
  assert.equal(plain.body.unparsed, 0);
  const packed = await post(
    auth,
    gzipSync(sample("bind-query")),
    { "content-encoding": "gzip" },
    "?source=ns1",
  );
  assert.equal(packed.body.received, bind);
  const wrapped = sample("squid")
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((message) => JSON.stringify({ message }))
    .join("\n");
  const objects = await post(auth, wrapped, NDJSON, "?source=proxy");
  assert.equal(objects.body.unparsed, 0, JSON.stringify(objects.body));
  assert.equal((await shop.stored(orgId)).rows, asa + bind + squid);
  const total = async (query: string) => (await get(auth, `/api/v1/logs?limit=1&${query}`)).body.total;
  assert.equal(await total(""), asa + bind + squid);
  assert.equal(await total("source=ns1"), bind);
  assert.equal(await total("parser=cisco-asa"), asa);
  assert.equal(await total("ip=198.51.100.66"), 3);
  // Fifteen lines hold such an address; in two of them it is the translated one.
  assert.equal(await total("ip=198.51.100.0/24&parser=cisco-asa"), 13);
  assert.equal(await total("q=198.51.100.&parser=cisco-asa&parsed=true"), 15);
  assert.equal(await total("ip=2001:db8::/32&parser=bind-query"), 1);
  assert.equal(await total(`q=${encodeURIComponent('"aaa user" REJECTED')}`), 2);
  assert.equal(await total("domain=example.tw"), 3);
  assert.equal(await total("user=NETOPS&action=login-succeeded"), 1);
  assert.equal(await total("from=2026-11-23T10:15:00%2B08:00&to=2026-11-23T02:16:00Z"), 3);
  assert.equal(await total(`org=${uuidV7()}`), 0);
});

test("an address and a name are found however the device, and whoever asks, wrote them", async () => {
  const { auth } = key();
  const iptables = (source: string) =>
    `Nov 23 10:00:00 fw kernel: IN=eth0 OUT= SRC=${source} DST=2001:db8:ffff::2 LEN=72 PROTO=TCP SPT=1 DPT=2`;
  const lines = [
    iptables("2001:0db8:00aa:0000:0000:0000:0000:0077"),
    iptables("2001:DB8:AA::77"),
    "Nov 23 10:00:01 h sshd[1]: Accepted password for root from 2001:db8:aa::77%eth0 port 22 ssh2",
    "Nov 23 10:00:02 h sshd[1]: Accepted password for root from ::ffff:203.0.113.77 port 22 ssh2",
    "23-Nov-2026 10:00:00.123 client 10.0.0.1#5353: query: a.xn--g6w251d.example IN A +",
  ].join("\n");
  assert.equal((await post(auth, lines, {}, "?source=forms")).body.unparsed, 0);
  const total = async (query: string) => (await get(auth, `/api/v1/logs?limit=1&${query}`)).body.total;
  for (const form of ["2001:db8:aa::77", "2001:0DB8:aa:0:0:0:0:77", "2001:db8:aa::77%25eth1"])
    assert.equal(await total(`ip=${form}`), 3, form);
  for (const form of ["203.0.113.77", "::ffff:203.0.113.77", "203.0.113.64/26"])
    assert.equal(await total(`ip=${form}`), 1, form);
  for (const form of ["測試.example", "xn--g6w251d.example", "測試.EXAMPLE."])
    assert.equal(await total(`domain=${encodeURIComponent(form)}`), 1, form);
});

test("times without a zone are those of the zone that the sender names, on the record's page too", async () => {
  const { auth } = key();
  const line = "<13>Nov 22 10:00:00 web sshd[1]: Accepted password for ops from 192.0.2.7 port 50022 ssh2";
  assert.equal((await post(auth, line, {}, "?timeZone=Europe/Berlin")).status, 200);
  const [row] = (await get(auth, "/api/v1/logs")).body.items ?? [];
  assert.equal(row?.["time"], "2026-11-22T09:00:00.000Z");
  const { body } = await get(auth, `/api/v1/logs/${String(row?.["eventId"])}`);
  assert.equal((body["fields"] as Record<string, unknown>)["@timestamp"], "2026-11-22T09:00:00.000Z");
});

test("pages follow one another without a gap or a repeat, and one record shows all its fields", async () => {
  const { auth } = key();
  await post(auth, sample("fortigate"), {}, "?source=fw");
  const seen: string[] = [];
  let cursor = "";
  do {
    const { body } = await get(auth, `/api/v1/logs?limit=4${cursor === "" ? "" : `&cursor=${cursor}`}`);
    assert.equal(body.total, 13);
    seen.push(...(body.items ?? []).map((item) => String(item.eventId)));
    cursor = String(body.next ?? "");
  } while (cursor !== "");
  assert.equal(seen.length, 13);
  assert.equal(new Set(seen).size, 13);
  const one = await get(auth, `/api/v1/logs/${seen[0]}`);
  const fields = one.body.fields as Record<string, unknown>;
  assert.equal(fields["observer.vendor"], "Fortinet");
  assert.equal((await get(key().auth, `/api/v1/logs/${seen[0]}`)).status, 404);
});

test("pages do not lose their place among records of the same instant", async () => {
  const { auth } = key();
  await post(auth, Array.from({ length: 23 }, (_, at) => `line ${at}`).join("\n"));
  const seen: string[] = [];
  let cursor = "";
  do {
    const { body } = await get(auth, `/api/v1/logs?limit=5${cursor === "" ? "" : `&cursor=${cursor}`}`);
    seen.push(...(body.items ?? []).map((item) => String(item.original)));
    cursor = String(body.next ?? "");
  } while (cursor !== "");
  assert.equal(seen.length, 23);
  assert.equal(new Set(seen).size, 23);
});

test("logs and figures of one organisation are nothing to another", async () => {
  const mine = key();
  const other = key();
  await post(mine.auth, "a secret line\n");
  assert.equal((await get(other.auth, "/api/v1/logs")).body.total, 0);
  assert.equal((await get(other.auth, "/api/v1/ingest/sources")).body.total, 0);
  assert.equal((await get(mine.auth, "/api/v1/ingest/sources")).body.total, 1);
  assert.equal((await get(other.auth, `/api/v1/logs?org=${mine.orgId}`)).body.total, 0);
});

test("the same body again answers the same and stores nothing; the key with another body is refused", async () => {
  const { auth, orgId } = key();
  const first = await post(auth, "a\nb\n", { "idempotency-key": "k1" });
  assert.deepEqual(await post(auth, "a\nb\n", { "idempotency-key": "k1" }), first);
  assert.equal(first.body.batch, "k1");
  const other = await post(auth, "a\nc\n", { "idempotency-key": "k1" });
  assert.equal(other.status, 409);
  assert.equal(other.body.code, "ingest.key-reused");
  await post(auth, "x\n");
  await post(auth, "x\n");
  assert.deepEqual(await shop.stored(orgId), { rows: 3, distinct: 3 });
});

test("a body of many batches is stored whole and once", async () => {
  const { auth, orgId } = key();
  const body = Array.from(
    { length: 12_345 },
    (_, at) => `Nov 23 10:11:12 ns1 named[464]: client 10.0.0.5#3456: query: h${at}.example.tw IN A +`,
  ).join("\n");
  const first = await post(auth, gzipSync(body), { "content-encoding": "gzip", "idempotency-key": "large" });
  assert.equal(first.body.received, 12_345, JSON.stringify(first.body));
  assert.deepEqual(await post(auth, body, { "idempotency-key": "large" }), first);
  const longer = await post(auth, `${body}\nmore`, { "idempotency-key": "large" });
  assert.equal(longer.body.code, "ingest.key-reused");
  assert.deepEqual(await shop.stored(orgId), { rows: 12_345, distinct: 12_345 });
});

test("a body that came half in before, when bodies were cut elsewhere, is stored to its end", async () => {
  const { auth, orgId } = key();
  const body = "one\ntwo\nthree\nfour\n";
  const source = { orgId, name: "cut", channel: "http", parser: "auto" } as const;
  const half = { bytes: Buffer.from("one\ntwo\n"), format: "lines", firstLine: 1 } as const;
  await shop
    .ingestWith()
    .ingest(source, { ...half, key: "half/0", sha256: sha256Hex(body), sentBy: "before" });
  const answer = await post(auth, body, { "idempotency-key": "half" }, "?source=cut");
  assert.equal(answer.body.received, 4, JSON.stringify(answer.body));
  const rows = await shop.events.query<{ original: string }>({
    sql: "SELECT DISTINCT original FROM log_line WHERE org_id = {org:UUID}",
    params: { org: orgId },
  });
  assert.deepEqual(rows.map(({ original }) => original).sort(), ["four", "one", "three", "two"]);
  const stored = await shop.stored(orgId);
  assert.deepEqual(await post(auth, body, { "idempotency-key": "half" }, "?source=cut"), answer);
  assert.deepEqual(await shop.stored(orgId), stored);
});

test("each bad body is refused with its place, nothing of it is stored, and the next good one is", async () => {
  const { auth, orgId } = key();
  const good = `${"good line\n".repeat(6_000)}`;
  const wrapped = `{"message":"good"}\n`.repeat(6_000);
  const gzip = { "content-encoding": "gzip" };
  const cases: [string, string | Uint8Array, Record<string, string>, string, number, string, RegExp][] = [
    ["cut gzip", gzipSync(good).subarray(0, 60), gzip, "", 400, "ingest.bad-gzip", /^byte 60$/],
    ["no gzip", good, gzip, "", 400, "ingest.bad-gzip", /^byte 0 to \d+$/],
    [
      "10 MB line",
      Buffer.concat([Buffer.from("one\n"), Buffer.alloc(7_000_000, "y")]),
      {},
      "",
      413,
      "ingest.line-too-long",
      /^line 2$/,
    ],
    [
      "bad JSON late",
      `${wrapped}{"message": oops}\n`,
      NDJSON,
      "",
      400,
      "ingest.bad-record",
      /^line 6001, column 13$/,
    ],
    [
      "bad UTF-8 in JSON",
      Buffer.concat([Buffer.from(`${wrapped}{"a":"`), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      NDJSON,
      "",
      400,
      "ingest.bad-record",
      /^line 6001, column 7$/,
    ],
    ["unknown zone", good, {}, "?timeZone=Taipei", 400, "http.invalid", /^querystring\.timeZone$/],
    ["unknown parser", good, {}, "?parser=nonesuch", 400, "ingest.unknown-parser", /^query\.parser$/],
    [
      "bad key",
      good,
      { "idempotency-key": "has blank" },
      "",
      400,
      "http.invalid",
      /^headers\.idempotency-key$/,
    ],
    ["other organisation", good, {}, `?org=${uuidV7()}`, 403, "http.forbidden", /^query\.org$/],
    [
      "bomb",
      gzipSync(Buffer.alloc(64 * 2 ** 20, "z\n"), { level: 9 }),
      gzip,
      "",
      413,
      "http.too-large",
      /^$/,
    ],
    ["brotli", good, { "content-encoding": "br" }, "", 415, "http.media-type", /^$/],
    ["a JSON document", "[]", { "content-type": "application/json" }, "", 415, "http.media-type", /^$/],
  ];
  for (const [name, body, headers, query, status, code, place] of cases) {
    const answer = await post(auth, body, headers, query);
    assert.equal(answer.status, status, `${name}: ${JSON.stringify(answer.body)}`);
    assert.equal(answer.body.code, code, name);
    assert.match(answer.body.faults?.[0]?.path ?? "", place, `${name}: ${JSON.stringify(answer.body)}`);
  }
  assert.deepEqual(await shop.stored(orgId), { rows: 0, distinct: 0 });
  assert.equal(budget.taken, 0);
  const parsers = await post(auth, good, {}, "?parser=nonesuch");
  assert.match(String(parsers.body.detail), /fortigate, cisco-asa, squid, bind-query/);
  const odd = await post(auth, Buffer.concat([Buffer.from("x"), Buffer.from([0xff]), Buffer.from("y\nz\n")]));
  assert.deepEqual([odd.body.stored, odd.body.invalidUtf8], [2, 1]);
  const figures = (await get(auth, "/api/v1/ingest/sources")).body.items?.[0];
  assert.equal(figures?.received, 2);
  assert.ok(Number(figures?.refused) >= 7, JSON.stringify(figures));
});

test("a refusal reaches a sender that is still sending", async () => {
  const { auth } = key();
  const code = await new Promise<string>((done, fail) => {
    const sending = httpRequest(`${url}/ingest/logs`, {
      method: "POST",
      headers: { authorization: auth, "content-type": "text/plain" },
    });
    sending.on("response", (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
      });
      answer.on("end", () => {
        clearInterval(trickle);
        sending.destroy();
        done(String((JSON.parse(text) as { code: string }).code));
      });
    });
    sending.on("error", fail);
    const trickle = setInterval(() => sending.write(Buffer.alloc(40_000, "q")), 5);
  });
  assert.equal(code, "ingest.line-too-long");
});

test("rights: without logs:ingest nothing comes in, without logs:read nothing is shown", async () => {
  const reader = key(["logs:read"]);
  assert.equal((await post(reader.auth, "a\n")).status, 403);
  const sender = key(["logs:ingest"]);
  assert.equal((await post(sender.auth, "a\n")).status, 200);
  assert.equal((await get(sender.auth, "/api/v1/logs")).status, 403);
  assert.equal((await post("Bearer nobody", "a\n")).status, 401);
});

test("an overseer may send for an organisation below its own", async () => {
  const below = uuidV7();
  const top = key(ALL, [uuidV7(), below]);
  assert.equal((await post(top.auth, "a\n", {}, `?org=${below}`)).status, 200);
  assert.deepEqual(await shop.stored(below), { rows: 1, distinct: 1 });
});

test("while the stores fail a sender is told to come again, the node is not ready, and nothing is twice afterwards", async () => {
  const { auth, orgId } = key();
  const body = sample("cisco-asa");
  away = new Error("write: No space left on device");
  const answer = await fetch(`${url}/ingest/logs`, {
    method: "POST",
    headers: { authorization: auth, "content-type": "text/plain" },
    body,
  });
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get("retry-after")) > 0);
  assert.equal(((await answer.json()) as { code: string }).code, "ingest.busy");
  await assert.rejects(health.ready(), /No space left on device/);
  away = undefined;
  const { status, body: taken } = await post(auth, body);
  assert.equal(status, 200);
  await health.ready();
  assert.deepEqual(await shop.stored(orgId), { rows: taken.stored, distinct: taken.stored });
});

test("a fault of the program is no reason to come again", async () => {
  const { auth } = key();
  away = new TypeError("a bug");
  assert.equal((await post(auth, "line")).status, 500);
  away = undefined;
  await health.ready();
});
