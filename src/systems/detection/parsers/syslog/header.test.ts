import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TimeZone } from "../../../../core/time-zone.ts";
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

test("a zone of the source counts for times without one, over its New Year and its summer", () => {
  const newYork = (line: string, receivedAt: string) =>
    readHeader(line, { receivedAt, zone: new TimeZone("America/New_York") }).fields["@timestamp"];
  assert.equal(newYork("Dec 31 23:59:58 fw a", "2027-01-01T05:00:03.000Z"), "2027-01-01T04:59:58.000Z");
  assert.equal(newYork("Jul  4 12:00:00 fw a", "2026-07-04T16:00:03.000Z"), "2026-07-04T16:00:00.000Z");
  assert.equal(newYork("Jul  4 16:00:00 UTC: fw: a", "2026-07-04T16:00:03.000Z"), "2026-07-04T16:00:00.000Z");
  assert.equal(newYork("Mar  8 02:30:00 UTC: fw: a", "2026-03-08T03:00:00.000Z"), "2026-03-08T02:30:00.000Z");
  assert.equal(
    newYork("2026-07-04T18:00:00+02:00 fw a", "2026-07-04T16:00:03.000Z"),
    "2026-07-04T16:00:00.000Z",
  );
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

test("a weekday, a zone right behind the time and a colon before it are read past", () => {
  const received = "2026-11-23T03:00:00.000Z";
  assert.equal(at("<134>Mon Nov 23 10:00:00 2026 fw app: a", received), "2026-11-23T02:00:00.000Z");
  assert.equal(at("<134>Nov 23 2026 11:00:00+09:00 fw %%01A/6/B(l):a", received), "2026-11-23T02:00:00.000Z");
  assert.equal(at("<166>:Nov 23 10:00:00 CST: %ASA-6-1: a", received), "2026-11-23T02:00:00.000Z");
  const { fields } = readHeader("<134>Nov 23 2026 11:00:00+09:00 fw app: a", { receivedAt: received });
  assert.equal(fields["host.name"], "fw");
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

const T = "2026-11-23T02:00:00.000Z";
/** Line; time, host, program, process id, priority; message. */
const ODD: readonly (readonly [string, readonly unknown[], string])[] = [
  ["<34>Nov 23 10:00:00 fw su: 'su root' failed", [T, "fw", "su", undefined, 34], "'su root' failed"],
  ["<34> Nov 23 10:00:00 fw su[7]: a", [T, "fw", "su", 7, 34], "a"],
  ["<34>Nov 3 10:00:00 fw su: a", ["2026-11-03T02:00:00.000Z", "fw", "su", undefined, 34], "a"],
  ["<34>Nov 03 10:00:00 fw su: a", ["2026-11-03T02:00:00.000Z", "fw", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00.25 fw su: a", ["2026-11-23T02:00:00.250Z", "fw", "su", undefined, 34], "a"],
  ["<34>nov 23 10:00:00 fw su: a", [T, "fw", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00  fw  su: a", [T, "fw", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00\tfw\tsu: a", [T, "fw", "su", undefined, 34], "a"],
  ["<34>Nov 23 2026 10:00:00 fw su: a", [T, "fw", "su", undefined, 34], "a"],
  ["<34>2026 Nov 23 10:00:00 fw su: a", [T, "fw", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00 2026 fw su: a", [T, "fw", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00 2024 fw su: a", ["2024-11-23T02:00:00.000Z", "fw", "su", undefined, 34], "a"],
  ["<34>2026-11-23T10:00:00+08:00 fw su[1]: a", [T, "fw", "su", 1, 34], "a"],
  ["<34>Nov 23 10:00:00 192.0.2.1 su: a", [T, "192.0.2.1", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00 2001:db8::1 su: a", [T, "2001:db8::1", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00 [2001:db8::1] su: a", [T, "2001:db8::1", "su", undefined, 34], "a"],
  ["<34>Nov 23 10:00:00 fw postfix/smtpd[9]: a", [T, "fw", "postfix/smtpd", 9, 34], "a"],
  ["<34>Nov 23 10:00:00 fw my app: a", [T, "fw", undefined, undefined, 34], "my app: a"],
  ["<34>su[12]: a", [undefined, undefined, "su", 12, 34], "a"],
  [
    "<34>last message repeated 2 times",
    [undefined, undefined, undefined, undefined, 34],
    "last message repeated 2 times",
  ],
  [
    "<34>Nov 31 10:00:00 fw su: a",
    [undefined, undefined, undefined, undefined, 34],
    "Nov 31 10:00:00 fw su: a",
  ],
  [
    "<34>Nov 23 24:00:00 fw su: a",
    [undefined, undefined, undefined, undefined, 34],
    "Nov 23 24:00:00 fw su: a",
  ],
  ["\ufeff<34>Nov 23 10:00:00 fw su: a", [T, "fw", "su", undefined, 34], "a"],
  ["  <34>Nov 23 10:00:00 fw su: a", [T, "fw", "su", undefined, 34], "a"],
  ["<034>a", [undefined, undefined, undefined, undefined, 34], "a"],
  ["<191>a", [undefined, undefined, undefined, undefined, 191], "a"],
  ["<192>a", [], "<192>a"],
  ["<>a", [], "<>a"],
  ["<-1>a", [], "<-1>a"],
  ["<34", [], "<34"],
  ["<34>", [undefined, undefined, undefined, undefined, 34], ""],
  ["<34>1 - - - - - -", [undefined, undefined, undefined, undefined, 34], ""],
  ["<34>1 2026-11-23T10:00:00+08:00 fw su 7 ID - a", [T, "fw", "su", 7, 34], "a"],
  [
    "<34>1 2026-11-23T02:00:00.123456789Z fw su 7 - - a",
    ["2026-11-23T02:00:00.123Z", "fw", "su", 7, 34],
    "a",
  ],
  ["<34>1 2026-11-23T02:00:00Z fw su 7 - no structured data", [T, "fw", "su", 7, 34], "no structured data"],
  ["<34>1 soon fw su - - - a", [undefined, undefined, undefined, undefined, 34], "1 soon fw su - - - a"],
  ["1 2026-11-23T02:00:00Z fw su 7 - - a", [T, "fw", "su", 7], "a"],
];

test("headers that devices really send, one by one", () => {
  for (const [line, [time, host, program, pid, priority], message] of ODD) {
    const read = readHeader(line, { receivedAt: "2026-11-23T03:00:00.000Z" });
    const { fields } = read;
    assert.deepEqual(
      [fields["@timestamp"], fields["host.name"], read.program, fields["process.pid"]],
      [time, host, program, pid],
      line,
    );
    assert.equal(fields["log.syslog.priority"], priority, line);
    assert.equal(read.message, message, line);
  }
});
