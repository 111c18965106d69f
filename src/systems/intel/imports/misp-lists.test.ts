import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { validate } from "../stix/validate.ts";
import { TAXONOMY_TYPE, TaxonomyDocument } from "../taxonomies/model.ts";
import { detectFormat } from "./detect.ts";
import { importMispCluster } from "./misp-cluster.ts";
import { importMispTaxonomy } from "./misp-taxonomy.ts";

const MISP = new URL("../../../../../shared/data/misp/", import.meta.url);
const OPTIONS = {
  createdBy: "identity--11111111-2222-4333-8444-000000000099",
  tlp: "green",
  now: "2026-11-01T00:00:00.000Z",
} as const;
const musts = (object: unknown) => validate(object).filter(({ level }) => level === "must");

const TAXONOMY = {
  namespace: "water-impact",
  expanded: "供水影響",
  description: "影響供水的程度",
  version: 3,
  predicates: [
    { value: "supply", expanded: "供水", exclusive: true, colour: "#0088cc" },
    { value: "quality" },
    { value: "quality" },
    { value: "" },
  ],
  values: [
    {
      predicate: "supply",
      entry: [
        { value: "none", expanded: "無影響", numerical_value: 0 },
        { value: "halted", expanded: "停水", numerical_value: "100", colour: "red" },
        { value: "reduced", description: "降壓", numerical_value: "50" },
      ],
    },
    { predicate: "none", entry: [] },
  ],
};

test("I10: a taxonomy comes in whole, what is broken in it is refused with its path", () => {
  const { objects, refused } = importMispTaxonomy(TAXONOMY, OPTIONS);
  assert.equal(detectFormat(Buffer.from(JSON.stringify(TAXONOMY)))?.format, "misp-taxonomy");
  assert.deepEqual(
    refused.map(({ path }) => path),
    ["predicates.2.value", "predicates.3.value", "values.0.entry.1.colour", "values.1.predicate"],
  );
  assert.deepEqual(
    objects.map(({ type }) => type),
    ["identity", "extension-definition", TAXONOMY_TYPE],
  );
  for (const object of objects) assert.deepEqual(musts(object), []);
  const { predicates, namespace, taxonomy_version: version } = TaxonomyDocument.parse(objects[2]);
  assert.deepEqual([namespace, version], ["water-impact", 3]);
  assert.deepEqual(predicates, [
    {
      value: "supply",
      expanded: "供水",
      colour: "#0088cc",
      exclusive: true,
      values: [
        { value: "none", expanded: "無影響", numerical_value: 0 },
        { value: "reduced", description: "降壓", numerical_value: 50 },
      ],
    },
    { value: "quality" },
  ]);
  assert.deepEqual(importMispTaxonomy({ namespace: "a b", predicates: [] }, OPTIONS), {
    objects: [],
    refused: importMispTaxonomy({ namespace: "a b", predicates: [] }, OPTIONS).refused,
  });
  assert.deepEqual(
    importMispTaxonomy([TAXONOMY, { namespace: "x" }], OPTIONS)
      .refused.map(({ path }) => path)
      .slice(-1),
    ["1.predicates"],
  );
});

const GALAXY = {
  name: "Threat actor",
  type: "threat-actor",
  category: "actor",
  uuid: "7cdff317-a673-4474-84ec-4f1754947823",
  version: 12,
  values: [
    {
      value: "濁水組",
      uuid: "11111111-2222-4333-8444-000000000001",
      description: "覬覦水庫的組織",
      meta: {
        synonyms: ["Muddy", "濁水組"],
        refs: ["https://example.org/a", "no url"],
        "Technique ID": "T0801",
      },
      related: [
        { "dest-uuid": "11111111-2222-4333-8444-000000000002", type: "similar" },
        { "dest-uuid": "99999999-2222-4333-8444-000000000002", type: "uses" },
        { type: "uses" },
      ],
    },
    { value: "清水組", uuid: "11111111-2222-4333-8444-000000000002", meta: { empty: [], none: null } },
    { description: "no name" },
  ],
};

test("I10: a galaxy's clusters become what they are in STIX, with aliases, meta, relations and MISP's tag", () => {
  const { objects, refused } = importMispCluster(GALAXY, OPTIONS);
  assert.equal(detectFormat(Buffer.from(JSON.stringify(GALAXY)))?.format, "misp-galaxy");
  assert.deepEqual(
    refused.map(({ path }) => path),
    ["values.2.value", "values.0.related.2.dest-uuid"],
  );
  for (const object of objects) assert.deepEqual(musts(object), []);
  const [first, second, relation] = objects.slice(2);
  assert.equal(first?.id, "threat-actor--11111111-2222-4333-8444-000000000001");
  assert.deepEqual(first?.["aliases"], ["Muddy"]);
  assert.deepEqual(first?.["labels"], ["misp-galaxy:threat-actor", 'misp-galaxy:threat-actor="濁水組"']);
  assert.deepEqual(first?.["external_references"], [
    { source_name: "mitre-attack", external_id: "T0801" },
    { source_name: "misp-galaxy", url: "https://example.org/a" },
  ]);
  const extensions = JSON.parse(JSON.stringify(first?.["extensions"]));
  // biome-ignore lint/suspicious/noExplicitAny: the test reads what it checks.
  const [extension] = Object.values<Record<string, any>>(extensions);
  assert.deepEqual(extension?.["galaxy"], { type: "threat-actor", version: 12, name: "Threat actor" });
  assert.equal(extension?.["related"].length, 2);
  assert.equal(extension?.["meta"]["Technique_ID"], "T0801");
  assert.deepEqual(
    [relation?.["relationship_type"], relation?.["source_ref"], relation?.["target_ref"]],
    ["related-to", first?.id, second?.id],
  );
  const definition = { namespace: "misp", icon: "map", name: "x", type: "x", uuid: GALAXY.uuid, version: 1 };
  assert.match(importMispCluster(definition, OPTIONS).refused[0]?.message ?? "", /clusters/);
});

test("countries and regions are locations, sectors identities, what STIX has no type for stays a cluster", () => {
  const of = (type: string, ...values: unknown[]) =>
    importMispCluster({ ...GALAXY, type, values }, OPTIONS)
      .objects.slice(2)
      .map((object) => [object.type, object["country"] ?? object["region"] ?? object["identity_class"]]);
  assert.deepEqual(of("country", { value: "taiwan", meta: { ISO: "tw" } }, { value: "nowhere" }), [
    ["location", "TW"],
    ["x-misp-galaxy-cluster", undefined],
  ]);
  assert.deepEqual(of("region", { value: "030 - Eastern Asia" }), [["location", "eastern-asia"]]);
  assert.deepEqual(of("sector", { value: "Water" }), [["identity", "class"]]);
  assert.deepEqual(of("mitre-mitigation", { value: "Patch" }), [["course-of-action", undefined]]);
  assert.deepEqual(of("surveillance-vendor", { value: "v" }), [["x-misp-galaxy-cluster", undefined]]);
});

test("the public taxonomies and galaxies come in whole and are valid STIX", (t) => {
  if (!existsSync(MISP)) return t.skip("../shared/data/misp is absent");
  let [objects, refused] = [0, 0];
  for (const [folder, format, read] of [
    ["taxonomies", "misp-taxonomy", importMispTaxonomy],
    ["galaxies", "misp-galaxy", importMispCluster],
  ] as const)
    for (const file of readdirSync(new URL(`${folder}/`, MISP)).filter((name) => name.endsWith(".json"))) {
      const bytes = readFileSync(new URL(`${folder}/${file}`, MISP));
      assert.equal(detectFormat(bytes)?.format, format, file);
      const made = read(JSON.parse(bytes.toString()), OPTIONS);
      for (const object of made.objects) assert.deepEqual(musts(object), [], `${file} ${object.id}`);
      for (const { path, message } of made.refused) t.diagnostic(`${file} ${path}: ${message}`);
      objects += made.objects.length;
      refused += made.refused.length;
    }
  t.diagnostic(`${objects} objects, ${refused} refusals`);
  assert.ok(objects > 4000);
  assert.ok(refused < 60);
});
