import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { createLog } from "../../../platform/log/log.ts";
import { Spool, SpoolFull } from "./spool.ts";
import type { BlockMeta } from "./spool-format.ts";

const SOURCE = {
  orgId: "0190a000-0000-7000-8000-00000000000a",
  name: "fw",
  channel: "syslog",
  parser: "auto",
} as const;

async function within<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "spool-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const log = createLog({ level: "silent" });
const openAt = (folder: string, limitBytes = 2 ** 20) => Spool.open({ folder, limitBytes, log });
const meta = (key: string, lines = 1): BlockMeta => ({
  key,
  source: SOURCE,
  sentBy: "192.0.2.1",
  receivedAt: "2026-11-23T03:00:00.000Z",
  lines,
});
const segments = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".seg"))
    .toSorted();

type Step = "append" | "big" | "store" | "restart" | "crash";

test("whatever happens, every block comes out in order, and one that is stored does not come back after a clean stop", async () => {
  const steps = fc.array(
    fc.constantFrom<Step>("append", "append", "append", "big", "store", "store", "restart", "crash"),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 60 }), (script, torn) =>
      within(async (folder) => {
        let spool = await openAt(folder, 40_000);
        let appended = 0;
        let stored = 0;
        /** A crash may lose how far it was read: what comes again is a whole run up to what was stored. */
        let from = 0;
        const abandoned: Spool[] = [];
        for (const step of script) {
          if (step === "append" || step === "big") {
            const bytes = Buffer.alloc(step === "big" ? 9_000 : 10, "x");
            try {
              await spool.append(meta(String(appended)), bytes);
              appended++;
            } catch (error) {
              assert.ok(error instanceof SpoolFull);
            }
          } else if (step === "store") {
            const block = await spool.take();
            if (block === undefined) {
              assert.equal(from, appended);
              continue;
            }
            const number = Number(block.meta.key);
            if (number !== from)
              assert.ok(number <= stored && number >= from, `${number} of ${from} to ${stored}`);
            from = number + 1;
            stored = Math.max(stored, from);
            await spool.done(block);
          } else {
            const last = segments(folder).at(-1);
            if (step === "restart") await spool.close();
            else abandoned.push(spool);
            if (step === "crash" && last !== undefined)
              appendFileSync(join(folder, last), Buffer.alloc(torn, 7));
            spool = await openAt(folder, 40_000);
            if (step === "crash") from = await lowest(folder, from, abandoned);
          }
        }
        const left: number[] = [];
        for (let block = await spool.take(); block !== undefined; block = await spool.take()) {
          left.push(Number(block.meta.key));
          await spool.done(block);
        }
        const first = left[0] ?? appended;
        assert.ok(first <= stored, "none is lost");
        assert.deepEqual(
          left,
          Array.from({ length: appended - first }, (_, at) => first + at),
        );
        assert.equal(spool.lines, 0);
        for (const each of [spool, ...abandoned]) await each.close();
      }),
    ),
    { numRuns: 60 },
  );

  /** The first block that a spool opened on the folder now would give. */
  async function lowest(folder: string, otherwise: number, abandoned: Spool[]): Promise<number> {
    const other = await openAt(folder, 40_000);
    abandoned.push(other);
    const block = await other.take();
    return block === undefined ? otherwise : Math.min(otherwise, Number(block.meta.key));
  }
});

test("a stored block does not come back after a clean stop, and segments that are done are removed", async () => {
  await within(async (folder) => {
    const spool = await openAt(folder, 40_000);
    for (let at = 0; at < 4; at++) await spool.append(meta(String(at), 3), Buffer.alloc(9_000, "x"));
    assert.equal(spool.lines, 12);
    for (let at = 0; at < 3; at++) await spool.done((await spool.take()) ?? assert.fail());
    await spool.close();
    assert.ok(segments(folder).length <= 2, segments(folder).join());
    const again = await openAt(folder, 40_000);
    assert.equal(again.lines, 3);
    assert.equal((await again.take())?.meta.key, "3");
    await again.close();
  });
});

test("a full spool takes nothing until something is stored", async () => {
  await within(async (folder) => {
    const spool = await openAt(folder, 20_000);
    for (let at = 0; at < 3; at++) await spool.append(meta(String(at)), Buffer.alloc(8_000, "x"));
    assert.ok(spool.full);
    await assert.rejects(spool.append(meta("3"), Buffer.alloc(1)), SpoolFull);
    for (let at = 0; at < 3; at++) await spool.done((await spool.take()) ?? assert.fail());
    await spool.append(meta("3"), Buffer.alloc(1));
    assert.equal((await spool.take())?.meta.key, "3");
    await spool.close();
  });
});

test("blocks appended at once are all there; a flipped bit takes its block and no other segment", async () => {
  await within(async (folder) => {
    const spool = await openAt(folder, 40_000);
    await Promise.all([1, 2, 3].map((at) => spool.append(meta(`a${at}`), Buffer.alloc(100, "a"))));
    await spool.append(meta("a4"), Buffer.alloc(11_000, "a"));
    await spool.append(meta("b1"), Buffer.alloc(100, "b"));
    await spool.close();
    const [first = ""] = segments(folder);
    const bytes = readFileSync(join(folder, first));
    const flipped = bytes.indexOf("a3");
    bytes[flipped] = (bytes[flipped] ?? 0) ^ 1;
    writeFileSync(join(folder, first), bytes);
    const keys: string[] = [];
    const again = await openAt(folder, 40_000);
    for (let block = await again.take(); block !== undefined; block = await again.take())
      keys.push(block.meta.key);
    assert.deepEqual(keys, ["a1", "a2", "b1"]);
    assert.ok(readdirSync(folder).includes(`${first}.damaged`), "the broken part is kept");
    await again.close();
  });
});

test("what the owner keeps in mind is told again at the next start, though its segments are gone", async () => {
  await within(async (folder) => {
    const remembered = { ...meta("nats"), origin: { stream: "S", sequences: [7, 8] } };
    const options = { folder, limitBytes: 40_000, log, checkpoint: () => [remembered] };
    const spool = await Spool.open(options);
    await spool.append(meta("1"), Buffer.alloc(11_000, "x"));
    await spool.append(meta("2"), Buffer.alloc(10, "x"));
    for (let at = 0; at < 2; at++) await spool.done((await spool.take()) ?? assert.fail());
    await spool.close();
    const found: unknown[] = [];
    const again = await Spool.open({ ...options, onFound: ({ origin }) => found.push(origin?.sequences) });
    assert.deepEqual(found[0], [7, 8]);
    assert.equal(again.lines, 0);
    assert.equal(await again.take(), undefined);
    await again.close();
  });
});
