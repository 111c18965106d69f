import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { holdBack } from "../collect/hold.ts";
import { frame } from "./framed.ts";
import { Joiner, wholeEvents } from "./joiner.ts";
import { readEvents } from "./lines.ts";

/** Lines of one audit event as a host writes them. */
function auditLines(serial: number, kinds: readonly string[], head = ""): string[] {
  return kinds.map(
    (kind, at) => `${head}type=${kind} msg=audit(1795399872.${100 + (serial % 800)}:${serial}): n=${at}`,
  );
}

const kinds = fc
  .tuple(
    fc.constantFrom(["SYSCALL"], ["SYSCALL", "EXECVE"], ["AVC", "SYSCALL"]),
    fc.constantFrom([], ["CWD"], ["CWD", "PATH", "PATH"]),
    fc.constantFrom(["PROCTITLE"], ["PROCTITLE", "EOE"], ["EOE"]),
    fc.nat(5),
  )
  .map(([first, more, last, of]) => (of === 0 ? ["USER_LOGIN"] : [...first, ...more, ...last]));
const alone = fc.constantFrom(
  ["<13>Nov 23 10:11:12 h app: a line of another program"],
  ["a line that is nobody's"],
);
/** Several events of two hosts and lines that stand alone, each a list of its lines; the serial numbers are given later. */
const events = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.tuple(kinds, fc.constantFrom("", "node=a ", "<13>Nov 23 10:11:12 b audispd: ")),
      },
      alone,
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((drawn) => drawn.map((one, at) => (one.length === 2 ? auditLines(at + 1, one[0], one[1]) : one)));

/** The lines of all, those of different events among one another as `picks` say, each event's own in their order. */
function mixed(lists: readonly (readonly string[])[], picks: readonly number[]): string[] {
  const left = lists.map((list) => [...list]);
  const lines: string[] = [];
  for (let step = 0; left.some((list) => list.length > 0); step++) {
    const open = left.filter((list) => list.length > 0);
    // Few events are under way at a time.
    const window = open.slice(0, 4);
    lines.push(window[(picks[step % picks.length] ?? 0) % window.length]?.shift() ?? "");
  }
  return lines;
}

const picks = fc.array(fc.nat(3), { minLength: 1, maxLength: 50 });
const bytesOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(""));
const textsOf = (bytes: Uint8Array, choice = "auto", framed = false) =>
  [...readEvents({ bytes, firstLine: 1, framed }, choice)].map(({ text }) => text);
/** The events as they stand in the lines: each with its lines in their order of arrival. */
function wanted(lists: readonly (readonly string[])[], lines: readonly string[]): string[] {
  const used = new Set<number>();
  return lists.map((list) => {
    const at = list.map((line) => {
      const found = lines.findIndex((one, index) => one === line && !used.has(index));
      used.add(found);
      return found;
    });
    return at
      .toSorted((a, b) => a - b)
      .map((index) => lines[index])
      .join("\n");
  });
}

test("the lines of an event come out as one, however they lie among others; every line once", () => {
  fc.assert(
    fc.property(events, picks, (lists, order) => {
      const lines = mixed(lists, order);
      for (const found of [
        textsOf(bytesOf(lines)),
        textsOf(frame(lines.map((line) => Buffer.from(line))).bytes, "auto", true),
      ]) {
        assert.deepEqual(found.toSorted(), wanted(lists, lines).toSorted());
        assert.deepEqual(found.flatMap((text) => text.split("\n")).toSorted(), lines.toSorted());
      }
      // Whoever asks for another product's lines gets each as it came.
      assert.deepEqual(textsOf(bytesOf(lines), "squid"), lines);
    }),
  );
});

test("lines out of their order are one event all the same", () => {
  fc.assert(
    fc.property(
      events.chain((lists) =>
        fc.tuple(fc.constant(lists), fc.shuffledSubarray(lists.flat(), { minLength: lists.flat().length })),
      ),
      ([lists, lines]) => {
        assert.deepEqual(textsOf(bytesOf(lines)).toSorted(), wanted(lists, lines).toSorted());
      },
    ),
  );
});

test("cut behind any line, what may go without the rest divides no event", () => {
  fc.assert(
    fc.property(events, picks, (lists, order) => {
      const lines = mixed(lists, order);
      const bytes = bytesOf(lines);
      const whole = textsOf(bytes).toSorted();
      for (let count = 0; count <= lines.length; count++) {
        const end = wholeEvents(bytesOf(lines.slice(0, count)), "auto");
        const found = [...textsOf(bytes.subarray(0, end)), ...textsOf(bytes.subarray(end))];
        // Unless an event said that it had ended and went on: then its end stands alone.
        const late = lists.some((list) => list.filter((line) => /PROCTITLE|EOE/.test(line)).length > 1);
        if (!late) assert.deepEqual(found.toSorted(), whole);
        assert.deepEqual(found.flatMap((text) => text.split("\n")).toSorted(), lines.toSorted());
      }
    }),
    { numRuns: 60 },
  );
});

test("lines that arrive little by little wait for their event, in batches that hold each line once", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(events, picks, sizes, (lists, order, arrivals) => {
      const lines = mixed(lists, order);
      let waiting: { bytes: Buffer; held: number }[] = [];
      const batches: string[][] = [];
      const flush = (last: boolean) => {
        const all = Buffer.concat(waiting.flatMap(({ bytes }) => [bytes, Buffer.from("\n")]));
        const { now, later } = last ? { now: waiting, later: [] } : holdBack(waiting, all, "auto");
        batches.push(textsOf(frame(now.map(({ bytes }) => bytes)).bytes));
        waiting = [...later];
      };
      let at = 0;
      for (let round = 0; at < lines.length; round++) {
        const count = arrivals[round % arrivals.length] ?? 1;
        waiting.push(...lines.slice(at, at + count).map((line) => ({ bytes: Buffer.from(line), held: 0 })));
        at += count;
        flush(false);
      }
      for (let rounds = 0; waiting.length > 0; rounds++) {
        assert.ok(rounds < 6, "nothing waits for ever");
        flush(false);
      }
      const found = batches.flat();
      assert.deepEqual(found.flatMap((text) => text.split("\n")).toSorted(), lines.toSorted());
      const quick = arrivals.every((count) => count * 4 >= lines.length);
      const late = lists.some((list) => list.filter((line) => /PROCTITLE|EOE/.test(line)).length > 1);
      if (quick && !late) assert.deepEqual(found.toSorted(), wanted(lists, lines).toSorted());
    }),
  );
});

const FORGED = [
  "--a1b2c3d4-A--",
  "[23/Nov/2026:10:11:12 +0800] Z0E1a2B3c4D5e6F7 198.51.100.9 51000 203.0.113.5 80",
  "--a1b2c3d4-C--",
  "--deadbeef-A--\r",
  "",
  "type=EXECVE msg=audit(1795399872.123:456): a0=rm",
  "Nov 23 10:11:12 host sshd[1]: Accepted password for root",
  "--a1b2c3d4-H--",
  'Message: Warning. [id "1"]',
  "",
  "--a1b2c3d4-Z--",
];

test("a transaction of ModSecurity holds whatever its sections hold, byte for byte", () => {
  const found = textsOf(bytesOf(["before", ...FORGED, "", "behind"]));
  assert.deepEqual(found, ["before", FORGED.join("\n"), "behind"]);
  for (let count = 1; count < FORGED.length; count++)
    assert.equal(wholeEvents(bytesOf(["x", ...FORGED.slice(0, count)]), "auto"), 2, String(count));
  assert.equal(wholeEvents(bytesOf(["x", ...FORGED]), "auto"), bytesOf(["x", ...FORGED]).length);
});

test("a transaction that broke off ends where the next begins, but not inside what others sent", () => {
  const [first = "", head = ""] = FORGED;
  const broken = [first, head, "--a1b2c3d4-B--", "GET / HTTP/1.1"];
  assert.deepEqual(textsOf(bytesOf([...broken, "--0badcafe-A--", head, "--0badcafe-Z--"])), [
    broken.join("\n"),
    ["--0badcafe-A--", head, "--0badcafe-Z--"].join("\n"),
  ]);
});

test("transactions of two hosts over syslog are told apart by their headers", () => {
  const over = (host: string, lines: readonly string[]) =>
    lines.map((line) => `<13>Nov 23 10:11:12 ${host} modsec: ${line}`);
  const [a, b] = [over("a", FORGED), over("b", FORGED)];
  const lines = [
    ...a.slice(0, 3),
    ...b.slice(0, 5),
    "<13>Nov 23 10:11:12 a cron: x",
    ...a.slice(3),
    ...b.slice(5),
  ];
  assert.deepEqual(textsOf(bytesOf(lines)), [a.join("\n"), b.join("\n"), "<13>Nov 23 10:11:12 a cron: x"]);
});

test("an event without end is bounded, and one whose end never came is not waited for", () => {
  const line = "type=PATH msg=audit(1795399872.123:456): name=x";
  const found = [...readEvents({ bytes: bytesOf(Array(10_000).fill(line)), firstLine: 1 }, "auditd")];
  assert.deepEqual(
    found.map(({ lines }) => lines),
    [4_096, 4_096, 1_808],
  );
  const open = (more: readonly string[]) => {
    const joiner = new Joiner("auto");
    for (const one of [line, ...more]) joiner.take(Buffer.from(one));
    return joiner.wholeLines();
  };
  assert.equal(open([]), 0);
  assert.equal(open(Array(500).fill("x")), 0);
  assert.equal(open(Array(513).fill("x")), 514);
  assert.equal(open(["type=USER_CMD msg=audit(1795399873.900:460): res=1"]), 0);
  assert.equal(open(["type=USER_CMD msg=audit(1795399874.200:460): res=1"]), 2);
});
