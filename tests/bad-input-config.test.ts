import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const CLI = join(import.meta.dirname, "../src/app/cli.ts");
const CANARY = "canary-password";
const folder = mkdtempSync(join(tmpdir(), "lianfang-config-"));
const data = join(folder, "data");
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line to its end in an empty folder. */
function lianfang(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; out: string; said: string }> {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("LIANFANG_"));
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(clean), LIANFANG_DATA: data, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  const [out, said]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString("utf8");
  return new Promise((done) =>
    child.once("close", (code) => done({ code, out: text(out), said: text(said) })),
  );
}

function configFile(text: string): string {
  const file = join(folder, "faulty.yml");
  writeFileSync(file, text);
  return file;
}

interface Refused {
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly says: readonly RegExp[];
}

const CASES: Readonly<Record<string, Refused>> = {
  "three faults at once, each with its path and line": {
    file: "node:\n  tier: X\nhttp:\n  port: eighty\n  colour: red\n",
    says: [
      /^ {2}node\.tier: .+faulty\.yml:2\)$/m,
      /^ {2}http\.port: .+faulty\.yml:4\)$/m,
      /^ {2}http\.colour: there is no such setting .+faulty\.yml:5\)$/m,
      /3 faults in the configuration/,
    ],
  },
  "a file that is no YAML": { file: "http:\n  port: [\n", says: [/faulty\.yml:\d+: /] },
  "a file that is a list": { file: "- http\n", says: [/faulty\.yml:1: the file must be a map of settings/] },
  "a public address without TLS": {
    env: { LIANFANG_HTTP__HOST: "0.0.0.0" },
    says: [/^ {2}http\.host: 0\.0\.0\.0 is a public address: give http\.tls, or http\.trustedProxy/m],
  },
  "a public IPv6 address without TLS": {
    file: "http:\n  host: '::'\n",
    says: [/^ {2}http\.host: :: is a public address/m],
  },
  "public doors for syslog that nobody called plain": {
    file: "ingest:\n  udp: { host: 0.0.0.0, port: 5514 }\n  tcp: { host: '::', port: 5514 }\n",
    says: [
      /ingest\.udp\.host: .+ingest\.udp\.plaintext: true/,
      /ingest\.tcp\.host: .+ingest\.tcp\.plaintext: true/,
    ],
  },
  "TLS files that are not there": {
    file: "http:\n  host: 0.0.0.0\n  tls: { cert: no-cert.pem, key: no-key.pem, clientCa: no-ca.pem }\npeers: { ca: none.pem }\n",
    says: [
      /http\.tls\.cert: \S*no-cert\.pem does not exist/,
      /http\.tls\.key: \S*no-key\.pem does not exist/,
      /http\.tls\.clientCa: \S*no-ca\.pem does not exist/,
      /peers\.ca: \S*none\.pem does not exist/,
    ],
  },
  "a source that is no address": {
    file: "ingest:\n  sources:\n    - { name: a, address: 10.0.0.0/33, org: authority }\n",
    says: [/ingest\.sources\.0\.address: an IP address or prefix/],
  },
  "encodings that there are not, and UTF-16 for messages": {
    file: "ingest:\n  sources:\n    - { name: a, address: 10.0.0.1, org: x, encoding: utf-16le }\n  files:\n    - { name: b, path: /x, org: x, encoding: klingon }\n",
    says: [
      /ingest\.sources\.0\.encoding: .+not UTF-16, which is for files .+faulty\.yml:3\)$/m,
      /ingest\.files\.0\.encoding: an encoding of the Encoding Standard: utf-8, big5, .+faulty\.yml:5\)$/m,
    ],
  },
  "a database of another kind, without a word of its password": {
    file: `records:\n  url: mysql://lianfang:${CANARY}@db/lianfang\nevents:\n  url: ftp://lianfang:${CANARY}@db\n`,
    says: [/records\.url: pglite or a postgres:\/\/ address/, /events\.url: chdb or an http/],
  },
  "an environment variable that names no setting": {
    env: { LIANFANG_HTTP__COLOUR: CANARY },
    says: [/http\.colour: there is no such setting/],
  },
};

for (const [what, { file, env, says }] of Object.entries(CASES)) {
  test(`serve refuses ${what}, and makes nothing`, async () => {
    const args = file === undefined ? [] : ["--config", configFile(file)];
    const { code, out, said } = await lianfang(["serve", ...args], env);
    assert.equal(code, 2, said);
    assert.match(said, /^lianfang: The configuration has faults/m);
    for (const each of says) assert.match(said, each);
    assert.ok(!`${out}${said}`.includes(CANARY), said);
    assert.doesNotMatch(said, /\.ts:\d/, "a person reads this, not a stack");
    assert.equal(existsSync(data), false, "no data folder was made");
  });
}

test("a file that is not there is named", async () => {
  const { code, said } = await lianfang(["serve", "--config", "nowhere.yml"]);
  assert.equal(code, 2);
  assert.match(said, /nowhere\.yml: there is no such file/);
});

test("a source with a zone that is none hears what one is, with its place", async () => {
  const file = configFile(
    "ingest:\n  sources:\n    - { name: a, address: 10.0.0.0/8, org: authority, timeZone: Taipei }\n",
  );
  const { code, said } = await lianfang(["serve", "--config", file]);
  assert.equal(code, 2);
  assert.match(said, /ingest\.sources\.0\.timeZone: the IANA name of a time zone/);
});

test("a source with a parser that is none hears which there are", async () => {
  const file = configFile(
    "ingest:\n  sources:\n    - { name: a, address: 10.0.0.0/8, org: authority, parser: nonesuch }\n",
  );
  const { code, said } = await lianfang(["serve", "--config", file]);
  assert.equal(code, 2, said);
  assert.match(said, /ingest\.sources\.0\.parser: no parser nonesuch; there are auto, .*fortigate/);
});

test("a port that is taken is named", async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const env = { LIANFANG_HTTP__PORT: String(port) };
  const { code, said } = await lianfang(["serve"], env);
  const found = await lianfang(["doctor"], env);
  await new Promise((done) => taken.close(done));
  assert.equal(code, 2, said);
  assert.match(said, new RegExp(`EADDRINUSE.+127\\.0\\.0\\.1:${port}`));
  assert.equal(found.code, 1);
  assert.match(found.out, /FAIL port: .*EADDRINUSE.*\n +-> stop what listens there, or set http\.port/);
});

test("a database that does not answer ends the start, without a word of its password", async () => {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const address = probe.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((done) => probe.close(done));
  for (const env of [
    { LIANFANG_RECORDS__URL: `postgres://lianfang:${CANARY}@127.0.0.1:${port}/lianfang` },
    { LIANFANG_EVENTS__URL: `http://lianfang:${CANARY}@127.0.0.1:${port}/lianfang` },
  ]) {
    const { code, out, said } = await lianfang(["serve"], env);
    assert.notEqual(code, 0);
    assert.match(said, new RegExp(`ECONNREFUSED|127\\.0\\.0\\.1:${port}`), said);
    assert.ok(!`${out}${said}`.includes(CANARY), said);
  }
});

test("doctor tells the same faults and exits 1", async () => {
  const { code, out } = await lianfang(["doctor", "--config", configFile("http:\n  port: eighty\n")]);
  assert.equal(code, 1);
  assert.match(out, /FAIL configuration: http\.port: .+faulty\.yml:2/);
});
