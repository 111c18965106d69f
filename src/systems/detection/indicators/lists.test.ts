import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { filesOf, type IndicatorList, readEntries, stateOf } from "./lists.ts";

const folder = mkdtempSync(join(tmpdir(), "lianfang-lists-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const listAt = (path: string): IndicatorList => ({ name: "l", path, kind: "auto", marking: "clear" });

test("reads what blocklists look like, and says where each entry stands", async () => {
  const file = join(folder, "mixed.txt");
  writeFileSync(
    file,
    "\ufeff# comment\r\nevil.example # why\n\n0.0.0.0 sink.example\n198.51.100.0/24 ; SBL1\n" +
      'hxxp://evil[.]example/a\n"quoted.example",2026\n; end\nD41D8CD98F00B204E9800998ECF8427E\na@evil.example\n2001:db8::1\n',
  );
  const entries = await Array.fromAsync(readEntries(file, "auto"));
  assert.deepEqual(
    entries.map(({ line, kind, value }) => [line, kind, value]),
    [
      [2, "domain", "evil.example"],
      [4, "domain", "sink.example"],
      [5, "ip", "198.51.100.0/24"],
      [6, "url", "http://evil.example/a"],
      [7, "domain", "quoted.example"],
      [9, "hash", "D41D8CD98F00B204E9800998ECF8427E"],
      [10, "email", "a@evil.example"],
      [11, "ip", "2001:db8::1"],
    ],
  );
});

test("a folder is all its files, packed ones too; a change of any is seen, a broken one is told", async () => {
  const many = join(folder, "many");
  mkdirSync(many);
  writeFileSync(join(many, "b.txt"), "b.example\n");
  writeFileSync(join(many, "a.txt.gz"), gzipSync("a.example\n"));
  const list = listAt(many);
  const files = filesOf(list);
  const values = await Promise.all(
    files.map(async (file) => (await Array.fromAsync(readEntries(file, "domain")))[0]?.value),
  );
  assert.deepEqual(values, ["a.example", "b.example"]);
  const before = stateOf(list);
  writeFileSync(join(many, "b.txt"), "b.example\nc.example\n");
  assert.notEqual(stateOf(list), before);
  writeFileSync(join(many, "a.txt.gz"), "not packed");
  await assert.rejects(Array.fromAsync(readEntries(files[0] ?? "", "domain")), /header|file/);
  assert.equal(stateOf(listAt(join(folder, "none"))), "absent");
});
