import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { openNodeKey } from "../../../platform/crypto/node-key.ts";
import { createLog } from "../../../platform/log/log.ts";
import { DATABASES, type TestDatabase } from "../../../platform/records/testing.ts";
import { jobScope } from "../../members/index.ts";
import type { IntelTables } from "../tables.ts";
import { client, type IntelNode, intelNode, intelServer, testImports } from "../testing.ts";
import { FeedRunner } from "./feed-runner.ts";
import { fetchFeed, isInside } from "./fetch.ts";

const keyFolder = mkdtempSync(join(tmpdir(), "lianfang-feeds-"));
after(() => rmSync(keyFolder, { recursive: true, force: true }));

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server of somebody's, whose answers the test sets by path. */
async function publisher() {
  const answers = new Map<string, Answerer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const answer = answers.get((request.url ?? "").split("?")[0] ?? "");
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    asked,
    says(path: string, text: string) {
      answers.set(path, (request, response) => {
        const etag = `"${text.length}-${text.slice(0, 20).replaceAll(/[^\w.]/g, "")}"`;
        if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
        else response.writeHead(200, { etag }).end(text);
      });
    },
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

test("addresses that are no place of the public internet are known as such", () => {
  const inside =
    "127.0.0.1 10.1.2.3 172.31.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 :: fe80::1 fd00::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::7f00:1 64:ff9b::7f00:1 2002:7f00:1:: not-an-address";
  for (const address of inside.split(" ")) assert.ok(isInside(address), address);
  for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
    assert.ok(!isInside(address), address);
});

test("a fetch: packed answers, limits, redirects checked anew, only http and https, no secret in what it says", async () => {
  const other = await publisher();
  const options = { allowedHosts: ["127.0.0.1"], mostBytes: 1000 };
  try {
    other.answers.set("/packed", (_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("evil.example")),
    );
    const packed = await fetchFeed(`${other.url}/packed`, options);
    assert.equal(packed.changed && packed.body.toString(), "evil.example");
    other.answers.set("/list.txt.gz", (_, response) => response.end(gzipSync("evil.example")));
    const file = await fetchFeed(`${other.url}/list.txt.gz`, options);
    assert.equal(file.changed && file.body.toString(), "evil.example");
    other.answers.set("/bomb.gz", (_, response) => response.end(gzipSync(Buffer.alloc(100_000))));
    other.answers.set("/cut.gz", (_, response) => response.end(gzipSync("evil.example").subarray(0, 20)));
    other.answers.set("/bomb", (_, response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(10_000_000))),
    );
    other.answers.set("/away", (_, response) =>
      response.writeHead(302, { location: "http://localhost:1/latest/meta-data" }).end(),
    );
    other.answers.set("/round", (_, response) => response.writeHead(302, { location: "/round" }).end());
    other.answers.set("/file", (_, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    other.answers.set("/slow", () => {});
    const refusals: [string, RegExp][] = [
      [`${other.url}/bomb`, /larger than 1000/],
      [`${other.url}/bomb.gz`, /larger than 1000/],
      [`${other.url}/cut.gz`, /broken gzip \(byte 20: /],
      [`${other.url}/away`, /localhost is within the own network/],
      [`${other.url}/round`, /redirects more than 5/],
      [`${other.url}/file`, /only http and https/],
      ["ftp://127.0.0.1/x", /only http and https/],
      [`${other.url}/gone?key=secret`, /: 127\.0\.0\.1 answers 404$/],
      ["http://127.0.0.2/", /127\.0\.0\.2 is within the own network/],
      ["http://[::1]/", /within the own network/],
      ["http://2130706433/", /127\.0\.0\.1|ECONNREFUSED|nobody/],
    ];
    for (const [address, why] of refusals) await assert.rejects(fetchFeed(address, options), why, address);
    await assert.rejects(fetchFeed(`${other.url}/packed`, { ...options, allowedHosts: [] }), /own network/);
    await assert.rejects(fetchFeed(`${other.url}/slow`, { ...options, patience: 50 }), /too long/);
  } finally {
    await other.close();
  }
});

async function within(
  database: TestDatabase,
  run: (given: {
    node: IntelNode;
    other: Awaited<ReturnType<typeof publisher>>;
    feeds: FeedRunner;
    ask: ReturnType<typeof client>;
    settle: () => Promise<void>;
    values: () => Promise<string[]>;
  }) => Promise<void>,
): Promise<void> {
  const node = await intelNode(database);
  const imports = await testImports(node);
  const other = await publisher();
  const feeds = new FeedRunner({
    ...imports,
    log: createLog({ level: "silent" }),
    jobScope: (name, permissions) => jobScope(node.records, name, permissions),
    nodeKey: openNodeKey(keyFolder),
    allowedHosts: ["127.0.0.1"],
  });
  const { server, url } = await intelServer(node, { imports, feeds });
  try {
    await run({
      node,
      other,
      feeds,
      ask: client(url, "writer"),
      settle: () => imports.runner.idle(),
      values: () =>
        node.records.within(node.writer, async (work) => {
          const rows = await work
            .tables<IntelTables>()
            .selectFrom("stix_object")
            .select("document")
            .where("type", "=", "ipv4-addr")
            .where("collection_id", "is", null)
            .execute();
          return rows.map((row) => String(JSON.parse(row.document).value)).sort();
        }),
    });
  } finally {
    feeds.stop();
    await imports.runner.stop();
    await server.close();
    await other.close();
    await node.dispose();
  }
}

for (const database of DATABASES) {
  test(`${database.name}: a feed signs in to its own host, and nothing shows the secret again`, () =>
    within(database, async ({ node, other, ask, settle, values }) => {
      const elsewhere = await publisher();
      try {
        const borne: (string | undefined)[] = [];
        other.answers.set("/list.txt", (request, response) => {
          borne.push(request.headers.authorization ?? String(request.headers["x-api-key"] ?? ""));
          const signedIn = ["Basic dTpwIMO8", "k3y", "Bearer t0ken"].includes(borne.at(-1) ?? "");
          if (signedIn) response.writeHead(200).end("8.8.4.9\n");
          else response.writeHead(401).end();
        });
        const feeds = "/api/v1/intel/feeds";
        const added = await ask("POST", feeds, {
          name: "Login",
          url: `${other.url}/list.txt`,
          login: { kind: "header", name: "X-Api-Key", value: "k3y" },
        });
        const { id } = added.json;
        assert.deepEqual([added.status, added.json.login], [201, "header"]);
        assert.ok(!added.text.includes("k3y"));
        assert.equal((await ask("POST", `${feeds}/${id}/run`)).json.result, "imported");
        await settle();
        assert.deepEqual(await values(), ["8.8.4.9"]);
        const change = (body: object) => ask("PATCH", `${feeds}/${id}`, body);
        await change({ login: { kind: "basic", user: "u", password: "p ü" } });
        await ask("POST", `${feeds}/${id}/run`);
        await change({ login: { kind: "bearer", token: "t0ken" } });
        await ask("POST", `${feeds}/${id}/run`);
        assert.deepEqual(borne, ["k3y", "Basic dTpwIMO8", "Bearer t0ken"]);
        const kept = await node.records.within(node.writer, (work) =>
          work.tables<IntelTables>().selectFrom("intel_feed").select("login_sealed").executeTakeFirst(),
        );
        assert.ok(!Buffer.from(kept?.login_sealed ?? "", "base64").includes("t0ken"));

        // Neither a redirect nor a new address carries it to another host.
        let carried: string | undefined = "nobody asked";
        elsewhere.answers.set("/x", (request, response) => {
          carried = request.headers.authorization;
          response.writeHead(200).end("8.8.4.10\n");
        });
        other.answers.set("/list.txt", (_, response) =>
          response.writeHead(302, { location: `${elsewhere.url}/x` }).end(),
        );
        await ask("POST", `${feeds}/${id}/run`);
        assert.equal(carried, undefined);
        const moved = await change({ url: `${elsewhere.url}/x` });
        assert.deepEqual([moved.status, moved.json.faults[0].path], [400, "body.login"]);
        assert.equal((await change({ url: `${elsewhere.url}/x`, login: null })).json.login, null);
        for (const login of [
          { kind: "header", name: "Host", value: "x" },
          { kind: "header", name: "X-Key", value: "a\r\nb" },
          { kind: "basic", user: "a:b", password: "p" },
        ])
          assert.equal((await change({ login })).status, 400);
      } finally {
        await elsewhere.close();
      }
    }));

  test(`${database.name}: a feed is previewed, runs when its time comes, asks for changes only, and is undone exactly`, () =>
    within(database, async ({ node, other, feeds, ask, settle, values }) => {
      other.says("/list.txt", "8.8.4.1\n8.8.4.2\n");
      const added = await ask("POST", "/api/v1/intel/feeds", {
        name: "List",
        url: `${other.url}/list.txt?key=1`,
        everyMinutes: 60,
      });
      assert.deepEqual([added.status, added.json.paused], [201, true]);
      const { id } = added.json;
      await feeds.runDue();
      assert.deepEqual(other.asked, [], "a paused feed is not asked");
      const preview = await ask("POST", `/api/v1/intel/feeds/${id}/preview`);
      await settle();
      const shown = await ask("GET", `/api/v1/intel/imports/${preview.json.importId}`);
      assert.deepEqual([shown.json.state, shown.json.format], ["previewed", "csv"]);
      assert.ok(!shown.text.includes("key=1"), "the query stays out of what is shown");
      assert.deepEqual(await values(), []);
      await ask("PATCH", `/api/v1/intel/feeds/${id}`, { paused: false });
      await feeds.runDue();
      await settle();
      assert.deepEqual(await values(), ["8.8.4.1", "8.8.4.2"]);
      const first = (await ask("GET", `/api/v1/intel/feeds/${id}`)).json;
      assert.deepEqual([first.lastResult, first.nextRunAt], ["imported", "2026-11-23T02:00:00.000Z"]);
      await feeds.runDue();
      assert.equal(other.asked.length, 2, "its time has not come again");
      node.clock.set("2026-11-23T02:00:00.000Z");
      await feeds.runDue();
      assert.equal((await ask("GET", `/api/v1/intel/feeds/${id}`)).json.lastResult, "unchanged");
      other.says("/list.txt", "8.8.4.2\n8.8.4.3\n");
      node.clock.set("2026-11-23T03:00:00.000Z");
      await feeds.runDue();
      await settle();
      assert.deepEqual(await values(), ["8.8.4.1", "8.8.4.2", "8.8.4.3"]);
      await ask("POST", `/api/v1/intel/imports/${first.lastImportId}/undo`);
      await settle();
      assert.deepEqual(await values(), ["8.8.4.2", "8.8.4.3"], "what the second run told too stays");
      const removed = await ask("DELETE", `/api/v1/intel/feeds/${id}`);
      assert.equal(removed.status, 204);
    }));

  test(`${database.name}: a feed that fails says why, waits longer, and keeps nobody else from its turn`, () =>
    within(database, async ({ node, other, feeds, ask, settle, values }) => {
      other.says("/good.txt", "8.8.4.1\n");
      const make = async (name: string, url: string) => {
        const { json } = await ask("POST", "/api/v1/intel/feeds", { name, url, everyMinutes: 60 });
        await ask("PATCH", `/api/v1/intel/feeds/${json.id}`, { paused: false });
        return json.id as string;
      };
      const bad = await make("Bad", `${other.url}/gone.txt`);
      await make("Inside", "http://localhost:1/x");
      await make("Good", `${other.url}/good.txt`);
      await feeds.runDue();
      await settle();
      assert.deepEqual(await values(), ["8.8.4.1"]);
      const { json } = await ask("GET", `/api/v1/intel/feeds/${bad}`);
      assert.deepEqual(
        [json.lastResult, json.lastError, json.failures, json.nextRunAt],
        ["failed", "127.0.0.1 answers 404", 1, "2026-11-23T03:00:00.000Z"],
      );
      const failed = await ask("GET", "/api/v1/intel/feeds?result=failed");
      assert.equal(failed.json.total, 2);
      assert.equal(node.clock.now(), "2026-11-23T01:00:00.000Z");
      for (const url of ["file:///etc/passwd", "http://user:pass@127.0.0.1/"])
        assert.equal((await ask("POST", "/api/v1/intel/feeds", { name: "x", url })).status, 400);
    }));

  test(`${database.name}: a MISP feed: its events by the manifest, and only what changed`, () =>
    within(database, async ({ other, feeds, ask, settle, values }) => {
      const uuid = (at: number) => `5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d4c5${at}`;
      const manifest = (stamps: number[]) =>
        JSON.stringify(
          Object.fromEntries(
            stamps.map((timestamp, at) => [uuid(at), { info: "x", timestamp: String(timestamp) }]),
          ),
        );
      const event = (at: number, value: string, timestamp: number) =>
        other.says(
          `/feed/${uuid(at)}.json`,
          JSON.stringify({
            Event: {
              uuid: uuid(at),
              info: `e${at}`,
              timestamp,
              Attribute: [{ type: "ip-dst", value, to_ids: true, timestamp }],
            },
          }),
        );
      other.says("/feed/manifest.json", manifest([1763856000, 1763856001]));
      event(0, "8.8.4.1", 1763856000);
      event(1, "8.8.4.2", 1763856001);
      const { json } = await ask("POST", "/api/v1/intel/feeds", {
        name: "MISP",
        url: `${other.url}/feed/`,
        format: "misp-feed",
      });
      assert.equal((await feeds.run(json.id)).result, "imported");
      await settle();
      assert.deepEqual(await values(), ["8.8.4.1", "8.8.4.2"]);
      assert.equal((await feeds.run(json.id)).result, "unchanged");
      other.says("/feed/manifest.json", manifest([1763856000, 1763856999]));
      event(1, "8.8.4.3", 1763856999);
      const before = other.asked.length;
      assert.equal((await feeds.run(json.id)).result, "imported");
      await settle();
      assert.equal(other.asked.length - before, 2, "the manifest and one event");
      assert.deepEqual(await values(), ["8.8.4.1", "8.8.4.2", "8.8.4.3"]);
    }));
}
