import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { refusal } from "../reasons/model.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import type { StixObject } from "../stix/object.ts";
import { validate } from "../stix/validate.ts";
import type { Imported } from "./imported.ts";
import { importKev } from "./kev.ts";
import { importMispEvent } from "./misp-event.ts";
import { importReportText } from "./report-text.ts";
import { importTable } from "./table.ts";

const KEV = new URL("../../../../../shared/data/kev/known-exploited-vulnerabilities.json", import.meta.url);
const options = {
  createdBy: "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
  tlp: "amber",
  now: "2026-11-23T00:00:00.000Z",
} as const;

/** Names of what came in, after a look that nothing of it breaks STIX. */
function namesOf(imported: Imported, type = "indicator"): string[] {
  const broken = imported.objects.flatMap((object) =>
    validate(object).filter(({ level }) => level === "must"),
  );
  assert.deepEqual(broken, []);
  return imported.objects.filter((object) => object.type === type).map((object) => String(object["name"]));
}

const attribute = (type: string, value: string, more: object = {}) => ({
  type,
  value,
  to_ids: true,
  ...more,
});

test("a MISP event: what it holds, under its own ids and markings, and what is left out", () => {
  const event = {
    uuid: "5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d4c55",
    info: "釣魚活動",
    timestamp: "1763856000",
    Tag: [{ name: "tlp:green" }, { name: "type:OSINT" }],
    Attribute: [
      attribute("ip-dst|port", "198.51.100.4|443", {
        uuid: "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
        comment: "C2",
      }),
      attribute("domain|ip", "evil.example|198.51.100.5"),
      attribute("sha256", "A".repeat(64), { to_ids: false }),
      attribute("vulnerability", "cve-2024-12345", { Tag: [{ name: "tlp:red" }, { name: "tlp:white" }] }),
      attribute("yara", "rule x { condition: true }"),
      attribute("ip-src", "not an address"),
      attribute("domain", "gone.example", { deleted: true }),
      { type: "domain" },
      attribute("__proto__", "x"),
    ],
    Object: [{ Attribute: [attribute("filename|md5", `x.exe|${"b".repeat(32)}`)] }],
  };
  const imported = importMispEvent({ Event: event }, options);
  assert.deepEqual(namesOf(imported), [
    "198.51.100.4",
    "evil.example",
    "198.51.100.5",
    "x",
    "gone.example",
    `x.exe|${"b".repeat(32)}`,
  ]);
  const gone = imported.objects.find((object) => object["name"] === "gone.example");
  assert.equal(gone?.["revoked"], true, "what was deleted at its source comes in revoked");
  assert.deepEqual(
    imported.refused.map((fault) => fault.path),
    [5, 7, 8].map(
      (at) => `Event.Attribute.${at}${["", "", "", "", ".type", ".value", "", ".value", ".type"][at]}`,
    ),
  );
  const [, first] = imported.objects;
  assert.equal(first?.id, "indicator--1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed");
  assert.deepEqual(first?.["object_marking_refs"], [tlpMarkingId("green")]);
  assert.equal(first?.["created"], "2025-11-23T00:00:00.000Z");
  const cve = imported.objects.find((object) => object.type === "vulnerability");
  assert.deepEqual([cve?.["name"], cve?.["object_marking_refs"]], ["CVE-2024-12345", [tlpMarkingId("red")]]);
  const report = imported.objects.at(-1);
  assert.deepEqual([report?.id, report?.["name"]], [`report--${event.uuid}`, "釣魚活動"]);
  const refs: unknown = report?.["object_refs"];
  assert.ok(Array.isArray(refs) && refs.length === imported.objects.length - 1);
  assert.deepEqual(importMispEvent({ response: [{ Event: event }] }, options).objects, imported.objects);
  assert.deepEqual(
    importMispEvent({ Event: event }, { ...options, now: "2027-01-01T00:00:00.000Z" }).objects.length,
    imported.objects.length,
  );
  for (const none of [null, [], {}, { Event: {} }, "text"])
    assert.equal(importMispEvent(none, options).refused.length, 1, JSON.stringify(none));
});

test("a MISP feed as CSV: with a header or bare, quoted cells, remarks, and refusals by line", () => {
  const feed = `uuid,event_id,category,type,value,comment,to_ids,date\r
1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed,1,Network activity,ip-dst,198.51.100.9,"a ""quoted"", and
two lines",1,1763856000
,1,Network activity,domain,evil.example,,1,
,1,Other,comment,hello,,0,
,1,Network activity,url,not a url,,1,
,1,Payload,md5,${"c".repeat(32)},,0,\n`;
  const imported = importTable(feed, options);
  assert.deepEqual(namesOf(imported), ["198.51.100.9", "evil.example"]);
  const first = imported.objects.find((object) => object.type === "indicator");
  assert.deepEqual(
    [first?.id, first?.["description"], first?.["created"]],
    [
      "indicator--1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
      'a "quoted", and\ntwo lines',
      "2025-11-23T00:00:00.000Z",
    ],
  );
  assert.deepEqual(
    imported.refused.map((fault) => fault.path),
    ["line 5", "line 6"],
  );
  assert.equal(
    imported.objects.filter((object) => object.type === "file").length,
    1,
    "context without an indicator",
  );
  const bare = importTable(
    "# feed\n198.51.100.1,seen\nevil[.]example\n\nnothing here\n198.51.100.1",
    options,
  );
  assert.deepEqual(namesOf(bare), ["198.51.100.1", "evil.example"]);
  assert.deepEqual(bare.refused, [refusal("line 5", "csv value", "no-indicator", { value: "nothing here" })]);
});

test("a report: defanged and plain indicators, once each; files, numbers and prose are none", () => {
  const text = `駭客使用 hxxps://evil[.]example/a?b=1 與 198.51.100[.]7，另見 (198.51.100.8:8443)。
Contact phish[at]evil(.)example, drop.exe and report.pdf, version 1.2.3, e.g. nothing. See CVE-2024-3400!
Hashes: ${"d".repeat(64)}; 2001:db8::1 and bad.example.  Again evil[dot]example, payload[.]zip
hxxp://[.]broken and 198.51.100[.]999`;
  const imported = importReportText(text, options);
  assert.deepEqual(namesOf(imported), [
    "https://evil.example/a?b=1",
    "198.51.100.7",
    "198.51.100.8",
    "phish@evil.example",
    "d".repeat(64),
    "2001:db8::1",
    "bad.example",
    "evil.example",
    "payload.zip",
  ]);
  assert.deepEqual(namesOf(imported, "vulnerability"), ["CVE-2024-3400"]);
  assert.deepEqual(
    imported.refused.map((fault) => fault.path),
    ["line 4", "line 4"],
  );
});

test("a report in Chinese: addresses stand against the text without a space, and URLs hold Chinese of their own", () => {
  const text = `受害者點擊hxxps://login[.]evil[.]example/verify?id=1後下載invoice.exe，中繼站為203[.]0[.]113[.]45:8443及evil．example．com。
另發現http://evil.example/路徑/檔案.zip與https://例子.台灣/下載頁面，網址hxxp://cdn[.]bad[.]example/dl/a.exe，已下架。
http://one.example/後續追蹤 http://two.example/表單/送出?編號=1 連線至https://例子.台灣後續 http://three.example/甲/乙/丙.exe`;
  const imported = importReportText(text, options);
  assert.deepEqual(namesOf(imported), [
    "https://login.evil.example/verify?id=1",
    "203.0.113.45",
    "evil.example.com",
    "http://evil.example/路徑/檔案.zip",
    "https://例子.台灣/",
    "http://cdn.bad.example/dl/a.exe",
    "http://one.example/",
    "http://two.example/表單/送出?編號=1",
    "https://例子.台灣",
    "http://three.example/甲/乙/丙.exe",
  ]);
  assert.deepEqual(imported.refused, []);
});

test("a report: networks, and IPv6 addresses with colons at their ends and in URLs", () => {
  const text = `Block 198.51.100.0/24 and 203[.]0[.]113[.]64/26 (2001:db8:5::/48).
C2 at ::ffff:198.51.100.77, 2001:db8:7::. hxxp[:]//[2001:db8::5]/x.exe; http://[2001:db8::6]:8080/a`;
  const imported = importReportText(text, options);
  assert.deepEqual(namesOf(imported), [
    "198.51.100.0/24",
    "203.0.113.64/26",
    "2001:db8:5::/48",
    "::ffff:198.51.100.77",
    "2001:db8:7::",
    "http://[2001:db8::5]/x.exe",
    "http://[2001:db8::6]:8080/a",
  ]);
  assert.deepEqual(imported.refused, []);
});

test("HTML: tags, scripts, styles and remarks are left out, cells stay apart, words stay whole", () => {
  const html = `<html><head><style>a{b:url(http://style.example/x)}</style>
<script>fetch("http://script.example/x")</script></head><body><!-- hidden.example -->
<table><tr><td>one.example</td><td>two.example</td></tr></table>
<p>evil<b>[.]</b>example &lt;198.51.100.1&gt; a&amp;b http://x.example/?a=1&amp;b=2 &#49;98.51.100.2</p>
<p>line six: bad[.]-</p><p unclosed`;
  const imported = importReportText(html, { ...options, html: true });
  assert.deepEqual(namesOf(imported), [
    "one.example",
    "two.example",
    "evil.example",
    "198.51.100.1",
    "http://x.example/?a=1&b=2",
    "198.51.100.2",
  ]);
  assert.deepEqual(
    imported.refused.map((fault) => fault.path),
    ["line 5"],
  );
});

test("KEV: the whole catalogue, and a broken entry by its place", (t) => {
  const broken = importKev({ vulnerabilities: [{ cveID: "CVE-24" }, 7] }, options);
  assert.deepEqual(
    broken.refused.map((fault) => fault.path),
    ["vulnerabilities.0.cveID", "vulnerabilities.1"],
  );
  assert.equal(importKev("x", options).refused.length, 1);
  if (!existsSync(KEV)) return t.skip("../shared/data/kev is absent");
  const imported = importKev(JSON.parse(readFileSync(KEV, "utf8")), options);
  assert.equal(namesOf(imported, "vulnerability").length, 1404);
  assert.deepEqual(imported.refused, []);
  assert.equal(new Set(imported.objects.map((object: StixObject) => object.id)).size, 1404);
});

test("any text and any JSON is taken in without an exception, and what comes out is valid", () => {
  const bits = fc.constantFrom(
    "hxxp://",
    "[.]",
    "evil",
    ".example",
    "<b",
    "<script",
    ">",
    "198.51.100.1",
    "\n",
    " ",
    '"',
    ",",
    "&#",
    "x;",
    "CVE-2024-",
    "1234",
    "@",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(bits, { maxLength: 30 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(text, fc.jsonValue(), (words, json) => {
      for (const html of [true, false]) namesOf(importReportText(words, { ...options, html }));
      namesOf(importTable(words, options));
      namesOf(importMispEvent({ Event: json }, options));
      namesOf(importKev({ vulnerabilities: [json] }, options));
    }),
    { numRuns: 400 },
  );
});
