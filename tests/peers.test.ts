import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, enrol } from "../src/app/client.ts";
import { askNode } from "../src/app/local-socket.ts";
import { PASSWORD, until } from "./support/node.ts";

interface Envelope {
  readonly objects?: readonly { id: string; type: string; revoked?: boolean; modified?: string }[];
}
interface Found {
  readonly roots: readonly {
    collections: readonly { title: string; canRead: boolean; canWrite: boolean }[];
  }[];
}
interface PeerState {
  readonly state: string;
  readonly lastError: string | null;
  readonly version: number;
  readonly lines: readonly { direction: string; counts: { moved: number; refused: number; held: number } }[];
  readonly runs: readonly { error: string | null }[];
}

/** Seconds; a machine that is busy with other things starts three nodes slowly. */
const WAIT = 120;

/** A node in a process of its own; commands reach it over its local socket. */
class Node {
  readonly url: string;
  readonly data: string;
  private readonly env: NodeJS.ProcessEnv;
  private child: ChildProcess | undefined;

  constructor(tier: string, port: number) {
    this.data = mkdtempSync(join(tmpdir(), `lianfang-${tier}-`));
    this.url = `http://127.0.0.1:${port}`;
    this.env = {
      ...process.env,
      LIANFANG_DATA: this.data,
      LIANFANG_NODE__NAME: `${tier}-ISAC`,
      LIANFANG_NODE__TIER: tier,
      LIANFANG_HTTP__PORT: String(port),
      LIANFANG_HTTP__PER_MINUTE: "100000",
      LIANFANG_PEERS__LOOPBACK: "true",
      LIANFANG_LOG__LEVEL: "warn",
    };
  }

  async start(): Promise<void> {
    const cli = join(import.meta.dirname, "../src/app/cli.ts");
    const child = spawn(process.execPath, [cli, "serve"], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    this.child = child;
    await until(
      "the node to be ready",
      async () => {
        assert.equal(child.exitCode, null, `the node ended by itself: ${output}`);
        return fetch(`${this.url}/readyz`).then(
          (answer) => answer.ok,
          () => false,
        );
      },
      WAIT,
    );
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
  }

  async ask<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await askNode(this.data, { method, path, ...(body === undefined ? {} : { body }) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Body;
  }

  /** A key for a peer, of an organisation that stands for it. */
  async keyFor(name: string): Promise<{ secret: string; orgId: string }> {
    const orgs = await this.ask<{ items: { id: string; parentId: string | null }[] }>("GET", "/api/v1/orgs");
    const org = await this.ask<{ id: string }>("POST", "/api/v1/orgs", {
      parentId: orgs.items.find((each) => each.parentId === null)?.id,
      name,
      shortName: name.toLowerCase(),
      kind: "authority",
      sector: "water",
    });
    const { secret } = await this.ask<{ secret: string }>("POST", "/api/v1/keys", {
      orgId: org.id,
      name,
      permissions: ["taxii:read", "taxii:write"],
      clearance: "amber",
      expiresInDays: 30,
    });
    return { secret, orgId: org.id };
  }

  /** What a key sees of a collection: the text of the envelope, and its objects. */
  async objects(
    secret: string,
    alias: string,
  ): Promise<{ text: string; objects: NonNullable<Envelope["objects"]> }> {
    const answer = await Client.withKey(this.url, secret).get<Envelope>(
      `/taxii2/lianfang/collections/${alias}/objects/?match[version]=all&limit=1000`,
      { accept: "application/taxii+json;version=2.1" },
    );
    assert.equal(answer.status, 200, answer.text);
    return { text: answer.text, objects: (JSON.parse(answer.text) as Envelope).objects ?? [] };
  }
}

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((done) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function addPeer(
  from: Node,
  to: Node,
  secret: string,
  lines: (found: Found["roots"][number]["collections"]) => object[],
): Promise<string> {
  const login = { kind: "basic", user: "peer", password: secret };
  const url = `${to.url}/taxii2/`;
  const found = await from.ask<Found>("POST", "/api/v1/peers/test", { url, login });
  const { id } = await from.ask<{ id: string }>("POST", "/api/v1/peers", {
    name: `peer at ${to.url}`,
    url,
    login,
    ceiling: "amber",
    everyMinutes: 1440,
    lines: lines(found.roots[0]?.collections ?? []).map((line) => strip(line)),
  });
  return id;
}

function strip(line: object): object {
  const { canRead: _, canWrite: __, ...rest } = line as Record<string, unknown>;
  return rest;
}

/** Releases an item to everyone at a node; answers its bundle's objects as texts, and the id. */
async function release(node: Node, title: string, address: string): Promise<string> {
  const orgs = await node.ask<{ items: { id: string; parentId: string | null }[] }>("GET", "/api/v1/orgs");
  const { oneTimePassword } = await node.ask<{ oneTimePassword: string }>("POST", "/api/v1/accounts", {
    orgId: orgs.items.find((each) => each.parentId === null)?.id,
    name: "writer",
    displayName: "writer",
    roles: ["soc-analyst"],
  });
  const { client } = await enrol(node.url, "writer", oneTimePassword, PASSWORD);
  const { id } = await client.make<{ id: string }>("/api/v1/intel/items", {
    title,
    kind: "INT",
    tlp: "green",
    description: "對外連線至惡意位址。",
    indicators: [{ type: "ipv4", value: address }],
    recipients: [{ kind: "everyone" }],
  });
  await node.ask("POST", `/api/v1/intel/items/${id}/submit`);
  const { sha256 } = await node.ask<{ sha256: string }>("GET", `/api/v1/intel/items/${id}/preview`);
  await node.ask("POST", `/api/v1/intel/items/${id}/approve`, { sha256 });
  return id;
}

test("W -> E -> N: what W releases arrives at N once, byte for byte, through a killed E; its withdrawal follows", async (t) => {
  const [w, e, n] = [
    new Node("W", await freePort()),
    new Node("E", await freePort()),
    new Node("N", await freePort()),
  ];
  try {
    await Promise.all([w, e, n].map((node) => node.start()));
    const wKey = await w.keyFor("E-ISAC");
    const nKey = await n.keyFor("E-ISAC");
    const pull = await addPeer(e, w, wKey.secret, (found) =>
      found
        .filter((each) => each.canRead && each.title.includes("Community"))
        .map((each) => ({ ...each, direction: "pull" })),
    );
    const push = await addPeer(e, n, nKey.secret, (found) =>
      found
        .filter((each) => each.canWrite)
        .map((each) => ({ ...each, direction: "push", source: `peer:${pull}` })),
    );
    const run = (id: string) => e.ask("POST", `/api/v1/peers/${id}/run`);
    const state = (id: string) => e.ask<PeerState>("GET", `/api/v1/peers/${id}`);
    const moved = async (id: string) => (await state(id)).lines[0]?.counts.moved ?? 0;

    const item = await release(w, "水庫監控主機對外連線", "203.0.113.66");
    const sent = (await w.objects(wKey.secret, "community")).objects;
    assert.ok(sent.length >= 4, "identity, marking, indicator, observable and report");

    // E is killed while it exchanges, again and again; each time it goes on where its checkpoint stands.
    for (let round = 0; round < 3; round++) {
      await run(pull);
      await run(push);
      await new Promise((done) => setTimeout(done, round * 700));
      await e.end("SIGKILL");
      await e.start();
    }
    await run(pull);
    await until("E to hold all that W released", async () => (await moved(pull)) >= sent.length, WAIT);
    await run(push);
    const arrived = await until(
      "N to hold it all",
      async () => {
        const at = await n.objects(nKey.secret, "inbox");
        return at.objects.length >= sent.length && at;
      },
      WAIT,
    );
    assert.deepEqual(
      arrived.objects.map((each) => each.id).sort(),
      sent.map((each) => each.id).sort(),
      "each once",
    );
    const there = (await w.objects(wKey.secret, "community")).text;
    for (const { id } of sent) {
      const [one, other] = [there, arrived.text].map((text) => documentOf(text, id));
      assert.equal(one, other, "byte for byte");
    }

    await w.ask("POST", `/api/v1/intel/items/${item}/withdraw`, { reason: "來源錯誤" });
    await run(pull);
    await until("E to hold the withdrawal", async () => (await moved(pull)) > sent.length, WAIT);
    await run(push);
    await until(
      "N to hold the withdrawal",
      async () => {
        const { objects } = await n.objects(nKey.secret, "inbox");
        const revoked = objects.filter((each) => each.revoked === true);
        return revoked.length > 0 && revoked.every((each) => sent.some(({ id }) => id === each.id));
      },
      WAIT,
    );

    const compared = await e.ask<{ lines: { missing: number; gone: number; same: number }[] }>(
      "POST",
      `/api/v1/peers/${push}/compare`,
      { mend: false },
    );
    assert.deepEqual([compared.lines[0]?.missing, compared.lines[0]?.gone], [0, 0]);

    // Somebody deletes at N; the comparison tells it and mends it.
    const indicator = sent.find((each) => each.type === "indicator") ?? assert.fail("no indicator");
    const deleted = await Client.withKey(n.url, nKey.secret).send(
      "DELETE",
      `/taxii2/lianfang/collections/inbox/objects/${indicator.id}/`,
      undefined,
      { accept: "application/taxii+json;version=2.1" },
    );
    assert.equal(deleted.status, 200);
    const mended = await e.ask<{ lines: { missing: number; mended: number }[] }>(
      "POST",
      `/api/v1/peers/${push}/compare`,
      { mend: true },
    );
    assert.deepEqual(
      [mended.lines[0]?.missing, mended.lines[0]?.mended],
      [2, 2],
      "the version and its revocation",
    );

    // A peer that does not answer is told in words, with its login nowhere.
    await w.end("SIGTERM");
    await run(pull);
    const failing = await until(
      "the failure to be told",
      async () => {
        const now = await state(pull);
        return now.state === "failing" && now;
      },
      WAIT,
    );
    assert.match(failing.lastError ?? "", /ECONNREFUSED/);
    assert.ok(!JSON.stringify(failing).includes(wKey.secret));
    t.diagnostic(`${sent.length} objects, ${arrived.text.length} bytes`);
  } finally {
    for (const node of [w, e, n]) {
      await node.end("SIGTERM").catch(() => undefined);
      rmSync(node.data, { recursive: true, force: true });
    }
  }
});

/** The text of an object in an envelope, as it stands there. */
function documentOf(envelope: string, id: string): string {
  const objects = (JSON.parse(envelope) as Envelope).objects ?? [];
  const all = objects.filter((each) => each.id === id).map((each) => JSON.stringify(each));
  const found = all.find((text) => envelope.includes(text));
  return found ?? assert.fail(`${id} does not stand verbatim in the envelope`);
}
