import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Config } from "../../../platform/config/config.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { SignIn } from "../../members/index.ts";
import { KeyStore } from "../../members/keys.ts";
import { type IntelNode, intelNode, intelServer } from "../testing.ts";
import { type Checkpoint, PeerFault, type PulledPage, pullFrom, TaxiiClient } from "./client.ts";
import { TAXII_TYPE } from "./media-type.ts";

function malware(at: number, more: object = {}): string {
  return JSON.stringify({
    type: "malware",
    spec_version: "2.1",
    id: `malware--8e2e2d2b-17d4-4cbf-938f-${String(at).padStart(12, "0")}`,
    created: "2026-11-20T00:00:00.000Z",
    modified: "2026-11-20T00:00:00.000Z",
    name: `惡意程式 ${at}`,
    is_family: true,
    ...more,
  });
}

for (const database of DATABASES) {
  const withPeer = (
    name: string,
    run: (url: string, secret: string, node: IntelNode) => Promise<void>,
    maxContentLength?: number,
  ) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      const signIn = new SignIn({ records: node.records, config: Config.parse({}), clock: node.clock });
      const { server, url } = await intelServer(node, {
        ...(maxContentLength === undefined ? {} : { maxContentLength }),
        perMinute: 100_000,
        authenticate: (request) => signIn.authenticate(request),
      });
      try {
        const { secret } = await node.records.within({ ...node.writer, clearance: "red" }, (work) =>
          new KeyStore(work).issue({
            orgId: node.orgs.other,
            name: "peer",
            permissions: ["taxii:read", "taxii:write"],
            clearance: "amber",
            expiresInDays: 30,
          }),
        );
        await run(`${url}/taxii2/`, secret ?? assert.fail("no secret"), node);
      } finally {
        await server.close();
        await node.dispose();
      }
    });
  const inbox = async (client: TaxiiClient) => {
    const [root] = await client.apiRoots();
    assert.ok(root !== undefined);
    const collection =
      (await client.collections(root)).find((each) => each.canWrite) ?? assert.fail("no inbox");
    return { root, collection };
  };

  withPeer("8.5.1 Basic and Bearer open the same doors, a wrong key none", async (url, secret) => {
    for (const login of [{ token: secret }, { user: "anything", password: secret }]) {
      const { root, collection } = await inbox(new TaxiiClient({ url, login }, { loopback: true }));
      assert.deepEqual([root.title, collection.canRead], ["測試 ISAC", true]);
    }
    for (const login of [{ token: "lf_no" }, { user: secret, password: "lf_no" }])
      await assert.rejects(
        new TaxiiClient({ url, login }, { loopback: true }).apiRoots(),
        (error) => error instanceof PeerFault && error.status === 401,
      );
  });

  withPeer(
    "5.5 push in envelopes that fit, pull with checkpoints, resume after a crash, and again without anything new",
    async (url, secret) => {
      const client = new TaxiiClient({ url, login: { user: "", password: secret } }, { loopback: true });
      const { root, collection } = await inbox(client);
      assert.equal(root.maxContentLength, 4000);
      const sent = Array.from({ length: 47 }, (_, at) => malware(at));
      const pushed = await client.push(root, collection, [...sent, malware(90, { is_family: "no" })]);
      assert.equal(pushed.taken, 47);
      assert.match(pushed.refused[0]?.message ?? "", /is_family: true or false/);
      assert.equal((await client.push(root, collection, sent)).taken, 47, "a repeat succeeds");
      const large = await client.push(root, collection, [
        malware(91, { description: "x".repeat(4000) }),
        malware(0),
      ]);
      assert.deepEqual(
        [large.taken, large.refused.length],
        [1, 1],
        "one that fits no envelope stops no other",
      );
      assert.match(large.refused[0]?.message ?? "", /max_content_length/);

      const kept: string[] = [];
      let saved: Checkpoint = {};
      let pages = 0;
      const keep = async (page: PulledPage) => {
        if (++pages === 3) throw new Error("the power went");
        kept.push(...page.documents);
        saved = page.checkpoint;
      };
      await assert.rejects(pullFrom(client, collection, saved, keep, 10), /the power went/);
      assert.equal(kept.length, 20);
      saved = await pullFrom(client, collection, JSON.parse(JSON.stringify(saved)), keep, 10);
      assert.deepEqual(kept, sent, "each once, byte for byte, in the order of arrival");
      await pullFrom(client, collection, saved, keep, 10);
      assert.equal(kept.length, 47);
      await client.push(root, collection, [malware(50)]);
      saved = await pullFrom(client, collection, saved, keep, 10);
      assert.deepEqual(kept.slice(47), [malware(50)]);
      const again = await client.page(collection, { ...saved, next: "unknown to the peer" });
      assert.deepEqual(again.documents, [], "a forgotten next begins again at added_after");
    },
    4000,
  );
}

/** A peer of its own making, for what our server never does. */
async function withOddPeer(
  answer: (request: IncomingMessage, response: ServerResponse, turn: number) => void,
  run: (client: TaxiiClient, url: string) => Promise<void>,
): Promise<void> {
  let turn = 0;
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => answer(request, response, turn++));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    await run(new TaxiiClient({ url, login: { token: "t" } }, { pause: 1, tries: 3, loopback: true }), url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function send(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { "content-type": TAXII_TYPE, ...headers });
  response.end(JSON.stringify(body));
}

const at = (url: string) => ({ url: `${url}c/`, id: "c", title: "", canRead: true, canWrite: true });

test("4.3 a pending status is asked for until it is complete", async () => {
  const id = "2d086da7-4bdc-4f91-900e-d77486753710";
  const counts = { id, total_count: 1, success_count: 0, failure_count: 0, pending_count: 1 };
  const asked: string[] = [];
  await withOddPeer(
    (request, response, turn) => {
      asked.push(`${request.method} ${request.url}`);
      if (turn < 3) send(response, { ...counts, status: "pending" }, turn === 0 ? 202 : 200);
      else send(response, { ...counts, status: "complete", success_count: 1, pending_count: 0 });
    },
    async (client, url) => {
      const root = { url, title: "", maxContentLength: 1e6 };
      assert.deepEqual(await client.push(root, at(url), [malware(1)]), { taken: 1, refused: [] });
      assert.deepEqual(asked, ["POST /c/objects/", ...Array(3).fill(`GET /status/${id}/`)]);
    },
  );
});

test("3.6 passing failures are tried again, lasting ones are not, and never without end", async () => {
  let calls = 0;
  await withOddPeer(
    (request, response, turn) => {
      calls++;
      if (request.url?.startsWith("/c/") === true && turn === 0) request.socket.destroy();
      else if (turn === 1) send(response, {}, 503, { "retry-after": "0" });
      else if (request.url?.startsWith("/c/") === true) send(response, {});
      else send(response, {}, request.url?.startsWith("/gone") === true ? 404 : 502);
    },
    async (client, url) => {
      assert.deepEqual(await client.page(at(url), {}), { documents: [], more: false, checkpoint: {} });
      assert.equal(calls, 3);
      await assert.rejects(client.page({ ...at(url), url: `${url}gone/` }, {}), { status: 404 });
      assert.equal(calls, 4);
      await assert.rejects(client.page({ ...at(url), url: `${url}broken/` }, {}), { status: 502 });
      assert.equal(calls, 7);
    },
  );
});

test("8.5.1 the login goes to no other origin, no redirect is followed, nonsense is refused", async () => {
  const answers: unknown[] = [
    { api_roots: ["http://127.0.0.2:1/api/"] },
    "no object",
    { objects: 5 },
    { more: true, objects: [{ a: 1 }] },
  ];
  await withOddPeer(
    (request, response, turn) => {
      if (request.url === "/moved/objects/?match%5Bversion%5D=all")
        send(response, {}, 302, { location: "/" });
      else send(response, answers[turn]);
    },
    async (client, url) => {
      await assert.rejects(client.apiRoots(), /the login is not for http:\/\/127.0.0.2:1/);
      await assert.rejects(client.page(at(url), {}), PeerFault);
      await assert.rejects(client.page(at(url), {}), /no envelope/);
      await assert.rejects(client.page(at(url), {}), /X-TAXII-Date-Added-Last/);
      await assert.rejects(client.page({ ...at(url), url: `${url}moved/` }, {}), PeerFault);
    },
  );
});
