import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Found, type FoundObject, isRefused } from "./found.ts";
import { readImport } from "./read.ts";

const NOW = "2026-11-01T00:00:00.000Z";
/** 2025-11-23T00:00:00Z, in seconds. */
const STAMP = 1_763_856_000;
const AT = "2025-11-23T00:00:00.000Z";
const after = (seconds: number) => new Date((STAMP + seconds) * 1000).toISOString();
const id = (at: number) => `5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d6e${String(at).padStart(2, "0")}`;
const SOURCE = `identity--${id(99)}`;
const ORGC = { uuid: id(90), name: "CERT Aqua" };

async function read(event: object, more: { confidence?: number } = {}) {
  const request = {
    format: "misp-event",
    options: {},
    source: { identity: SOURCE, name: "Feed", created: NOW },
    fileName: "f",
    now: NOW,
    tlp: "amber",
    clearance: "red",
    ...more,
  } as const;
  const file = Buffer.from(JSON.stringify({ Event: { uuid: id(0), info: "x", timestamp: STAMP, ...event } }));
  const found: Found[] = [];
  for await (const each of readImport(file, request)) found.push(each);
  const objects = found.filter((each): each is FoundObject => !isRefused(each));
  return {
    objects,
    refused: found.filter(isRefused).flatMap(({ path, reasons }) => `${path} ${reasons[0]?.why}`),
    // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every shape.
    of: (type: string): any[] =>
      objects.filter((each) => each.type === type).map((each) => JSON.parse(each.text)),
  };
}

const attribute = (at: number, type: string, value: string, more: object = {}) => ({
  uuid: id(at),
  type,
  value,
  to_ids: true,
  timestamp: String(STAMP),
  ...more,
});
const domain = (more: object = {}) => attribute(1, "domain", "evil.example", more);

test("an event is made by its Orgc under MISP's own UUID, marked as the event is; galaxies and sightings stay the source's", async () => {
  const event = {
    Orgc: ORGC,
    Tag: [{ name: "tlp:clear" }],
    Galaxy: [{ GalaxyCluster: [{ uuid: id(40), type: "threat-actor", value: "Muddy" }] }],
    Attribute: [
      domain({
        comment: "c2",
        Galaxy: [{ GalaxyCluster: [{ uuid: id(41), type: "ransomware", value: "Locker" }] }],
        Sighting: [{ type: "0", date_sighting: STAMP }],
      }),
      attribute(2, "vulnerability", "CVE-2026-1000"),
      attribute(3, "text", "words"),
      attribute(4, "mutex", "M"),
      attribute(5, "sigma", "title: T"),
    ],
    Object: [
      {
        uuid: id(6),
        name: "file",
        Attribute: [attribute(7, "md5", "a".repeat(32)), attribute(8, "sha1", "a".repeat(40))],
        ObjectReference: [{ uuid: id(9), referenced_uuid: id(1), relationship_type: "drops" }],
      },
    ],
    EventReport: [{ uuid: id(10), name: "n", content: "c" }],
  };
  const { objects, of, refused } = await read(event, { confidence: 70 });
  assert.deepEqual(refused, []);
  const author = `identity--${ORGC.uuid}`;
  const identity = objects.find((each) => each.id === author) ?? assert.fail("no author");
  assert.deepEqual([identity.name, identity.tlp, identity.path], ["CERT Aqua", "clear", "Event.Orgc"]);
  const makers = new Map<string, Set<string>>();
  for (const { text } of objects) {
    const { type, created_by_ref: by = "none" } = JSON.parse(text);
    makers.set(by, (makers.get(by) ?? new Set()).add(type));
  }
  assert.deepEqual([...(makers.get(author) ?? [])].sort(), [
    "grouping",
    "indicator",
    "note",
    "relationship",
    "report",
    "vulnerability",
  ]);
  assert.deepEqual([...(makers.get(SOURCE) ?? [])].sort(), ["malware", "sighting", "threat-actor"]);
  assert.ok(
    of("indicator").every(({ confidence }) => confidence === 70),
    "what its author says is given it, too",
  );
  const nameless = await read({ Orgc: { name: " " }, Attribute: [domain()] });
  assert.equal(nameless.of("indicator")[0].created_by_ref, SOURCE);
  const byName = await read({ Orgc: { name: "CERT Aqua" }, Attribute: [domain()] });
  const again = await read({ Orgc: { name: "CERT Aqua" }, Attribute: [domain()] });
  assert.match(byName.of("indicator")[0].created_by_ref, /^identity--/);
  assert.equal(again.of("indicator")[0].created_by_ref, byName.of("indicator")[0].created_by_ref);
});

test("first and last seen are observed data on which the indicator is based; the first is where it begins, the last does not end it", async () => {
  const seen = { first_seen: "2025-10-01T08:00:00.000000+00:00", last_seen: "2025-11-02T00:00:00.5+08:00" };
  const { of, refused } = await read({
    Attribute: [
      domain(seen),
      attribute(2, "domain|ip", "two.example|198.51.100.1", { last_seen: String(STAMP * 1e6) }),
      attribute(3, "ip-dst", "198.51.100.2", { to_ids: false, first_seen: STAMP }),
      attribute(4, "yara", "rule x {}", seen),
      attribute(5, "domain", "late.example", { first_seen: seen.last_seen, last_seen: seen.first_seen }),
      attribute(6, "domain", "odd.example", { first_seen: "yesterday" }),
    ],
    Object: [{ uuid: id(20), name: "x", ...seen, Attribute: [attribute(21, "domain", "within.example")] }],
  });
  assert.deepEqual(refused, [
    "Event.Attribute.4.last_seen order",
    "Event.Attribute.5.first_seen not-of-type",
  ]);
  const [first, last] = ["2025-10-01T08:00:00.000Z", "2025-11-01T16:00:00.500Z"];
  assert.deepEqual(
    of("observed-data").map((each) => [
      each.id,
      each.first_observed,
      each.last_observed,
      each.object_refs.length,
    ]),
    [
      [`observed-data--${id(1)}`, first, last, 1],
      [`observed-data--${id(2)}`, AT, AT, 2],
      [`observed-data--${id(3)}`, AT, AT, 1],
      [`observed-data--${id(21)}`, first, last, 1],
    ],
  );
  assert.deepEqual(
    of("relationship").map((each) => [each.relationship_type, each.source_ref, each.target_ref]),
    [
      ["based-on", `indicator--${id(1)}`, `observed-data--${id(1)}`],
      ["based-on", `indicator--${id(2)}`, `observed-data--${id(2)}`],
      ["based-on", of("indicator")[2].id, `observed-data--${id(2)}`],
      ["based-on", `indicator--${id(21)}`, `observed-data--${id(21)}`],
    ],
  );
  assert.deepEqual(
    of("sighting").map((each) => [each.sighting_of_ref, each.first_seen, each.last_seen]),
    [[`indicator--${id(4)}`, first, last]],
    "a rule has no observable",
  );
  assert.deepEqual(
    of("indicator").map((each) => [each.name, each.valid_from, each.valid_until]),
    [
      ["evil.example", first, undefined],
      ["two.example", AT, undefined],
      ["198.51.100.1", AT, undefined],
      ["x", first, undefined],
      ["late.example", AT, undefined],
      ["odd.example", AT, undefined],
      ["within.example", first, undefined],
    ],
  );
});

test("a sighting of expiry ends an indicator, unless it was seen later; of what has no end it is refused", async () => {
  const at = (type: number, seconds: number) => ({
    type: String(type),
    date_sighting: String(STAMP + seconds),
  });
  const ends = async (...Sighting: object[]) => {
    const { of, refused } = await read({ Attribute: [domain({ Sighting })] });
    const [{ valid_from: from, valid_until: until }] = of("indicator");
    assert.deepEqual(refused, []);
    return [from, until];
  };
  assert.deepEqual(await ends(at(2, 60)), [AT, after(60)]);
  assert.deepEqual(await ends(at(2, 60), at(2, 90), at(0, 30)), [AT, after(90)]);
  assert.deepEqual(await ends(at(2, 60), at(0, 61)), [AT, undefined], "it was seen since");
  assert.deepEqual(await ends(at(2, 0)), [after(-1), after(0)], "STIX has no end at the beginning");
  assert.deepEqual(await ends(at(2, -500)), [after(-501), after(-500)]);
  const observable = await read({
    Attribute: [domain({ to_ids: false, Sighting: [at(0, 1), at(0, 5), at(1, 7), at(2, 9)] })],
  });
  assert.deepEqual(observable.refused, ["Event.Attribute.0 misp-expiry"]);
  const [seen] = observable.of("observed-data");
  assert.deepEqual(
    [seen.first_observed, seen.last_observed, seen.number_observed, seen.object_refs],
    [after(1), after(5), 2, [observable.of("domain-name")[0].id]],
  );
  assert.deepEqual(observable.of("opinion")[0].object_refs, seen.object_refs);
  const cve = await read({
    Attribute: [attribute(1, "vulnerability", "CVE-2026-1000", { Sighting: [at(0, 1)] })],
  });
  assert.equal(cve.of("sighting")[0].sighting_of_ref, `vulnerability--${id(1)}`);
});

test("an object says the size of its file, and the score and summary of its vulnerability; what STIX cannot say is refused by name", async () => {
  const in_ = (relation: string, type: string, value: string, at: number) =>
    attribute(at, type, value, { object_relation: relation, to_ids: false });
  const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
  const { of, refused } = await read({
    Attribute: [
      attribute(50, "size-in-bytes", "77"),
      attribute(51, "ja3-fingerprint-md5", "a".repeat(32)),
      attribute(52, "float", "9.8"),
    ],
    Object: [
      {
        name: "file",
        Attribute: [
          in_("filename", "filename", "x.exe", 1),
          in_("sha256", "sha256", "c".repeat(64), 2),
          in_("size-in-bytes", "size-in-bytes", "4096", 3),
          in_("entropy", "float", "7.9", 4),
        ],
      },
      {
        name: "vulnerability",
        Attribute: [
          in_("id", "vulnerability", "CVE-2026-1000", 11),
          in_("summary", "text", "An overflow.", 12),
          in_("cvss-score", "float", "9.8", 13),
          in_("cvss-string", "text", vector, 14),
          in_("references", "link", "https://vendor.example/a", 15),
          in_("cvss-score", "float", "99", 16),
          { ...in_("summary", "text", "taken back", 17), deleted: true },
        ],
      },
      { name: "x", Attribute: [in_("size-in-bytes", "size-in-bytes", "5", 21)] },
    ],
  });
  assert.deepEqual(refused, [
    "Event.Attribute.0.type no-counterpart",
    "Event.Attribute.1.type no-counterpart",
    "Event.Attribute.2.type no-counterpart",
    "Event.Object.0.Attribute.3.type no-counterpart",
    "Event.Object.1.Attribute.5.type no-counterpart",
    "Event.Object.1.Attribute.6.type no-counterpart",
    "Event.Object.2.Attribute.0.type no-counterpart",
  ]);
  assert.deepEqual(
    of("file").map(({ name, hashes, size }) => [name, hashes?.["SHA-256"], size]),
    [
      ["x.exe", undefined, undefined],
      [undefined, "c".repeat(64), 4096],
    ],
  );
  const [{ description, external_references: references }] = of("vulnerability");
  assert.equal(description, `An overflow.\n\nCVSS 3.1 9.8 ${vector}`);
  assert.deepEqual(references, [
    { source_name: "cve", external_id: "CVE-2026-1000" },
    { source_name: "misp link", url: "https://vendor.example/a" },
  ]);
  assert.equal(of("report")[0].external_references, undefined);
  assert.deepEqual(of("note"), []);
});

test("whatever times and sightings an attribute bears, what it becomes is valid STIX, and its indicator is there", async () => {
  const time = fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.integer({ min: -1, max: 2 * STAMP }),
    fc.integer({ min: 0, max: 2 * STAMP }).map((seconds) => new Date(seconds * 1000).toISOString()),
    fc.string(),
  );
  const sighting = fc.record({
    type: fc.integer({ min: 0, max: 3 }),
    date_sighting: fc.oneof(fc.nat(2 * STAMP), fc.string()),
  });
  await fc.assert(
    fc.asyncProperty(
      time,
      time,
      fc.array(sighting, { maxLength: 4 }),
      fc.constantFrom("domain", "yara", "vulnerability", "domain|ip"),
      fc.boolean(),
      async (first_seen, last_seen, Sighting, type, to_ids) => {
        const value = {
          domain: "a.example",
          yara: "rule x {}",
          vulnerability: "CVE-2026-1000",
          "domain|ip": "a.example|198.51.100.1",
        }[type];
        const { refused, of } = await read({
          Orgc: ORGC,
          Attribute: [attribute(1, type, value, { to_ids, first_seen, last_seen, Sighting })],
        });
        // Nothing that was made is refused; only times and ends are, by their name.
        for (const each of refused)
          assert.match(
            each,
            /^Event\.Attribute\.0(?:\.(?:first|last)_seen (?:not-of-type|order)| misp-expiry)$/,
          );
        const wanted =
          type === "vulnerability"
            ? "vulnerability"
            : to_ids || type === "yara"
              ? "indicator"
              : "domain-name";
        assert.ok(of(wanted).length > 0);
      },
    ),
    { numRuns: 400 },
  );
});
