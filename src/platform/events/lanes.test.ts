import assert from "node:assert/strict";
import { test } from "node:test";
import { Lanes } from "./lanes.ts";

function gate(): { open: () => void; wait: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, wait: promise };
}

test("no more run at once than there are lanes, and the rest go in order", async () => {
  const lanes = new Lanes(2);
  const first = gate();
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const all = Array.from({ length: 6 }, (_, at) =>
    lanes.run(undefined, async () => {
      started.push(at);
      most = Math.max(most, ++running);
      await first.wait;
      running--;
    }),
  );
  await new Promise((next) => setImmediate(next));
  assert.deepEqual(started, [0, 1]);
  first.open();
  await Promise.all(all);
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5]);
  assert.equal(most, 2);
});

test("one that fails gives its lane on; one that is aborted while it waits leaves the queue", async () => {
  const lanes = new Lanes(1);
  const hold = gate();
  const failing = lanes.run(undefined, async () => {
    await hold.wait;
    throw new Error("broken");
  });
  const stop = new AbortController();
  const left = lanes.run(stop.signal, async () => "never");
  const last = lanes.run(undefined, async () => "done");
  stop.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  hold.open();
  await assert.rejects(failing, /broken/);
  assert.equal(await last, "done");
  await lanes.drained();
  await assert.rejects(
    lanes.run(stop.signal, async () => "never"),
    /gone/,
  );
});

test("drained waits for what runs and for what waits", async () => {
  const lanes = new Lanes(1);
  const hold = gate();
  const done: string[] = [];
  void lanes.run(undefined, async () => {
    await hold.wait;
    done.push("first");
  });
  void lanes.run(undefined, async () => void done.push("second"));
  const drained = lanes.drained().then(() => done.push("drained"));
  hold.open();
  await drained;
  assert.deepEqual(done, ["first", "second", "drained"]);
});
