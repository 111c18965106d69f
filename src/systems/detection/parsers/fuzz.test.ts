import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { parseLine, parseObject, parserIds } from "./line.ts";
import { PARSERS } from "./list.ts";
import type { EcsDraft, ParseContext } from "./parser.ts";
import { mutated, piece, SAMPLES } from "./testing.ts";
import { canonicalIp } from "./text/ip-form.ts";

const RECEIVED: ParseContext = { receivedAt: "2026-11-23T03:00:00.000Z" };
const CHOICES = ["auto", ...parserIds()];

const NUMBERS =
  /\.(port|bytes|packets|pid|status_code|exit_code)$|^(file\.size|event\.(severity|duration|sequence)|dns\.answers\.ttl)$/;
const ADDRESSES = /^(source|destination|client|server|host|observer)(\.nat)?\.ip$|^dns\.resolved_ip$/;
const LISTS = /^(event\.(category|type)|dns\.(resolved_ip|answers\.data|header_flags)|tags|process\.args)$/;
/** Formats whose fields are the sender's own: only what they are read into is ours. */
const OPEN = new Set(["json", ""]);

/** What every record must be, whatever the line was. */
function assertSound(record: EcsDraft, parser: string): void {
  assert.equal(Object.getPrototypeOf(record), Object.prototype);
  assert.equal(Reflect.get({}, "polluted"), undefined);
  const at = String(record["@timestamp"]);
  assert.equal(new Date(at).toISOString(), at);
  for (const [field, value] of Object.entries(record)) {
    assert.notEqual(field, "__proto__");
    for (const one of Array.isArray(value) ? value : [value]) {
      assert.ok(["string", "number", "boolean"].includes(typeof one), `${field} is ${typeof one}`);
      if (typeof one === "number") assert.ok(Number.isFinite(one), `${field}=${one}`);
      if (ADDRESSES.test(field) && !OPEN.has(parser)) assert.ok(isIP(String(one)) > 0, `${field}=${one}`);
      if (/^(source|destination)(\.nat)?\.port$/.test(field))
        assert.ok(Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 65_535, `${field}=${one}`);
    }
    if (OPEN.has(parser)) continue;
    if (LISTS.test(field))
      assert.ok(Array.isArray(value), `${parser}: ${field} is no list: ${String(value)}`);
    if (NUMBERS.test(field) && !field.startsWith(`${parser}.`) && isEcs(field))
      assert.ok(typeof value === "number" && value >= 0, `${parser}: ${field}=${String(value)}`);
  }
}

/** Whether the field is one of ECS and not a vendor's. */
function isEcs(field: string): boolean {
  return /^(source|destination|client|server|process|http|file|event|network|dns)\./.test(field);
}

test("no parser throws, and what comes out is sound, whatever was done to a line", () => {
  fc.assert(
    fc.property(
      fc.oneof({ weight: 8, arbitrary: mutated }, piece),
      fc.constantFrom(...CHOICES),
      (line, choice) => {
        const { record, parser } = parseLine(line, RECEIVED, choice);
        assertSound(record, parser);
      },
    ),
    { numRuns: 4_000 },
  );
});

test("each parser itself stands every hostile line without the guard around it", () => {
  fc.assert(
    fc.property(mutated, (line) => {
      for (const parser of PARSERS) {
        parser.accepts(line, { ...RECEIVED, memory: {} });
        parser.parse(line, { ...RECEIVED, program: "kernel", memory: {} });
      }
    }),
    { numRuns: 1_200 },
  );
});

test("what a parser is sure of it reads as it reads any line, and is sure of the lines of its own format", () => {
  const sure = new Map<string, number>();
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...SAMPLES), mutated), (line) => {
      for (const parser of PARSERS) {
        const draft = parser.sure?.(line, RECEIVED);
        if (draft === undefined) continue;
        sure.set(parser.id, (sure.get(parser.id) ?? 0) + 1);
        assert.deepEqual(draft, parser.parse(line, RECEIVED), `${parser.id}: ${line}`);
      }
    }),
    { numRuns: 4_000 },
  );
  const able = PARSERS.filter((parser) => parser.sure !== undefined);
  assert.deepEqual([...sure.keys()].sort(), able.map(({ id }) => id).sort());
});

const CATEGORIES: Readonly<Record<string, string>> = {
  api: "access admin allowed change creation deletion denied end info start user",
  authentication: "start end info",
  configuration: "access change creation deletion info",
  database: "access change info error",
  driver: "change end info start",
  email: "info",
  file: "access change creation deletion info",
  host: "access change end info start",
  iam: "admin change creation deletion group info user",
  intrusion_detection: "allowed denied info",
  library: "start",
  malware: "info",
  network: "access allowed connection denied end info protocol start",
  package: "access change deletion info installation start",
  process: "access change end info start",
  registry: "access change creation deletion",
  session: "start end info",
  threat: "indicator",
  vulnerability: "info",
  web: "access error info",
};
const KINDS = "alert asset enrichment event metric state pipeline_error signal".split(" ");
test("kind, category, type and outcome of every sample are words of ECS, each where it belongs", () => {
  for (const line of SAMPLES) {
    const { record, parser } = parseLine(line, RECEIVED);
    if (OPEN.has(parser)) continue;
    const said = `${parser}: ${line.slice(0, 200)}`;
    assert.ok(KINDS.includes(String(record["event.kind"])), said);
    assert.ok([undefined, "success", "failure", "unknown"].includes(record["event.outcome"] as string), said);
    const categories = (record["event.category"] ?? []) as readonly string[];
    const allowed = categories.flatMap((category) => CATEGORIES[category]?.split(" ") ?? []);
    for (const category of categories) assert.ok(category in CATEGORIES, `${category}: ${said}`);
    for (const type of (record["event.type"] ?? []) as readonly string[]) {
      const fits = allowed.includes(type) || (type === "error" && categories.includes("network"));
      assert.ok(fits, `${categories.join()} ${type}: ${said}`);
    }
  }
});

const FILLERS = [
  'a="b" ',
  "[x](",
  '\\"',
  ",",
  "1.2.3.4:5 -> ",
  "<a>",
  "é水",
  "GET /a HTTP/1.1 ",
  "key: value, ",
];

/** Processor time in milliseconds, which other programs on the machine do not lengthen; the best of two. */
function spent(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 2; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}

test("a line of a megabyte costs each parser no more for a byte than a short one, and little against reading it", () => {
  const baseline = spent(() => {
    for (let round = 0; round < 10; round++) Buffer.from("x=".repeat(500_000)).toString("utf8").split("=");
  });
  for (const { id } of PARSERS) {
    const sample = SAMPLES.find((line) => parseLine(line, RECEIVED, id).parser === id) ?? "";
    for (const filler of FILLERS) {
      const line = (length: number) => sample + filler.repeat(Math.ceil(length / filler.length));
      const [short, long] = [line(60_000), line(1_000_000)];
      const read = (text: string) => spent(() => parseLine(text, RECEIVED, id));
      const [few, many] = [read(short), read(long)];
      // Seventeen times the bytes; a square of them would be near three hundred times.
      const bound = 40 + Math.max(few * 70, baseline * 4);
      assert.ok(many < bound, `${id} ${filler}: ${few} ms, then ${many} ms; reading ${baseline} ms`);
    }
  }
});

test("an address of a record is in the one form that it has, whatever device wrote it", () => {
  const group = fc.constantFrom("0", "1", "2001", "db8", "ABCD", "10.0.0.1", "");
  const text = fc.oneof(
    fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(":")),
    fc.ipV6(),
    fc.ipV4(),
    fc.constantFrom("::1.2.3.4", "::ffff:1.2.3.4", "1::2.3.4.5", "fe80::1%eth0"),
  );
  fc.assert(
    fc.property(
      text,
      fc.constantFrom("source.ip", "destination.ip", "client.ip", "server.ip"),
      (ip, field) => {
        assert.equal(parseObject({ [field]: ip, note: 1 }, RECEIVED).record[field], canonicalIp(ip));
      },
    ),
    { numRuns: 2_000 },
  );
});
