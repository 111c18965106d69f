import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Problem } from "../../core/problem.ts";
import { loadConfig } from "./load.ts";

function withFile<T>(text: string, run: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  try {
    const file = join(folder, "lianfang.yml");
    writeFileSync(file, text);
    return run(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function faultsOf(run: () => unknown): { path: string; message: string }[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, "config.invalid");
    return [...error.faults];
  }
  return [];
}

test("nothing configured is a complete node on loopback", () => {
  const config = loadConfig();
  assert.equal(config.http.host, "127.0.0.1");
  assert.equal(config.http.port, 8080);
  assert.equal(config.records.url, "pglite");
});

test("three faults are told at once, each with its path and line", () => {
  const faults = withFile("http:\n  port: eighty\n  colour: red\nnode:\n  tier: X\n", (file) =>
    faultsOf(() => loadConfig({ file })),
  );
  assert.deepEqual(faults.map((fault) => fault.path).sort(), ["http.colour", "http.port", "node.tier"]);
  assert.match(faults.find((fault) => fault.path === "http.port")?.message ?? "", /lianfang\.yml:2\)/);
  assert.match(faults.find((fault) => fault.path === "http.colour")?.message ?? "", /lianfang\.yml:3\)/);
});

test("a public address without TLS or a trusted proxy is refused, with either it is taken", () => {
  const refused = faultsOf(() => loadConfig({ env: { LIANFANG_HTTP__HOST: "0.0.0.0" } }));
  assert.deepEqual(
    refused.map((fault) => fault.path),
    ["http.host"],
  );
  const config = loadConfig({
    env: { LIANFANG_HTTP__HOST: "0.0.0.0", LIANFANG_HTTP__TRUSTED_PROXY: "10.0.0.1" },
  });
  assert.equal(config.http.trustedProxy, "10.0.0.1");
});

test("faults between settings are told beside faults of single ones", () => {
  const faults = withFile(
    "http:\n  port: eighty\nmail:\n  smtp: ftp://x\nrecords:\n  url: mysql://x\n",
    (file) => faultsOf(() => loadConfig({ file })),
  );
  assert.deepEqual(faults.map((fault) => fault.path).sort(), ["http.port", "mail.smtp", "records.url"]);
  assert.ok(
    faults.every((fault) => /lianfang\.yml:\d+\)/.test(fault.message)),
    JSON.stringify(faults),
  );
});

test("files of certificates lie beside the configuration file; a variable names one from the working directory", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  try {
    const file = join(folder, "lianfang.yml");
    for (const name of ["cert.pem", "key.pem"]) writeFileSync(join(folder, name), "");
    writeFileSync(file, "http:\n  tls: { cert: cert.pem, key: ./key.pem }\n");
    const { tls } = loadConfig({ file }).http;
    assert.deepEqual([tls?.cert, tls?.key], [join(folder, "cert.pem"), join(folder, "key.pem")]);
    const env = { LIANFANG_HTTP__TLS__CERT: "package.json" };
    assert.equal(loadConfig({ file, env }).http.tls?.cert, "package.json");
    writeFileSync(file, "http:\n  tls: { cert: none.pem, key: key.pem }\n");
    const [fault] = faultsOf(() => loadConfig({ file }));
    assert.equal(fault?.path, "http.tls.cert");
    assert.ok(fault.message.startsWith(`${join(folder, "none.pem")} does not exist`), fault.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the environment overrides the file", () => {
  const config = withFile("http:\n  port: 9000\n", (file) =>
    loadConfig({ file, env: { LIANFANG_HTTP__PORT: "9100" } }),
  );
  assert.equal(config.http.port, 9100);
});

test("a file that is no YAML names its line", () => {
  const faults = withFile("http:\n  port: [\n", (file) => faultsOf(() => loadConfig({ file })));
  assert.match(faults[0]?.path ?? "", /lianfang\.yml:\d+$/);
});

test("an environment name cannot reach the prototype of an object", () => {
  faultsOf(() => loadConfig({ env: { LIANFANG___PROTO____POLLUTED: "1" } }));
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test("a variable switches off what the file has on; what is off need not be there", () => {
  const text = "ingest:\n  udp: { port: 5514 }\n  tcp: { port: 5514 }\nhttp:\n  port: 9000\n";
  for (const word of ["off", "false", "null", ""]) {
    const env = { LIANFANG_INGEST__UDP: word, LIANFANG_INGEST__TLS: word };
    const { ingest, http } = withFile(text, (file) => loadConfig({ file, env }));
    assert.deepEqual(
      [ingest.udp, ingest.tls, ingest.tcp?.port, http.port],
      [undefined, undefined, 5514, 9000],
    );
  }
  const faults = faultsOf(() => loadConfig({ env: { LIANFANG_HTTP__PORT: "off" } }));
  assert.deepEqual(
    faults.map(({ path }) => path),
    ["http.port"],
  );
});

test("a source is bound by an address or a certificate, and a certificate needs the door that sees it", () => {
  const text = `ingest:
  sources:
    - { name: a, org: o }
    - { name: b, org: o, certificate: {} }
    - { name: c, org: o, certificate: { name: fw } }
    - { name: d, org: o, certificate: { sha256: "12:34" } }
`;
  const paths = withFile(text, (file) => faultsOf(() => loadConfig({ file })).map(({ path }) => path));
  assert.deepEqual(paths.sort(), [
    "ingest.sources.0",
    "ingest.sources.1.certificate",
    "ingest.sources.2.certificate",
    "ingest.sources.3.certificate",
    "ingest.sources.3.certificate.sha256",
  ]);
});
