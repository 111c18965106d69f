import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Answer, Client } from "../src/app/client.ts";
import { askNode } from "../src/app/local-socket.ts";
import type { ProblemCode } from "../src/core/problem.ts";
import { administrator, PASSWORD, person, type TestNode, testNode } from "./support/node.ts";

const MAX_BODY = 16 * 2 ** 20;
const LINE =
  '<166>Nov 23 2026 10:14:20 asa : %ASA-6-605004: Login denied from 198.51.100.66/50122 to outside:203.0.113.5/ssh for user "admin"';
const TEXT = { "content-type": "text/plain" };
const RECORDS = { "content-type": "application/x-ndjson" };
const JSON_TYPE = { "content-type": "application/json" };
const GZIP = { ...TEXT, "content-encoding": "gzip" };
const TAXII = { accept: "application/taxii+json;version=2.1" };
const COLLECTION = "/taxii2/lianfang/collections/community/objects/";
const NOBODY = "00000000-0000-4000-8000-000000000000";
const AWARE = "2026-11-23T00:00:00.000Z";
/** A password that people type into bodies that are refused. */
const TYPED = "nine purple otters";

let node: TestNode;
/** The key of the organisation that misbehaves, and a key of another one that goes on sending. */
let sender: Client;
let neighbour: Client;
let admin: Client;
let ownId: string;
let neighbourId: string;
let foreignIncident: string;
let goodBatches = 0;
const secrets: string[] = [PASSWORD, TYPED];
const logged: string[] = [];

before(async () => {
  node = await testNode(
    {
      access: { secondFactor: "optional" },
      http: { port: 0, perMinute: 100_000 },
      ingest: { maxBodyBytes: MAX_BODY },
      log: { level: "debug" },
    },
    { write: (line) => void logged.push(line) },
  );
  secrets.push(node.firstAdministrator?.password ?? assert.fail("no first administrator"));
  const first = await administrator(node);
  admin = first.client;
  const own = await organisation("own", first.orgId);
  const other = await organisation("neighbour", first.orgId);
  [ownId, sender] = [own.id, own.client];
  [neighbourId, neighbour] = [other.id, other.client];
  const made = await neighbour.make<{ id: string }>("/api/v1/incidents", { title: "外人", awareAt: AWARE });
  foreignIncident = made.id;
  await sender.make("/ingest/logs", "the first body", { ...TEXT, "idempotency-key": "used" });
  await sender.make("/api/v1/incidents", { title: "第一案", awareAt: AWARE }, { "idempotency-key": "used" });
  const session = await new Client(node.url).post<{ csrfToken: string }>("/api/v1/session", {
    name: "admin",
    password: PASSWORD,
  });
  secrets.push(session.body.csrfToken, session.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? "no cookie");
});
after(() => node.dispose());

afterEach(() => {
  for (const line of logged.splice(0)) {
    assert.equal(typeof JSON.parse(line), "object", "one log line is one object");
    for (const secret of secrets) assert.ok(!line.includes(secret), `a secret stands in the log: ${line}`);
  }
});

async function organisation(shortName: string, parentId: string): Promise<{ id: string; client: Client }> {
  const fields = { parentId, shortName, name: `單位 ${shortName}`, kind: "operator", sector: "water" };
  const { id } = await admin.make<{ id: string }>("/api/v1/orgs", fields);
  const { secret } = await admin.make<{ secret: string }>("/api/v1/keys", {
    orgId: id,
    name: `key of ${shortName}`,
    permissions: [
      "logs:ingest",
      "logs:read",
      "alerts:read",
      "incidents:read",
      "incidents:report",
      "taxii:read",
    ],
  });
  secrets.push(secret);
  return { id, client: Client.withKey(node.url, secret) };
}

/** Everything that is kept: log records by organisation, and how many of each thing. */
async function kept(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const rows = await node.platform.events.query<{ org: string; n: string }>({
    sql: "SELECT org_id AS org, count() AS n FROM log_line GROUP BY org_id",
  });
  for (const { org, n } of rows) counts[org] = Number(n);
  for (const list of ["orgs", "accounts", "contacts", "keys", "alerts", "incidents", "intel/items"]) {
    const answer = await askNode(node.data, { method: "GET", path: `/api/v1/${list}?limit=1` });
    assert.equal(answer.status, 200, list);
    counts[list] = (answer.body as { total: number }).total;
  }
  return counts;
}

async function goodBatch(): Promise<void> {
  const answer = await neighbour.post<{ stored: number }>("/ingest/logs", `good line ${++goodBatches}`, TEXT);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.stored, 1);
}

/** What a refusal says: its detail and its faults, in RFC 9457's form or TAXII's. */
function wordsOf(answer: Answer): { code: unknown; words: string } {
  const body = answer.body as Record<string, unknown>;
  const faults = (body.faults ?? []) as { path: string; message: string }[];
  const parts = [body.detail, body.description, ...faults.map(({ path, message }) => `${path}: ${message}`)];
  return { code: body.code ?? body.error_code, words: parts.filter((part) => part !== undefined).join("; ") };
}

interface Bad {
  readonly send: () => Promise<Answer>;
  readonly status: number;
  readonly code: ProblemCode;
  /** What the answer must name: the place, the limit, what there is instead. */
  readonly says?: RegExp | ((words: string) => void);
}

/** The one law of bad input: refused by name and place, nothing kept, nobody else held up, nothing given away. */
async function refused(what: string, bad: Bad): Promise<void> {
  const before = await kept();
  const [answer] = await Promise.all([bad.send(), goodBatch()]);
  const said = `${what}: ${answer.status} ${answer.text.slice(0, 600)}`;
  assert.equal(answer.status, bad.status, said);
  const { code, words } = wordsOf(answer);
  assert.equal(code, bad.code, said);
  if (bad.says instanceof RegExp) assert.match(words, bad.says, said);
  else bad.says?.(words);
  assert.doesNotMatch(answer.text, /node_modules|\.ts:\d|\bselect\b.+\bfrom\b/i, said);
  for (const secret of secrets) assert.ok(!answer.text.includes(secret), said);
  await goodBatch();
  assert.deepEqual(await kept(), { ...before, [neighbourId]: (before[neighbourId] ?? 0) + 2 }, said);
}

function each(cases: Readonly<Record<string, () => Bad>>): void {
  for (const [what, bad] of Object.entries(cases)) test(what, () => refused(what, bad()));
}

const post = (path: string, body: string | Uint8Array, headers: Record<string, string>) => () =>
  sender.post(path, body, headers);
const logs = (body: string | Uint8Array, headers: Record<string, string> = TEXT, query = "") =>
  post(`/ingest/logs${query}`, body, headers);
const report = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
  post("/api/v1/incidents", body, headers);
const get =
  (path: string, headers: Record<string, string> = {}) =>
  () =>
    sender.get(path, headers);
const joined = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** Lines that do not pack well, so that the packed body is many slices long. */
const packed = gzipSync(
  Array.from({ length: 4_000 }, (_, at) => `line ${Math.imul(at + 1, 2_654_435_761) >>> 0}`).join("\n"),
);
const broken = Buffer.from(packed);
// The last eight bytes of gzip are the checksum and the length (RFC 1952).
broken.writeUInt8((broken.at(-8) ?? 0) ^ 0xff, broken.length - 8);
/** 300 MiB in 330 kB: gzip members one after another are one stream. */
const bomb = Buffer.concat(Array.from({ length: 300 }, () => gzipSync(Buffer.alloc(2 ** 20, "z\n"))));
const lists = "[".repeat(10_000) + "]".repeat(10_000);
const objects = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;

each({
  "gzip that breaks off names the byte at which it does": () => ({
    send: logs(packed.subarray(0, 5_000), GZIP),
    status: 400,
    code: "ingest.bad-gzip",
    says: /\bbyte 5000: the stream ends before it is complete/,
  }),
  "gzip with a wrong checksum names the bytes around it": () => ({
    send: logs(broken, GZIP),
    status: 400,
    code: "ingest.bad-gzip",
    says: (words) => {
      const [, from, to] = /byte (\d+) to (\d+)/.exec(words) ?? assert.fail(words);
      assert.ok(Number(to) >= broken.length - 8 && Number(to) < broken.length, words);
      assert.ok(Number(from) > broken.length - 2_048, words);
    },
  }),
  "a body that is called gzip and is none": () => ({
    send: logs("not gzip at all, but plain text", GZIP),
    status: 400,
    code: "ingest.bad-gzip",
    says: /byte 0 to 30: incorrect header check/,
  }),
  "a gzip bomb ends at the limit": () => ({
    send: logs(bomb, GZIP),
    status: 413,
    code: "http.too-large",
    says: new RegExp(`larger than ${MAX_BODY} bytes after gunzip`),
  }),
  "a line of 10 MB is named": () => ({
    send: logs(
      Buffer.concat([Buffer.from("one\ntwo\n"), Buffer.alloc(10_000_000, "y"), Buffer.from("\nfour")]),
    ),
    status: 413,
    code: "ingest.line-too-long",
    says: /line 3 is longer than 65536 bytes/,
  }),
  "bytes that are no UTF-8 in a record": () => ({
    send: logs(joined('{"a":"中"}\n{"b":"', [0xc3, 0x28], '"}\n'), RECORDS),
    status: 400,
    code: "ingest.bad-record",
    says: /line 2, column 7: the bytes here are not UTF-8/,
  }),
  "a record that is no JSON": () => ({
    send: logs('{"message":"a"}\n\n{"message": oops}\n{"message":"b"}\n', RECORDS),
    status: 400,
    code: "ingest.bad-record",
    says: /line 3, column 13: not expected here: "o"/,
  }),
  "a record that is JSON and no object": () => ({
    send: logs('{"message":"a"}\n["message"]\n', RECORDS),
    status: 400,
    code: "ingest.bad-record",
    says: /line 2, column 1: a record is a JSON object/,
  }),
  "a record of 10,000 lists within lists": () => ({
    send: logs(`{"message":"a"}\n{"a":${lists}}\n`, RECORDS),
    status: 400,
    code: "ingest.bad-record",
    says: /line 2, column 1005: nested deeper than 1000 levels/,
  }),
  "a record of 10,000 objects within objects": () => ({
    send: logs(`{"message":"a"}\n${objects}\n`, RECORDS),
    status: 400,
    code: "ingest.bad-record",
    says: /line 2, column 5001: nested deeper than 1000 levels/,
  }),
  "an unknown parser, and those there are": () => ({
    send: logs(LINE, TEXT, "?parser=nonesuch"),
    status: 400,
    code: "ingest.unknown-parser",
    says: /no parser "nonesuch"; there are auto, (?=.*fortigate)(?=.*cisco-asa)(?=.*squid)(?=.*bind-query)/,
  }),
  "logs for another organisation by its name": () => ({
    send: logs(LINE, TEXT, "?org=neighbour"),
    status: 403,
    code: "http.forbidden",
    says: /query\.org: not an organisation for which this account or key may send/,
  }),
  "logs for another organisation by its id": () => ({
    send: logs(LINE, TEXT, `?org=${neighbourId}`),
    status: 403,
    code: "http.forbidden",
    says: /query\.org/,
  }),
  "an idempotency key with another body": () => ({
    send: logs("the second body", { ...TEXT, "idempotency-key": "used" }),
    status: 409,
    code: "ingest.key-reused",
    says: /headers\.idempotency-key: the key was used on 20.+Z with another body/,
  }),
  "an idempotency key with another report": () => ({
    send: () =>
      sender.post("/api/v1/incidents", { title: "第二案", awareAt: AWARE }, { "idempotency-key": "used" }),
    status: 409,
    code: "ingest.key-reused",
    says: /W-\d{4}-\d{6}/,
  }),
  "an idempotency key that is none": () => ({
    send: logs(LINE, { ...TEXT, "idempotency-key": "two words" }),
    status: 400,
    code: "http.invalid",
    says: /headers\.idempotency-key: 1 to 200 visible ASCII characters/,
  }),
  "logs as XML": () => ({
    send: logs("<log/>", { "content-type": "text/xml" }),
    status: 415,
    code: "http.media-type",
    says: /text\/xml: text\/plain or application\/x-ndjson/,
  }),
  "logs packed in a way that is not taken": () => ({
    send: logs(LINE, { ...TEXT, "content-encoding": "br" }),
    status: 415,
    code: "http.media-type",
    says: /content-encoding br: only gzip/,
  }),
  "a source's name with a line of its own": () => ({
    send: logs(LINE, TEXT, "?source=fw%0d%0ax-evil:%201"),
    status: 400,
    code: "http.invalid",
    says: /querystring\.source: one line without control characters/,
  }),
});

each({
  "a report that is no JSON": () => ({
    send: report('{\n  "title": "a",\n  "awareAt": oops\n}'),
    status: 400,
    code: "http.invalid",
    says: /line 3, column 14: not expected here: "o"/,
  }),
  "a report that breaks off": () => ({
    send: report('{"title": "a"'),
    status: 400,
    code: "http.invalid",
    says: /line 1, column 14: the JSON ends too early/,
  }),
  "a report that is no UTF-8": () => ({
    send: report(joined('{"title":\n"中', [0xff], '"}')),
    status: 400,
    code: "http.invalid",
    says: /line 2, column 3: the bytes here are not UTF-8/,
  }),
  "a report of more than a mebibyte": () => ({
    send: report(JSON.stringify({ title: "a", awareAt: AWARE, facts: { narrative: "n".repeat(2 ** 20) } })),
    status: 413,
    code: "http.too-large",
    says: /larger than 1048576 bytes/,
  }),
  "a report as a form": () => ({
    send: report("title=a", { "content-type": "application/x-www-form-urlencoded" }),
    status: 415,
    code: "http.media-type",
    says: /application\/x-www-form-urlencoded: this takes application\/json/,
  }),
  "a report of 10,000 lists within lists": () => ({
    send: report(`{"title":"a","awareAt":"${AWARE}","facts":{"impacts":${lists}}}`),
    status: 400,
    code: "http.invalid",
    says: /body\.facts\.impacts/,
  }),
  "a report of 10,000 objects within objects": () => ({
    send: report(`{"title":"a","awareAt":"${AWARE}","facts":${objects}}`),
    status: 400,
    code: "http.invalid",
    says: /body\.facts/,
  }),
  "a report with every field wrong names every field": () => ({
    send: report('{"title":"","awareAt":"yesterday","tlp":"purple","colour":"red"}'),
    status: 400,
    code: "http.invalid",
    says: /(?=.*body\.title)(?=.*body\.awareAt)(?=.*body\.tlp)(?=.*colour)/,
  }),
  "a key that reaches for the prototype": () => ({
    send: report(`{"title":"a","awareAt":"${AWARE}","__proto__":{"polluted":"yes"}}`),
    status: 400,
    code: "http.invalid",
    says: /__proto__ and constructor\.prototype are not taken/,
  }),
  "a key that reaches for the prototype by its constructor": () => ({
    send: report(`{"title":"a","awareAt":"${AWARE}","constructor":{"prototype":{"polluted":"yes"}}}`),
    status: 400,
    code: "http.invalid",
    says: /__proto__ and constructor\.prototype are not taken/,
  }),
  "NUL in texts, deep and in several": () => ({
    send: report(JSON.stringify({ title: "a\0b", awareAt: AWARE, facts: { narrative: "c\0", impacts: [] } })),
    status: 400,
    code: "http.invalid",
    says: /(?=.*body\.title: holds the character NUL)(?=.*body\.facts\.narrative: holds)/,
  }),
  "NUL in a name at the sign-in": () => ({
    send: () => new Client(node.url).post("/api/v1/session", { name: "ad\0min", password: TYPED }),
    status: 400,
    code: "http.invalid",
    says: /body\.name: holds the character NUL/,
  }),
  "a password in a body that is no JSON is repeated nowhere": () => ({
    send: () =>
      new Client(node.url).post("/api/v1/session", `{"name":"admin","password":"${TYPED}",}`, JSON_TYPE),
    status: 400,
    code: "http.invalid",
    says: /line 1, column 49: not expected here: "}"/,
  }),
  "NUL in a search": () => ({
    send: get("/api/v1/alerts?q=a%00b"),
    status: 400,
    code: "http.invalid",
    says: /querystring\.q: holds the character NUL/,
  }),
  "NUL in an address": () => ({
    send: get("/taxii2/lianfang/collections/%00/", TAXII),
    status: 400,
    code: "http.invalid",
    says: /params\.collectionId: holds the character NUL/,
  }),
  "an address that cannot be decoded": () => ({
    send: get("/api/v1/incidents/%ff"),
    status: 400,
    code: "http.invalid",
    says: /'\/api\/v1\/incidents\/%ff' is not a valid url component/,
  }),
  "a header smuggled into a path": () => ({
    send: async () => {
      const answer = await sender.get("/api/v1/logs/%0d%0aset-cookie:%20evil=1");
      assert.deepEqual(answer.headers.getSetCookie(), []);
      return answer;
    },
    status: 400,
    code: "http.invalid",
    says: /params\.eventId/,
  }),
  "an incident of another organisation": () => ({
    send: get(`/api/v1/incidents/${foreignIncident}`),
    status: 404,
    code: "http.not-found",
  }),
  "a report for another organisation": () => ({
    send: () => sender.post("/api/v1/incidents", { title: "a", awareAt: AWARE, orgId: neighbourId }),
    status: 404,
    code: "http.not-found",
    says: /no such organisation in your sight/,
  }),
  "a key that nobody issued": () => ({
    send: () => Client.withKey(node.url, "lf_nobody").post("/ingest/logs", LINE, TEXT),
    status: 401,
    code: "http.unauthenticated",
    says: /the key is unknown, revoked or expired/,
  }),
  "TAXII for somebody who takes no TAXII": () => ({
    send: get(COLLECTION, { accept: "application/taxii+json;version=2.0" }),
    status: 406,
    code: "http.not-acceptable",
    says: /this answers application\/taxii\+json;version=2\.1/,
  }),
  "TAXII with wrong filters names each": () => ({
    send: get(
      `${COLLECTION}?added_after=yesterday&limit=none&next=x&match[spec_version]=two&match[version]=newest`,
      TAXII,
    ),
    status: 400,
    code: "taxii.bad-filter",
    says: /(?=.*added_after: )(?=.*limit: )(?=.*next: )(?=.*match\[spec_version\]: )(?=.*match\[version\]: )/,
  }),
});

test("a cursor that no list gave is refused by every list", async () => {
  const reader = await person(admin, {
    orgId: (await admin.get<{ org: { id: string } }>("/api/v1/session")).body.org.id,
    name: "reader",
    roles: ["soc-lead", "cert-duty-officer", "administrator", "auditor"],
  });
  const made = await reader.make<{ id: string }>("/api/v1/intel/items", { title: "草稿" });
  const upload = await reader.post<{ id: string }>("/api/v1/intel/imports", "198.51.100.77", {
    "content-type": "text/plain",
  });
  const lists = await reader.get<{ items: { key: string }[] }>("/api/v1/intel/warninglists");
  const list = lists.body.items[0]?.key ?? assert.fail("no warninglist");
  const dashes = "-".repeat(36);
  const packedCursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const strange = ["x", "' or 1=1 --", "__proto__", `4.${dashes}`, `1.${dashes}`, dashes, packedCursor(null)]
    .concat(["due", "reported"].map((sort) => packedCursor([sort, "infinity", dashes])))
    .concat(["2026-02-30T00:00:00.000Z", "1"].map((at) => packedCursor(["due", at, NOBODY])))
    .concat(packedCursor(["name", dashes]));
  // These two order by a name, and any text is the place of a name.
  const byName = ["/api/v1/orgs", "/api/v1/accounts"];
  const paths = node.routes
    .filter((route) => route.method === "GET" && "cursor" in ((route.query?.shape ?? {}) as object))
    .map((route) =>
      String(route.path)
        .replace(":id", route.path.includes("/imports/") ? upload.body.id : made.id)
        .replace(":key", list),
    );
  assert.ok(paths.length >= 9, paths.join(" "));
  for (const path of paths.filter((each) => !byName.includes(each))) {
    for (const cursor of strange) {
      const answer = await reader.get(`${path}?cursor=${encodeURIComponent(cursor)}`);
      assert.equal(answer.status, 400, `${path} ${cursor}: ${answer.text}`);
      assert.match(wordsOf(answer).words, /cursor/, path);
    }
  }
});

test("lines that are no UTF-8 are kept, marked and counted, and their neighbours stay whole", async () => {
  const answer = await sender.post<{ stored: number; invalidUtf8: number; batch: string }>(
    "/ingest/logs?source=odd",
    joined("whole before\n", "half ", [0xff, 0xfe], " a line\n", "whole 後\n"),
    TEXT,
  );
  assert.deepEqual([answer.status, answer.body.stored, answer.body.invalidUtf8], [200, 3, 1], answer.text);
  const records = await recordsOf("odd");
  assert.deepEqual(
    records.map(({ original, fields }) => [original, fields.tags]),
    [
      ["whole before", undefined],
      ["half \ufffd\ufffd a line", ["invalid-utf8"]],
      ["whole 後", undefined],
    ],
  );
});

test("NUL, control characters and halves of characters in log lines are kept and disturb no alert", async () => {
  const failed = (user: string) =>
    `date=2026-11-23 time=10:00:00 devname=FW devid=FG logid=0100032002 type=event subtype=system level=alert logdesc="Admin login failed" user="${user}" ui=https(198.51.100.66) srcip=198.51.100.66 action=login status=failed reason="passwd_invalid" msg="Administrator login failed"`;
  const lines = `${failed("ad\0min")}\n${failed("\u001b[31mred\r")}\n`;
  const plain = await sender.make<{ stored: number; unparsed: number; alerts: number }>(
    "/ingest/logs?source=control",
    lines,
    TEXT,
  );
  assert.deepEqual(
    { ...plain, batch: "" },
    { batch: "", received: 2, stored: 2, unparsed: 0, invalidUtf8: 0, alerts: 1 },
  );
  const wrapped = `{"message":${JSON.stringify(failed("x"))},"half":"\\ud800","nul\\u0000key":"\\u0000"}\n`;
  assert.equal((await sender.post("/ingest/logs?source=halves", wrapped, RECORDS)).status, 200);
  const records = await recordsOf("control");
  assert.deepEqual(
    records.map(({ original }) => original),
    [failed("ad\0min"), failed("\u001b[31mred\r")],
    "lines are kept as they came",
  );
  assert.equal((await recordsOf("halves")).length, 1);
  const alerts = await sender.get<{ items: { id: string }[] }>("/api/v1/alerts");
  const alert = await sender.get(`/api/v1/alerts/${alerts.body.items[0]?.id}`);
  assert.equal(alert.status, 200, alert.text);
  assert.ok(!alert.text.includes("\\u0000"), alert.text);
});

test("records whose keys reach for the prototype change nothing of the records after them", async () => {
  const hostile = [
    '{"__proto__":{"polluted":"yes"},"message":"a"}',
    '{"constructor":{"prototype":{"polluted":"yes"}},"message":"b"}',
    '{"a":{"__proto__":{"polluted":"yes"}},"b.__proto__.polluted":"yes","message":"c"}',
  ].join("\n");
  const answer = await sender.post<{ stored: number }>("/ingest/logs?source=proto", hostile, RECORDS);
  assert.equal(answer.body.stored, 3, answer.text);
  await sender.make("/ingest/logs?source=proto-after", '{"message":"d","event.action":"e"}', RECORDS);
  const [after] = await recordsOf("proto-after");
  const { "@timestamp": _, ...fields } = after?.fields ?? {};
  assert.deepEqual(fields, { message: "d", "event.action": "e" });
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  const query = await sender.get(
    "/api/v1/logs?__proto__[polluted]=yes&constructor.prototype.polluted=yes&limit=1",
  );
  assert.equal(query.status, 400, query.text);
  assert.deepEqual(
    (query.body as { faults: { path: string }[] }).faults.map(({ path }) => path),
    ["querystring.__proto__[polluted]", "querystring.constructor.prototype.polluted"],
  );
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

/** Records of a source in the order of their lines. */
async function recordsOf(source: string): Promise<{ original: string; fields: Record<string, unknown> }[]> {
  const list = await sender.get<{ items: { eventId: string }[] }>(`/api/v1/logs?source=${source}`);
  const details = list.body.items.map(({ eventId }) =>
    sender.get<{ batch: string; eventId: string; original: string; fields: Record<string, unknown> }>(
      `/api/v1/logs/${eventId}`,
    ),
  );
  const records = (await Promise.all(details)).map((answer) => answer.body);
  // The id of an event ends with the place of its line in the batch.
  return records.toSorted((a, b) => a.eventId.slice(-12).localeCompare(b.eventId.slice(-12)));
}

/** Bytes as they are on a connection of their own; what came back until the node hangs up, or `enough`. */
function raw(bytes: string | Uint8Array, enough?: (got: string) => boolean): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(Number(new URL(node.url).port), "127.0.0.1");
    let got = "";
    const patience = setTimeout(() => socket.destroy(new Error(`no end after 20 s: ${got}`)), 20_000);
    socket.on("data", (chunk: Buffer) => {
      got += chunk.toString("latin1");
      if (enough?.(got) === true) socket.destroy();
    });
    socket.once("error", fail);
    socket.once("close", () => {
      clearTimeout(patience);
      done(got);
    });
    socket.write(bytes);
  });
}

const HEAD = "POST /ingest/logs HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n";
const SECOND = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
const BROKEN_REQUESTS = {
  "two lengths": [`${HEAD}content-length: 4\r\ncontent-length: 5\r\n\r\nabcde`, /Duplicate Content-Length/],
  "a length and chunks": [
    `${HEAD}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
    /Transfer-Encoding can't be present with Content-Length/,
  ],
  "a header that ends with CR alone": [
    `GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: b\rx-b: c\r\n\r\n${SECOND}`,
    /Missing expected LF/,
  ],
  "a header that ends with LF alone": [`GET /healthz HTTP/1.1\nhost: x\n\n${SECOND}`, /Expected CRLF/],
  "NUL in a header": [`GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: b\0c\r\n\r\n`, /Invalid header value char/],
  "a header of 40 kB": [`GET /healthz HTTP/1.1\r\nx-a: ${"b".repeat(40_000)}\r\n\r\n`, /Header overflow/],
  "no HTTP at all": ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /Invalid method/],
} as const;

for (const [what, [bytes, says]] of Object.entries(BROKEN_REQUESTS)) {
  test(`a request with ${what} is refused and its connection closed`, () =>
    refused(what, {
      send: async () => {
        const got = await raw(Buffer.from(bytes, "latin1"));
        const [head = "", ...rest] = got.split("\r\n\r\n");
        assert.match(head, /^HTTP\/1\.1 400 .+application\/problem\+json/s);
        assert.equal(rest.length, 1, "one answer and no second one");
        const text = rest.join("");
        return { status: 400, headers: new Headers(), text, body: JSON.parse(text) as unknown };
      },
      status: 400,
      code: "http.invalid",
      says,
    }));
}

test("after a body that is refused halfway the connection serves the next request", async () => {
  const { secret } = await admin.make<{ secret: string }>("/api/v1/keys", {
    orgId: ownId,
    name: "raw",
    permissions: ["logs:ingest"],
  });
  secrets.push(secret);
  const body = Buffer.alloc(9_000_000, "y");
  const head = `${HEAD}authorization: Bearer ${secret}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const got = await raw(joined(head, body.toString("latin1"), SECOND), (text) => text.includes('"alive"'));
  assert.match(got, /^HTTP\/1\.1 413 .+ingest\.line-too-long.+HTTP\/1\.1 200 /s);
});
