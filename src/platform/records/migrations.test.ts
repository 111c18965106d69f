import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Migrated } from "./migrations.ts";
import { DATABASES } from "./testing.ts";

const folders: string[] = [];
test.after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function system(
  name: string,
  files: Record<string, string>,
): Migrated & { put(file: string, text: string): void } {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-migrations-"));
  folders.push(folder);
  const put = (file: string, text: string) => writeFileSync(join(folder, file), text);
  for (const [file, text] of Object.entries(files)) put(file, text);
  return { name, migrations: pathToFileURL(`${folder}/`), put };
}

for (const database of DATABASES) {
  const applied = async (records: Awaited<ReturnType<typeof database.fresh>>) =>
    (
      await records.platformOnly.execute(
        "select system || '/' || id as name from lianfang_migration where system <> 'platform' order by applied_at, name",
      )
    ).rows.map((row) => row["name"]);

  test(`${database.name}: migrations run once, by time and then by the order of the systems`, async () => {
    const second = system("second", {
      "20260301T0000-use-word.sql": "insert into word values ('second');",
      "20260401T0000-more.sql": "insert into word values ('last');",
    });
    const first = system("first", {
      "20260201T0000-create-word.sql": "create table word (n int generated always as identity, text text);",
      "20260301T0000-use-word.sql": "insert into word (text) values ('first');",
    });
    second.put("20260301T0000-use-word.sql", "insert into word (text) values ('second');");
    second.put("20260401T0000-more.sql", "insert into word (text) values ('last');");
    const records = await database.fresh([first, second, { name: "without" }]);
    try {
      await records.migrate([first, second]);
      const { rows } = await records.platformOnly.execute("select text from word order by n");
      assert.deepEqual(
        rows.map((row) => row["text"]),
        ["first", "second", "last"],
      );
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: two programs migrating at once do it once`, async () => {
    const both = system("both", {
      "20260201T0000-create-a.sql": "create table a (i int); insert into a values (1);",
    });
    const records = await database.fresh([]);
    try {
      await Promise.all([records.migrate([both]), records.migrate([both]), records.migrate([both])]);
      assert.equal((await records.platformOnly.execute("select * from a")).rows.length, 1);
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: a store that a newer program wrote is refused and left as it is`, async () => {
    const today = system("tomorrow", { "20260201T0000-create-a.sql": "create table a (i int);" });
    const records = await database.fresh([today]);
    const older = system("other", { "20260202T0000-create-b.sql": "create table b (i int);" });
    try {
      await assert.rejects(records.migrate([older]), {
        code: "records.newer",
        detail: "unknown migrations: tomorrow/20260201T0000-create-a",
      });
      assert.deepEqual(await applied(records), ["tomorrow/20260201T0000-create-a"]);
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: a migration whose text changed after it ran is refused; line ends do not count`, async () => {
    const edited = system("edited", { "20260201T0000-create-a.sql": "create table a\n(i int);" });
    const records = await database.fresh([edited]);
    try {
      edited.put("20260201T0000-create-a.sql", "create table a\r\n(i int);");
      await records.migrate([edited]);
      edited.put("20260201T0000-create-a.sql", "create table a (i bigint);");
      await assert.rejects(records.migrate([edited]), { code: "records.changed" });
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: a failing migration leaves nothing of itself and names itself`, async () => {
    const records = await database.fresh([]);
    const broken = system("broken", { "20260201T0000-half.sql": "create table half (i int); select 1/0;" });
    try {
      await assert.rejects(records.migrate([broken]), /broken\/20260201T0000-half: division by zero/);
      broken.put("20260201T0000-half.sql", "create table half (i int);");
      await records.migrate([broken]);
      assert.deepEqual(await applied(records), ["broken/20260201T0000-half"]);
      await assert.rejects(
        records.migrate([broken, system("named", { "create-thing.sql": "" })]),
        /not named like/,
      );
    } finally {
      await records.dispose();
    }
  });
}
