import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "lianfang-cli-"));
after(() => rmSync(folder, { recursive: true }));

function lianfang(...args: string[]) {
  const done = spawnSync(process.execPath, ["src/app/cli.ts", ...args], {
    encoding: "utf8",
    input: '{"user":"root"}\n',
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

test("the command line starts and names its commands, each once", () => {
  const { code, out } = lianfang("--help");
  assert.equal(code, 0);
  for (const name of [
    "serve",
    "import",
    "parse",
    "detect",
    "rules",
    "stix",
    "duties",
    "intel",
    "audit",
    "users",
    "keys",
  ])
    assert.equal([...out.matchAll(new RegExp(`^  ${name}\\b`, "gm"))].length, 1, name);
});

test("exit codes: 0 fine, 1 found problems, 2 wrong use", () => {
  const rule = "title: root\nlogsource: {category: any}\ndetection: {s: {user: root}, condition: s}\n";
  writeFileSync(join(folder, "a.yml"), rule);
  const fine = lianfang("detect", "--rules", folder);
  assert.equal(fine.code, 0, fine.err);
  const { line, event, rule: met } = JSON.parse(fine.out);
  assert.deepEqual([line, event, met.title], [1, { user: "root" }, "root"]);
  writeFileSync(join(folder, "b.yml"), rule.replace("user:", "user|contians:"));
  const broken = lianfang("detect", "--rules", folder);
  assert.equal(broken.code, 1, "a rule is broken");
  assert.match(broken.err, /^b\.yml:3: /);
  assert.equal(broken.out, fine.out, "the others run");
  assert.equal(lianfang("rules", "check", folder).code, 1);
  for (const wrong of [["detect", "--rulse", "x"], ["rules", "check", join(folder, "nowhere")], ["nothing"]])
    assert.equal(lianfang(...wrong).code, 2, wrong.join(" "));
});
