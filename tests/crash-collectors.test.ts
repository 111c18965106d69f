import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "../src/app/client.ts";
import { askNode } from "../src/app/local-socket.ts";
import { createLog } from "../src/platform/log/log.ts";
import { Spool } from "../src/systems/detection/collect/spool.ts";
import { until } from "./support/node.ts";
import { everything, freePort, Victim } from "./support/victim.ts";

const ROUNDS = 5;
const BLOCKS = 40;
/** At most this long after the node is ready does the axe fall. */
const LONGEST_LIFE = 800;

const audit = (serial: number, kind: string) =>
  `type=${kind} msg=audit(1795399872.${100 + (serial % 900)}:${serial}): n=${serial}`;

test(`kill -9 at ${ROUNDS} random moments of reading watched files and emptying the spool: each line is there once`, async (t) => {
  const data = mkdtempSync(join(tmpdir(), "lianfang-crash-collectors-"));
  const logs = join(data, "logs");
  mkdirSync(logs);
  const files = [{ name: "files", path: join(logs, "a.log"), org: "node-org" }];
  const port = await freePort();
  let victim = new Victim(data, port);
  try {
    await victim.start();
    const { body } = await askNode(data, { method: "GET", path: "/api/v1/orgs" });
    const orgId = (body as { items: { id: string }[] }).items[0]?.id ?? assert.fail();
    const issued = await askNode(data, {
      method: "POST",
      path: "/api/v1/keys",
      body: { orgId, name: "reader", permissions: ["logs:read"] },
    });
    const reader = Client.withKey(victim.url, (issued.body as { secret: string }).secret);
    await victim.end("SIGTERM");

    // What a node would have left that lost its stores: blocks in the spool.
    const folder = join(data, "spool");
    const spool = await Spool.open({ folder, limitBytes: 2 ** 24, log: createLog({ level: "silent" }) });
    const wanted: string[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      const lines = Array.from({ length: 50 }, (_, at) => `spooled ${block}-${at} `);
      wanted.push(...lines);
      await spool.append(
        {
          key: `syslog/crash-${block}`,
          source: { orgId, name: `fw-${block % 3}`, channel: "syslog", parser: "auto" },
          sentBy: "192.0.2.1",
          receivedAt: "2026-11-23T03:00:00.000Z",
          lines: lines.length,
        },
        Buffer.from(`${lines.join("\n")}\n`),
      );
    }
    await spool.close();

    victim = new Victim(data, port, {
      LIANFANG_INGEST__FILES: JSON.stringify(files.map((each) => ({ ...each, org: orgId }))),
    });
    let written = 0;
    let event = 0;
    const write = (): void => {
      const lines = Array.from({ length: 200 }, () => `written ${written++} to a file `);
      // The rest of the event before, and the beginning of one that the next writing ends.
      if (event > 0) lines.splice(20, 0, audit(event, "CWD"), audit(event, "PROCTITLE"));
      lines.splice(180, 0, audit(++event, "SYSCALL"));
      wanted.push(...lines);
      appendFileSync(join(logs, "a.log"), `${lines.join("\n")}\n`);
    };
    write();
    for (let round = 1; round <= ROUNDS; round++) {
      await victim.start();
      const life = Math.floor(Math.random() * LONGEST_LIFE);
      const deadline = Date.now() + life;
      while (Date.now() < deadline) {
        write();
        await new Promise((done) => setTimeout(done, 40));
      }
      await victim.end("SIGKILL");
      t.diagnostic(`round ${round}: killed after ${life} ms, ${written} lines written`);
      if (round === 2) {
        renameSync(join(logs, "a.log"), join(logs, "a.log.1"));
        writeFileSync(join(logs, "a.log"), "");
        write();
      }
    }
    await victim.start();
    let stored: string[] = [];
    await until(
      "every line",
      async () => {
        const answer = await reader.get<{ total: number }>("/api/v1/logs?limit=1");
        if (answer.body.total < wanted.length - 2 * event) return false;
        stored = (await everything<{ original: string }>(reader, "/api/v1/logs")).map(
          ({ original }) => original,
        );
        return stored.flatMap((text) => text.split("\n")).length >= wanted.length;
      },
      120,
    );
    const joined = stored.filter((text) => text.includes("\n")).length;
    t.diagnostic(`${joined} of ${event} events are whole`);
    // Those that a kill parted for longer than a file must rest are stored in two parts.
    assert.ok(joined >= event - 1 - 2 * ROUNDS, `${joined} of ${event}`);
    const found = stored.flatMap((text) => text.split("\n"));
    assert.equal(found.length, wanted.length, "none is twice");
    assert.deepEqual(new Set(found), new Set(wanted));
  } finally {
    await victim.end("SIGTERM").catch(() => undefined);
    rmSync(data, { recursive: true, force: true });
  }
});
