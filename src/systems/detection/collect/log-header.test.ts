import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OrgId } from "../../../core/org.ts";
import { BATCH_LINES, type BatchLines } from "../pipeline/batch.ts";
import { processBatch } from "../pipeline/process.ts";
import { BatchCutter } from "./cutter.ts";
import { headerOfRequest, requestHeader } from "./log-header.ts";

function cut(text: string, header?: string, piece = 1_000): BatchLines[] {
  const cutter = new BatchCutter({ format: "lines", maxLineBytes: 65_536, header, onLong: () => {} });
  const bytes = Buffer.from(text);
  const batches: BatchLines[] = [];
  for (let at = 0; at < bytes.length; at += piece)
    batches.push(...cutter.push(bytes.subarray(at, at + piece)));
  return [...batches, ...cutter.end()];
}

/** The records of a batch as the rules meet them. */
function records(batch: BatchLines): Record<string, unknown>[] {
  const seen: Record<string, unknown>[] = [];
  const matcher = {
    match: (record: Readonly<Record<string, unknown>>) => {
      seen.push({ ...record });
      return [];
    },
  };
  const task = {
    ...batch,
    orgId: "00000000-0000-7000-8000-000000000001" as OrgId,
    source: "s",
    batch: "b",
    receivedAt: "2026-11-23T03:00:00.000Z",
    parser: "auto",
  };
  processBatch(task, matcher);
  return seen;
}

const FIELDS = "#Software: x\n#Fields: date time c-ip cs-username cs-uri-stem sc-status\n";
const LINE = "2026-11-23 02:11:12 198.51.100.9 netops /a.aspx 404\n";

test("a log's header holds for the batches after the first", () => {
  const batches = cut(FIELDS + LINE.repeat(BATCH_LINES + 10));
  assert.equal(batches.length, 2);
  const [last] = records(batches[1] as BatchLines).slice(-1);
  assert.equal(last?.["user.name"], "netops");
  assert.equal(last?.["http.response.status_code"], 404);
});

test("a header that is carried from body to body holds, and is stored once", () => {
  const [, second] = cut(FIELDS + LINE.repeat(BATCH_LINES + 10));
  const header = headerOfRequest(requestHeader(second?.header));
  const [batch] = cut(LINE, header);
  const read = records(batch as BatchLines);
  assert.equal(read.length, 1);
  assert.equal(read[0]?.["user.name"], "netops");
});

test("a new header takes the place of the old one", () => {
  const other = "#Software: y\n#Fields: date time cs-username c-ip\n";
  const batches = cut(FIELDS + LINE.repeat(BATCH_LINES - 2) + other + LINE);
  assert.equal(batches.at(-1)?.header, FIELDS.trimEnd());
  const [, , last] = records(batches.at(-1) as BatchLines);
  assert.equal(last?.["user.name"], "198.51.100.9");
});

test("the header of a batch follows from the bytes alone, however they arrive", () => {
  const text = FIELDS + LINE.repeat(BATCH_LINES + 3);
  const whole = cut(text).map(({ header }) => header);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (piece) => {
      assert.deepEqual(
        cut(text, undefined, piece).map(({ header }) => header),
        whole,
      );
    }),
    { numRuns: 20 },
  );
});

test("what is no header is no header", () => {
  assert.equal(headerOfRequest({}), undefined);
  assert.equal(headerOfRequest({ "log-header": "%%%" }), undefined);
  assert.equal(headerOfRequest({ "log-header": Buffer.from("x").toString("base64url") }), undefined);
  assert.equal(cut("# a comment\n").at(-1)?.header, undefined);
  assert.equal(cut(`#${"x".repeat(5_000)}\n`.repeat(BATCH_LINES + 1)).at(-1)?.header, undefined);
});
