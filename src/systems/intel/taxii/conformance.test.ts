import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const PAGE = "docs/taxii-conformance.md";
const ESCAPED = /[.*+?^${}()|[\]\\]/g;

interface Line {
  readonly clause: string;
  readonly keyword: string;
  readonly state: string;
  readonly test: string;
}

/** The lines of the page's tables. */
function lines(): Line[] {
  return readFileSync(PAGE, "utf8")
    .split("\n")
    .filter((line) => /^\| \d/.test(line))
    .map((line) => {
      const [clause = "", keyword = "", , state = "", name = ""] = line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim());
      return { clause, keyword, state, test: name };
    });
}

/** Names of tests that begin with a clause's number, as the sources write them; `${...}` stands for anything. */
function named(): RegExp[] {
  const texts = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"));
  const call =
    /\b(?:test|clause|withServer|withPeer|withTls)\(\s*(["`])(?:\$\{database\.name\}: )?(\d[\d.]*[, ].*?)\1/gs;
  return texts.flatMap((text) =>
    [...text.matchAll(call)].map(([, , name = ""]) => {
      const parts = name.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(ESCAPED, "\\$&"));
      return new RegExp(`^${parts.join(".+")}$`);
    }),
  );
}

test("docs/taxii-conformance.md: every test it names is there, and every test of a clause is on it", () => {
  const [page, tests] = [lines(), named()];
  assert.ok(page.length > 80 && tests.length > 60, `${page.length} lines, ${tests.length} tests`);
  const missing = page.filter((line) => line.test !== "" && !tests.some((each) => each.test(line.test)));
  assert.deepEqual(
    missing.map((line) => line.test),
    [],
    "named on the page, in no source",
  );
  const silent = tests.filter((each) => !page.some((line) => each.test(line.test)));
  assert.deepEqual(silent.map(String), [], "in a source, on no line");
});

test("docs/taxii-conformance.md: what is held is shown by a test, what is not says why", () => {
  for (const { clause, keyword, state, test: name } of lines()) {
    assert.match(clause, /^\d[\d.]*$/);
    assert.match(keyword, /^(?:MUST|MUST NOT|SHOULD|SHOULD NOT|MAY|-)$/, clause);
    if (state.startsWith("held")) assert.notEqual(name, "", `${clause}: ${state}`);
    else assert.match(state, /^(?:not held|n\/a): ./, clause);
  }
});
