import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { TaxiiClient } from "./client.ts";
import { locateServer } from "./locate.ts";
import { PushRoom } from "./pushed.ts";
import { COMMUNITY, clauses, INBOX, malware, ROOT, TYPE } from "./testing.ts";

const OBJECTS = `${COMMUNITY}objects/`;
/** Every type of STIX 2.1. */
const TYPES = `attack-pattern,campaign,course-of-action,grouping,identity,incident,indicator,infrastructure,
  intrusion-set,location,malware,malware-analysis,note,observed-data,opinion,report,threat-actor,tool,vulnerability,
  relationship,sighting,marking-definition,language-content,extension-definition,artifact,autonomous-system,directory,
  domain-name,email-addr,email-message,file,ipv4-addr,ipv6-addr,mac-addr,mutex,network-traffic,process,software,url,
  user-account,windows-registry-key,x509-certificate`
  .split(",")
  .map((type) => type.trim());

clauses(
  async () => {},
  (clause) => {
    clause("3.1 what an endpoint names in Accept is never refused", async ({ get, url }) => {
      const accept = "application/taxii+json;version=2.1,application/stix+json;version=2.1";
      for (const path of ["/taxii2/", ROOT, `${COMMUNITY}manifest/`, OBJECTS])
        assert.equal((await get(path, { accept })).status, 200, path);
      const bare = await fetch(`${url}${INBOX}objects/`, {
        method: "POST",
        headers: { authorization: "Bearer other-pusher", "content-type": TYPE },
        body: JSON.stringify({ objects: [malware(1)] }),
      });
      assert.equal(bare.status, 202);
    });

    clause("3.4.1 no type of STIX 2.1 is an error", async ({ get }) => {
      for (const type of [...TYPES, TYPES.join(",")])
        assert.equal((await get(`${OBJECTS}?match[type]=${type}`)).status, 200, type);
    });

    clause("8.2.1 a request without User-Agent is answered", async ({ url }) => {
      const call = request(`${url}/taxii2/`, {
        headers: { authorization: "Bearer other", accept: TYPE },
      });
      call.removeHeader("user-agent");
      call.end();
      const [answer] = await once(call, "response");
      answer.resume();
      assert.equal(answer.statusCode, 200);
    });

    clause(
      "5.5 a push of many megabytes is stored in parts, each object judged",
      async ({ push, get, ask }) => {
        const words = "情資 ".repeat(200);
        const objects = Array.from({ length: 2500 }, (_, at) =>
          malware(10_000 + at, at === 1700 ? { is_family: "no" } : { description: `${at} ${words}` }),
        );
        const body = JSON.stringify({ objects });
        assert.ok(Buffer.byteLength(body) > 2 ** 20);
        const { status, json } = await push(body);
        assert.deepEqual(
          [status, json.total_count, json.success_count, json.failure_count, json.failures[0].id],
          [202, 2500, 2499, 1, objects[1700]?.id],
        );
        assert.deepEqual((await ask("other-pusher", "GET", `${ROOT}status/${json.id}/`)).json, json);
        const again = await push(body);
        assert.deepEqual(
          [again.json.success_count, again.json.successes[2000].message],
          [2499, "already held"],
        );
        const at = body.lastIndexOf('"is_family":true');
        const broken = await push(`${body.slice(0, at)}"is_family":tru${body.slice(at + 16)}`);
        assert.deepEqual([broken.status, broken.json.http_status], [400, "400"]);
        assert.match(broken.json.description, /objects\.2499/);
        const last = await ask("other-pusher", "GET", `${INBOX}objects/${objects[2499]?.id}/`);
        assert.equal(last.text, `{"objects":[${JSON.stringify(objects[2499])}]}`);
        assert.equal((await get(ROOT)).json.max_content_length, 100 * 2 ** 20);
      },
    );
  },
);

test("5.5 pushes beyond what is held at once: 503 with Retry-After, and nothing stored", async () => {
  const room = new PushRoom(100);
  const given = { most: 100, announced: undefined };
  let release = () => {};
  const first = room.hold(bytes(60), given, () => new Promise<void>((done) => (release = done)));
  await new Promise((done) => setImmediate(done));
  const refused = { code: "taxii.busy", status: 503, retryAfter: 10 };
  await assert.rejects(
    room.hold(bytes(60), given, async () => assert.fail("taken")),
    refused,
  );
  assert.equal(await room.hold(bytes(40), given, async (body) => body.length), 40);
  release();
  await first;
  assert.equal(await room.hold(bytes(100), given, async (body) => body.length), 100);
  await assert.rejects(
    room.hold(bytes(101), { ...given, most: 100 }, async () => {}),
    { status: 503 },
  );
});

async function* bytes(length: number): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(length);
}

test("8.4.1 the client says its name and version", async () => {
  const agents: (string | undefined)[] = [];
  const server = createServer((asked, answer) => {
    agents.push(asked.headers["user-agent"]);
    answer.writeHead(200, { "content-type": TYPE }).end('{"title":"T"}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/taxii2/`;
  await new TaxiiClient({ url, login: { token: "t" } }, { loopback: true }).apiRoots();
  server.close();
  assert.match(agents[0] ?? "", /^Lianfang\/\d+\.\d+\.\d+/);
});

test("8.4.2 the client finds a domain's server by its SRV record", async () => {
  const dns = createSocket("udp4");
  dns.on("message", (query, { port, address }) => {
    const known = query.includes(Buffer.from("\x07_taxii2\x04_tcp\x04peer\x07example"));
    dns.send(known ? srvAnswer(query) : noSuchName(query), port, address);
  });
  dns.bind(0, "127.0.0.1");
  await once(dns, "listening");
  const servers = [`127.0.0.1:${dns.address().port}`];
  try {
    assert.equal(await locateServer("peer.example", servers), "https://hub-2.peer.example:8443/taxii2/");
    await assert.rejects(locateServer("other.example", servers), { name: "PeerFault" });
  } finally {
    dns.close();
  }
});

function name(text: string): Buffer {
  return Buffer.concat([
    ...text.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

/** What was asked, without what follows the question. */
function questionOf(query: Buffer): Buffer {
  let at = 12;
  while ((query[at] ?? 0) !== 0) at += (query[at] ?? 0) + 1;
  return query.subarray(12, at + 5);
}

/** Three servers: one of a later priority, and two of the first with different weights (RFC 2782). */
function srvAnswer(query: Buffer): Buffer {
  const records = [
    [20, 9, 443, "hub-1.peer.example"],
    [10, 5, 443, "hub-3.peer.example"],
    [10, 7, 8443, "hub-2.peer.example"],
  ] as const;
  const answers = records.map(([priority, weight, port, target]) => {
    const host = name(target);
    const head = Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 6 + host.length]);
    const numbers = Buffer.alloc(6);
    for (const [at, value] of [priority, weight, port].entries()) numbers.writeUInt16BE(value, at * 2);
    return Buffer.concat([head, numbers, host]);
  });
  const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x84, 0, 0, 1, 0, answers.length, 0, 0, 0, 0]);
  return Buffer.concat([head, questionOf(query), ...answers]);
}

function noSuchName(query: Buffer): Buffer {
  const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x84, 3, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, questionOf(query)]);
}
