import assert from "node:assert/strict";
import { connect } from "node:net";
import { client } from "../testing.ts";
import { COMMUNITY, clauses, INBOX, malware, publish, ROOT, TYPE, UUID_4 } from "./testing.ts";

/** HTTP as it stands on the wire, for requests that no client makes. */
function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(text));
    let answer = "";
    socket.on("data", (part) => {
      answer += part.toString("utf8");
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

clauses(
  (node) => publish(node, [malware(1), malware(2)]),
  (clause) => {
    clause("1.6.7 resources are JSON in UTF-8", async ({ get, url }) => {
      const answer = await fetch(`${url}${COMMUNITY}objects/`, {
        headers: { accept: TYPE, authorization: "Bearer other" },
      });
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await answer.arrayBuffer());
      assert.match(text, /惡意程式 1/);
      assert.equal((await get(ROOT)).json.title, "測試 ISAC");
    });

    clause("1.6.8.1 answers and errors bear the media type with its version", async ({ get, ask }) => {
      for (const path of ["/taxii2/", ROOT, `${ROOT}collections/`, COMMUNITY, `${COMMUNITY}objects/`])
        assert.equal((await get(path)).headers.get("content-type"), TYPE, path);
      assert.equal((await get(`${ROOT}nowhere/`)).headers.get("content-type"), TYPE);
      assert.equal((await ask("nobody", "GET", ROOT)).headers.get("content-type"), TYPE);
    });

    clause("1.6.8.1 Accept: types, cases, spaces, quotes and weights", async ({ get }) => {
      for (const accept of [
        TYPE,
        "application/taxii+json; version=2.1",
        "Application/TAXII+JSON ; Version=2.1",
        'application/taxii+json;version="2.1"',
        'text/html;x="a,b", application/taxii+json;version=2.1;q=0.1',
        "application/json, */*;q=0.1",
        "application/*",
        "application/taxii+json;version=2.0, application/taxii+json;version=2.1",
        "*/*;q=0, application/taxii+json;version=2.1",
        "application/taxii+json;version=3.0, application/taxii+json;q=0.5",
      ])
        assert.equal((await get("/taxii2/", { accept })).status, 200, accept);
      for (const accept of [
        "application/json",
        "application/stix+json;version=2.1",
        "application/taxii+json;version=2.0",
        "application/taxii+json;version=3.0",
        "application/vnd.oasis.taxii+json; version=2.0",
        "text/html",
        "*/*;q=0",
        "*/*, application/taxii+json;version=2.1;q=0",
        "application/taxii+json;version=2.1;q=0.000",
        "application/taxii+json;version=2.1;q=none",
        ";",
      ]) {
        const refused = await get("/taxii2/", { accept });
        assert.deepEqual([refused.status, refused.json.http_status], [406, "406"], accept);
      }
    });

    clause("1.6.8.2 a type without its version is answered with the newest", async ({ get }) => {
      for (const accept of ["application/taxii+json", "*/*"]) {
        const answer = await get("/taxii2/", { accept });
        assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, TYPE], accept);
      }
    });

    clause("1.6.8.1 Content-Type of a push: 415 unless it is TAXII 2.1", async ({ push }) => {
      const body = JSON.stringify({ objects: [malware(3)] });
      for (const type of [TYPE, "application/taxii+json", "APPLICATION/taxii+json; Version=2.1"])
        assert.equal((await push(body, { "content-type": type })).status, 202, type);
      for (const type of [
        "application/json",
        "application/stix+json;version=2.1",
        "application/taxii+json;version=2.0",
        "text/plain",
        `${TYPE}, text/plain`,
        "taxii",
      ]) {
        const refused = await push(body, { "content-type": type });
        assert.deepEqual([refused.status, refused.json.http_status], [415, "415"], type);
      }
    });

    clause("1.6.9 without a login: 401 with challenges, and nothing told", async ({ ask, url }) => {
      for (const path of ["/taxii2/", ROOT, `${COMMUNITY}objects/`, `${ROOT}nowhere/`]) {
        const refused = await fetch(url + path, { headers: { accept: TYPE } });
        assert.deepEqual([refused.status, refused.headers.get("content-type")], [401, TYPE], path);
        assert.match(refused.headers.get("www-authenticate") ?? "", /^Basic realm="[^"]+", Bearer/);
      }
      assert.equal((await ask("unknown", "GET", ROOT)).status, 401);
    });

    clause("1.6.9 a key without the right to read TAXII: 403", async ({ ask }) => {
      const refused = await ask("writer", "GET", "/taxii2/");
      assert.deepEqual([refused.status, refused.json.http_status], [403, "403"]);
    });

    clause(
      "2 property names and literals are those of the standard, in lower case",
      async ({ get, push }) => {
        const known = new Set(
          `title description contact default api_roots versions max_content_length collections id alias can_read
        can_write media_types more next objects date_added version media_type status request_timestamp total_count
        success_count successes failure_count failures pending_count pendings error_id error_code http_status`.split(
            /\s+/,
          ),
        );
        const id = malware(1).id;
        for (const { json } of [
          ...(await Promise.all(
            ["/taxii2/", ROOT, `${ROOT}collections/`, COMMUNITY, `${COMMUNITY}manifest/`, `${ROOT}x/`].map(
              (path) => get(path),
            ),
          )),
          await get(`${COMMUNITY}objects/${id}/versions/?limit=1`),
          await push(JSON.stringify({ objects: [malware(4)] })),
        ]) {
          for (const value of [json, ...Object.values(json).flat()])
            if (typeof value === "object" && value !== null)
              for (const name of Object.keys(value)) assert.ok(known.has(name), name);
        }
      },
    );

    clause("2 identifiers are UUIDs of version 4", async ({ get, push }) => {
      const { json } = await get(`${ROOT}collections/`);
      for (const { id } of json.collections) assert.match(id, UUID_4);
      assert.match((await push(JSON.stringify({ objects: [malware(5)] }))).json.id, UUID_4);
    });

    clause("2 a list without an entry is left out", async ({ get, push }) => {
      for (const path of ["objects/", "manifest/"])
        assert.equal((await get(`${COMMUNITY}${path}?match[type]=tool`)).text, "{}");
      const { json } = await push(JSON.stringify({ objects: [malware(6)] }));
      assert.deepEqual(["failures" in json, "pendings" in json], [false, false]);
      const none = await push(JSON.stringify({ objects: [1] }));
      assert.equal("successes" in none.json, false);
    });

    clause("3.1 addresses end with a slash, and are found without it", async ({ get }) => {
      const id = malware(1).id;
      for (const path of [
        "/taxii2/",
        ROOT,
        `${ROOT}collections/`,
        COMMUNITY,
        `${COMMUNITY}manifest/`,
        `${COMMUNITY}objects/`,
        `${COMMUNITY}objects/${id}/`,
        `${COMMUNITY}objects/${id}/versions/`,
      ]) {
        const answer = await get(path);
        assert.equal(answer.status, 200, path);
        assert.equal((await get(path.slice(0, -1))).text, answer.text, path);
        assert.equal((await get(`${path.slice(0, -1)}?x=1`)).status, 200, path);
      }
    });

    clause("3.2 HEAD answers as GET does, without a body, and is no delivery", async ({ ask, get }) => {
      for (const path of ["/taxii2/", ROOT, COMMUNITY, `${COMMUNITY}objects/`, `${COMMUNITY}manifest/`]) {
        const [head, whole] = [await ask("other", "HEAD", path), await get(path)];
        assert.deepEqual([head.status, head.text], [200, ""], path);
        for (const name of ["content-type", "content-length", "x-taxii-date-added-last"])
          assert.equal(head.headers.get(name), whole.headers.get(name), `${path} ${name}`);
      }
      assert.equal((await ask("other", "HEAD", `${ROOT}nowhere/`)).status, 404);
    });

    clause("3.6 404 for what is not there, whatever the method", async ({ ask }) => {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
        for (const path of [`${ROOT}nowhere/at/all/`, "/taxii2/other/collections/", "/taxii2/other/"]) {
          const refused = await ask("other-pusher", method, path);
          assert.deepEqual(
            [refused.status, refused.json?.http_status, refused.headers.get("content-type")],
            [404, "404", TYPE],
            `${method} ${path}`,
          );
        }
    });

    clause("3.6 405 with Allow for a method that an address does not take", async ({ ask }) => {
      for (const [method, path, allow] of [
        ["DELETE", ROOT, "GET, HEAD"],
        ["POST", `${ROOT}collections/`, "GET, HEAD"],
        ["PUT", `${INBOX}objects/`, "GET, HEAD, POST"],
        ["PATCH", `${INBOX}objects/${malware(1).id}/`, "GET, HEAD, DELETE"],
      ] as const) {
        const refused = await ask("other-pusher", method, path);
        assert.deepEqual(
          [refused.status, refused.json.http_status, refused.headers.get("allow")],
          [405, "405", allow],
          `${method} ${path}`,
        );
      }
    });

    clause(
      "3.6.1 an error has title and http_status, and is found again by error_id",
      async ({ get, url }) => {
        const bad = await get(`${COMMUNITY}objects/?limit=0&match[version]=x`);
        assert.deepEqual(
          [bad.status, bad.json.http_status, typeof bad.json.title, bad.json.error_code],
          [400, "400", "string", "taxii.bad-filter"],
        );
        assert.match(bad.json.description, /limit: .*; match\[version\]: /);
        assert.equal(bad.json.error_id, bad.headers.get("x-request-id"));
        for (const [head, status] of [
          [`GET ${ROOT}%zz/ HTTP/1.1`, 400],
          [`OPTIONS ${ROOT} HTTP/1.1`, 404],
          [`GET ${ROOT}collections/${"x".repeat(500)}/ HTTP/1.1`, 404],
        ] as const) {
          const answer = await raw(
            url,
            `${head}\r\nhost: a\r\nauthorization: Bearer other\r\naccept: ${TYPE}\r\nconnection: close\r\n\r\n`,
          );
          assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), head);
          assert.match(answer, /content-type: application\/taxii\+json;version=2.1/i, head);
          assert.match(answer, new RegExp(`"http_status":"${status}"`), head);
        }
      },
    );

    clause("3.6 404 where 403 would tell", async ({ get, ask, node }) => {
      assert.equal((await get(`${ROOT}collections/00000000-0000-4000-8000-000000000000/`)).status, 404);
      assert.equal((await get(`${ROOT}collections/')/`)).status, 404);
      assert.equal((await get(`${COMMUNITY}objects/${malware(99).id}/`)).status, 404);
      assert.ok(node.orgs.third !== node.orgs.other);
      const { json } = await ask(
        "other-pusher",
        "POST",
        `${INBOX}objects/`,
        { objects: [malware(8)] },
        {
          "content-type": TYPE,
        },
      );
      assert.equal((await ask("third-pusher", "GET", `${ROOT}status/${json.id}/`)).status, 404);
      assert.equal((await ask("third-pusher", "GET", `${INBOX}objects/${malware(8).id}/`)).status, 404);
    });

    clause(
      "7.1 properties of others in a push are passed over, and objects keep theirs",
      async ({ push, ask }) => {
        const odd = `{"x_example_more":{"a":[1]},"objects":[${JSON.stringify(malware(7, { x_own: 3 }))}],"y":1}`;
        assert.equal((await push(odd)).json.success_count, 1);
        const got = await ask("other-pusher", "GET", `${INBOX}objects/${malware(7).id}/`);
        assert.equal(got.json.objects[0].x_own, 3);
      },
    );

    clause("8.2.1 every endpoint of sections 4 and 5 is there", async ({ ask, url }) => {
      const id = malware(9).id;
      const pushed = await ask(
        "other-pusher",
        "POST",
        `${INBOX}objects/`,
        { objects: [malware(9)] },
        {
          "content-type": TYPE,
        },
      );
      assert.equal(pushed.status, 202);
      for (const path of [
        "/taxii2/",
        ROOT,
        `${ROOT}status/${pushed.json.id}/`,
        `${ROOT}collections/`,
        INBOX,
        `${INBOX}manifest/`,
        `${INBOX}objects/`,
        `${INBOX}objects/${id}/`,
        `${INBOX}objects/${id}/versions/`,
      ])
        assert.equal((await ask("other-pusher", "GET", path)).status, 200, path);
      const gone = await client(url, "other-pusher")("DELETE", `${INBOX}objects/${id}/`, undefined, {
        accept: TYPE,
      });
      assert.equal(gone.status, 200);
    });
  },
);

clauses(
  async () => {},
  (clause) => {
    clause("3.6 too many requests: 429 with Retry-After", async ({ get }) => {
      let answer = await get("/taxii2/");
      for (let at = 0; at < 5 && answer.status === 200; at++) answer = await get("/taxii2/");
      assert.deepEqual([answer.status, answer.json.http_status], [429, "429"]);
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
    });
  },
  { perMinute: 3 },
);
