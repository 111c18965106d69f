import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { openNodeKey } from "../crypto/node-key.ts";
import { createLog } from "../log/log.ts";
import { DATABASES, type FreshRecords, testClock, testScope } from "../records/testing.ts";
import { openAudit } from "./audit.ts";
import { canonicalJson, chainHash, GENESIS } from "./chain.ts";

const log = createLog({ level: "silent" });
const page = { limit: 50 };

for (const database of DATABASES) {
  const withAudit = async (
    run: (parts: {
      records: FreshRecords;
      audit: Awaited<ReturnType<typeof openAudit>>;
      write(count: number): Promise<void>;
      tamper(text: string): Promise<void>;
      folder: string;
      clock: ReturnType<typeof testClock>;
    }) => Promise<void>,
  ) => {
    const folder = mkdtempSync(join(tmpdir(), "lianfang-audit-"));
    const clock = testClock();
    const records = await database.fresh([], { clock });
    const audit = await openAudit({
      records,
      nodeKey: openNodeKey(folder),
      folder: join(folder, "keys"),
      clock,
      log,
    });
    let written = 0;
    const write = async (count: number) => {
      for (let n = 0; n < count; n++) {
        await records.within(scope, async (work) =>
          work.audit({
            action: "notes.save",
            subject: `n${++written}`,
            detail: { z: 1, a: ["é", { y: 2, x: null }] },
          }),
        );
      }
    };
    // Whoever can write to the database's files can do anything; the triggers only stop accidents.
    const tamper = async (text: string) => {
      await records.platformOnly.execute(
        `alter table audit disable trigger all; ${text}; alter table audit enable trigger all`,
      );
    };
    try {
      await run({ records, audit, write, tamper, folder, clock });
    } finally {
      await records.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const scope = testScope({ requestId: "r-1" });

  test(`${database.name}: an untouched chain has no fault, with and without checkpoints`, () =>
    withAudit(async ({ audit, write }) => {
      assert.deepEqual(await audit.verify(), { rows: 0, checkpoints: 0, faults: [] });
      await write(5);
      assert.deepEqual(await audit.verify(), { rows: 5, checkpoints: 0, faults: [] });
      assert.equal((await audit.checkpoint())?.seq, 5);
      assert.equal(await audit.checkpoint(), undefined);
      await write(3);
      await audit.close();
      assert.deepEqual(await audit.verify(), { rows: 8, checkpoints: 2, faults: [] });
    }));

  const attacks: { name: string; text: string; finds: [number, RegExp][] }[] = [
    {
      name: "an altered action",
      text: "update audit set action = 'notes.read' where seq = 3",
      finds: [[3, /altered/]],
    },
    {
      name: "an altered detail, alike as JSON",
      text: "update audit set detail = detail || ' ' where seq = 3",
      finds: [[3, /altered/]],
    },
    {
      name: "a time moved by a microsecond",
      text: "update audit set at = at + interval '1 microsecond' where seq = 4",
      finds: [[4, /altered/]],
    },
    {
      name: "another actor",
      text: "update audit set actor_id = 'nobody' where seq = 1",
      finds: [[1, /altered/]],
    },
    {
      name: "a request id removed",
      text: "update audit set request_id = null where seq = 2",
      finds: [[2, /altered/]],
    },
    { name: "a missing row", text: "delete from audit where seq = 3", finds: [[4, /row 3 is missing/]] },
    {
      name: "missing rows at the start",
      text: "delete from audit where seq <= 2",
      finds: [[3, /rows 1 to 2 are missing/]],
    },
    {
      name: "a gap closed by renumbering",
      text: "delete from audit where seq = 3; update audit set seq = seq - 1 where seq > 3",
      finds: [
        [3, /does not follow/],
        [3, /altered/],
        [4, /altered/],
        [5, /altered/],
        [6, /missing: a checkpoint covers/],
      ],
    },
    {
      name: "two rows exchanged",
      text: "update audit set seq = -3 where seq = 3; update audit set seq = 3 where seq = 4; update audit set seq = 4 where seq = -3",
      finds: [
        [3, /does not follow/],
        [3, /altered/],
        [4, /does not follow/],
        [4, /altered/],
        [5, /does not follow/],
      ],
    },
    {
      name: "the end cut off",
      text: "delete from audit where seq > 4",
      finds: [[6, /rows 5 to 6 are missing/]],
    },
    {
      name: "the end and its checkpoint cut off",
      text: "delete from audit where seq > 4; delete from audit_checkpoint",
      finds: [[6, /rows 5 to 6 are missing/]],
    },
    {
      name: "everything gone",
      text: "delete from audit; delete from audit_checkpoint",
      finds: [[6, /rows 1 to 6 are missing/]],
    },
    {
      name: "a checkpoint moved",
      text: "update audit_checkpoint set hash = repeat('0', 64)",
      finds: [[6, /signature is wrong/]],
    },
    {
      name: "a checkpoint of another key",
      text: "update audit_checkpoint set key_id = 'ffffffffffffffff'",
      finds: [[6, /key ffffffffffffffff/]],
    },
  ];
  for (const { name, text, finds } of attacks) {
    test(`${database.name}: found: ${name}`, () =>
      withAudit(async ({ audit, write, tamper }) => {
        await write(6);
        await audit.checkpoint();
        await tamper(text);
        const { faults } = await audit.verify();
        assert.deepEqual(
          faults.map(({ seq }) => seq),
          finds.map(([seq]) => seq),
          JSON.stringify(faults),
        );
        for (const [at, [, message]] of finds.entries()) assert.match(faults[at]?.message ?? "", message);
      }));
  }

  test(`${database.name}: found: the whole chain written anew with right hashes`, () =>
    withAudit(async ({ audit, write, tamper, records }) => {
      await write(4);
      await audit.checkpoint();
      await tamper("delete from audit; delete from audit_checkpoint");
      let previous = GENESIS;
      for (const seq of [1, 2, 3, 4]) {
        const at = "2026-11-23T01:00:00.000000Z";
        const fields = {
          seq,
          at,
          actorKind: "person",
          actorId: "x",
          actorName: "x",
          orgId: scope.orgId,
          purpose: "",
        };
        const rest = { requestId: null, action: "a", subject: "b", detail: "{}" };
        const hash = chainHash(previous, { ...fields, ...rest });
        await records.platformOnly.execute(
          "insert into audit values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
          [...Object.values(fields), ...Object.values(rest), previous, hash],
        );
        previous = hash;
      }
      assert.deepEqual((await audit.verify()).faults, [
        { seq: 4, message: "the row is not the one that the checkpoint signed" },
      ]);
    }));

  test(`${database.name}: found: the checkpoint file gone, broken or written by hand`, () =>
    withAudit(async ({ audit, write, folder }) => {
      await write(2);
      await audit.checkpoint();
      const file = join(folder, "keys", "audit-checkpoint.json");
      const good = readFileSync(file, "utf8");
      writeFileSync(file, good.replace('"seq":2', '"seq":1'));
      assert.match((await audit.verify()).faults[0]?.message ?? "", /signature is wrong/);
      writeFileSync(file, "{");
      assert.match((await audit.verify()).faults[0]?.message ?? "", /cannot be read/);
      rmSync(file);
      assert.match((await audit.verify()).faults[0]?.message ?? "", /file is missing/);
      writeFileSync(file, good);
      assert.deepEqual((await audit.verify()).faults, []);
    }));

  test(`${database.name}: audit rows are final even for the owner of the table`, () =>
    withAudit(async ({ records, write }) => {
      await write(1);
      for (const text of ["update audit set action = 'x'", "delete from audit", "truncate audit"]) {
        await assert.rejects(records.platformOnly.execute(text), /audit rows are final/, text);
      }
    }));

  test(`${database.name}: a reader sees the lines of its own organisations, page by page`, () =>
    withAudit(async ({ records, audit, write, clock }) => {
      await write(3);
      const foreign = testScope();
      clock.set("2026-11-24T00:00:00.000Z");
      await records.within(foreign, async (work) => work.audit({ action: "keys.make", subject: "k" }));
      await records.within(scope, async (work) => work.audit({ action: "notes.drop", subject: "n1" }));
      const read = (query: object = {}) =>
        records.within(scope, (work) => audit.read(work, { ...page, ...query }));
      const all = await read();
      assert.deepEqual(
        [all.total, all.next, all.items.map((line) => line.seq)],
        [4, undefined, [5, 3, 2, 1]],
      );
      const first = await read({ limit: 3 });
      assert.deepEqual([first.total, first.items.length, first.next], [4, 3, "2"]);
      const second = await read({ limit: 3, cursor: first.next });
      assert.deepEqual(
        [second.total, second.next, second.items.map((line) => line.subject)],
        [4, undefined, ["n1"]],
      );
      assert.deepEqual(
        { ...second.items[0], hash: "" },
        {
          seq: 1,
          at: "2026-11-23T01:00:00.000Z",
          actor: { kind: "person", id: scope.actor.id, name: "tester" },
          orgId: scope.orgId,
          purpose: "test",
          requestId: "r-1",
          action: "notes.save",
          subject: "n1",
          detail: { a: ["é", { x: null, y: 2 }], z: 1 },
          hash: "",
        },
      );
      const found = async (query: object) => (await read(query)).items.map((line) => line.seq);
      assert.deepEqual(await found({ action: "notes." }), [5, 3, 2, 1]);
      assert.deepEqual(await found({ action: "notes.drop" }), [5]);
      assert.deepEqual(await found({ subject: "n1" }), [5, 1]);
      assert.deepEqual(await found({ actor: "tester", from: "2026-11-24T00:00:00.000Z" }), [5]);
      assert.deepEqual(await found({ to: "2026-11-24T00:00:00.000Z", actor: scope.actor.id }), [3, 2, 1]);
      await assert.rejects(read({ cursor: "1 or 1=1" }), { code: "http.invalid" });
      const nobody = testScope({ orgIds: [] });
      assert.equal((await records.within(nobody, (work) => audit.read(work, page))).total, 0);
    }));
}

test("canonical JSON does not depend on the order of keys and reads back as the same value", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(canonicalJson(turned), canonicalJson(value));
      assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
    }),
  );
});
