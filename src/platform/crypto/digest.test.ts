import assert from "node:assert/strict";
import { test } from "node:test";
import { uuidV7 } from "./digest.ts";

test("ids of one process rise, within a millisecond and when the clock is set back too (RFC 9562 section 6.2)", (t) => {
  const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const now = Date.now() + 10_000;
  t.mock.timers.enable({ apis: ["Date"], now });
  const ids = Array.from({ length: 10_000 }, () => uuidV7());
  t.mock.timers.setTime(now - 5_000);
  ids.push(...Array.from({ length: 100 }, () => uuidV7()));
  t.mock.timers.setTime(now + 60_000);
  ids.push(uuidV7());
  for (const id of ids) assert.match(id, FORM);
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(Number.parseInt(ids.at(-1)?.replaceAll("-", "").slice(0, 12) ?? "", 16), now + 60_000);
  assert.equal(uuidV7(Date.UTC(2020, 0, 1)).slice(0, 13), "016f5e66-e800", "a time that is given is its own");
});
