import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { type Block, type Inline, readDescription } from "./described.ts";

const inlines = (block: Block): readonly Inline[] =>
  block.kind === "list" ? block.items.flat() : block.kind === "code" ? [] : block.parts;

test("what ATT&CK writes: links, code, lists, citations", () => {
  const text =
    "[EKANS](https://attack.mitre.org/software/S0605) runs `cmd.exe` and <code>net stop</code>.(Citation: A, B 2021)\n\n* **one**: x\n* two\n  goes on\n\n### Head\n```\n<b>raw</b>\n```";
  assert.deepEqual(readDescription(text), [
    {
      kind: "paragraph",
      parts: [
        { kind: "link", text: "EKANS", href: "https://attack.mitre.org/software/S0605" },
        { kind: "text", text: " runs " },
        { kind: "code", text: "cmd.exe" },
        { kind: "text", text: " and " },
        { kind: "code", text: "net stop" },
        { kind: "text", text: "." },
        { kind: "citation", name: "A, B 2021" },
      ],
    },
    {
      kind: "list",
      items: [
        [
          { kind: "strong", text: "one" },
          { kind: "text", text: ": x" },
        ],
        [{ kind: "text", text: "two goes on" }],
      ],
    },
    { kind: "heading", parts: [{ kind: "text", text: "Head" }] },
    { kind: "code", text: "<b>raw</b>" },
  ]);
});

test("no address but of http and https becomes a link, and markup stays text", () => {
  for (const text of [
    "[x](javascript:alert(1))",
    "[x](data:text/html,1)",
    "[x]( //evil.example)",
    "<img src=x onerror=alert(1)>",
    "[x](https://a b)",
  ]) {
    const parts = readDescription(text).flatMap(inlines);
    assert.deepEqual(parts, [{ kind: "text", text }]);
  }
});

test("whatever is written comes out in its order, and no letter of it is lost but a fence's language", () => {
  // Letters that stand in no mark of our units.
  const letters = (text: string) => text.replaceAll(/[^BDE1]/g, "");
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(...'[]()`*#- \n"<>:/BDE1', "(Citation: ", "https://a", "```", "<code>", "</code>"),
      ),
      (units) => {
        const text = units.join("");
        const shown = readDescription(text)
          .flatMap((block): (Inline | Block)[] => (block.kind === "code" ? [block] : [...inlines(block)]))
          .map((part) => {
            if (part.kind === "citation") return part.name;
            if (part.kind === "link") return part.text + part.href;
            return "text" in part ? part.text : "";
          });
        const written = text.split("\n").filter((line) => !/^ *```[^`]*$/.test(line));
        assert.equal(letters(shown.join("")), letters(written.join("")));
      },
    ),
    { numRuns: 500 },
  );
});

test("long texts are read in time", () => {
  const began = process.cpuUsage().user;
  for (const piece of ["[", "(Citation: ", "`", "**", "<code>", "[a](https://"])
    readDescription(piece.repeat(20_000));
  assert.ok(process.cpuUsage().user - began < 3_000_000);
});

const ICS = "../shared/data/stix/attack-ics-18.1.json";
test("every citation of ATT&CK for ICS names a reference of its object", {
  skip: !existsSync(ICS) && "../shared/data is absent",
}, () => {
  const { objects } = JSON.parse(readFileSync(ICS, "utf8")) as {
    objects: { description?: string; external_references?: { source_name: string }[] }[];
  };
  let [cited, known] = [0, 0];
  for (const { description = "", external_references: references = [] } of objects)
    for (const part of readDescription(description).flatMap(inlines)) {
      if (part.kind !== "citation") continue;
      cited++;
      if (references.some(({ source_name: name }) => name.trim() === part.name)) known++;
    }
  assert.ok(cited > 500 && known / cited > 0.95, `${known} of ${cited}`);
});
