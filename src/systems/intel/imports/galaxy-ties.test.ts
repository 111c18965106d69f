import assert from "node:assert/strict";
import { test } from "node:test";
import { DATABASES } from "../../../platform/records/testing.ts";
import type { IntelTables } from "../tables.ts";
import { client, intelNode, intelServer, testImports } from "../testing.ts";

const uuid = (number: number) => `11111111-2222-4333-8444-${String(number).padStart(12, "0")}`;
const ACTORS = {
  type: "threat-actor",
  name: "Threat actor",
  category: "x",
  version: 1,
  values: [
    {
      value: "濁水組",
      uuid: uuid(1),
      related: [
        { "dest-uuid": uuid(3), type: "uses" },
        { "dest-uuid": uuid(9), type: "uses" },
        { "dest-uuid": "'); drop table x; --", type: "uses" },
      ],
    },
    { value: "清水組", uuid: uuid(2) },
  ],
};
const TOOLS = {
  type: "tool",
  name: "Tool",
  category: "x",
  version: 1,
  values: [{ value: "扳手", uuid: uuid(3), related: [{ "dest-uuid": uuid(2), type: "used-by" }] }],
};
const TIES = [
  `threat-actor--${uuid(1)} uses tool--${uuid(3)}`,
  `tool--${uuid(3)} used-by threat-actor--${uuid(2)}`,
];

for (const database of DATABASES)
  test(`${database.name}: I10: clusters of two files are tied whichever came first, and part with either`, async () => {
    const node = await intelNode(database);
    const imports = await testImports(node);
    const { server, url } = await intelServer(node, { imports });
    const ask = client(url, "writer");
    const take = async (file: object, source: string): Promise<string> => {
      const made = await ask(
        "POST",
        `/api/v1/intel/imports?source=${source}`,
        Buffer.from(JSON.stringify(file)),
      );
      assert.equal(made.status, 201, made.text);
      await imports.runner.idle();
      return act(made.json.id, "store", {});
    };
    const act = async (id: string, name: string, body?: object): Promise<string> => {
      const done = await ask("POST", `/api/v1/intel/imports/${id}/${name}`, body);
      assert.equal(done.status, 200, done.text);
      await imports.runner.idle();
      return id;
    };
    const ties = () =>
      node.records.within(node.writer, async (work) => {
        const rows = await work
          .tables<IntelTables>()
          .selectFrom("stix_object")
          .select("document")
          .where("type", "=", "relationship")
          .execute();
        const said = rows.map(({ document }) => JSON.parse(document));
        return {
          said: said.map((each) => `${each.source_ref} ${each.relationship_type} ${each.target_ref}`).sort(),
          ids: said.map(({ id }) => id as string).sort(),
        };
      });
    const left = async () =>
      (
        await node.records.platformOnly.execute(
          "select (select count(*)::int from stix_object) as objects, (select count(*)::int from stix_origin) as origins",
        )
      ).rows[0];
    try {
      const before = await left();
      const actors = await take(ACTORS, "A");
      assert.deepEqual((await ties()).said, []);
      const tools = await take(TOOLS, "B");
      const first = await ties();
      assert.deepEqual(first.said, TIES);
      await act(tools, "undo");
      assert.deepEqual((await ties()).said, []);
      await act(await take(TOOLS, "B"), "undo");
      assert.deepEqual((await ties()).said, []);
      await act(actors, "undo");
      // The other way round: the same relationships by the same ids; and the file whose cluster is named goes first.
      const toolsFirst = await take(TOOLS, "B");
      const later = await take(ACTORS, "A");
      assert.deepEqual(await ties(), first);
      await act(toolsFirst, "undo");
      assert.deepEqual((await ties()).said, []);
      await act(later, "undo");
      assert.deepEqual(await left(), before);
      // What is told by two imports stays with either.
      const once = await take(ACTORS, "A");
      await take(ACTORS, "A");
      await take(TOOLS, "B");
      await act(once, "undo");
      assert.deepEqual((await ties()).said, TIES);
    } finally {
      await imports.runner.stop();
      await server.close();
      await node.dispose();
    }
  });
