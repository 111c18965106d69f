import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { parseLine, parserIds } from "./line.ts";
import { PARSERS } from "./list.ts";
import type { ParseContext, SourceMemory } from "./parser.ts";
import { SAMPLES, sampleOf } from "./testing.ts";
import { isIp } from "./text/address.ts";

const FOLDER = new URL("./", import.meta.url);
const RECEIVED: ParseContext = { receivedAt: "2026-11-23T03:00:00.000Z" };

test("every folder with a parser is on the list, and every one on the list has its folder", () => {
  const folders = readdirSync(FOLDER).filter((name) => existsSync(new URL(`${name}/parser.ts`, FOLDER)));
  assert.deepEqual(parserIds().toSorted(), folders.toSorted());
});

for (const parser of PARSERS) {
  test(`${parser.id}: its sample reads as expected.json says`, () => {
    const expected: unknown = JSON.parse(readFileSync(new URL(`${parser.id}/expected.json`, FOLDER), "utf8"));
    const choice = parser.id === "syslog" ? "syslog" : "auto";
    const read = sampleOf(parser).map((line) => parseLine(line, RECEIVED, choice));
    assert.deepEqual([...new Set(read.map((line) => line.parser))], [parser.id]);
    assert.deepEqual(
      read.map((line) => line.record),
      expected,
    );
  });

  test(`${parser.id}: only the parser itself and formats of any product accept its sample`, () => {
    if (parser.generic === true) return;
    for (const line of sampleOf(parser)) {
      const others = PARSERS.filter(
        (other) => other !== parser && other.generic !== true && other.accepts(line, RECEIVED),
      );
      assert.deepEqual(
        others.map((other) => other.id),
        [],
        line,
      );
    }
  });
}

/** A sample line with a piece cut out, doubled, or replaced by something else. */
const mutated = fc
  .record({
    line: fc.constantFrom(...SAMPLES),
    from: fc.nat(600),
    length: fc.nat(60),
    into: fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom("", '"', "=", "[", "<", "(", "\\", ":", "#", "'", "%ASA-6-302013:"),
    ),
  })
  .map(({ line, from, length, into }) => line.slice(0, from) + into + line.slice(from + length));

/** What every record must be, whatever the line: flat, with a time, with numbers where ECS has numbers. */
function assertSound(line: string, choice: string): void {
  const { record, parsed, parser } = parseLine(line, RECEIVED, choice);
  assert.equal(parsed, parser !== "");
  assert.equal(new Date(String(record["@timestamp"])).toISOString(), record["@timestamp"]);
  if (!parsed) assert.equal(record.message, line);
  for (const [field, value] of Object.entries(record)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      assert.ok(["string", "number", "boolean"].includes(typeof one), field);
      if (typeof one === "number") assert.ok(Number.isFinite(one), `${field}=${one}`);
      if (/^(source|destination|event\.duration)/.test(field) && typeof one === "number")
        assert.ok(Number.isSafeInteger(one) && one >= 0, `${field}=${one}`);
      if (/^(source|destination)(\.nat)?\.port$/.test(field))
        assert.ok(typeof one === "number" && one >= 0 && one <= 65_535, `${field}=${one}`);
      if (/^(source|destination)(\.nat)?\.ip$/.test(field))
        assert.ok(isIP(String(one)) > 0, `${field}=${one}`);
    }
  }
}

test("no line makes a parser throw, and what comes out is sound", () => {
  const choices = fc.constantFrom("auto", ...parserIds());
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), choices, assertSound), {
    numRuns: 1500,
  });
  fc.assert(fc.property(mutated, choices, assertSound), { numRuns: 4000 });
});

test("a parser itself never throws, so that the guard around it has nothing to catch", () => {
  fc.assert(
    fc.property(fc.oneof(mutated, fc.string({ unit: "binary", maxLength: 300 })), (line) => {
      for (const parser of PARSERS) {
        parser.accepts(line, RECEIVED);
        parser.parse(line, RECEIVED);
      }
    }),
    { numRuns: 3000 },
  );
});

test("addresses are told from other words exactly as the runtime does", () => {
  const group = fc.constantFrom("", "0", "1", "ab", "ffff", "12345", "g", "255", "256", "01");
  const text = fc
    .array(fc.tuple(group, fc.constantFrom(":", "::", ".", "")), { maxLength: 10 })
    .map((parts) => parts.map(([left, right]) => left + right).join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.ipV4(), fc.ipV6()), (value) =>
      assert.equal(isIp(value), isIP(value) > 0, value),
    ),
    { numRuns: 20_000 },
  );
});

test("time grows with the length of the line and not faster", () => {
  const pieces = [
    "a=",
    'a="',
    "(",
    "[a ",
    " from ",
    "client 192.0.2.1#1 (",
    "'",
    "%ASA-",
    " : ",
    "\\",
    "1 ",
    "date=,",
  ];
  const starts = [
    ...SAMPLES.slice(0, 3),
    "<38>1 - - - - - [x ",
    "%ASA-6-302013: Built ",
    "client 192.0.2.1#1 (a): query: ",
  ];
  for (const start of starts) {
    for (const piece of pieces) {
      const took = (count: number): number => {
        const line = start + piece.repeat(count);
        let best = Number.POSITIVE_INFINITY;
        for (let round = 0; round < 3; round++) {
          const began = process.cpuUsage();
          for (const choice of ["auto", ...parserIds()]) parseLine(line, RECEIVED, choice);
          const { user, system } = process.cpuUsage(began);
          best = Math.min(best, (user + system) / 1_000);
        }
        return best;
      };
      took(1000);
      const short = took(2000);
      const long = took(32_000);
      // Sixteen times the length: linear work stays near 16, quadratic near 256.
      assert.ok(long < 60 + short * 80, `${start.slice(0, 30)} + ${piece}: ${short} ms, then ${long} ms`);
    }
  }
});

test("what a parser says its messages begin with is so, and auto loses no line by it", () => {
  fc.assert(
    fc.property(mutated, (line) => {
      for (const { begins, accepts, id } of PARSERS) {
        if (begins === undefined || line === "" || begins.includes(line.charAt(0))) continue;
        assert.equal(accepts(line, RECEIVED), false, `${id}: ${line}`);
      }
    }),
    { numRuns: 4000 },
  );
});

test("each parser's own time grows with the length of its line and not faster", () => {
  const pieces = [
    "a=",
    '"',
    '="',
    "[a ",
    "](",
    ",",
    "\\",
    " : ",
    "<a>",
    "</a",
    '{"a":',
    "\t",
    "|",
    "; ",
    "1 ",
    "0x",
    "'",
    "&#1;",
  ];
  for (const parser of PARSERS) {
    const [sample = ""] = sampleOf(parser);
    for (const start of [sample, sample.slice(0, sample.length >> 1)]) {
      for (const piece of pieces) {
        const took = (count: number): number => {
          const line = start + piece.repeat(count);
          let best = Number.POSITIVE_INFINITY;
          for (let round = 0; round < 3; round++) {
            const began = process.cpuUsage();
            parseLine(line, RECEIVED, parser.id);
            parser.accepts(line, RECEIVED);
            const { user, system } = process.cpuUsage(began);
            best = Math.min(best, (user + system) / 1_000);
          }
          return best;
        };
        took(500);
        const short = took(1500);
        const long = took(24_000);
        assert.ok(long < 60 + short * 80, `${parser.id}: ${piece}: ${short} ms, then ${long} ms`);
      }
    }
  }
});

const REAL = new URL("../../../../../shared/data/device-logs/", import.meta.url);
const PRODUCTS = [
  ["fortigate", "fortigate.log"],
  ["cisco-asa", "cisco-asa.log"],
  ["squid", "squid.log"],
  ["bind-query", "bind-named.log"],
  ["cisco-ios", "cisco-ios.log"],
  ["junos", "juniper-junos.log"],
  ["check-point", "checkpoint.log"],
  ["sophos", "sophos-firewall.log"],
  ["pfsense", "pfsense.log"],
  ["iptables", "iptables.log"],
  ["modsecurity", "modsecurity.log"],
  ["eset", "eset.log"],
] as const;

for (const [id, file] of PRODUCTS) {
  const at = new URL(file, REAL);
  const skip = existsSync(at) ? false : "../shared/data/device-logs is not there";
  test(`${id}: real lines of the product parse`, { skip }, (t) => {
    const lines = readFileSync(at, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    const read = lines.map((line) => parseLine(line, RECEIVED));
    const taken = read.filter((line) => line.parser === id).length;
    t.diagnostic(`${id}: ${taken} of ${lines.length} lines parsed`);
    assert.ok(taken >= lines.length * 0.98, `${taken} of ${lines.length}`);
    const placed = read.filter((line) => line.record["event.action"] !== undefined).length;
    t.diagnostic(`${id}: ${placed} of ${lines.length} have an event.action`);
    assert.ok(placed >= lines.length * 0.75, `${placed} of ${lines.length}`);
  });
}

const DATA = new URL("../", REAL);
const PACKED = [
  ["windows", "windows-events/sample.ndjson.gz", 1],
  ["zeek", "zeek/dns.log.gz", 1],
  ["zeek", "zeek/http.log.gz", 1],
] as const;

for (const [id, file, least] of PACKED) {
  const at = new URL(file, DATA);
  const skip = existsSync(at) ? false : `../shared/data/${file} is not there`;
  test(`${id}: real lines of ${file} parse`, { skip }, (t) => {
    const lines = gunzipSync(readFileSync(at))
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
    const memory: SourceMemory = {};
    let [taken, placed] = [0, 0];
    for (const line of lines) {
      const read = parseLine(line, { ...RECEIVED, memory });
      if (read.parser === id) taken++;
      if (read.record["event.action"] !== undefined) placed++;
    }
    t.diagnostic(`${id}: ${taken} of ${lines.length} lines parsed, ${placed} have an event.action`);
    assert.ok(taken >= lines.length * least, `${taken} of ${lines.length}`);
  });
}

test("zeek: lines without the header of their log read as those with it", {
  skip: existsSync(new URL("zeek/dns.log.gz", DATA)) ? false : "../shared/data/zeek is not there",
}, () => {
  for (const file of ["zeek/dns.log.gz", "zeek/http.log.gz"]) {
    const lines = gunzipSync(readFileSync(new URL(file, DATA)))
      .toString("utf8")
      .split("\n")
      .slice(0, 3000);
    const memory: SourceMemory = {};
    for (const line of lines) {
      const known = parseLine(line, { ...RECEIVED, memory });
      if (!line.startsWith("#")) assert.deepEqual(parseLine(line, RECEIVED), known);
    }
  }
});

test("w3c: a source's own header says what its lines hold", () => {
  const memory: SourceMemory = {};
  const context = { ...RECEIVED, memory };
  parseLine("#Fields: date time c-ip cs-username cs-uri-stem sc-status", context);
  const { parser, record } = parseLine("2026-11-23 02:11:12 198.51.100.9 netops /a.aspx 404", context);
  assert.equal(parser, "w3c");
  assert.equal(record["source.ip"], "198.51.100.9");
  assert.equal(record["user.name"], "netops");
  assert.equal(record["url.path"], "/a.aspx");
  assert.equal(record["http.response.status_code"], 404);
  assert.equal(record["@timestamp"], "2026-11-23T02:11:12.000Z");
});
