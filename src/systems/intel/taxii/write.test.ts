import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DATABASES } from "../../../platform/records/testing.ts";
import { client, type IntelNode, intelNode, intelServer } from "../testing.ts";
import { readEnvelope } from "./envelope.ts";

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

test("3.7: the objects of an envelope keep their bytes, whatever stands in and around them", () => {
  const blank = fc.constantFrom("", " ", "\n\t", "\r\n  ");
  const member = fc.tuple(fc.string(), fc.jsonValue());
  const one = fc.tuple(fc.jsonValue(), blank, blank).map(([value, before, after]) => ({
    text: JSON.stringify(value, null, before === "" ? 0 : 1),
    before,
    after,
  }));
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1 }),
      fc.array(member),
      fc.constantFrom("objects", "\\u006fbjects"),
      (parts, others, name) => {
        const list = parts.map(({ text, before, after }) => before + text + after).join(",");
        const around = others
          .filter(([key]) => key !== "objects")
          .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`)
          .join("");
        const read = readEnvelope(Buffer.from(`{${around}"objects":[1], "${name}" : [${list}] }`));
        assert.deepEqual(
          read.map((part) => part.text),
          parts.map((part) => part.text),
        );
      },
    ),
  );
  assert.equal(
    readEnvelope(Buffer.from(`{"objects":[${"[".repeat(1e5)}${"]".repeat(1e5)}]}`))[0]?.depth,
    1e5,
  );
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

  withServer(
    "5.2: can_write is true where the requester may write, and only there",
    async (_node, call, url) => {
      const flags = async (ask: typeof call) =>
        (await ask("GET", "/taxii2/lianfang/collections/", undefined, { accept: TYPE })).json.collections.map(
          (each: { alias: string; can_write: boolean; can_read: boolean }) => [
            each.alias,
            each.can_read,
            each.can_write,
          ],
        );
      assert.deepEqual(await flags(call), [
        ["community", true, false],
        ["water", true, false],
        ["inbox", true, true],
      ]);
      assert.deepEqual(
        (await flags(client(url, "other"))).map((each: unknown[]) => each[2]),
        [false, false, false],
      );
    },
  );

  withServer(
    "5.5, 4.3: a push answers 202 with its status, which stays for asking",
    async (node, call, url) => {
      const odd =
        '{ "type":"malware", "modified":"2026-11-20T00:00:00.000Z", "created":"2026-11-20T00:00:00.000Z",\n "is_family":true,"spec_version":"2.1", "id":"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","x_pi":3.1400, "name":"\\u60e1" }';
      const bad = malware(2, { created: "yesterday", is_family: undefined });
      const answer = await push(
        url,
        `{"objects":[${odd}, ${JSON.stringify(bad)},7,{"type":"bundle","id":"bundle--1"}]}`,
      );
      assert.deepEqual([answer.status, answer.type], [202, TYPE]);
      const { json } = answer;
      assert.match(json.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
      assert.deepEqual(
        [
          json.status,
          json.request_timestamp,
          json.total_count,
          json.success_count,
          json.failure_count,
          json.pending_count,
        ],
        ["complete", "2026-11-23T01:00:00.000000Z", 4, 1, 3, 0],
      );
      assert.deepEqual(json.successes, [
        { id: "malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", version: "2026-11-20T00:00:00.000Z" },
      ]);
      assert.match(json.failures[0].message, /is_family: is_family is required; created: .*timestamp/);
      assert.deepEqual(
        json.failures.map((each: { id: string }) => each.id),
        [bad["id"], "objects.2", "bundle--1"],
      );
      assert.equal("pendings" in json, false);
      const got = await call("GET", OBJECTS, undefined, { accept: TYPE });
      assert.equal(got.text, `{"objects":[${odd}]}`, "byte for byte as it was sent");
      const ask = (as: string) =>
        client(url, as)("GET", `/taxii2/lianfang/status/${json.id}/`, undefined, { accept: TYPE });
      assert.deepEqual((await ask("other-pusher")).json, json);
      node.clock.set("2026-11-24T02:00:00.000Z");
      await push(url, JSON.stringify({ objects: [malware(9)] }));
      assert.deepEqual((await ask("other-pusher")).json, json, "4.3: at least 24 hours");
      assert.equal((await ask("third-pusher")).status, 404, "another organisation's status is not there");
      assert.equal(
        (await call("GET", "/taxii2/lianfang/status/x')/", undefined, { accept: TYPE })).status,
        404,
      );
    },
  );

  withServer(
    "5.5: a repeat succeeds and stores nothing new; other words under a version fail",
    async (_node, call, url) => {
      const observable = {
        type: "ipv4-addr",
        id: "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
        value: "198.51.100.3",
      };
      const body = JSON.stringify({ objects: [malware(1), malware(2), observable, observable] });
      assert.equal((await push(url, body)).json.success_count, 4);
      const again = await push(url, body);
      assert.equal(again.json.success_count, 4);
      assert.ok(again.json.successes.every((each: { message: string }) => each.message === "already held"));
      const other = await push(
        url,
        JSON.stringify({
          objects: [malware(1, { name: "x" }), malware(1, { name: "y", modified: "2026-11-21T00:00:00Z" })],
        }),
      );
      assert.deepEqual([other.json.success_count, other.json.failure_count], [1, 1]);
      assert.match(other.json.failures[0].message, /later modified/);
      const { json } = await call("GET", `${OBJECTS}?match[version]=all`, undefined, { accept: TYPE });
      assert.equal(json.objects.length, 4);
      const versions = await call("GET", `${OBJECTS}${malware(1)["id"]}/versions/`, undefined, {
        accept: TYPE,
      });
      assert.deepEqual(versions.json.versions, ["2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00Z"]);
    },
  );

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

  withServer(
    "5.7: DELETE takes all versions, or the named ones, and is gone with 404",
    async (_node, call, url) => {
      const at = (day: number) => `2026-11-${day}T00:00:00.000Z`;
      await push(
        url,
        JSON.stringify({ objects: [20, 21, 22].map((day) => malware(1, { modified: at(day) })) }),
      );
      const one = `${OBJECTS}${malware(1)["id"]}/`;
      const remove = (query = "") => call("DELETE", one + query, undefined, { accept: TYPE });
      const left = async () =>
        (await call("GET", `${one}versions/`, undefined, { accept: TYPE })).json.versions as string[];
      assert.equal((await remove("?match[version]=2020-01-01T00:00:00Z")).status, 404);
      assert.equal((await remove("?match[spec_version]=2.0")).status, 404);
      assert.equal((await remove("?match[version]=first")).status, 200);
      assert.deepEqual(await left(), [at(21), at(22)]);
      assert.equal((await remove("?match[version]=last")).status, 200);
      assert.deepEqual(await left(), [at(21)]);
      const last = await remove();
      assert.deepEqual([last.status, last.text, last.headers.get("content-type")], [200, "", TYPE]);
      assert.equal((await remove()).status, 404);
      assert.equal((await call("GET", one, undefined, { accept: TYPE })).status, 404);
      assert.equal(
        (await push(url, JSON.stringify({ objects: [malware(1)] }))).json.success_count,
        1,
        "it may come again",
      );
    },
  );

  withServer(
    "4.2, 5.5: bodies that cannot be taken: 413, 415, 406, 400, 422, 403, 404",
    async (_node, call, url) => {
      const root = await call("GET", "/taxii2/lianfang/", undefined, { accept: TYPE });
      assert.equal(root.json.max_content_length, 3000);
      const large = JSON.stringify({ objects: [malware(1, { description: "x".repeat(3000) })] });
      assert.deepEqual(
        [(await push(url, large)).status, (await push(url, large)).json.http_status],
        [413, "413"],
      );
      const chunked = await fetch(url + OBJECTS, {
        method: "POST",
        headers: { authorization: "Bearer other-pusher", ...BOTH },
        body: new Blob([large]).stream(),
        duplex: "half",
      } as RequestInit);
      assert.equal(chunked.status, 413, "without a length announced, too");
      await chunked.text();
      const good = JSON.stringify({ objects: [malware(1)] });
      const typed = (headers: Record<string, string>) => push(url, good, "other-pusher", headers);
      assert.equal((await typed({ ...BOTH, "content-type": "application/json" })).status, 415);
      assert.equal(
        (await typed({ ...BOTH, "content-type": "application/taxii+json;version=2.0" })).status,
        415,
      );
      assert.equal((await typed({ ...BOTH, accept: "application/json" })).status, 406);
      assert.equal((await push(url, good, "other")).status, 403, "a key that may not write");
      for (const text of ["", '{"objects":[', "{'objects':[]}"]) {
        const refused = await push(url, text);
        assert.deepEqual([refused.status, refused.json.http_status], [400, "400"], text);
      }
      for (const text of ["[1]", "{}", '{"objects":[]}', '{"objects":{}}']) {
        const refused = await push(url, text);
        assert.deepEqual([refused.status, refused.json.http_status], [422, "422"], text);
      }
      const deep = `{"objects":[${'{"a":'.repeat(400)}1${"}".repeat(400)},${JSON.stringify(malware(7))}]}`;
      const mixed = await push(url, deep);
      assert.deepEqual([mixed.status, mixed.json.success_count], [202, 1], "the rest goes on");
      assert.match(mixed.json.failures[0].message, /nested deeper than 200/);
      for (const [where, status] of [
        ["community", 403],
        ["00000000-0000-4000-8000-000000000000", 404],
      ] as const) {
        const path = `/taxii2/lianfang/collections/${where}/objects/`;
        assert.equal((await call("POST", path, { objects: [malware(1)] }, BOTH)).status, status);
        assert.equal(
          (await call("DELETE", `${path}${malware(1)["id"]}/`, undefined, { accept: TYPE })).status,
          status,
        );
      }
    },
    { bodyLimit: 3000 },
  );
}
