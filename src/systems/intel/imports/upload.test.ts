import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { Problem } from "../../../core/problem.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { type Answer, client, intelNode, intelServer, testImports } from "../testing.ts";
import { takeUpload } from "./acts.ts";
import { type ImportFormat, Upload } from "./model.ts";

const IMPORTS = "/api/v1/intel/imports";
const AT = "2026-11-01T00:00:00.000Z";

const campaign = {
  type: "campaign",
  spec_version: "2.1",
  id: "campaign--11111111-2222-4333-8444-000000000001",
  created: AT,
  modified: AT,
  name: "c",
};
const { spec_version: _, ...campaign20 } = campaign;
const bundleId = "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d";
const json = (value: unknown) => JSON.stringify(value);

/** A small file of each format that is told by its content. */
const FILES: Partial<Record<ImportFormat, string>> = {
  "stix-2.1": json({ type: "bundle", id: bundleId, objects: [campaign] }),
  "stix-2.0": json({ type: "bundle", id: bundleId, spec_version: "2.0", objects: [campaign20] }),
  "misp-event": json({ Event: { info: "x", Attribute: [{ type: "domain", value: "evil.example" }] } }),
  csv: "value,type\nevil.example,domain\n198.51.100.1,ip-dst\n",
  text: "# 報告\n\n據報 evil1[.]example 與 198.51.100[.]8 為中繼站，請留意。\n",
  html: "<html><body><p>evil[.]example</p></body></html>",
  kev: "cveID,vendorProject,product\nCVE-2026-1000,Vendor,PLC\n",
  rss: '<?xml version="1.0"?><rss version="2.0"><channel><item><title>A</title><link>https://news.example/a</link></item></channel></rss>',
};

for (const database of DATABASES) {
  const withNode = (
    name: string,
    run: (given: {
      ask: (...args: Parameters<ReturnType<typeof client>>) => Promise<Answer>;
      url: string;
      idle: () => Promise<void>;
      total: () => Promise<number>;
      take: (stream: Readable, most: number) => Promise<{ id: string }>;
    }) => Promise<void>,
  ) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      const imports = await testImports(node);
      const { server, url } = await intelServer(node, { imports });
      const ask = client(url, "writer");
      try {
        await run({
          ask,
          url,
          idle: () => imports.runner.idle(),
          total: async () => (await ask("GET", IMPORTS)).json.total,
          take: (stream, most) =>
            takeUpload(imports, node.writer, Upload.parse({}), { stream, encoded: false, most }),
        });
      } finally {
        await imports.runner.stop();
        await server.close();
        await node.dispose();
      }
    });

  withNode(
    "I3: a file of any format is taken packed as it is taken plain, and is known again",
    async ({ ask, idle }) => {
      const taken = async (query: string, body: Uint8Array, headers: Record<string, string> = {}) => {
        const answer = await ask("POST", `${IMPORTS}?${query}`, body, headers);
        assert.equal(answer.status, 201, answer.text);
        await idle();
        const detail = (await ask("GET", `${IMPORTS}/${answer.json.id}`)).json;
        const { items } = (await ask("GET", `${IMPORTS}/${answer.json.id}/objects`)).json;
        const objects = items.map(({ id, type, name }: Record<string, string>) => [id, type, name]);
        return { ...detail, objects };
      };
      for (const [format, text] of Object.entries(FILES)) {
        const plain = await taken("fileName=feed", Buffer.from(text));
        assert.deepEqual([plain.format, plain.state], [format, "previewed"]);
        const packed = gzipSync(text);
        const ways = {
          file: await taken("fileName=feed.gz", packed),
          header: await taken("fileName=feed", packed, { "content-encoding": "gzip" }),
          both: await taken("fileName=feed.GZ", gzipSync(packed), { "content-encoding": "gzip" }),
        };
        for (const [way, got] of Object.entries(ways)) {
          assert.deepEqual(
            [got.format, got.fileName, got.sha256, got.size, got.objects],
            [format, "feed", plain.sha256, Buffer.byteLength(text), plain.objects],
            `${format} by ${way}`,
          );
        }
        const file = await ask("GET", `${IMPORTS}/${ways.file.id}/file`);
        assert.equal(file.text, text, "what leaves is the file inside");
      }
      const big = Array.from({ length: 20_000 }, (_, at) => `evil${at}.example`).join("\n");
      assert.equal((await taken("fileName=list.txt.gz", gzipSync(big))).counts.total, 40_001);
    },
  );

  withNode("a damaged file is refused with its byte, and nothing of it stays", async ({ ask, total }) => {
    const whole = gzipSync(Array.from({ length: 9000 }, (_, at) => `evil${at}.example`).join("\n"));
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 9_000, 9_040);
    const refused = async (body: Uint8Array, headers: Record<string, string> = {}) => {
      const { status, json: problem } = await ask("POST", `${IMPORTS}?fileName=a.gz`, body, headers);
      return [status, problem.code, problem.faults?.[0]?.path ?? problem.detail];
    };
    assert.deepEqual(await refused(whole.subarray(0, 10_000)), [400, "ingest.bad-gzip", "byte 10000"]);
    const [status, code, where] = await refused(damaged);
    const [, from, to] = /^byte (\d+) to (\d+)$/.exec(String(where)) ?? assert.fail(String(where));
    assert.deepEqual([status, code], [400, "ingest.bad-gzip"]);
    assert.ok(Number(from) < 20_000 && Number(to) >= 9_000, where);
    const gzip = { "content-encoding": "gzip" };
    assert.deepEqual((await refused(Buffer.from("evil.example"), gzip)).slice(0, 2), [
      400,
      "ingest.bad-gzip",
    ]);
    assert.deepEqual((await refused(Buffer.from("x"), { "content-encoding": "br" })).slice(0, 2), [
      415,
      "http.media-type",
    ]);
    assert.deepEqual(await refused(gzipSync("")), [400, "http.invalid", "body"]);
    assert.deepEqual((await refused(gzipSync(Buffer.alloc(2000)))).slice(0, 2), [
      400,
      "intel.unknown-format",
    ]);
    assert.equal(await total(), 0);
  });

  withNode("a gzip bomb ends at the limit, with little of it read", async ({ ask, take, total }) => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20, "evil.example\n"), { level: 9 });
    const over = await ask("POST", `${IMPORTS}?fileName=bomb.gz`, bomb);
    assert.deepEqual([over.status, over.json.code], [413, "http.too-large"]);
    assert.match(over.json.detail, /at most 134217728 bytes are taken after gunzip/);
    let read = 0;
    const pieces = function* () {
      for (let at = 0; at < bomb.length; at += 512) {
        read = at;
        yield bomb.subarray(at, at + 512);
      }
    };
    await assert.rejects(
      take(Readable.from(pieces(), { objectMode: false }), 2 ** 20),
      (error) => error instanceof Problem && error.code === "http.too-large",
    );
    assert.ok(read < bomb.length / 4, `${read} of ${bomb.length} bytes read`);
    assert.equal(await total(), 0);
  });

  withNode(
    "an upload that breaks off leaves nothing, and the next one is taken",
    async ({ ask, url, total, idle }) => {
      const packed = gzipSync(FILES.csv ?? "");
      const cut = request(`${url}${IMPORTS}?fileName=a.gz`, {
        method: "POST",
        headers: { authorization: "Bearer writer", "content-length": String(packed.length) },
      });
      cut.on("error", () => {});
      cut.write(packed.subarray(0, packed.length - 5));
      await once(cut, "socket");
      await new Promise((done) => cut.write("", done));
      cut.destroy();
      const answer = await ask("POST", `${IMPORTS}?fileName=a.gz`, packed);
      assert.equal(answer.status, 201, answer.text);
      await idle();
      assert.equal(await total(), 1);
    },
  );
}
