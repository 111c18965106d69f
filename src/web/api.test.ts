import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, problemOf } from "./api.ts";
import { fieldOf } from "./form/form.ts";
import { eventOf, topicFits } from "./stream.ts";

test("an address leaves out what holds nothing and keeps false and 0", () => {
  assert.equal(addressOf("/a", { q: "", x: undefined, y: null }), "/a");
  assert.equal(
    addressOf("/a", { q: "水 & 電", open: false, n: 0 }),
    "/a?q=%E6%B0%B4+%26+%E9%9B%BB&open=false&n=0",
  );
  assert.equal(addressOf("/a?b=1", { c: 2 }), "/a?b=1&c=2");
});

test("a problem document becomes a refusal with its code, faults and id", () => {
  const body = {
    code: "http.invalid",
    detail: "no",
    requestId: "r1",
    faults: [{ path: "body.title", message: "too short" }, "nonsense", { path: "x" }],
  };
  const problem = problemOf(400, body, new Headers({ "retry-after": "7" }));
  assert.equal(problem.code, "http.invalid");
  assert.equal(problem.requestId, "r1");
  assert.equal(problem.retryAfter, 7);
  assert.deepEqual(problem.faults, [{ path: "body.title", message: "too short" }]);
});

test("what is no problem document of ours is unreadable, and the id of the header is kept", () => {
  for (const body of [undefined, "<html>", { code: "proxy.error" }, { code: 5 }, []]) {
    const problem = problemOf(502, body, new Headers({ "x-request-id": "r2" }));
    assert.equal(problem.code, "unreadable");
    assert.equal(problem.status, 502);
    assert.equal(problem.requestId, "r2");
  }
});

test("a fault's place is a field however the place is written", () => {
  for (const path of ["facts.outage", "body.facts.outage", "/facts/outage", "/body/facts/outage"]) {
    assert.equal(fieldOf(path), "facts.outage");
  }
});

test("a wish that ends in a dot hears of everything below it", () => {
  assert.ok(topicFits("alerts.", "alerts.raised"));
  assert.ok(topicFits("alerts.raised", "alerts.raised"));
  assert.ok(!topicFits("alerts.raised", "alerts.raised-again"));
  assert.ok(!topicFits("alerts.", "alertsx.raised"));
});

test("only what is an event of the stream is taken for one", () => {
  const event = { id: "1", topic: "alerts.raised", subject: "a", at: "2026-11-23T00:00:00.000Z" };
  assert.deepEqual(eventOf(JSON.stringify(event)), event);
  for (const data of ["", "null", "{", "5", '{"id":1,"topic":"x"}', '{"topic":"x"}'])
    assert.equal(eventOf(data), undefined, data);
});
