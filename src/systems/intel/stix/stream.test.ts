import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { validateStream } from "./stream.ts";
import { validate } from "./validate.ts";

const uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const mutex = (more: object = {}) => ({
  type: "mutex",
  id: `mutex--${uuid}`,
  name: 'a "{[,]}\\ 惡',
  ...more,
});
const HEAD = `{"type":"bundle","note":"\\"objects\\":[","id":"bundle--${uuid}","objects":[`;

async function* pieces(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const told = async (text: string, size = 65_536) =>
  (await validateStream(pieces(text, size))).errors.map(({ path, rule }) => `${path} ${rule}`);

test("a document read in pieces is judged as the whole is; one that is no JSON says where", async () => {
  assert.deepEqual(await told(JSON.stringify([mutex(), mutex({ name: 1 })])), ["1.name 6.11 type"]);
  assert.deepEqual(await told(JSON.stringify(mutex({ name: 1 }))), ["name 6.11 type"]);
  assert.deepEqual(await told(`\uFEFF${JSON.stringify(mutex())}`), []);
  assert.deepEqual(await told("nothing"), ["$ 3 json"]);
  assert.deepEqual(await told(""), ["$ 3 json"]);
  assert.deepEqual(await told('{"type":"bundle"'), ["$ 3 json"]);
});

test("an element that is no JSON is refused by itself, whatever the size of the pieces", async () => {
  const text = `${HEAD}${JSON.stringify(mutex())}, {"type":}, ${JSON.stringify(mutex({ name: 1 }))}, 7 ]}`;
  for (const size of [1, 2, 3, 7, 1000])
    assert.deepEqual(await told(text, size), [
      "objects.1 3 json",
      "objects.2.name 6.11 type",
      "objects.3 8 type",
    ]);
});

test("100 MB in bounded memory: the rest is judged, deep, huge and wrong objects are told", async () => {
  const plain = JSON.stringify(mutex({ x_note: "n".repeat(1000) }));
  const deep = JSON.stringify(mutex()).replace(
    /\}$/,
    `,"x_deep":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  );
  const huge = JSON.stringify(mutex({ x_note: "n".repeat(17 * 2 ** 20) }));
  const count = 96_000;
  async function* large() {
    yield Buffer.from(HEAD);
    for (let at = 0; at < count; at++)
      yield Buffer.from(`${at === 500 ? deep : at === 700 ? huge : at % 10_000 === 9_999 ? "{]}" : plain},`);
    yield Buffer.from(`${JSON.stringify(mutex({ name: 5 }))}]}`);
  }
  const before = process.memoryUsage().rss;
  const judged = await validateStream(large());
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grown < 300, `${grown} MB`);
  const errors = judged.errors.map(({ path, rule }) => `${path.slice(0, 18)} ${rule}`);
  assert.equal(errors[0], "objects.500.x_deep 3.1 nesting");
  assert.ok(errors.includes("objects.700 3 size"));
  assert.equal(errors.at(-1), "objects.96000.name 6.11 type");
});

test("random bundles cut anywhere are judged as in one piece", async () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.string(),
      fc.integer(),
      fc.array(tie("any")),
      fc.dictionary(fc.string(), tie("any")),
    ),
  })).any;
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      async (list, size) => {
        const body = JSON.stringify(list).slice(1, -1);
        // A broken last element makes the reader go element by element; the others are judged as they are alone.
        const streamed = (await told(`${HEAD}${body},{]}]}`, size)).filter((each) =>
          each.startsWith("objects."),
        );
        const whole = validate({ type: "bundle", id: `bundle--${uuid}`, objects: list })
          .filter(({ level }) => level === "must")
          .map(({ path, rule }) => `${path} ${rule}`);
        assert.deepEqual(streamed.slice(0, -1).slice(0, whole.length), whole);
      },
    ),
    { numRuns: 200 },
  );
});
