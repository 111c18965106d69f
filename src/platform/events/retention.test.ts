import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type PartitionSize, partitionsToDrop } from "./retention.ts";

function day(partition: string, bytes = 10, table = "log_record"): PartitionSize {
  return { table, partition, rows: 1, bytes };
}

const today = "2026-03-01T08:00:00.000Z";

test("a day is kept for exactly the days that are told, over the end of a month", () => {
  const partitions = ["20260226", "20260227", "20260228", "20260301"].map((each) => day(each));
  assert.deepEqual(partitionsToDrop(partitions, { days: 2, bytes: 1_000, today }), [
    { table: "log_record", partition: "20260226" },
  ]);
});

test("above the size the oldest day goes first, of whatever table", () => {
  const partitions = [
    day("20260228", 10, "a"),
    day("20260227", 10, "b"),
    day("20260301", 10, "a"),
    day("20260227", 10, "a"),
  ];
  assert.deepEqual(partitionsToDrop(partitions, { days: 90, bytes: 25, today }), [
    { table: "a", partition: "20260227" },
    { table: "b", partition: "20260227" },
  ]);
});

test("what stays is within the limits, or of today; what goes is older than all that stays", () => {
  const partition = fc.record({
    day: fc.integer({ min: 20260210, max: 20260228 }),
    bytes: fc.nat(50),
    now: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(partition), fc.integer({ min: 0, max: 30 }), fc.nat(400), (list, days, bytes) => {
      const partitions = list.map((each, at) =>
        day(each.now ? "20260301" : String(each.day), each.bytes, `t${at}`),
      );
      const gone = partitionsToDrop(partitions, { days, bytes, today });
      const stays = partitions.filter((each) => !gone.some((drop) => drop.table === each.table));
      const past = stays.filter((each) => each.partition !== "20260301");
      const total = stays.reduce((sum, each) => sum + each.bytes, 0);
      assert.ok(total <= bytes || past.length === 0);
      assert.ok(gone.every((drop) => drop.partition !== "20260301"));
      const newestGone =
        gone
          .map((drop) => drop.partition)
          .sort()
          .at(-1) ?? "";
      assert.ok(past.every((each) => each.partition >= newestGone));
    }),
  );
});
