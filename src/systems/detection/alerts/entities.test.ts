import assert from "node:assert/strict";
import { test } from "node:test";
import { entitiesOf, indicatorsOf, mainEntityOf } from "./entities.ts";

const record = {
  "source.ip": "203.0.113.7",
  "destination.ip": ["10.1.2.3", "2001:db8::5"],
  "user.name": "root",
  "observer.name": "fw-1",
  "url.original": "http://10.1.2.3/x.exe",
  "url.domain": "10.1.2.3",
  "dns.question.name": "Bad.Example.",
  "file.hash.sha256": "A".repeat(64),
  "file.hash.md5": "not a hash",
};

test("entities are found under their ECS names, the main one by rank", () => {
  const entities = entitiesOf(record);
  assert.deepEqual(entities.sourceIps, ["203.0.113.7"]);
  assert.deepEqual(entities.destinationIps, ["10.1.2.3", "2001:db8::5"]);
  assert.deepEqual(entities.hosts, ["fw-1"]);
  assert.equal(mainEntityOf(record), "ip 203.0.113.7");
  assert.equal(mainEntityOf({ "user.name": "root", "observer.name": "fw-1" }), "user root");
  // What rules for Windows' own records group by.
  assert.equal(mainEntityOf({ TargetUserName: "bob" }), "user bob");
  assert.equal(mainEntityOf({ "winlog.event_data.TargetUserName": "bob", ComputerName: "dc" }), "user bob");
  assert.equal(mainEntityOf({ "winlog.event_data.IpAddress": "192.0.2.9" }), "ip 192.0.2.9");
  assert.equal(mainEntityOf({ "winlog.computer_name": "dc" }), "host dc");
  assert.equal(mainEntityOf({ message: "x" }), "");
  assert.equal(mainEntityOf({ "source.ip": "-", "user.name": " " }), "");
});

test("text that the database cannot hold is mended", () => {
  assert.equal(mainEntityOf({ "user.name": "a\u0000b\ud800" }), "user a\ufffdb\ufffd");
});

test("indicators have types, and inner addresses are marked", () => {
  assert.deepEqual(indicatorsOf({ entities: entitiesOf(record) }), [
    { type: "ip", value: "203.0.113.7", internal: false },
    { type: "ip", value: "10.1.2.3", internal: true },
    { type: "ip", value: "2001:db8::5", internal: false },
    { type: "domain", value: "bad.example", internal: false },
    { type: "url", value: "http://10.1.2.3/x.exe", internal: true },
    { type: "hash", value: "a".repeat(64), internal: false },
    { type: "user", value: "root", internal: true },
  ]);
  const inner = [
    "172.16.0.1",
    "172.32.0.1",
    "192.168.9.9",
    "169.254.1.1",
    "100.64.0.1",
    "fe80::1",
    "fd00::1",
    "::1",
  ];
  const marked = indicatorsOf({ entities: { ...entitiesOf({}), sourceIps: inner } });
  assert.deepEqual(
    marked.filter((indicator) => !indicator.internal).map((indicator) => indicator.value),
    ["172.32.0.1"],
  );
});
