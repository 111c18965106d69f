import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PROBLEMS } from "../core/problem.ts";
import { problemPage } from "./problem-page.ts";

test("the page has a place for every code, and nothing of the text becomes markup", () => {
  const page = problemPage(readFileSync("docs/problems.md", "utf8"));
  for (const code of Object.keys(PROBLEMS)) assert.ok(page.includes(`<h2 id="${code}">`), code);
  assert.match(problemPage("a <script> & `b<c`"), /<p>a &lt;script&gt; &amp; <code>b&lt;c<\/code><\/p>/);
});
