import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EVERYONE, type Marked, sees, visibleTo } from "../../core/scope.ts";
import { TLP_LEVELS, tlpRank } from "../../core/tlp.ts";
import { uuidV7 } from "../crypto/digest.ts";
import { DATABASES, testScope } from "./testing.ts";
import { visible } from "./visible.ts";

interface Tables {
  note: { id: string; org_id: string; tlp: number; audience: string[]; text: string };
  note_line: { id: string; note_id: string; text: string };
  note_word: { id: string; note_line_id: string; text: string };
}

const system = { name: "notes", migrations: new URL("./testing-migrations/", import.meta.url) };
const ORGS = [0, 1, 2, 3].map((n) => `0190a000-0000-7000-8000-00000000000${n}`);
const GROUPS = [...ORGS, "0190a000-0000-7000-8000-0000000000aa", EVERYONE];

const org = fc.constantFrom(...ORGS);
const tlp = fc.constantFrom(...TLP_LEVELS);
const marked: fc.Arbitrary<Marked> = fc.record({
  orgId: org,
  tlp,
  audience: fc.uniqueArray(fc.constantFrom(...GROUPS), { maxLength: 3 }),
});
const scopes = fc
  .record({
    orgIds: fc.uniqueArray(org, { maxLength: 3 }),
    audiences: fc.uniqueArray(fc.constantFrom(...GROUPS), { maxLength: 4 }),
    clearance: tlp,
  })
  .map((given) => testScope({ ...given, orgId: ORGS[0] ?? "" }));

for (const database of DATABASES) {
  test(`${database.name}: memory, query and row-level security agree on who sees what`, async () => {
    const records = await database.fresh([system]);
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(marked, { minLength: 1, maxLength: 12 }),
          fc.array(scopes, { minLength: 1, maxLength: 3 }),
          async (rows, readers) => {
            const notes = rows.map((row) => ({ ...row, id: uuidV7(), line: uuidV7(), word: uuidV7() }));
            const writer = testScope({ orgIds: ORGS, clearance: "red" });
            await records.within(writer, async (work) => {
              const db = work.tables<Tables>();
              await db.deleteFrom("note_word").execute();
              await db.deleteFrom("note_line").execute();
              await db.deleteFrom("note").execute();
              for (const { id, line, word, orgId, tlp, audience } of notes) {
                await db
                  .insertInto("note")
                  .values({ id, org_id: orgId, tlp: tlpRank(tlp), audience: [...audience], text: "" })
                  .execute();
                await db.insertInto("note_line").values({ id: line, note_id: id, text: "" }).execute();
                await db.insertInto("note_word").values({ id: word, note_line_id: line, text: "" }).execute();
              }
            });
            for (const reader of readers) {
              const expected = notes.filter((note) => sees(visibleTo(reader), note));
              await records.within(reader, async (work) => {
                const db = work.tables<Tables>();
                const asked = await db
                  .selectFrom("note as n")
                  .select("id")
                  .where(visible(work, "n"))
                  .execute();
                const walled = await db.selectFrom("note").select("id").execute();
                const lines = await db.selectFrom("note_line").select("id").execute();
                const words = await db.selectFrom("note_word").select("id").execute();
                const ids = (found: { id: string }[]) => found.map((row) => row.id).sort();
                assert.deepEqual(ids(asked), expected.map((note) => note.id).sort(), "visible()");
                assert.deepEqual(ids(walled), expected.map((note) => note.id).sort(), "row-level security");
                assert.deepEqual(ids(lines), expected.map((note) => note.line).sort(), "child rows");
                assert.deepEqual(ids(words), expected.map((note) => note.word).sort(), "rows of child rows");
              });
            }
            // The query's own condition, with the second wall out of its way.
            const { orgIds, audiences, maxTlp } = visibleTo(readers[0] ?? writer);
            const bare = await records.within({ ...writer, purpose: "sign-in" }, (work) =>
              work
                .tables<Tables>()
                .selectFrom("note")
                .select("id")
                .where(
                  visible(
                    { scope: { ...writer, orgIds, audiences, clearance: TLP_LEVELS[maxTlp] ?? "clear" } },
                    "note",
                  ),
                )
                .execute(),
            );
            const first = readers[0] ?? writer;
            assert.deepEqual(
              bare.map((row) => row.id).sort(),
              notes
                .filter((note) => sees(visibleTo(first), note))
                .map((note) => note.id)
                .sort(),
              "visible() alone",
            );
          },
        ),
        { numRuns: 40 },
      );
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: rows are written by the organisations that own them and by nobody else`, async () => {
    const records = await database.fresh([system]);
    const [own = "", foreign = ""] = ORGS;
    const me = testScope({ orgId: own, clearance: "red" });
    const other = testScope({ orgId: foreign, clearance: "red" });
    const note = { id: uuidV7(), org_id: foreign, tlp: 1, audience: [own], text: "theirs" };
    try {
      await records.within(other, (work) => work.tables<Tables>().insertInto("note").values(note).execute());
      const tries: [string, (db: import("kysely").Kysely<Tables>) => Promise<unknown>][] = [
        [
          "insert",
          (db) =>
            db
              .insertInto("note")
              .values({ ...note, id: uuidV7() })
              .execute(),
        ],
        [
          "line",
          (db) => db.insertInto("note_line").values({ id: uuidV7(), note_id: note.id, text: "" }).execute(),
        ],
      ];
      for (const [name, attempt] of tries) {
        await assert.rejects(
          records.within(me, (work) => attempt(work.tables<Tables>())),
          /row-level security/,
          name,
        );
      }
      const changed = await records.within(me, (work) =>
        work
          .tables<Tables>()
          .updateTable("note")
          .set({ text: "mine" })
          .where("id", "=", note.id)
          .executeTakeFirst(),
      );
      assert.equal(changed.numUpdatedRows, 0n);
      const given = await records.within(me, (work) =>
        work.tables<Tables>().deleteFrom("note").where("id", "=", note.id).executeTakeFirst(),
      );
      assert.equal(given.numDeletedRows, 0n);
      const mine = { ...note, id: uuidV7(), org_id: own };
      await records.within(me, (work) => work.tables<Tables>().insertInto("note").values(mine).execute());
      await assert.rejects(
        records.within(me, (work) =>
          work
            .tables<Tables>()
            .updateTable("note")
            .set({ org_id: foreign })
            .where("id", "=", mine.id)
            .execute(),
        ),
        /row-level security/,
        "giving a row away",
      );
    } finally {
      await records.dispose();
    }
  });

  test(`${database.name}: a named purpose opens all rows, a similar name none`, async () => {
    const records = await database.fresh([system]);
    const owner = testScope({ clearance: "red" });
    const count = (purpose: string) =>
      records.within(testScope({ orgIds: [], audiences: [], clearance: "clear", purpose }), async (work) => {
        const notes = await work.tables<Tables>().selectFrom("note").select("id").execute();
        const lines = await work.tables<Tables>().selectFrom("note_line").select("id").execute();
        return [notes.length, lines.length];
      });
    try {
      const note = { id: uuidV7(), org_id: owner.orgId, tlp: 4, audience: [], text: "" };
      await records.within(owner, async (work) => {
        await work.tables<Tables>().insertInto("note").values(note).execute();
        await work
          .tables<Tables>()
          .insertInto("note_line")
          .values({ id: uuidV7(), note_id: note.id, text: "" })
          .execute();
      });
      assert.deepEqual(await count("sign-in"), [1, 1]);
      assert.deepEqual(await count("job:test.sweep"), [1, 1]);
      for (const purpose of [
        "",
        "sign",
        "sign-in ",
        "sign-in,job:test.sweep",
        "job:test.sweeper",
        "SIGN-IN",
      ]) {
        assert.deepEqual(await count(purpose), [0, 0], purpose);
      }
    } finally {
      await records.dispose();
    }
  });
}
