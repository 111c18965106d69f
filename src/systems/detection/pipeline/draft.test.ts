import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IndicatorBuilder } from "../indicators/build.ts";
import { IndicatorMatcher } from "../indicators/match.ts";
import { withoutGaps } from "../parsers/ecs-object.ts";
import { draftMessage, parseLine } from "../parsers/line.ts";
import type { EcsDraft } from "../parsers/parser.ts";
import { mutated, SAMPLES } from "../parsers/testing.ts";
import { readDocuments } from "../sigma/documents.ts";
import { compileRules, type Matcher } from "../sigma/index.ts";
import type { BatchTask } from "./batch.ts";
import { batchMark } from "./event-id.ts";
import { LogRows } from "./row.ts";
import { loadMatcher } from "./rules.ts";

const RECEIVED = "2026-11-23T03:00:00.000Z";
const ORG = "0190a000-0000-7000-8000-00000000000a";
const CONTEXT = { receivedAt: RECEIVED };
const folder = (name: string) => new URL(`../../../../content/${name}`, import.meta.url).pathname;
const rulesOf = (): Matcher =>
  loadMatcher({ rules: folder("detection-rules"), pipelines: folder("sigma-pipelines") }).matcher;

const detection = (searches: string) =>
  `title: t\nlogsource: {category: any}\ndetection:\n${searches}  condition: 1 of them\n`;

/** Rules that ask whether fields are there, hold nothing, or say a word anywhere. */
function asking(): Matcher {
  const texts = [
    "  a: {user.name|exists: true}\n  b: {url.query|exists: false}\n  c: {http.version: null}\n",
    "  a: [undefined, 'null', tcp]\n",
    "  a: {user_agent.original|re: '^(undefined)?$'}\n  b: {source.port|lt: 2000}\n",
  ];
  return compileRules(texts.flatMap((text, at) => readDocuments(detection(text), `${at}.yml`).rules));
}

const usable = Uint8Array.of(1);
function indicators(): IndicatorMatcher {
  const builder = new IndicatorBuilder();
  const group = builder.group({ source: "x", orgId: ORG, tlp: "clear", audience: [], level: "high" });
  for (const domain of ["example.com", "example.org", "example.net"]) builder.add("domain", domain, group);
  for (const prefix of ["192.0.2.0/24", "10.0.0.0/8", "203.0.113.0/24"]) builder.add("ip", prefix, group);
  return new IndicatorMatcher(builder.build());
}

function rowOf(record: EcsDraft, original: string): Uint8Array {
  const task: BatchTask = {
    bytes: Buffer.from(""),
    format: "lines",
    firstLine: 1,
    orgId: ORG,
    source: "x",
    batch: "x/0",
    receivedAt: RECEIVED,
    parser: "auto",
  };
  const rows = new LogRows();
  rows.begin(task, 1);
  const time = Date.parse(record["@timestamp"] as string);
  const fields = JSON.stringify(record).toWellFormed();
  rows.add({
    parser: "x",
    parsed: true,
    record,
    time,
    original,
    form: "lines",
    plain: true,
    rules: [],
    fields,
  });
  return rows.block(batchMark(ORG, "x/0")).bytes;
}

test("a draft whose fields are undefined is stored, judged and met as the record that lacks them", () => {
  // Each side has engines of its own, since what one remembers of a draft must not answer for the record.
  const [drafts, records] = [
    { rules: [rulesOf(), asking()], known: indicators() },
    { rules: [rulesOf(), asking()], known: indicators() },
  ];
  let gaps = 0;
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...SAMPLES), mutated), (line) => {
      const { record: draft, parser } = draftMessage(line, CONTEXT, "auto");
      const { record } = parseLine(line, CONTEXT);
      assert.deepEqual(withoutGaps(draft), record);
      assert.ok(Object.values(record).every((value) => value !== undefined));
      if (Object.keys(draft).length > Object.keys(record).length) gaps++;
      for (const [at, matcher] of drafts.rules.entries())
        assert.deepEqual(matcher.match(draft), records.rules[at]?.match(record), `${parser}: ${line}`);
      assert.deepEqual(drafts.known.match(draft, 0, usable), records.known.match(record, 0, usable));
      assert.deepEqual(rowOf(draft, line), rowOf(record, line));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(gaps > 50, `${gaps} drafts with gaps`);
});

test("every record of a parser that names its fields ahead has one form", () => {
  const forms = new Map<string, Set<string>>();
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...SAMPLES), mutated), (line) => {
      const { record, parser } = draftMessage(line, CONTEXT, "auto");
      // A syslog header brings fields of its own, and what named says of a client beside questions is rare.
      if (Object.keys(record).some((name) => name.startsWith("log.syslog.") || name === "process.name"))
        return;
      if (parser !== "squid" && record["dns.type"] !== "query") return;
      if (parser !== "squid" && parser !== "bind-query") return;
      const kinds = forms.get(parser) ?? new Set();
      forms.set(parser, kinds.add(Object.keys(record).join()));
    }),
    { numRuns: 3_000 },
  );
  for (const [parser, kinds] of forms) assert.equal(kinds.size, 1, `${parser}: ${[...kinds].join("\n")}`);
  assert.equal(forms.size, 2);
});
