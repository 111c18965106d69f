import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addMillis } from "../core/instant.ts";
import { kitTexts } from "./texts/kit.ts";
import { agoWords, instantTyped, leftWords, nearness, taipei } from "./time.ts";

const NOW = "2026-11-23T06:05:30.000Z";
const now = Date.parse(NOW);

function speak(texts: Readonly<Record<string, string>>) {
  return (key: string, values: Readonly<Record<string, string | number>> = {}) => {
    const text = texts[key.replace(/^kit:/, "")] ?? `missing ${key}`;
    return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
  };
}
const zh = speak(kitTexts.zh);
const en = speak(kitTexts.en);
const after = (minutes: number) => addMillis(NOW, minutes * 60_000);

test("an instant is shown in Taipei, over midnight too", () => {
  assert.equal(taipei(NOW), "2026-11-23 14:05");
  assert.equal(taipei("2026-12-31T16:00:00.000Z", true), "2027-01-01 00:00:00");
  assert.equal(taipei("no instant"), "no instant");
});

test("what is left and what is overdue stand in words", () => {
  assert.equal(leftWords(after(22), now, zh), "剩 22 分鐘");
  assert.equal(leftWords(after(0.5), now, zh), "剩不到 1 分鐘");
  assert.equal(leftWords(after(200), now, zh), "剩 3 小時 20 分");
  assert.equal(leftWords(after(36 * 60), now, zh), "剩 36 小時");
  assert.equal(leftWords(after(-180), now, zh), "逾期 3 小時");
  assert.equal(leftWords(after(5 * 1440 + 240), now, zh), "剩 5 天 4 小時");
  assert.equal(leftWords(after(-61), now, en), "1 h 1 min overdue");
});

test("a deadline is soon within the hour and overdue from its very instant on", () => {
  assert.equal(nearness(after(61), now), "far");
  assert.equal(nearness(after(60), now), "soon");
  assert.equal(nearness(NOW, now), "soon");
  assert.equal(nearness(addMillis(NOW, -1), now), "overdue");
});

test("what is older than two days is told by its date", () => {
  assert.equal(agoWords(after(-5), now, zh), "5 分鐘前");
  assert.equal(agoWords(NOW, now, zh), "剛剛");
  assert.equal(agoWords(after(-2 * 1440), now, zh), undefined);
});

test("times are typed as they are spoken", () => {
  assert.equal(instantTyped("2026-11-23 14:05", now), "2026-11-23T06:05:00.000Z");
  assert.equal(instantTyped("2026/11/23 14：05", now), "2026-11-23T06:05:00.000Z");
  assert.equal(instantTyped("20261123 1405", now), "2026-11-23T06:05:00.000Z");
  assert.equal(instantTyped(" 9:30 ", now), "2026-11-23T01:30:00.000Z");
  assert.equal(instantTyped("00:10", Date.parse("2026-11-23T16:30:00Z")), "2026-11-23T16:10:00.000Z");
  for (const wrong of [
    "",
    "tomorrow",
    "2026-02-29 10:00",
    "2026-13-01 10:00",
    "24:00",
    "12:60",
    "2026-11-23",
  ]) {
    assert.equal(instantTyped(wrong, now), undefined, wrong);
  }
});

test("every shown time can be typed back", () => {
  const minutes = fc.integer({ min: 0, max: 4_102_444_800 / 60 });
  fc.assert(
    fc.property(minutes, (minute) => {
      const at = new Date(minute * 60_000).toISOString();
      assert.equal(instantTyped(taipei(at), now), at);
    }),
  );
});
