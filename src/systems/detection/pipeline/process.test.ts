import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, test } from "node:test";
import fc from "fast-check";
import { Problem } from "../../../core/problem.ts";
import { closeEventStores, EVENT_STORES, type FreshEvents } from "../../../platform/events/testing.ts";
import { withoutGaps } from "../parsers/ecs-object.ts";
import type { EcsDraft } from "../parsers/parser.ts";
import type { Matcher } from "../sigma/index.ts";
import type { BatchTask } from "./batch.ts";
import { frame } from "./framed.ts";
import { readEvents } from "./lines.ts";
import { LOG_TABLE } from "./log-table.ts";
import { faultsOfBatch, ORIGINAL_BYTES, processBatch, recordOf } from "./process.ts";

const ORG = "0190a000-0000-7000-8000-00000000000a";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const nothing: Matcher = { match: () => [] };
const logins: Matcher = {
  match: (record) =>
    record["event.action"] === "login-failed"
      ? [
          {
            ruleId: "r1",
            title: "Failed login",
            level: "medium",
            tags: [],
            why: [{ field: "event.action", value: "login-failed" }],
          },
        ]
      : [],
};

const LOGIN =
  '<166>Nov 23 2026 10:14:20 asa : %ASA-6-605004: Login denied from 198.51.100.66/50122 to outside:203.0.113.5/ssh for user "admin"';

function task(text: string | Uint8Array, given: Partial<BatchTask> = {}): BatchTask {
  return {
    bytes: typeof text === "string" ? Buffer.from(text) : text,
    format: "lines",
    firstLine: 1,
    orgId: ORG,
    source: "fw",
    batch: "key/0",
    receivedAt: "2026-11-23T03:00:00.000Z",
    parser: "auto",
    ...given,
  };
}

let store: FreshEvents | undefined;
let batches = 0;
after(async () => {
  await store?.dispose();
  await closeEventStores();
});

type Row = Record<string, unknown> & { original: string; fields: Record<string, unknown> };

/** What the events store holds of a batch, in the order of the lines, which `lines` tells. */
async function rowsOf(given: BatchTask, matcher: Matcher, lines: readonly string[]): Promise<Row[]> {
  const made = await allOf(given, matcher);
  return lines.flatMap((line) => made.filter((row) => row.original === line));
}

async function allOf(given: BatchTask, matcher: Matcher = nothing): Promise<Row[]> {
  const token = `t${++batches}`;
  store ??= await EVENT_STORES[0]?.fresh();
  await store?.createTable(LOG_TABLE);
  const unique = { ...given, source: `${given.source} ${token}` };
  await store?.insert({ table: LOG_TABLE.name, rows: { native: processBatch(unique, matcher).rows }, token });
  const rows =
    (await store?.query<Row & { fields: string; received_at: string; form: "lines"; choice: string }>({
      sql: `SELECT *, event_id, original, url, source_ip, destination_ip FROM ${LOG_TABLE.name} WHERE source = {source:String} ORDER BY place`,
      params: { source: unique.source },
    })) ?? [];
  return rows.map((row) => ({
    ...row,
    fields:
      row.fields === ""
        ? recordOf(row.original, { form: row.form, choice: row.choice, receivedAt: row.received_at })
        : (JSON.parse(row.fields) as Record<string, unknown>),
  }));
}

test("each line becomes a row: parsed with its columns, unparsed with its text", async () => {
  const given = task(`${LOGIN}\r\n\nno product known\n`);
  const { counts } = processBatch(given, nothing);
  const [login, other] = await rowsOf(given, nothing, [LOGIN, "no product known"]);
  assert.deepEqual(counts, { received: 2, parsed: 1, unparsed: 1, invalidUtf8: 0 });
  assert.equal(login?.parser, "cisco-asa");
  assert.equal(login?.time, "2026-11-23T02:14:20.000Z");
  assert.equal(login?.source_ip, "198.51.100.66");
  assert.equal(login?.destination_port, 22);
  assert.equal(login?.user, "admin");
  assert.equal(login?.original, LOGIN);
  assert.match(String(login?.event_id), UUID);
  assert.equal(other?.parsed, 0);
  assert.equal(other?.original, "no product known");
  assert.equal(other?.time, "2026-11-23T03:00:00.000Z");
});

test("a message with line feeds is read as one line and kept with them", async () => {
  const message = LOGIN.replace(" from ", "\nfrom ");
  const given = task(frame([Buffer.from(message), Buffer.from("no\nproduct \u001bn known")]).bytes, {
    framed: true,
  });
  const { counts } = processBatch(given, nothing);
  const [login, other] = await rowsOf(given, nothing, [message, "no\nproduct \u001bn known"]);
  assert.deepEqual(counts, { received: 2, parsed: 1, unparsed: 1, invalidUtf8: 0 });
  assert.equal(login?.source_ip, "198.51.100.66");
  assert.equal(login?.fields["user.name"], "admin");
  assert.equal(other?.fields["message"], "no\nproduct \u001bn known");
});

test("the lines of one event are one row with their line feeds, and count each; a rule may ask all of them at once", async () => {
  const lines = [
    'type=SYSCALL msg=audit(1795399872.123:456): success=yes pid=2 uid=0 comm="c" exe="/tmp/c" key="k"',
    "a line between",
    'type=EXECVE msg=audit(1795399872.123:456): argc=2 a0="c" a1="-k"\r',
    "type=CWD msg=audit(1795399872.123:456): cwd=2F626164FF",
    'type=PROCTITLE msg=audit(1795399872.123:456): proctitle="c"',
  ];
  const event = [lines[0], ...lines.slice(2)].join("\n");
  const asked: EcsDraft[] = [];
  const given = task(`${lines.join("\n")}\n`);
  const { counts } = processBatch(given, {
    match: (record) => {
      asked.push({ ...record } as EcsDraft);
      return [];
    },
  });
  assert.deepEqual(counts, { received: 5, parsed: 4, unparsed: 1, invalidUtf8: 0 });
  assert.equal(asked[0]?.["process.executable"], "/tmp/c");
  assert.deepEqual(asked[0]?.["process.args"], ["c", "-k"]);
  assert.equal(asked[0]?.["event.original"], event);
  const rows = await rowsOf(given, nothing, [event, "a line between"]);
  assert.equal(rows.length, 2);
  assert.equal(rows[0]?.fields["process.command_line"], "c -k");
  assert.equal(rows[0]?.parser, "auditd");
});

test("any bytes of a message come back from the store, those that are no UTF-8 too", async () => {
  const big5 = Buffer.concat([Buffer.from("<13>host app: "), Buffer.from("b56ea44aa5a2b1d1", "hex")]);
  const message = fc
    .uint8Array({ minLength: 1, maxLength: 60 })
    .map((bytes) => Buffer.concat([Buffer.from("m "), bytes, Buffer.from(".")]));
  const messages = [
    big5,
    ...fc.sample(message, { numRuns: 300, seed: 7 }),
    ...["\n", "\u001bn", "\u001b\n\u001be", "水\r\n火", "\u0000\u0001", "\ufffd\ufeff"].map((text) =>
      Buffer.from(`m ${text}.`),
    ),
  ];
  const given = task(frame(messages).bytes, { framed: true, source: "bytes" });
  const rows = await allOf(given);
  const came = rows.map(({ original, fields }) => {
    const kept = fields[ORIGINAL_BYTES];
    return typeof kept === "string" ? kept : Buffer.from(original).toString("base64");
  });
  assert.deepEqual(came.sort(), messages.map((bytes) => bytes.toString("base64")).sort());
});

test("lines of a source in Big5 are read, judged and searched as text, and their bytes are kept", async () => {
  const line = Buffer.concat([
    Buffer.from("<13>Nov 23 10:11:12 gate app: "),
    Buffer.from("b56ea44aa5a2b1d1", "hex"),
  ]);
  const broken = Buffer.from("41a42042", "hex");
  const bytes = Buffer.concat([line, Buffer.from("\r\nplain ASCII\n"), broken, Buffer.from("\n")]);
  const given = task(bytes, { encoding: "big5", source: "big5" });
  const asked: unknown[] = [];
  const { counts } = processBatch(given, {
    match: (record) => {
      asked.push(record["event.original"]);
      return [];
    },
  });
  const text = "<13>Nov 23 10:11:12 gate app: 登入失敗";
  assert.deepEqual(asked, [text, "plain ASCII", "A\ufffd B"]);
  assert.equal(counts.invalidUtf8, 1);
  const [read, plain, other] = await rowsOf(given, nothing, [text, "plain ASCII", "A\ufffd B"]);
  assert.equal(read?.host, "gate");
  assert.equal(read?.fields[ORIGINAL_BYTES], line.toString("base64"));
  assert.equal(read?.fields["tags"], undefined);
  assert.equal(plain?.fields[ORIGINAL_BYTES], undefined);
  assert.deepEqual(other?.fields["tags"], ["invalid-big5"]);
  assert.equal(other?.fields[ORIGINAL_BYTES], broken.toString("base64"));
});

test("a match carries the record with its line, and the row names the rule", async () => {
  const { matches } = processBatch(task(`x\n${LOGIN}\n`, { source: "fw t2" }), logins);
  const [row] = await rowsOf(task(`x\n${LOGIN}\n`), logins, [LOGIN]);
  assert.deepEqual(row?.rules, ["Failed login"]);
  assert.equal(matches.length, 1);
  assert.equal(matches[0]?.eventId, row?.event_id);
  assert.equal(matches[0]?.orgId, ORG);
  assert.equal(matches[0]?.at, "2026-11-23T02:14:20.000Z");
  assert.equal(matches[0]?.record["event.original"], LOGIN);
  assert.ok(row !== undefined && !("event.original" in row.fields));
});

test("a match of a line that is no UTF-8 carries its bytes", () => {
  const line = Buffer.concat([Buffer.from(LOGIN), Buffer.from("b56ea44a", "hex")]);
  const { matches } = processBatch(task(Buffer.concat([line, Buffer.from(`\n${LOGIN}\n`)])), logins);
  assert.deepEqual(
    matches.map(({ originalBase64 }) => originalBase64),
    [line.toString("base64"), undefined],
  );
  assert.ok(matches.every(({ record }) => !(ORIGINAL_BYTES in record)));
});

test("the same task gives the same bytes; another key or organisation gives other events", async () => {
  const bytes = () => Buffer.from(processBatch(task(`b\n${LOGIN}\na\n`), logins).rows).toString("hex");
  assert.equal(bytes(), bytes());
  const ids = async (given: Partial<BatchTask>) =>
    (await rowsOf(task("a\nb\n", given), nothing, ["a", "b"])).map((row) => row.event_id);
  assert.deepEqual(await ids({}), await ids({}));
  const all = [
    ...(await ids({})),
    ...(await ids({ batch: "key/1" })),
    ...(await ids({ orgId: "0190a000-0000-7000-8000-00000000000b" })),
  ];
  assert.equal(new Set(all).size, 6);
});

test("a block tells nothing of the batches before it, whatever they held", () => {
  const folder = new URL("../parsers/", import.meta.url);
  const sample = (name: string) => readFileSync(new URL(`${name}/sample.log`, folder), "utf8");
  const tasks = [
    task(sample("squid")),
    task(`${sample("fortigate")}水 \ufffd\n`.repeat(40)),
    task(`x\n${"1 2 3 \u0001 y\n".repeat(2_000)}`),
    task(sample("bind-query"), { batch: "key/1" }),
    task('{"user":{"name":"\\ud800"}}\n{"user":{"name":"\\ud801"}}\n', { format: "ndjson" }),
  ];
  const block = (of: BatchTask) => Buffer.from(processBatch(of, nothing).rows).toString("base64");
  const first = tasks.map(block);
  assert.deepEqual([...tasks].reverse().map(block).reverse(), first);
  const bad = task(`${sample("json")}\n[]\n`, { format: "ndjson" });
  for (const [at, one] of tasks.entries()) {
    assert.throws(() => processBatch(bad, nothing), Problem);
    assert.equal(block(one), first[at]);
  }
});

test("a line that is no UTF-8 is kept, counted and tagged; its neighbours are not", async () => {
  const bytes = Buffer.concat([
    Buffer.from("good 水\n"),
    Buffer.from([0x62, 0xff, 0x64]),
    Buffer.from("\nlast\n"),
  ]);
  assert.equal(processBatch(task(bytes), nothing).counts.invalidUtf8, 1);
  const rows = await rowsOf(task(bytes), nothing, ["good 水", "b\ufffdd", "last"]);
  assert.deepEqual(
    rows.map((row) => [row.original, row.fields.tags !== undefined]),
    [
      ["good 水", false],
      ["b\ufffdd", true],
      ["last", false],
    ],
  );
});

test("NDJSON: a wrapped line is parsed, an ECS object is kept, nested or not", async () => {
  const lines = [
    JSON.stringify({ message: LOGIN }),
    JSON.stringify({
      "@timestamp": "2026-11-23T10:00:00+08:00",
      event: { action: "x", category: ["network"] },
      source: { ip: "192.0.2.9", port: 7 },
      note: null,
    }),
    JSON.stringify({
      "source.port": "99999",
      "event.severity": -1,
      deep: [{ a: 1 }],
      "@timestamp": "yesterday",
    }),
  ];
  const given = task(lines.join("\n"), { format: "ndjson" });
  const [line, object, odd] = await rowsOf(given, nothing, [LOGIN, ...lines.slice(1)]);
  assert.equal(line?.parser, "cisco-asa");
  assert.equal(line?.original, LOGIN);
  assert.equal(object?.parser, "ecs");
  assert.equal(object?.time, "2026-11-23T02:00:00.000Z");
  assert.equal(object?.source_port, 7);
  assert.deepEqual(object?.fields["event.category"], ["network"]);
  assert.equal(odd?.source_port, 0);
  assert.equal(odd?.severity, null);
  assert.equal(odd?.time, "2026-11-23T03:00:00.000Z");
});

test("NDJSON: a whole number above 2^53 keeps its digits, in the row and in the record made anew", async () => {
  const line = '{"event.id":18446744073709551615,"event.code":4625,"message":"x"}';
  const given = task(line, { format: "ndjson" });
  const [row] = await rowsOf(given, nothing, [line]);
  assert.equal(row?.original, line);
  assert.equal(row?.fields["event.id"], "18446744073709551615");
  assert.equal(
    recordOf(line, { form: "ndjson", choice: "auto", receivedAt: given.receivedAt })["event.id"],
    "18446744073709551615",
  );
});

test("the zone of a batch is kept with its rows, so that a record made anew has the same time", async () => {
  const lines = ["<13>Jul 23 10:00:00 web sshd[1]: a", '{"message":"<13>Jul 23 10:00:00 web sshd[1]: a"}'];
  for (const [at, line] of lines.entries()) {
    for (const [timeZone, time, choice] of [
      ["Europe/Berlin", "2026-07-23T08:00:00.000Z", "auto@Europe/Berlin"],
      ["Asia/Taipei", "2026-07-23T02:00:00.000Z", "auto"],
      [undefined, "2026-07-23T02:00:00.000Z", "auto"],
    ] as const) {
      const [row] = await allOf(task(line, { format: at === 0 ? "lines" : "ndjson", timeZone }));
      assert.equal(row?.["time"], time);
      assert.equal(row?.["choice"], choice);
      assert.equal(row?.fields["@timestamp"], time);
    }
  }
});

test("bad NDJSON is told with line and column, and stops the batch", () => {
  const batch = {
    bytes: Buffer.concat([
      Buffer.from('{"a":1}\n\n{"a":tru}\n[1]\n{"b":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]),
    format: "ndjson",
    firstLine: 10,
  } as const;
  assert.deepEqual(
    faultsOfBatch(batch).map((fault) => fault.path),
    ["line 12, column 9", "line 13, column 1", "line 14, column 7"],
  );
  assert.throws(
    () => processBatch(task("", batch), nothing),
    (error) => error instanceof Problem && error.code === "ingest.bad-record",
  );
});

test("lines of every kind come back byte for byte, whatever the product", async () => {
  const folder = new URL("../parsers/", import.meta.url);
  const samples = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/sample.log`, folder)))
    .flatMap((entry) => readFileSync(new URL(`${entry.name}/sample.log`, folder), "utf8").split("\n"));
  const odd = fc.sample(
    fc.array(
      fc.oneof(
        fc.constantFrom(
          " ",
          "  ",
          "\t",
          "\u0001",
          "\u0002",
          "10.0.0.1",
          "{",
          "'",
          "%s",
          "水",
          "2026-11-23",
          "10:00:00",
        ),
        fc.string({ maxLength: 6 }),
      ),
      { maxLength: 40 },
    ),
    { numRuns: 500, seed: 20261124 },
  );
  const lines = [
    ...new Set([...samples, ...odd.map((pieces) => pieces.join("").replaceAll(/[\r\n]/g, ""))]),
  ].filter((line) => line.trim() !== "" || line.length > 3);
  const given = task(lines.join("\n"));
  const events = [...readEvents(given, "auto")].map(({ text }) => text);
  const rows = await rowsOf(given, nothing, events);
  assert.equal(rows.length, events.length);
  const stored = rows.flatMap(({ original }) => original.split("\n"));
  const filled = (text: string) => text !== "";
  assert.deepEqual(stored.filter(filled).toSorted(), lines.filter(filled).toSorted());
});

test("the record made anew from a stored line is the record that was made of it", async () => {
  const received = "2026-11-23T03:00:00.000Z";
  const folder = new URL("../parsers/", import.meta.url);
  const records = new Map<string, unknown>();
  const keep: Matcher = {
    match: ({ "event.original": original, ...record }) => {
      records.set(String(original), withoutGaps(record as EcsDraft));
      return [];
    },
  };
  const names = [
    "squid",
    "bind-query",
    "fortigate",
    "w3c",
    "zeek",
    "windows",
    "cef",
    "auditd",
    "modsecurity",
  ];
  for (const name of names) {
    const text = readFileSync(new URL(`${name}/sample.log`, folder), "utf8");
    const given = task(text, { receivedAt: received, source: name });
    const events = [...readEvents(given, "auto")].map((event) => event.text);
    for (const row of await rowsOf(given, keep, [...new Set(events)])) {
      assert.deepEqual({ ...row.fields }, records.get(row.original), row.original);
    }
  }
  assert.ok(records.size > 50);
});

test("whatever a record holds, its row fits the columns", async () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  const value = fc.oneof(
    text,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.array(text),
    fc.constant(null),
    fc.object(),
  );
  const field = fc.constantFrom(
    "@timestamp",
    "source.ip",
    "source.port",
    "event.severity",
    "user.name",
    "url.full",
    "__proto__",
    "constructor",
    "event",
    "message",
  );
  const record = fc
    .array(fc.tuple(field, value))
    .map((entries) => JSON.stringify(Object.fromEntries(entries)));
  const lines = fc.sample(record, { numRuns: 1_000, seed: 20261124 });
  const rows = await rowsOf(task(lines.join("\n"), { format: "ndjson" }), nothing, [...new Set(lines)]);
  assert.ok(rows.length > 900);
  for (const row of rows) {
    assert.equal(new Date(String(row.time)).toISOString(), row.time);
    assert.equal(typeof row.fields, "object");
  }
});
