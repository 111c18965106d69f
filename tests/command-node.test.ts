import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { withLocalNode } from "../src/app/commands/local-node.ts";
import { startNode } from "../src/app/node.ts";
import { Config } from "../src/platform/config/config.ts";
import { createLog } from "../src/platform/log/log.ts";
import { until } from "./support/node.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function holdPort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { server, port: (server.address() as AddressInfo).port };
}

test("a command that brings the node up for itself answers, and collects nothing", async () => {
  const followed = join(folder, "followed.log");
  writeFileSync(followed, "one line of a followed file\n");
  const { server, port } = await holdPort();
  const data = join(folder, "data");
  const config = Config.parse({
    data,
    http: { port: 0 },
    ingest: {
      tcp: { port },
      udp: { port },
      files: [{ name: "followed", path: followed, org: "authority" }],
    },
  });
  try {
    // The syslog port is taken: a command that opened it would fail.
    await withLocalNode(config, async (node) => {
      assert.equal(existsSync(join(data, "spool")), false, "no spool is opened");
      const answer = await node.ask<{ stored: number }>({
        method: "POST",
        path: "/ingest/logs?source=by-hand",
        body: "Nov 23 14:05:12 gate sshd[7]: Failed password for root from 198.51.100.7 port 50112 ssh2\n",
        headers: { "content-type": "text/plain" },
      });
      assert.equal(answer.stored, 1);
      assert.deepEqual(await sourcesOf(node), ["by-hand"], "the followed file is left alone");
    });
  } finally {
    await new Promise((done) => server.close(done));
  }
  const serving = await startNode({ config, log: createLog({ level: "error" }) });
  try {
    await until("the followed file at a node that serves", () =>
      withLocalNode(config, async (node) => (await sourcesOf(node)).includes("followed")),
    );
  } finally {
    await serving.stop();
  }
});

async function sourcesOf(node: { ask<T>(call: { method: "GET"; path: string }): Promise<T> }) {
  const page = await node.ask<{ items: { name: string }[] }>({
    method: "GET",
    path: "/api/v1/ingest/sources",
  });
  return page.items.map(({ name }) => name);
}
