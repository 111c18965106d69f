import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { askNode } from "../src/app/local-socket.ts";
import { type TestNode, testNode, until } from "./support/node.ts";

const MAX_LINE = 65_536;
/** Stands in everything that strangers and devices send; the node's own log repeats none of it. */
const CANARY = "canary-in-a-message";

interface Garbage {
  readonly door: "udp" | "tcp";
  /** Datagrams, or the pieces of one connection that ends after them. */
  readonly sent: readonly (string | Uint8Array)[];
  /** The lines that are stored of it, in order. */
  readonly kept: readonly string[];
  /** How often the source is told to have sent what could not be taken whole. */
  readonly cut?: number;
}

const hello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x9d]);
const oddHeaders = [
  "<999999>x",
  "<>",
  "<13",
  "<13>",
  "<-1>a",
  "<13>99 - - - - - -",
  `<13>1 2026-13-45T99:99:99Z h a - - - ${CANARY}`,
  '<13>1 - h a - - [x y="',
  "<13>Foo 99 99:99:99 h a: b",
];

const GARBAGE: Readonly<Record<string, Garbage>> = {
  "datagrams of nothing": { door: "udp", sent: ["", "\0\0\0", "\r\n", "\n\n\n"], kept: [] },
  "datagrams that are no text": {
    door: "udp",
    sent: [Uint8Array.of(0xff, 0xfe, 0x80), Uint8Array.of(0x61, 0xc3, 0x28)],
    kept: ["\ufffd\ufffd\ufffd", "a\ufffd("],
  },
  "datagrams with headers that are none": { door: "udp", sent: oddHeaders, kept: oddHeaders },
  "a datagram of several lines": { door: "udp", sent: ["one\ntwo\r\nthree\n"], kept: ["one\ntwo\r\nthree"] },
  "a datagram as long as they get": { door: "udp", sent: ["u".repeat(65_000)], kept: ["u".repeat(65_000)] },
  "a count that promises more than comes": {
    door: "tcp",
    sent: [`500 <13>${CANARY}`],
    kept: [`<13>${CANARY}`],
    cut: 1,
  },
  "a count that promises less than comes": {
    door: "tcp",
    sent: ["5 <13>hello\nnext\n"],
    kept: ["<13>h", "ello", "next"],
  },
  "a count beyond every limit": {
    door: "tcp",
    sent: ["9999999 ", "z".repeat(MAX_LINE), "z".repeat(MAX_LINE)],
    kept: ["z".repeat(MAX_LINE)],
    cut: 1,
  },
  "counts that are none": {
    door: "tcp",
    sent: ["99999999999999999999 <13>x\n", "0 <13>y\n", "-5 <13>z\n", "12abc\n"],
    kept: ["99999999999999999999 <13>x", "0 <13>y", "-5 <13>z", "12abc"],
  },
  "a line of five megabytes between two good ones": {
    door: "tcp",
    sent: ["before\n", ...Array<string>(80).fill("y".repeat(65_536)), "\nafter\n"],
    kept: ["before", "y".repeat(MAX_LINE), "after"],
    cut: 1,
  },
  "bytes of TLS on the door without": {
    door: "tcp",
    sent: [hello],
    kept: hello.toString("utf8").split("\0"),
  },
  "headers that are none": { door: "tcp", sent: [oddHeaders.join("\n")], kept: oddHeaders },
};
const NAMES = Object.keys(GARBAGE);
/** Each source has an address of its own on loopback. */
const addressOf = (name: string) => `127.0.1.${NAMES.indexOf(name) + 1}`;
const GOOD = "127.0.2.1";
const HANGING = "127.0.2.2";
const STRANGER = "127.0.2.3";

let node: TestNode;
let ports: { udp: number; tcp: number };
let goodLines = 0;
const logged: string[] = [];
const everLogged: string[] = [];

before(async () => {
  const listener = { host: "127.0.0.1", port: 0 };
  const source = (name: string, address: string) => ({ name, address, org: "authority" });
  const sources = NAMES.map((name) => source(name, addressOf(name)));
  node = await testNode(
    {
      ingest: {
        udp: listener,
        tcp: listener,
        sources: [...sources, source("good", GOOD), source("hanging", HANGING)],
      },
      log: { level: "debug" },
    },
    {
      write: (line) => {
        everLogged.push(line);
        logged.push(line);
      },
    },
  );
  const lines = everLogged.map((line) => JSON.parse(line) as Record<string, unknown>);
  const { udp, tcp } = lines.find(({ msg }) => msg === "listening for syslog") ?? assert.fail("no ports");
  ports = { udp: Number(udp), tcp: Number(tcp) };
});
after(() => node.dispose());
afterEach(() => {
  for (const line of logged.splice(0)) assert.ok(!line.includes(CANARY), line);
});

async function datagrams(from: string, messages: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, from);
  await once(socket, "listening");
  for (const message of messages) {
    await new Promise<void>((done, fail) =>
      socket.send(message, ports.udp, "127.0.0.1", (error) => (error === null ? done() : fail(error))),
    );
  }
  socket.close();
}

async function connection(from: string, pieces: readonly (string | Uint8Array)[]): Promise<Socket> {
  const socket = connect({ port: ports.tcp, host: "127.0.0.1", localAddress: from });
  await once(socket, "connect");
  for (const piece of pieces) await new Promise((done) => socket.write(piece, done));
  return socket;
}

async function stream(from: string, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = await connection(from, pieces);
  const closed = once(socket.resume(), "close");
  socket.end();
  await closed;
}

const send = { udp: datagrams, tcp: stream };

interface Row {
  readonly original: string;
  readonly parser: string;
  readonly tags: string;
  readonly [column: string]: unknown;
}

function rowsOf(source: string): Promise<Row[]> {
  return node.platform.events.query<Row>({
    sql: `SELECT original, parser, JSONExtractRaw(fields, 'tags') AS tags FROM log_line WHERE source = {source:String}
      ORDER BY received_at, batch, substring(toString(event_id), 25)`,
    params: { source },
  });
}

async function cutOf(source: string): Promise<number> {
  const answer = await askNode(node.data, { method: "GET", path: "/api/v1/ingest/sources?limit=200" });
  const { items } = answer.body as { items: { name: string; cut: number }[] };
  return items.find(({ name }) => name === source)?.cut ?? 0;
}

/** A good device says something at each door, and it is stored and understood. */
async function othersStillWork(): Promise<void> {
  const line = () =>
    `<166>Nov 23 2026 10:14:20 asa : %ASA-6-605004: Login denied from 198.51.100.66/50122 to outside:203.0.113.5/ssh for user "good-${++goodLines}"`;
  await Promise.all([datagrams(GOOD, [line()]), stream(GOOD, [`${line()}\n`])]);
  const rows = await until("the good lines", async () => {
    const found = await rowsOf("good");
    return found.length >= goodLines && found;
  });
  assert.equal(rows.length, goodLines);
  assert.ok(rows.every(({ parser }) => parser === "cisco-asa"));
}

for (const [name, { door, sent, kept, cut }] of Object.entries(GARBAGE)) {
  test(`${door}: ${name}`, async () => {
    await Promise.all([send[door](addressOf(name), sent), othersStillWork()]);
    // What comes last from the same device is stored last: when it is there, everything is.
    await send[door](addressOf(name), ["the end\n"]);
    const rows = await until("the last line", async () => {
      const found = await rowsOf(name);
      return found.some(({ original }) => original === "the end") && found;
    });
    assert.deepEqual(
      rows.map(({ original }) => original),
      [...kept, "the end"],
    );
    const broken = rows.filter(({ original }) => original.includes("\ufffd"));
    assert.ok(broken.every(({ tags }) => tags === '["invalid-utf8"]'));
    await until("the count of what was cut", async () => (await cutOf(name)) === (cut ?? 0));
    await othersStillWork();
  });
}

test("a line without end holds nobody up, and is kept cut when its connection breaks", async () => {
  const hanging = await connection(HANGING, Array<string>(400).fill("w".repeat(65_536)));
  await othersStillWork();
  assert.deepEqual(await rowsOf("hanging"), []);
  hanging.destroy();
  const [row] = await until("what came of it", async () => {
    const rows = await rowsOf("hanging");
    return rows.length > 0 && rows;
  });
  assert.equal(row?.original, "w".repeat(MAX_LINE));
});

test("an address that no source names leaves nothing but its address in the log", async () => {
  const others = async () =>
    node.platform.events.query({ sql: "SELECT count() AS n FROM log_line WHERE source NOT IN ('good')" });
  const before = await others();
  await datagrams(STRANGER, [`<13>${CANARY}`, "x"]);
  await stream(STRANGER, [`<13>${CANARY}\n`]).catch(() => undefined);
  await othersStillWork();
  assert.deepEqual(await others(), before);
  const told = everLogged.filter((line) => line.includes(STRANGER));
  assert.equal(told.length, 1, "once a minute");
  assert.match(told[0] ?? "", /ingest\.sources does not name; not stored/);
});
