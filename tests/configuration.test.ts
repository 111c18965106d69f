import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { configurationPage, settings } from "../scripts/configuration.ts";
import type { Config } from "../src/platform/config/config.ts";
import { loadConfig } from "../src/platform/config/load.ts";

const page = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8");

function valueAt(config: Config, path: string): unknown {
  let at: unknown = config;
  for (const part of path.split(".")) at = (at as Record<string, unknown> | undefined)?.[part];
  return at;
}

test("docs/configuration.md is what the schema says", () => {
  assert.equal(page, configurationPage(), "run node scripts/configuration.ts");
});

test("every setting has a meaning", () => {
  const without = settings().filter(({ meaning }) => meaning === "");
  assert.deepEqual(
    without.map(({ path }) => path),
    [],
  );
});

test("the defaults on the page are those of a node without configuration", () => {
  const config = loadConfig();
  const told = settings().filter(({ path }) => !path.includes("[]"));
  assert.ok(told.length > 20);
  const groups = ["http.tls", "ingest.udp", "ingest.tcp", "ingest.tls", "ingest.nats"];
  for (const { path, default: text } of told.filter(
    (each) => !groups.some((group) => each.path.startsWith(group)),
  )) {
    assert.deepEqual(valueAt(config, path), text === undefined ? undefined : JSON.parse(text), path);
  }
});

test("each variable on the page sets its setting", () => {
  const given: Record<string, string> = {
    "node.publicUrl": "https://soc.example/",
    "http.trustedProxy": "10.0.0.1",
    "mail.smtp": "smtp://mail.example",
    "intel.warninglists": "lists",
    "peers.ca": import.meta.filename,
    "intel.scoreFloor": "20",
    "ingest.threads": "2",
    "ingest.udp": "{ port: 5514 }",
    "ingest.tcp": "{ port: 5514 }",
    "ingest.nats": "{ servers: [nats://h], stream: S, subjects: [{ name: n, subject: s, org: o }] }",
    "ingest.tls": `{ port: 6514, cert: ${import.meta.filename}, key: ${import.meta.filename} }`,
  };
  for (const { path, environment, default: text } of settings()) {
    if (environment === undefined || /^(http\.tls|ingest\.(udp|tcp|tls|nats)\.)/.test(path)) continue;
    const value = text ?? given[path] ?? assert.fail(`no value to try ${path} with`);
    const faulty = () => loadConfig({ env: { [environment]: "{ not: right }" } });
    assert.throws(faulty, (error: Error & { faults: { path: string }[] }) =>
      error.faults.some((fault) => fault.path.startsWith(path)),
    );
    assert.notEqual(valueAt(loadConfig({ env: { [environment]: value } }), path), undefined, environment);
  }
});

test("the example on the page is a configuration", () => {
  const [, example = ""] = /```yaml\n([\s\S]+?)```/.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "lianfang-example-"));
  try {
    writeFileSync(join(folder, "lianfang.yml"), example);
    const config = loadConfig({ file: join(folder, "lianfang.yml") });
    assert.equal(config.ingest.sources.length, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
