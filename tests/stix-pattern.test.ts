import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkRules, detectFile, RULE_FOLDERS } from "../src/systems/detection/index.ts";
import { sigmaOf } from "../src/systems/intel/index.ts";

const PATTERN =
  "[ipv4-addr:value ISSUBSET '198.51.100.0/24' AND (network-traffic:dst_port = 443 OR process:command_line LIKE '%-enc %')]";
const EVENTS = [
  { "source.ip": "10.0.0.1", "destination.ip": "198.51.100.7", "destination.port": 443 },
  { "source.ip": "198.51.100.9", "process.command_line": "powershell -enc AAAA" },
  { "source.ip": "198.51.100.9", "destination.port": 80 },
  { "source.ip": "203.0.113.9", "destination.port": 443 },
];

test("I10: a STIX pattern turned into a Sigma rule finds in log records what the pattern speaks of", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-pattern-"));
  try {
    const rules = join(folder, "rules.yml");
    writeFileSync(rules, sigmaOf(PATTERN, { id: "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", title: "pattern" }));
    assert.deepEqual(checkRules(folder, RULE_FOLDERS.pipelines), []);
    const events = join(folder, "events.ndjson");
    writeFileSync(events, EVENTS.map((event) => JSON.stringify(event)).join("\n"));
    const found: unknown[] = [];
    for await (const { event } of detectFile({ rules, events })) found.push(event);
    assert.deepEqual(found, EVENTS.slice(0, 2));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
