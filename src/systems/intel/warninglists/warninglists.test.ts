import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DATABASES } from "../../../platform/records/testing.ts";
import { refusal } from "../reasons/model.ts";
import { type Answer, client, intelNode, intelServer } from "../testing.ts";
import { checkText, entriesOf, listsOf } from "./catalog.ts";
import { WarninglistChecker } from "./checker.ts";
import { loadWarninglists, readWarninglist, writeWarninglist } from "./list.ts";
import { EntryQuery, WarninglistFilter } from "./model.ts";

const LISTS = "/api/v1/intel/warninglists";
const MISP = fileURLToPath(new URL("../../../../../shared/data/misp/warninglists/", import.meta.url));

test("a pasted text is read value by value, defanged forms too, and each says which list knows it and by what", () => {
  const checker = new WarninglistChecker(loadWarninglists().lists);
  const pasted = "hxxps://www[.]example[.]com/a\n8[.]8.8.8, 140.112.8.116\n\nnot a value\n";
  const { items, more } = checkText(checker, pasted);
  assert.deepEqual(
    items.map(({ line, value, hits }) => [line, value, hits.map(({ entry }) => entry)]),
    [
      [1, "https://www.example.com/a", ["example.com"]],
      [2, "8.8.8.8", ["8.8.8.8"]],
      [2, "140.112.8.116", []],
      [4, null, []],
    ],
  );
  assert.equal(more, false);
  const [network] = checkText(checker, "8[.]8.0.0/16").items;
  assert.deepEqual(
    [network?.value, network?.hits.map(({ entry, inside }) => [entry, inside])],
    ["8.8.0.0/16", [["8.8.4.4", 2]]],
  );
  assert.equal(checkText(checker, "1.1.1.1\n".repeat(2100)).items.length, 2000);
});

test("lists are found by their words, what they cover and their entries; entries are paged in the list's order", async () => {
  const checker = new WarninglistChecker(loadWarninglists().lists);
  const find = async (filter: object) =>
    (await listsOf(checker, new Map(), WarninglistFilter.parse(filter))).items.map(
      ({ name }) => name.split(" ")[0],
    );
  assert.deepEqual(await find({ q: "dns public" }), ["公用"]);
  assert.deepEqual(await find({ covers: "sha1" }), ["空內容雜湊"]);
  assert.deepEqual(await find({ entry: "8.8.8" }), ["公用"]);
  assert.deepEqual(await find({ state: "off" }), []);
  const list = readWarninglist('{"name":"n","type":"string","list":["b","A1","a2","c"]}');
  const first = entriesOf(list, EntryQuery.parse({ q: "a", limit: "1" }));
  assert.deepEqual(first, { items: [{ place: 2, entry: "A1" }], total: 2, next: "1" });
  assert.deepEqual(entriesOf(list, EntryQuery.parse({ q: "a", limit: "1", cursor: "1" })).items, [
    { place: 3, entry: "a2" },
  ]);
  assert.throws(() => entriesOf(list, EntryQuery.parse({ cursor: "x" })), /http.invalid/);
});

test("a folder may hold lists as MISP's repository does, one folder each", () => {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-lists-"));
  try {
    mkdirSync(join(folder, "one"));
    writeFileSync(join(folder, "one", "list.json"), '{"name":"one","type":"string","list":["a"]}');
    writeFileSync(join(folder, "two.json"), '{"name":"two","type":"string","list":["a"],"version":"7"}');
    const { lists, faults } = loadWarninglists(folder);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      lists.map(({ name, version }) => [name, version]),
      [
        ["one", null],
        ["two", 7],
      ],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a public list leaves as it came in, for the values it covers", (t) => {
  if (!existsSync(MISP)) return t.skip("../shared/data/misp is absent");
  for (const list of loadWarninglists(MISP).lists) {
    const again = readWarninglist(writeWarninglist(list));
    assert.deepEqual(again, list);
  }
});

for (const database of DATABASES)
  test(`${database.name}: I10: the administrator switches lists and takes them in, with a trace; nobody else does`, async () => {
    const node = await intelNode(database);
    const { server, url } = await intelServer(node);
    const as = (who: string) => client(url, who);
    const administrator = as("administrator");
    const check = async (text: string) =>
      ((await as("member")("POST", `${LISTS}/check`, { text })).json as Answer["json"]).items[0].hits.map(
        (hit: { list: string }) => hit.list.split(" ")[0],
      );
    try {
      const found = (await as("writer")("GET", `${LISTS}?q=resolvers`)).json.items;
      assert.equal(found.length, 1);
      const { key, off, origin } = found[0];
      assert.deepEqual([off, origin], [false, "folder"]);
      assert.deepEqual(await check("8.8.8.8"), ["公用"]);

      const state = `${LISTS}/${key}/state`;
      assert.equal((await as("writer")("PUT", state, { off: true, reason: "r" })).status, 403);
      assert.equal((await administrator("PUT", state, { off: true })).status, 400);
      const switched = await administrator("PUT", state, { off: true, reason: "本國 DNS 遭入侵" });
      assert.deepEqual(
        [switched.json.off, switched.json.reason, switched.json.changedBy],
        [true, "本國 DNS 遭入侵", "administrator"],
      );
      assert.deepEqual(await check("8.8.8.8"), []);
      await administrator("PUT", state, { off: false });
      assert.deepEqual(await check("8.8.8.8"), ["公用"]);

      const file = (entries: readonly string[], more: object = {}) =>
        Buffer.from(JSON.stringify({ name: "本國網段", type: "cidr", version: 2, list: entries, ...more }));
      const take = (body: Uint8Array, query = "") =>
        administrator("POST", `${LISTS}${query}`, body, { "content-type": "application/octet-stream" });
      assert.equal((await as("writer")("POST", LISTS, file(["1.2.3.0/24"]))).status, 403);
      const dry = await take(file(["140.112.0.0/16", "none"]), "?dry=true");
      assert.deepEqual([dry.json.entries, dry.json.unusable, dry.json.replaces], [2, 1, null]);
      assert.deepEqual(dry.json.faults, [refusal("none", "warninglist cidr", "entry-network")]);
      assert.deepEqual(await check("140.112.8.116"), []);
      await take(file(["140.112.0.0/16"]));
      assert.deepEqual(await check("140[.]112.8.116"), ["本國網段"]);
      const again = await take(file(["140.113.0.0/16", "140.112.0.0/16"], { version: 3 }));
      assert.deepEqual(again.json.replaces, { version: 2, origin: "taken-in", added: 1, removed: 0 });
      assert.deepEqual(await check("140.113.1.1"), ["本國網段"]);
      const refused = await take(Buffer.from('{"name":"x","type":"magic","list":["a",7]}'));
      assert.equal(refused.status, 400);
      assert.deepEqual(
        refused.json.faults.map((fault: { path: string }) => fault.path),
        ["type", "list.1"],
      );
      assert.equal((await take(Buffer.from("no"))).json.faults[0].path, "file");

      // One in the place of a folder's list, and out again.
      const name = found[0].name;
      await take(file(["9.9.9.9"], { name }));
      assert.deepEqual([await check("8.8.8.8"), await check("9.9.9.9")], [[], ["公用"]]);
      assert.equal((await administrator("DELETE", `${LISTS}/${key}`)).status, 204);
      assert.deepEqual(await check("8.8.8.8"), ["公用"]);
      assert.equal((await administrator("DELETE", `${LISTS}/${key}`)).status, 404);

      const audits = await node.records.within(node.administrator, (work) =>
        work
          .tables<{ audit: { action: string } }>()
          .selectFrom("audit")
          .select("action")
          .where("action", "like", "intel.warninglist%")
          .execute(),
      );
      assert.deepEqual([...new Set(audits.map(({ action }) => action))].sort(), [
        "intel.warninglist-off",
        "intel.warninglist-on",
        "intel.warninglist-removed",
        "intel.warninglist-taken-in",
      ]);
    } finally {
      await server.close();
      await node.dispose();
    }
  });
