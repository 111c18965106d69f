import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readHeader } from "./header.ts";

const at = (line: string, receivedAt: string, zoneMinutes?: number) =>
  readHeader(line, { receivedAt, ...(zoneMinutes === undefined ? {} : { zoneMinutes }) }).fields[
    "@timestamp"
  ];

test("a date without a year takes the year that puts it before its receipt", () => {
  assert.equal(at("Nov 23 10:00:00 fw a", "2026-11-23T03:00:00.000Z"), "2026-11-23T02:00:00.000Z");
  assert.equal(at("Dec 31 23:59:58 fw a", "2026-12-31T16:00:03.000Z"), "2026-12-31T15:59:58.000Z");
  assert.equal(at("Dec 31 23:59:58 fw a", "2027-01-01T00:00:00.000Z"), "2026-12-31T15:59:58.000Z");
});

test("a clock that runs ahead over New Year is of the new year", () => {
  assert.equal(at("Jan  1 00:00:10 fw a", "2026-12-31T15:59:50.000Z"), "2026-12-31T16:00:10.000Z");
  assert.equal(at("Nov 24 09:00:00 fw a", "2026-11-23T03:00:00.000Z"), "2026-11-24T01:00:00.000Z");
  assert.equal(at("Nov 26 09:00:00 fw a", "2026-11-23T03:00:00.000Z"), "2025-11-26T01:00:00.000Z");
});

test("29 February is of the last leap year, and a day that never was is no date", () => {
  assert.equal(at("Feb 29 12:00:00 fw a", "2026-11-23T03:00:00.000Z"), "2024-02-29T04:00:00.000Z");
  assert.equal(at("Feb 30 12:00:00 fw a", "2026-11-23T03:00:00.000Z"), undefined);
});

test("the zone is that of the line, else that of the context, else Taipei", () => {
  const received = "2026-11-23T03:00:00.000Z";
  assert.equal(at("Nov 23 02:00:00 UTC: fw: a", received), "2026-11-23T02:00:00.000Z");
  assert.equal(at("Nov 23 10:00:00 CST: fw: a", received), "2026-11-23T02:00:00.000Z");
  assert.equal(at("Nov 23 02:00:00 fw a", received, 0), "2026-11-23T02:00:00.000Z");
  assert.equal(at("2026-11-23T11:00:00+09:00 fw sshd: a", received), "2026-11-23T02:00:00.000Z");
  assert.equal(at("<13>1 2026-11-23T02:00:00.5Z fw - - - - a", received), "2026-11-23T02:00:00.500Z");
});

test("every moment of the last eleven months comes back from its year-less form", () => {
  const received = Date.UTC(2026, 10, 23, 3);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 330 * 86_400 }), (secondsAgo) => {
      const moment = new Date(received - secondsAgo * 1000);
      const wall = new Date(moment.getTime() + 8 * 3_600_000);
      const month = wall.toLocaleString("en-US", { month: "short", timeZone: "UTC" });
      const line = `${month} ${String(wall.getUTCDate()).padStart(2, " ")} ${wall.toISOString().slice(11, 19)} fw tag: a`;
      assert.equal(at(line, new Date(received).toISOString()), moment.toISOString());
    }),
  );
});

test("the message is what stands after the header, byte for byte", () => {
  const context = { receivedAt: "2026-11-23T03:00:00.000Z" };
  const message = (line: string) => readHeader(line, context).message;
  assert.equal(message("<134>Nov 23 10:00:00 fw sshd[12]: Failed  password "), "Failed  password ");
  assert.equal(message("<134>date=2026-11-23 time=10:00:00"), "date=2026-11-23 time=10:00:00");
  assert.equal(message("Nov 23 10:00:00 date=2026-11-23"), "date=2026-11-23");
  assert.equal(message('<134>1 2026-11-23T02:00:00Z fw app 1 ID [a b="]"] \u{feff}text'), "text");
  assert.equal(message("<134>1 2026-11-23T02:00:00Z fw app - - -"), "");
  assert.equal(message("<999>text"), "<999>text");
  assert.equal(message("text alone"), "text alone");
  assert.equal(
    message("Nov 23 10:00:00 relay Nov 23 10:00:00 fw : %ASA-6-302013: Built"),
    "%ASA-6-302013: Built",
  );
});

test("structured data gives its parameters, and a broken one is left to the message", () => {
  const read = readHeader('<14>1 - fw - - - [a@1 k="x\\"y\\]"][b@1 n="2"] m', {
    receivedAt: "2026-11-23T03:00:00.000Z",
  });
  assert.equal(read.fields["log.syslog.structured_data.a@1.k"], 'x"y]');
  assert.equal(read.fields["log.syslog.structured_data.b@1.n"], "2");
  const broken = readHeader("<14>1 - fw - - - [a@1 k=x] m", { receivedAt: "2026-11-23T03:00:00.000Z" });
  assert.equal(broken.message, "[a@1 k=x] m");
});
