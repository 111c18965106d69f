import assert from "node:assert/strict";
import { STIX_TYPE } from "./media-type.ts";
import {
  ADDRESS,
  type ClauseCall,
  COMMUNITY,
  clauses,
  malware,
  publish,
  ROOT,
  STATEMENT,
  TIMESTAMP,
  TYPE,
} from "./testing.ts";

const day = (at: number) => `2026-11-${at}T00:00:00.000Z`;
const versioned = [20, 21, 22].map((at) => malware(1, { modified: day(at) }));
const others = [2, 3, 4, 5].map((at) => malware(at));
const ONE = `${COMMUNITY}objects/${malware(1).id}/`;
const OBJECTS = `${COMMUNITY}objects/`;
const MANIFEST = `${COMMUNITY}manifest/`;

interface Listed {
  readonly id: string;
  readonly type: string;
  readonly modified?: string;
  readonly version: string;
  readonly date_added: string;
}
const idsOf = ({ json }: { json: { objects?: Listed[] } }) => (json.objects ?? []).map(({ id }) => id);
const modifiedOf = ({ json }: { json: { objects?: Listed[] } }) =>
  (json.objects ?? []).map(({ modified }) => modified);
const header = (answer: { headers: Headers }, name: "first" | "last") =>
  answer.headers.get(`x-taxii-date-added-${name}`) ?? "";

/** Every page of a list, by the way of `next`. */
async function pagesOf(get: ClauseCall["get"], path: string, query: string) {
  const pages = [await get(`${path}?${query}`)];
  for (let page = pages[0]; page?.json.more === true; ) {
    page = await get(`${path}?${query}&next=${page.json.next}`);
    pages.push(page);
  }
  return pages;
}

clauses(
  async (node) => {
    await publish(node, versioned.slice(0, 2));
    await publish(node, [STATEMENT, ADDRESS, ...others]);
    await publish(node, versioned.slice(2));
  },
  (clause) => {
    clause("2 timestamps are in UTC with six digits of the second", async ({ get }) => {
      const { json } = await get(MANIFEST);
      for (const { date_added: added } of json.objects) assert.match(added, TIMESTAMP);
    });

    for (const [name, path] of [
      ["objects", OBJECTS],
      ["manifest", MANIFEST],
      ["an object", ONE],
      ["versions", `${ONE}versions/`],
    ] as const)
      clause(`3.2 X-TAXII-Date-Added headers bracket the page: ${name}`, async ({ get }) => {
        const dates = (await get(`${MANIFEST}?match[version]=all`)).json.objects as Listed[];
        const answer = await get(`${path}?match[version]=all&limit=2`);
        assert.match(header(answer, "first"), TIMESTAMP);
        assert.match(header(answer, "last"), TIMESTAMP);
        assert.deepEqual(
          [header(answer, "first"), header(answer, "last")],
          [dates[0]?.date_added, dates[1]?.date_added],
        );
      });

    clause("3.3 objects, manifest and versions stand in the order of their arrival", async ({ get }) => {
      const order = (await get(`${OBJECTS}?match[version]=all`)).json.objects as Listed[];
      assert.deepEqual(
        order.map(({ id, modified }) => [id, modified]),
        [...versioned.slice(0, 2), STATEMENT, ADDRESS, ...others, ...versioned.slice(2)].map((each) => [
          each.id,
          (each as { modified?: string }).modified,
        ]),
      );
      const entries = (await get(`${MANIFEST}?match[version]=all`)).json.objects as Listed[];
      assert.deepEqual(
        entries.map(({ id }) => id),
        order.map(({ id }) => id),
      );
      const dates = entries.map(({ date_added: added }) => added);
      assert.deepEqual(dates, dates.toSorted());
      assert.deepEqual((await get(`${ONE}versions/`)).json.versions, [20, 21, 22].map(day));
    });

    clause("3.3 collections stand in the same order each time", async ({ get }) => {
      const once = (await get(`${ROOT}collections/`)).text;
      assert.equal((await get(`${ROOT}collections/`)).text, once);
    });

    clause("3.4 added_after is exclusive, with any number of digits", async ({ get }) => {
      const entries = (await get(`${MANIFEST}?match[version]=all`)).json.objects as Listed[];
      for (const [at, { date_added: added }] of entries.entries()) {
        const behind = entries.slice(at + 1).map(({ id }) => id);
        for (const path of [OBJECTS, MANIFEST])
          assert.deepEqual(
            idsOf(await get(`${path}?match[version]=all&added_after=${added}`)),
            behind,
            added,
          );
        const longer = added.replace("Z", "9999Z");
        assert.deepEqual(idsOf(await get(`${OBJECTS}?match[version]=all&added_after=${longer}`)), behind);
      }
      const all = entries.map(({ id }) => id);
      for (const early of ["2026-11-22T00:00:00Z", "0001-01-01T00:00:00Z", "2026-11-23T00:59:59.9Z"])
        assert.deepEqual(idsOf(await get(`${OBJECTS}?match[version]=all&added_after=${early}`)), all);
      assert.equal((await get(`${OBJECTS}?added_after=9999-12-31T23:59:59Z`)).text, "{}");
    });

    clause("3.4 added_after filters an object's versions, too", async ({ get }) => {
      const entries = (await get(`${MANIFEST}?match[version]=all`)).json.objects as Listed[];
      const after = entries[0]?.date_added;
      assert.deepEqual((await get(`${ONE}versions/?added_after=${after}`)).json.versions, [21, 22].map(day));
      assert.deepEqual(modifiedOf(await get(`${ONE}?match[version]=all&added_after=${after}`)), [
        day(21),
        day(22),
      ]);
    });

    clause("3.4 limit: at most so many, 1 and up", async ({ get }) => {
      for (const path of [OBJECTS, MANIFEST]) {
        for (const limit of [1, 2, 6]) {
          const { json } = await get(`${path}?limit=${limit}`);
          assert.deepEqual([json.objects.length, json.more], [limit, true]);
        }
        for (const limit of ["7", "1000", "000000000000000009", "9".repeat(300)])
          assert.equal((await get(`${path}?limit=${limit}`)).json.objects.length, 7, limit);
      }
      assert.equal((await get(`${ONE}versions/?limit=2`)).json.versions.length, 2);
      assert.equal((await get(`${ONE}?limit=2&match[version]=all`)).json.objects.length, 2);
    });

    clause("3.4 parameters of a wrong type: 400 that names each", async ({ get }) => {
      for (const path of [OBJECTS, MANIFEST, ONE, `${ONE}versions/`])
        for (const query of [
          "limit=0",
          "limit=-1",
          "limit=1.5",
          "limit=1e3",
          "limit=ten",
          "limit=",
          "limit=%2B5",
          "limit=1&limit=2",
          "added_after=yesterday",
          "added_after=2026-11-23",
          "added_after=2026-11-23T01:00:00",
          "added_after=2026-11-23T01:00:00%2B08:00",
          "added_after=2026-02-30T00:00:00Z",
          "added_after=2026-11-23T24:00:00Z",
          "added_after=0000-01-01T00:00:00Z",
          "added_after=",
          "next=abc",
          "next=",
          "match[version]=newest",
          "match[version]=all,last",
          "match[version]=last,last",
          "match[spec_version]=new",
          "match[spec_version]=",
        ]) {
          const bad = await get(`${path}?${query}`);
          assert.deepEqual([bad.status, bad.json.http_status], [400, "400"], `${path}?${query}`);
          const name = decodeURIComponent(query.split("=")[0] ?? "");
          assert.ok(bad.json.description.includes(`${name}: `), bad.json.description);
        }
    });

    clause(
      "3.4 a match whose field is unknown: 400; other unknown parameters are passed over",
      async ({ get }) => {
        const bad = await get(`${OBJECTS}?match[tlp]=red`);
        assert.equal(bad.status, 400);
        assert.match(bad.json.description, /match\[tlp\]: not a field/);
        assert.equal(idsOf(await get(`${OBJECTS}?unknown=1&x_own=2`)).length, 7);
      },
    );

    clause("3.4 each match field once: a second one is 400", async ({ get }) => {
      assert.equal((await get(`${OBJECTS}?match[type]=malware&match[type]=tool`)).status, 400);
    });

    clause(
      "3.4 match: values of a field are or, fields are and; brackets may be encoded",
      async ({ get }) => {
        const [two, three] = [malware(2).id, malware(3).id];
        assert.deepEqual(idsOf(await get(`${OBJECTS}?match[id]=${two},${three}`)), [two, three]);
        assert.deepEqual(
          idsOf(await get(`${OBJECTS}?match[id]=${two},${ADDRESS.id}&match[type]=ipv4-addr`)),
          [ADDRESS.id],
        );
        assert.deepEqual(
          idsOf(await get(`${OBJECTS}?match%5Bid%5D=${two}%2C${three}&match%5Btype%5D=malware`)),
          [two, three],
        );
        assert.equal((await get(`${OBJECTS}?match[id]=${two}&match[type]=tool`)).text, "{}");
      },
    );

    clause("3.4.1 match[id]", async ({ get }) => {
      for (const path of [OBJECTS, MANIFEST])
        assert.deepEqual(idsOf(await get(`${path}?match[id]=${ADDRESS.id}`)), [ADDRESS.id]);
    });

    clause("3.4.1 match[type]: only the types that are named", async ({ get }) => {
      for (const path of [OBJECTS, MANIFEST])
        assert.deepEqual(idsOf(await get(`${path}?match[type]=ipv4-addr,marking-definition`)), [
          STATEMENT.id,
          ADDRESS.id,
        ]);
    });

    clause("3.4.1 match[version]: last is the default; first, all and timestamps", async ({ get }) => {
      const wish = async (value: string) =>
        modifiedOf(
          await get(`${OBJECTS}?match[id]=${malware(1).id}${value === "" ? "" : `&match[version]=${value}`}`),
        );
      assert.deepEqual(await wish(""), [day(22)]);
      assert.deepEqual(await wish("last"), [day(22)]);
      assert.deepEqual(await wish("first"), [day(20)]);
      assert.deepEqual(await wish("all"), [20, 21, 22].map(day));
      assert.deepEqual(await wish("first,last"), [day(20), day(22)]);
      assert.deepEqual(await wish(day(21)), [day(21)]);
      assert.deepEqual(await wish("2026-11-21T00:00:00Z"), [day(21)], "whatever the digits");
      assert.deepEqual(await wish(`2026-11-21T00:00:00.000000Z,first`), [day(20), day(21)]);
      assert.deepEqual(await wish("2026-11-21T00:00:00.001Z"), []);
      const entries = (await get(`${MANIFEST}?match[id]=${malware(1).id}`)).json.objects;
      assert.deepEqual(
        entries.map(({ version }: Listed) => version),
        [day(22)],
      );
    });

    clause("3.4.1 the version of what has no modified is created, else its arrival", async ({ get }) => {
      const entries = (await get(`${MANIFEST}?match[type]=marking-definition,ipv4-addr`)).json
        .objects as Listed[];
      assert.deepEqual(
        entries.map(({ version }) => version),
        [STATEMENT.created, entries[1]?.date_added],
      );
      assert.deepEqual((await get(`${OBJECTS}${STATEMENT.id}/versions/`)).json.versions, [STATEMENT.created]);
      assert.deepEqual((await get(`${OBJECTS}${ADDRESS.id}/versions/`)).json.versions, [
        entries[1]?.date_added,
      ]);
      assert.deepEqual(idsOf(await get(`${OBJECTS}?match[version]=${STATEMENT.created}`)), [STATEMENT.id]);
    });

    clause(
      "3.4.1 match[spec_version]: those that are named; without it the newest of each object",
      async ({ get }) => {
        const all = idsOf(await get(OBJECTS));
        assert.deepEqual(idsOf(await get(`${OBJECTS}?match[spec_version]=2.1`)), all);
        assert.deepEqual(idsOf(await get(`${OBJECTS}?match[spec_version]=2.0,2.1`)), all);
        for (const path of [OBJECTS, MANIFEST, ONE, `${ONE}versions/`])
          assert.equal((await get(`${path}?match[spec_version]=2.0`)).text, "{}", path);
      },
    );

    for (const [name, path, key] of [
      ["objects", OBJECTS, "objects"],
      ["manifest", MANIFEST, "objects"],
      ["an object", ONE, "objects"],
      ["versions", `${ONE}versions/`, "versions"],
    ] as const)
      clause(`3.5 more is true exactly while something is left: ${name}`, async ({ get }) => {
        const query = path.endsWith("versions/") ? "" : "match[version]=all&";
        const whole = (await get(`${path}?${query}`)).json;
        assert.equal("more" in whole, false);
        const pages = await pagesOf(get, path, `${query}limit=2`);
        assert.deepEqual(
          pages.flatMap(({ json }) => json[key]),
          whole[key],
        );
        assert.deepEqual(
          pages.map(({ json }) => json.more === true),
          pages.map((_, at) => at < pages.length - 1),
        );
        assert.equal("next" in (pages.at(-1)?.json ?? {}), false);
        const exact = await get(`${path}?${query}limit=${whole[key].length}`);
        assert.equal("more" in exact.json, false, "a page that is full, and the last one");
      });

    clause("3.5 next is good for the filters and the address that it was given for", async ({ get }) => {
      const { json } = await get(`${OBJECTS}?limit=1&match[type]=malware`);
      const follow = (path: string, query: string) => get(`${path}?next=${json.next}&${query}`);
      assert.equal((await follow(OBJECTS, "limit=3&match[type]=malware")).status, 200, "limit may change");
      for (const [path, query] of [
        [OBJECTS, "match[type]=tool"],
        [OBJECTS, ""],
        [OBJECTS, "match[type]=malware&added_after=2026-11-01T00:00:00Z"],
        [MANIFEST, "match[type]=malware"],
        [`${ROOT}collections/water/objects/`, "match[type]=malware"],
      ] as const) {
        const refused = await follow(path, query);
        assert.equal(refused.status, 400, `${path} ${query}`);
        assert.match(refused.json.description, /next: /);
      }
    });

    clause("3.5 next is forged by nobody: every change of it is refused", async ({ get }) => {
      const { json } = await get(`${OBJECTS}?limit=1`);
      for (const forged of [
        `${json.next}=`,
        json.next.slice(1),
        json.next.toUpperCase(),
        "MTI",
        "../x",
        "%00",
      ])
        assert.equal((await get(`${OBJECTS}?next=${forged}`)).status, 400, forged);
    });

    clause("3.5 pages by added_after and X-TAXII-Date-Added-Last give each once", async ({ get }) => {
      const seen: string[] = [];
      for (let after = "2026-01-01T00:00:00Z", more = true; more; ) {
        const page = await get(`${OBJECTS}?limit=2&added_after=${after}`);
        seen.push(...idsOf(page));
        after = header(page, "last");
        more = page.json.more === true;
      }
      assert.deepEqual(seen, idsOf(await get(OBJECTS)));
    });

    clause("3.5 what is added while a client pages comes on a later page", async ({ get, node }) => {
      const query = "match[type]=x-later";
      const later = (at: number) => ({
        type: "x-later",
        id: `x-later--8e2e2d2b-17d4-4cbf-938f-00000000000${at}`,
      });
      await publish(node, [1, 2, 3].map(later));
      const first = await get(`${OBJECTS}?${query}&limit=2`);
      await publish(node, [4].map(later));
      const rest = await get(`${OBJECTS}?${query}&limit=2&next=${first.json.next}`);
      assert.deepEqual(
        [...idsOf(first), ...idsOf(rest)],
        [1, 2, 3, 4].map((at) => later(at).id),
      );
    });

    clause("3.7 an envelope bears objects byte for byte", async ({ get }) => {
      const answer = await get(`${OBJECTS}?match[type]=ipv4-addr`);
      assert.equal(answer.text, `{"objects":[${JSON.stringify(ADDRESS)}]}`);
    });

    clause("3.7 an envelope without objects is empty, and keeps both headers", async ({ get }) => {
      const answer = await get(`${OBJECTS}?match[type]=tool`);
      assert.deepEqual([answer.status, answer.text], [200, "{}"]);
      assert.match(header(answer, "first"), TIMESTAMP);
      const [first] = (await get(`${COMMUNITY}manifest/`)).json.objects;
      assert.ok(header(answer, "last") > "2026" && header(answer, "last") <= first.date_added);
      const after = await get(`${OBJECTS}?match[type]=tool&added_after=2026-11-23T01:02:03.5Z`);
      assert.equal(header(after, "last"), "2026-11-23T01:02:03.500000Z");
    });

    clause("4.1 discovery is at /taxii2/", async ({ get }) => {
      const answer = await get("/taxii2/");
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, TYPE]);
    });

    clause(
      "4.1.1 discovery: title; default is one of api_roots; roots begin with one slash",
      async ({ get }) => {
        const { json } = await get("/taxii2/");
        assert.ok(typeof json.title === "string" && json.title !== "");
        assert.ok(json.api_roots.includes(json.default));
        for (const root of json.api_roots) {
          assert.match(root, /^(?:https:\/\/|\/[^/.])[^?#]*\/$/);
          assert.equal((await get(root)).status, 200);
        }
      },
    );

    clause("4.2.1 API root: title, versions with 2.1, max_content_length above 0", async ({ get }) => {
      const { json } = await get(ROOT);
      assert.ok(typeof json.title === "string" && json.title !== "");
      assert.ok(json.versions.includes(TYPE));
      assert.ok(Number.isSafeInteger(json.max_content_length) && json.max_content_length > 0);
    });

    clause("5.1 the collections that the caller may know", async ({ get, ask }) => {
      const { json } = await get(`${ROOT}collections/`);
      assert.deepEqual(
        json.collections.map((each: { alias: string }) => each.alias),
        ["community", "water", "inbox"],
      );
      for (const each of json.collections)
        assert.deepEqual((await get(`${ROOT}collections/${each.id}/`)).json, each);
      assert.equal((await ask("third", "GET", `${ROOT}collections/`)).status, 200);
    });

    clause("5.2.1 a collection: id, title, can_read and can_write for the caller", async ({ get, ask }) => {
      for (const [as, writes] of [
        ["other", [false, false, false]],
        ["other-pusher", [false, false, true]],
      ] as const) {
        const { json } = await ask(as, "GET", `${ROOT}collections/`);
        assert.deepEqual(
          json.collections.map((each: Record<string, unknown>) => each["can_write"]),
          writes,
        );
        for (const each of json.collections) {
          assert.equal(each.can_read, true);
          assert.equal(typeof each.title, "string");
        }
      }
      assert.deepEqual((await get(COMMUNITY)).json.media_types, [STIX_TYPE]);
    });

    clause("5.2.1 an alias names its collection everywhere, and is one of its root", async ({ get }) => {
      const { json } = await get(`${ROOT}collections/`);
      const aliases = json.collections.map((each: { alias: string }) => each.alias);
      assert.equal(new Set(aliases).size, aliases.length);
      const { id } = (await get(COMMUNITY)).json;
      for (const rest of ["", "objects/", "manifest/", `objects/${malware(1).id}/`])
        assert.equal(
          (await get(`${ROOT}collections/${id}/${rest}`)).text,
          (await get(`${COMMUNITY}${rest}`)).text,
          rest,
        );
    });

    clause(
      "5.3.1 a manifest's entry: id, date_added, version, and a media type of the collection",
      async ({ get }) => {
        const types = (await get(COMMUNITY)).json.media_types;
        const objects = (await get(OBJECTS)).json.objects as Listed[];
        const entries = (await get(MANIFEST)).json.objects;
        assert.deepEqual(
          entries.map(({ id }: Listed) => id),
          objects.map(({ id }) => id),
        );
        for (const entry of entries) {
          assert.deepEqual(Object.keys(entry).sort(), ["date_added", "id", "media_type", "version"]);
          assert.ok(types.includes(entry.media_type));
        }
      },
    );

    clause("5.3 a manifest has an entry for each version that is asked for", async ({ get }) => {
      const { json } = await get(`${MANIFEST}?match[id]=${malware(1).id}&match[version]=all`);
      assert.deepEqual(
        json.objects.map(({ version }: Listed) => version),
        [20, 21, 22].map(day),
      );
    });

    clause("5.4 objects of a collection, the last version of each", async ({ get }) => {
      assert.deepEqual(
        new Set(idsOf(await get(`${OBJECTS}?match[type]=malware,marking-definition,ipv4-addr`))),
        new Set([...versioned, STATEMENT, ADDRESS, ...others].map(({ id }) => id)),
      );
      assert.deepEqual(modifiedOf(await get(`${OBJECTS}?match[id]=${malware(1).id}`)), [day(22)]);
    });

    clause("5.6 one object by its id, its versions by filter; 404 where it is not", async ({ get }) => {
      assert.deepEqual(modifiedOf(await get(ONE)), [day(22)]);
      assert.deepEqual(modifiedOf(await get(`${ONE}?match[version]=first`)), [day(20)]);
      assert.equal((await get(`${ONE}?match[version]=2020-01-01T00:00:00Z`)).text, "{}");
      for (const id of [malware(99).id, "no-identifier", "')--", encodeURIComponent("惡意")])
        assert.equal((await get(`${OBJECTS}${id}/`)).status, 404, id);
    });

    clause("5.8.1 versions of an object, each a timestamp; 404 where it is not", async ({ get }) => {
      const { json } = await get(`${ONE}versions/`);
      assert.deepEqual(json, { versions: [20, 21, 22].map(day) });
      assert.equal((await get(`${OBJECTS}${malware(99).id}/versions/`)).status, 404);
    });

    clause("6 channels are reserved, and not there", async ({ get }) => {
      assert.equal((await get(`${ROOT}channels/`)).status, 404);
    });
  },
);
