import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DATABASES } from "../../../platform/records/testing.ts";
import { client, type IntelNode, intelNode, intelServer } from "../testing.ts";
import { readPush } from "./pushed.ts";

const TYPE = "application/taxii+json;version=2.1";
const BOTH = { accept: TYPE, "content-type": TYPE };
const INBOX = "/taxii2/lianfang/collections/inbox/";
const OBJECTS = `${INBOX}objects/`;
const GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1";
const RED_1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

function malware(at: number, more: object = {}): Record<string, unknown> {
  return {
    type: "malware",
    spec_version: "2.1",
    id: `malware--8e2e2d2b-17d4-4cbf-938f-${String(at).padStart(12, "0")}`,
    created: "2026-11-20T00:00:00.000Z",
    modified: "2026-11-20T00:00:00.000Z",
    name: `惡意程式 ${at}`,
    is_family: true,
    object_marking_refs: [GREEN],
    ...more,
  };
}

test("3.7 the objects of an envelope keep their bytes, whatever stands in and around them", async () => {
  const blank = fc.constantFrom("", " ", "\n\t", "\r\n  ");
  const member = fc.tuple(fc.string(), fc.jsonValue());
  const one = fc.tuple(fc.jsonValue(), blank, blank).map(([value, before, after]) => ({
    text: JSON.stringify(value, null, before === "" ? 0 : 1),
    before,
    after,
  }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { minLength: 1 }),
      fc.array(member),
      fc.constantFrom("objects", "\\u006fbjects"),
      async (parts, others, name) => {
        const list = parts.map(({ text, before, after }) => before + text + after).join(",");
        const around = others
          .filter(([key]) => key !== "objects")
          .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`)
          .join("");
        const read = await readPush(Buffer.from(`{${around}"objects":[1], "${name}" : [${list}] }`));
        assert.deepEqual(
          [...read.parts()].map((part) => part.text),
          parts.map((part) => part.text),
        );
      },
    ),
  );
  const deep = await readPush(Buffer.from(`{"objects":[${"[".repeat(1e5)}${"]".repeat(1e5)}]}`));
  assert.equal(deep.at(0).depth, 1e5);
});

for (const database of DATABASES) {
  const withServer = (
    name: string,
    run: (node: IntelNode, call: ReturnType<typeof client>, url: string) => Promise<void>,
    http = {},
  ) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      const { server, url } = await intelServer(node, http);
      try {
        await run(node, client(url, "other-pusher"), url);
      } finally {
        await server.close();
        await node.dispose();
      }
    });
  /** Sends a text as it stands. */
  const push = async (
    url: string,
    text: string,
    as = "other-pusher",
    headers: Record<string, string> = BOTH,
  ) => {
    const answer = await fetch(url + OBJECTS, {
      method: "POST",
      body: text,
      headers: { authorization: `Bearer ${as}`, ...headers },
    });
    const body = await answer.text();
    return { status: answer.status, type: answer.headers.get("content-type"), json: JSON.parse(body) };
  };

  withServer("I7: what is pushed is the sender's, under its marking", async (node, _call, url) => {
    const sent = [
      malware(1),
      malware(2, { object_marking_refs: [RED] }),
      malware(3, { object_marking_refs: undefined }),
    ];
    const marked = malware(4, { granular_markings: [{ marking_ref: RED_1, selectors: ["name"] }] });
    assert.equal((await push(url, JSON.stringify({ objects: [...sent, marked] }))).json.success_count, 4);
    const rows = await node.records.within(node.reviewer, (work) =>
      work
        .tables<{ stix_object: { tlp: number; org_id: string; seq: number } }>()
        .selectFrom("stix_object")
        .select(["tlp", "org_id"])
        .orderBy("seq")
        .execute(),
    );
    assert.deepEqual(
      rows.map((row) => [row.tlp, row.org_id]),
      [1, 4, 2, 4].map((tlp) => [tlp, node.orgs.other]),
    );
    const third = client(url, "third-pusher");
    assert.equal((await third("GET", OBJECTS, undefined, { accept: TYPE })).text, "{}");
    assert.equal(
      (await third("DELETE", `${OBJECTS}${malware(1)["id"]}/`, undefined, { accept: TYPE })).status,
      404,
    );
    const above = await push(
      url,
      JSON.stringify({ objects: [malware(1), malware(5, { object_marking_refs: [RED] })] }),
      "third-pusher",
    );
    assert.deepEqual(
      [above.json.success_count, above.json.failure_count],
      [1, 1],
      "its own copy of malware 1, no RED",
    );
    assert.match(above.json.failures[0].message, /TLP:RED, above the clearance/);
  });
}
