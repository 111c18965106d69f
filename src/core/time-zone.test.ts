import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isTimeZone, TimeZone } from "./time-zone.ts";

const iso = (zone: TimeZone, wall: string, near = "2026-11-23T00:00:00.000Z") =>
  new Date(zone.utcOf(Date.parse(`${wall}Z`), near)).toISOString().slice(0, 19);

test("summer and winter, the hour that comes twice and the hour that never is", () => {
  const berlin = new TimeZone("Europe/Berlin");
  assert.equal(iso(berlin, "2026-07-01T12:00:00"), "2026-07-01T10:00:00");
  assert.equal(iso(berlin, "2026-11-23T12:00:00"), "2026-11-23T11:00:00");
  assert.equal(iso(berlin, "2026-10-25T02:30:00", "2026-10-25T00:30:02.000Z"), "2026-10-25T00:30:00");
  assert.equal(iso(berlin, "2026-10-25T02:30:00", "2026-10-25T01:30:02.000Z"), "2026-10-25T01:30:00");
  assert.equal(iso(berlin, "2026-03-29T02:30:00"), "2026-03-29T01:30:00");
  assert.equal(iso(berlin, "2026-03-29T03:00:00"), "2026-03-29T01:00:00");
});

test("any moment of any zone comes back from what its clocks showed", () => {
  const names = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "UTC",
  ];
  const zones = names.map((name) => new TimeZone(name));
  const from = Date.UTC(2000, 0, 1) / 1000;
  const to = Date.UTC(2037, 0, 1) / 1000;
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: from, max: to }), (zone, seconds) => {
      const at = new Date(seconds * 1000);
      const shown = at.toLocaleString("sv-SE", { timeZone: zone.name });
      assert.equal(zone.utcOf(Date.parse(`${shown.replace(" ", "T")}Z`), at.toISOString()), at.getTime());
    }),
    { numRuns: 2_000 },
  );
});

test("a zone is an IANA name", () => {
  for (const name of ["Asia/Taipei", "UTC", "Etc/GMT+8", "America/Argentina/Buenos_Aires"])
    assert.ok(isTimeZone(name), name);
  for (const name of ["", "Taipei", "+08:00", "Asia/Taipei@x", "Europe/ Berlin", "a".repeat(90)])
    assert.ok(!isTimeZone(name), name);
});
