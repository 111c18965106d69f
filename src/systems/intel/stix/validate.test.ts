import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { TLP_LEVELS } from "../../../core/tlp.ts";
import { INTEL_KINDS, type IndicatorValue } from "../model.ts";
import { bundleOf, canBeRevoked, producerIdentity, releaseObjects, revokedVersion } from "./build.ts";
import { tlpMarking } from "./marking.ts";
import { validate } from "./validate.ts";

const LABELLED = new URL("../../../../../shared/data/stix/labelled-documents.json", import.meta.url);
const ATTACK = new URL("../../../../../shared/data/stix/attack-ics-18.1.json", import.meta.url);
const musts = (document: unknown) => validate(document).filter((finding) => finding.level === "must");

test("the labelled documents are judged as their label says", (t) => {
  if (!existsSync(LABELLED)) return t.skip("../shared/data/stix is absent");
  const documents: { valid: boolean; document: { id: string } }[] = JSON.parse(
    readFileSync(LABELLED, "utf8"),
  );
  const wrong = documents.flatMap(({ valid, document }, at) => {
    const found = musts(document);
    return (found.length === 0) === valid
      ? []
      : [`${at} ${document.id} valid=${valid} ${JSON.stringify(found)}`];
  });
  t.diagnostic(`${documents.length - wrong.length} of ${documents.length} verdicts right`);
  assert.deepEqual(wrong, []);
});

test("ATT&CK for ICS is valid", (t) => {
  if (!existsSync(ATTACK)) return t.skip("../shared/data/stix is absent");
  const bundle: { objects: unknown[] } = JSON.parse(readFileSync(ATTACK, "utf8"));
  const began = performance.now();
  const found = musts(bundle);
  t.diagnostic(`${bundle.objects.length} objects in ${Math.round(performance.now() - began)} ms`);
  assert.deepEqual(found.slice(0, 5), []);
});

const now = "2026-11-23T00:00:00.000Z";
const producer = producerIdentity({
  id: "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
  created: now,
  modified: now,
  name: "聯防",
  sectors: ["water"],
});
const indicators: IndicatorValue[] = [
  { type: "ipv4", value: "198.51.100.3", firstSeen: now, lastSeen: now, count: 3 },
  { type: "ipv6", value: "2001:db8::1", firstSeen: now },
  { type: "domain", value: "evil.example" },
  { type: "domain", value: "惡意.example" },
  { type: "url", value: "https://evil.example/a'b?x=[1]" },
  { type: "email", value: "phish@evil.example" },
  { type: "sha256", value: "a".repeat(64) },
  { type: "sha1", value: "b".repeat(40) },
  { type: "md5", value: "c".repeat(32) },
];

test("what we build breaks no MUST and no SHOULD, released or withdrawn", () => {
  for (const tlp of TLP_LEVELS) {
    for (const kind of INTEL_KINDS) {
      for (const some of [indicators, []]) {
        const objects = releaseObjects(
          { kind, tlp, title: "標題", description: "", indicators: some },
          producer,
          now,
        );
        const withdrawn = objects
          .filter(canBeRevoked)
          .map((object) => revokedVersion(object, "2026-11-23T00:00:00.001Z"));
        assert.deepEqual(
          validate(JSON.parse(bundleOf([...objects, ...withdrawn].map((each) => JSON.stringify(each))).text)),
          [],
        );
        const ids = new Set(objects.map((object) => object.id));
        for (const object of objects) {
          for (const [name, value] of Object.entries(object)) {
            if (name.endsWith("_ref"))
              assert.ok(typeof value === "string" && ids.has(value), `${object.type}.${name}`);
            if (name.endsWith("_refs"))
              assert.ok(
                Array.isArray(value) && value.every((id) => ids.has(String(id))),
                `${object.type}.${name}`,
              );
          }
        }
      }
    }
  }
});

test("each finding has its place and rule", () => {
  const bad = {
    type: "bundle",
    id: "bundle--x",
    objects: [{ ...producer, created: "2026-02-30T00:00:00Z", labels: [], x: null, A: 1 }, 3],
  };
  assert.deepEqual(
    musts(bad).map(({ path, rule }) => `${path} ${rule}`),
    [
      "id 2.9 identifier",
      "objects.0.created 2.16 timestamp",
      "objects.0.labels 2.12 empty-list",
      "objects.0.x 3.1 property-name",
      "objects.0.x 3.1 null",
      "objects.0.A 3.1 property-name",
      "objects.1 8 type",
    ],
  );
  assert.deepEqual(
    musts({ ...tlpMarking("red"), definition_type: "tlp", definition: { tlp: "blue" } }).map(
      ({ rule }) => rule,
    ),
    ["7.2.1 marking"],
  );
});

test("a type of one's own that bears a version is a domain object, and wants the whole history", () => {
  const versioned: Record<string, unknown> = { ...producer };
  delete versioned["created"];
  const own = { ...versioned, type: "x-pump", id: producer.id.replace("identity", "x-pump") };
  assert.deepEqual(
    musts(own).map(({ path, rule }) => `${path} ${rule}`),
    ["created 3.2 required"],
  );
});
