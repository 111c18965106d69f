import assert from "node:assert/strict";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { ADDRESS, clauses, INBOX, malware, ROOT, TIMESTAMP, TYPE, UUID_4 } from "./testing.ts";

const OBJECTS = `${INBOX}objects/`;
const LIMIT = 3000;
const envelope = (...objects: unknown[]) => JSON.stringify({ objects });
let count = 1000;
const fresh = (more: object = {}) => malware(count++, more);

interface Detail {
  readonly id: string;
  readonly version: string;
  readonly message?: string;
}

/** A push whose length is not announced. */
function chunked(url: string, parts: readonly string[]): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      url + OBJECTS,
      {
        method: "POST",
        headers: { authorization: "Bearer other-pusher", accept: TYPE, "content-type": TYPE },
      },
      (answer) => {
        let text = "";
        answer.on("data", (part) => {
          text += String(part);
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    call.on("error", reject);
    for (const part of parts) call.write(part);
    call.end();
  });
}

clauses(
  async () => {},
  (clause) => {
    clause(
      "4.3 the status of a push can be asked for, for 24 hours and more",
      async ({ node, push, ask }) => {
        const { json } = await push(envelope(fresh()));
        const asked = () => ask("other-pusher", "GET", `${ROOT}status/${json.id}/`);
        assert.deepEqual((await asked()).json, json);
        node.clock.set("2026-11-24T02:00:00.000Z");
        await push(envelope(fresh()));
        assert.deepEqual((await asked()).json, json);
        assert.equal((await ask("other-pusher", "HEAD", `${ROOT}status/${json.id}/`)).status, 200);
      },
    );

    clause("5.5 a push packed with gzip is taken; another content coding is 415", async ({ push }) => {
      const body = envelope(fresh(), fresh());
      const packed = gzipSync(body);
      const taken = await push(packed, { "content-encoding": "gzip" });
      assert.deepEqual([taken.status, taken.json.success_count], [202, 2]);
      for (const encoding of ["br", "gzip, gzip", "deflate"]) {
        const refused = await push(packed, { "content-encoding": encoding });
        assert.equal(refused.status, 415, encoding);
        assert.equal(refused.headers.get("accept-encoding"), "gzip");
      }
      const plain = await push(body, { "content-encoding": "gzip" });
      assert.equal(plain.status, 400);
      assert.match(plain.json.description, /^byte 0 to \d+: incorrect header check$/);
      const cut = await push(packed.subarray(0, packed.length - 12), { "content-encoding": "gzip" });
      assert.equal(cut.status, 400);
      assert.equal((await push(body, { "content-encoding": "identity" })).status, 202);
      const bomb = await push(gzipSync(Buffer.alloc(4 * LIMIT, 32)), { "content-encoding": "gzip" });
      assert.equal(bomb.status, 413);
    });

    clause("1.6.7 a push that is not UTF-8: 400 that names the object and the byte", async ({ push }) => {
      const body = Buffer.from(envelope(fresh({ name: "水庫" }), fresh({ name: "XX" })));
      const at = body.indexOf("XX");
      body[at] = 0xe6;
      const refused = await push(body);
      assert.deepEqual(
        [refused.status, refused.json.description],
        [400, `objects.1: not UTF-8 at byte ${at + 1}`],
      );
    });

    clause("4.3 404 for a status that is not there, or not the caller's", async ({ push, ask }) => {
      const { json } = await push(envelope(fresh()));
      assert.equal((await ask("third-pusher", "GET", `${ROOT}status/${json.id}/`)).status, 404);
      for (const id of ["00000000-0000-4000-8000-000000000000", "x')"])
        assert.equal((await ask("other-pusher", "GET", `${ROOT}status/${id}/`)).status, 404);
    });

    clause(
      "4.3.1 a status: id, complete or pending, request_timestamp, and four counts that add up",
      async ({ push }) => {
        const { json } = await push(envelope(fresh(), fresh({ is_family: "no" }), 7));
        assert.match(json.id, UUID_4);
        assert.ok(["complete", "pending"].includes(json.status));
        assert.match(json.request_timestamp, TIMESTAMP);
        assert.deepEqual(
          [json.total_count, json.success_count, json.failure_count, json.pending_count],
          [3, 1, 2, 0],
        );
        assert.equal(json.successes.length, json.success_count);
        assert.equal(json.failures.length, json.failure_count);
      },
    );

    clause("4.3.1 details: id, version and message of each success and failure", async ({ push }) => {
      const statement = {
        type: "marking-definition",
        spec_version: "2.1",
        id: "marking-definition--8e2e2d2b-17d4-4cbf-938f-000000000778",
        created: "2026-11-19T00:00:00.000Z",
        definition_type: "statement",
        definition: { statement: "© 測試" },
      };
      const bad = fresh({ created: "yesterday", is_family: undefined });
      const good = fresh();
      const { json } = await push(
        envelope(good, statement, ADDRESS, bad, 7, { type: "bundle", id: "bundle--1" }),
      );
      const { successes, failures } = json as { successes: Detail[]; failures: Detail[] };
      assert.deepEqual(
        successes.slice(0, 2),
        [
          { id: good.id, version: good["modified"] },
          { id: statement.id, version: statement.created },
        ],
        "modified, else created",
      );
      assert.equal(successes[2]?.id, ADDRESS.id);
      assert.match(successes[2]?.version ?? "", TIMESTAMP, "else the server's");
      assert.deepEqual(
        failures.map(({ id }) => id),
        [bad.id, "objects.4", "bundle--1"],
        "an element without an id is told by its place",
      );
      assert.match(failures[0]?.message ?? "", /is_family: is_family is required; created: .*timestamp/);
      for (const { version, message } of failures) {
        assert.equal(typeof version, "string");
        assert.ok(message !== undefined && message !== "");
      }
    });

    clause("5.5 a push answers 202 with its status", async ({ push }) => {
      const answer = await push(envelope(fresh()));
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [202, TYPE]);
    });

    clause("5.5 each object is judged by itself, and kept byte for byte", async ({ push, ask }) => {
      const odd = `{ "type":"malware", "modified":"2026-11-20T00:00:00.000Z", "created":"2026-11-20T00:00:00.000Z",\n "is_family":true,"spec_version":"2.1", "id":"${malware(501).id}","x_pi":3.1400, "name":"\\u60e1" }`;
      const { json } = await push(`{"objects":[${odd}, {"type":"malware"}]}`);
      assert.deepEqual([json.success_count, json.failure_count], [1, 1]);
      assert.equal(
        (await ask("other-pusher", "GET", `${OBJECTS}${malware(501).id}/`)).text,
        `{"objects":[${odd}]}`,
      );
    });

    clause("5.5 what was sent before is a success, and is there once", async ({ push, ask }) => {
      const twice = fresh();
      for (let at = 0; at < 2; at++) assert.equal((await push(envelope(twice, twice))).json.success_count, 2);
      assert.equal(
        (await ask("other-pusher", "GET", `${OBJECTS}${twice.id}/versions/`)).json.versions.length,
        1,
      );
    });

    clause(
      "5.5 other words under an id and version fail by themselves; a later version is taken",
      async ({ push }) => {
        const one = fresh();
        await push(envelope(one));
        const { json } = await push(
          envelope({ ...one, name: "x" }, { ...one, name: "y", modified: "2026-11-21T00:00:00Z" }),
        );
        assert.deepEqual([json.success_count, json.failure_count], [1, 1]);
        assert.match(json.failures[0].message, /later modified/);
      },
    );

    clause("5.5 400 for what is no JSON, with the place", async ({ push }) => {
      for (const text of [
        "",
        "{",
        '{"objects":[1,]}',
        "\ufeff{}",
        Buffer.from('{"objects":["\xff"]}', "latin1"),
      ]) {
        const refused = await push(text);
        assert.deepEqual([refused.status, refused.json.http_status], [400, "400"], String(text));
      }
    });

    clause("5.5 422 for what is no envelope", async ({ push }) => {
      for (const text of ["[1]", "7", "null", "{}", '{"objects":[]}', '{"objects":{}}', '{"objects":"x"}']) {
        const refused = await push(text);
        assert.deepEqual([refused.status, refused.json.http_status], [422, "422"], text);
      }
    });

    clause(
      "4.2.1, 5.5 413 above max_content_length, announced or not, and never below",
      async ({ push, ask, url }) => {
        assert.equal((await ask("other-pusher", "GET", ROOT)).json.max_content_length, LIMIT);
        const filled = (size: number) => {
          const object = fresh({ description: "" });
          const rest = size - Buffer.byteLength(envelope(object));
          return envelope({ ...object, description: "x".repeat(rest) });
        };
        assert.equal((await push(filled(LIMIT))).status, 202);
        const refused = await push(filled(LIMIT + 1));
        assert.deepEqual([refused.status, refused.json.http_status], [413, "413"]);
        assert.equal((await chunked(url, [filled(LIMIT)])).status, 202);
        const late = await chunked(url, [filled(LIMIT).slice(0, -1), " ".repeat(5000)]);
        assert.deepEqual([late.status, JSON.parse(late.text).http_status], [413, "413"]);
      },
    );

    clause("5.5 403 where the caller may read and not write; 404 where nothing is", async ({ ask }) => {
      for (const [as, where, status] of [
        ["other", "inbox", 403],
        ["other-pusher", "community", 403],
        ["other-pusher", "00000000-0000-4000-8000-000000000000", 404],
      ] as const) {
        const refused = await ask(
          as,
          "POST",
          `${ROOT}collections/${where}/objects/`,
          { objects: [fresh()] },
          { "content-type": TYPE },
        );
        assert.deepEqual([refused.status, refused.json.http_status], [status, String(status)], where);
      }
    });

    clause("5.5 406 and 415 are told before anything is stored", async ({ push, ask }) => {
      const one = fresh();
      assert.equal((await push(envelope(one), { accept: "application/json" })).status, 406);
      assert.equal((await push(envelope(one), { "content-type": "application/json" })).status, 415);
      assert.equal((await ask("other-pusher", "GET", `${OBJECTS}${one.id}/`)).status, 404);
    });

    clause("5.5 hostile nesting fails by itself, the rest goes on", async ({ push }) => {
      const deep = `${'{"a":'.repeat(400)}1${"}".repeat(400)}`;
      const { status, json } = await push(`{"objects":[${deep},${JSON.stringify(fresh())}]}`);
      assert.deepEqual([status, json.success_count], [202, 1]);
      assert.match(json.failures[0].message, /nested deeper than 200/);
    });

    clause(
      "5.7 DELETE takes every version of the caller's object, and then it is gone",
      async ({ push, ask }) => {
        const one = fresh();
        await push(envelope(one, { ...one, modified: "2026-11-21T00:00:00.000Z" }));
        const path = `${OBJECTS}${one.id}/`;
        const gone = await ask("other-pusher", "DELETE", path);
        assert.deepEqual([gone.status, gone.text], [200, ""]);
        for (const where of [path, `${path}versions/`])
          assert.equal((await ask("other-pusher", "GET", where)).status, 404);
        for (const where of [OBJECTS, `${INBOX}manifest/`])
          assert.equal((await ask("other-pusher", "GET", `${where}?match[id]=${one.id}`)).text, "{}");
        assert.equal((await ask("other-pusher", "DELETE", path)).status, 404);
        assert.equal((await push(envelope(one))).json.success_count, 1, "it may come again");
      },
    );

    clause("5.7 DELETE by match[version] and match[spec_version]", async ({ push, ask }) => {
      const at = (day: number) => `2026-11-${day}T00:00:00.000Z`;
      const one = fresh();
      await push(envelope(...[20, 21, 22, 23].map((day) => ({ ...one, modified: at(day) }))));
      const path = `${OBJECTS}${one.id}/`;
      const remove = async (query: string) =>
        (await ask("other-pusher", "DELETE", `${path}?${query}`)).status;
      const left = async () => (await ask("other-pusher", "GET", `${path}versions/`)).json.versions;
      assert.equal(await remove("match[spec_version]=2.0"), 404);
      assert.equal(await remove("match[version]=2020-01-01T00:00:00Z"), 404);
      assert.equal(await remove("match[version]=newest"), 400);
      assert.equal(await remove("match[version]=2026-11-21T00:00:00Z"), 200);
      assert.deepEqual(await left(), [20, 22, 23].map(at));
      assert.equal(await remove("match[version]=first"), 200);
      assert.equal(await remove("match[version]=last&match[spec_version]=2.1"), 200);
      assert.deepEqual(await left(), [at(22)]);
      assert.equal(await remove("match[version]=all"), 200);
    });

    clause(
      "5.7 DELETE needs the right to read and to write, and takes nobody else's object",
      async ({ push, ask }) => {
        const one = fresh();
        await push(envelope(one));
        const path = `${OBJECTS}${one.id}/`;
        assert.equal((await ask("other", "DELETE", path)).status, 403, "may not write");
        assert.equal((await ask("write-only", "DELETE", path)).status, 403, "may not read");
        assert.equal((await ask("third-pusher", "DELETE", path)).status, 404, "not its own");
        assert.equal(
          (await ask("other-pusher", "DELETE", `${ROOT}collections/community/objects/${one.id}/`)).status,
          403,
          "can_write is false",
        );
        assert.equal((await ask("other-pusher", "GET", path)).status, 200);
      },
    );
  },
  { maxContentLength: LIMIT },
);
