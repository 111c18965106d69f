import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { DATABASES } from "../../../platform/records/testing.ts";
import { FORMS } from "../exports/forms.ts";
import { EXPORT_FORMATS } from "../exports/model.ts";
import { StixObjectStore } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { StixObject } from "../stix/object.ts";
import { type IntelNode, nodeTests } from "../testing.ts";
import { WarninglistChecker } from "../warninglists/checker.ts";
import { loadWarninglists } from "../warninglists/list.ts";
import { decayOf, loadDecays } from "./decay.ts";
import { MatrixStore, navigatorLayer } from "./matrix-store.ts";
import { LibraryFilter } from "./model.ts";
import { ObjectPage } from "./object-page.ts";
import { remark } from "./remarks.ts";
import { credibilityOf, keptAfter, type ScoreInput, scoreOf } from "./rules.ts";
import { SearchStore } from "./search-store.ts";

const ICS = new URL("../../../../../shared/data/stix/attack-ics-18.1.json", import.meta.url);
const judges = { warninglists: new WarninglistChecker(loadWarninglists().lists), decays: loadDecays() };

async function put(
  node: IntelNode,
  texts: readonly string[],
  audience: readonly string[] = [],
): Promise<void> {
  const documents = texts.map((text) => {
    const object = JSON.parse(text) as StixObject;
    return { text, object, tlp: "green" as const, digest: digestOf(object, text) };
  });
  await node.records.within(node.reviewer, (work) =>
    new StixObjectStore(work).add({
      collectionId: null,
      revision: 1,
      orgId: node.orgs.authority,
      audience,
      documents,
    }),
  );
}

const times = {
  spec_version: "2.1",
  created: "2026-11-20T00:00:00.000Z",
  modified: "2026-11-20T00:00:00.000Z",
};
const id = (type: string, at: number) => `${type}--00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;
const indicator = (at: number, pattern: string, more: object = {}) =>
  JSON.stringify({
    type: "indicator",
    id: id("indicator", at),
    ...times,
    name: `indicator ${at}`,
    pattern,
    pattern_type: "stix",
    valid_from: times.created,
    ...more,
  });

for (const database of DATABASES) {
  const withNode = nodeTests(database);

  withNode(
    "I10: an object with its versions, relations, shared values, sightings and a score that says why",
    async (node) => {
      const malware = id("malware", 2);
      const first = indicator(1, "[ipv4-addr:value = '203.0.113.5']", { confidence: 60 });
      await put(node, [
        first,
        JSON.stringify({ type: "malware", id: malware, ...times, name: "Loader", is_family: true }),
        JSON.stringify({
          type: "relationship",
          id: id("relationship", 3),
          ...times,
          relationship_type: "indicates",
          source_ref: id("indicator", 1),
          target_ref: malware,
        }),
        JSON.stringify({
          type: "relationship",
          id: id("relationship", 4),
          ...times,
          relationship_type: "indicates",
          source_ref: id("indicator", 1),
          target_ref: id("tool", 9),
        }),
        indicator(5, "[ipv4-addr:value = '203.0.113.5' OR domain-name:value = 'evil.example']"),
        indicator(6, "[domain-name:value = 'other.example']"),
      ]);
      await put(node, [
        indicator(1, "[ipv4-addr:value = '203.0.113.5']", {
          confidence: 80,
          modified: "2026-11-21T00:00:00.000Z",
        }),
      ]);
      const on = <T>(run: (page: ObjectPage) => Promise<T>) =>
        node.records.within(node.reviewer, (work) => run(new ObjectPage(work)));
      const detail = await on((page) => page.detail(id("indicator", 1), judges));
      assert.deepEqual(
        [detail.versionCount, detail.row.confidence, detail.versions[1]?.document],
        [2, 80, first],
      );
      assert.deepEqual(detail.values, [{ kind: "ipv4", value: "203.0.113.5" }]);
      assert.deepEqual(
        detail.warnings.length > 0,
        detail.score.parts.some((part) => part.reason === "warninglist"),
      );
      const near = await on((page) => page.neighbours(id("indicator", 1)));
      assert.deepEqual(near.edges.map(({ label, to, kind }) => [label, to, kind]).sort(), [
        ["indicates", malware, "relationship"],
        ["indicates", id("tool", 9), "relationship"],
      ]);
      assert.deepEqual(near.nodes.find((each) => each.id === malware)?.name, "Loader");
      assert.deepEqual(near.nodes.find((each) => each.id === id("tool", 9))?.name, null);
      const shared = await on((page) => page.correlations(id("indicator", 1)));
      assert.deepEqual(
        shared.items.map(({ value, total, common, objects }) => [
          value,
          total,
          common,
          objects.map((row) => row.id),
        ]),
        [["203.0.113.5", 1, false, [id("indicator", 5)]]],
      );

      const add = (given: Parameters<typeof remark>[2]) =>
        node.records.within(node.reviewer, (work) => remark(work, id("indicator", 1), given));
      await add({
        kind: "sighting",
        count: 3,
        firstSeen: undefined,
        lastSeen: "2026-11-22T08:00:00+08:00",
        text: "",
      });
      await add({
        kind: "sighting",
        count: 0,
        firstSeen: undefined,
        lastSeen: undefined,
        text: "looked for",
      });
      await add({ kind: "opinion", opinion: "strongly-disagree", text: "our own scanner" });
      const { id: made } = await add({
        kind: "relationship",
        relation: "related-to",
        target: id("indicator", 6),
        text: "",
      });
      const after = await on((page) => page.detail(id("indicator", 1), judges));
      const sighted = after.score.parts.find((part) => part.reason === "sighted");
      assert.deepEqual(sighted?.facts, { positive: 3, reports: 1, negative: 1 });
      assert.ok(after.score.parts.some((part) => part.reason === "disagreed" && part.points < 0));
      const own = await on((page) => page.detail(made, judges));
      assert.deepEqual(
        own.origins.map(({ kind }) => kind),
        ["manual"],
      );
      assert.deepEqual([own.row.tlp, own.row.type], ["green", "relationship"]);
      await assert.rejects(
        node.records.within(node.member, (work) =>
          remark(work, id("indicator", 1), { kind: "note", text: "x" }),
        ),
        /http\.not-found/,
      );
      await assert.rejects(
        node.records.within(node.member, (work) => new ObjectPage(work).detail(id("indicator", 1), judges)),
        /http\.not-found/,
      );
    },
  );

  withNode(
    "I9: a selection leaves verbatim and in the forms of devices, without what was revoked, ended or is no threat",
    async (node) => {
      const texts = [
        indicator(1, "[ipv4-addr:value = '203.0.113.5']"),
        indicator(2, "[domain-name:value = 'evil.example']", { name: '釣魚 "quoted"; x' }),
        indicator(3, "[url:value = 'http://evil.example:8080/a;b?c=1']"),
        indicator(4, `[file:hashes.'SHA-256' = '${"a".repeat(64)}']`),
        indicator(5, "[domain-name:value = 'gone.example']", { revoked: true }),
        indicator(6, "[domain-name:value = 'ended.example']", { valid_until: "2026-11-21T00:00:00Z" }),
        indicator(7, "[domain-name:value = 'known.example']"),
      ];
      await put(node, texts);
      const found = await node.records.within(node.reviewer, (work) =>
        new SearchStore(work).all(LibraryFilter.parse({}), 100),
      );
      const context = {
        now: "2026-11-23T00:00:00.000Z",
        source: "測試",
        isWarned: ({ value }: { value: string }) => value === "known.example",
        isEnded: () => false,
        domains: "below" as const,
        filtered: { tlp: 2, score: 0 },
      };
      const out = Object.fromEntries(
        EXPORT_FORMATS.map((format) => [format, FORMS[format].write(found, context)]),
      );
      const bundle = JSON.parse(out["stix"] ?? "") as { objects: unknown[] };
      assert.equal(bundle.objects.length, 7);
      for (const text of texts) assert.ok(out["stix"]?.includes(text));
      for (const format of ["blocklist", "suricata", "zeek", "rpz", "sigma"])
        assert.doesNotMatch(out[format] ?? "", /gone|ended|known/, format);
      const said = (text = "") => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      assert.deepEqual(said(out["blocklist"]).sort(), [
        "203.0.113.5",
        "evil.example",
        "http://evil.example:8080/a;b?c=1",
      ]);
      assert.match(
        out["suricata"] ?? "",
        /alert ip \$HOME_NET any -> 203\.0\.113\.5 any \(msg:"LIANFANG indicator 1"; .*sid:1\d{6}; rev:1;\)/,
      );
      assert.match(
        out["suricata"] ?? "",
        /dns\.query; dotprefix; content:"\.evil\.example"; nocase; endswith;/,
      );
      assert.match(
        out["suricata"] ?? "",
        /http\.host; content:"evil\.example"; http\.uri; content:"\/a\|3B\|b\?c=1";/,
      );
      assert.match(
        out["rpz"] ?? "",
        /^; Lianfang 測試, 2026-11-23T00:00:00\.000Z\n; 2 values out of 7 objects\n; left out: 1 values that a warninglist knows; 1 objects revoked, 1 expired, 2 without/,
      );
      assert.match(out["rpz"] ?? "", /\n; left out by the filters: 2 objects by TLP, 0 by score\n/);
      assert.match(out["rpz"] ?? "", /\n; domains: each name and every name below it\n/);
      const exact = { ...context, domains: "exact" as const };
      assert.doesNotMatch(FORMS.rpz.write(found, exact), /\*\./);
      assert.match(
        FORMS.rpz.write(found, exact),
        /\n; domains: exactly these names.*\n[\s\S]*\nevil\.example CNAME \.\n/,
      );
      assert.match(
        FORMS.suricata.write(found, exact),
        /dns\.query; content:"evil\.example"; nocase; startswith; endswith;/,
      );
      assert.doesNotMatch(FORMS.sigma.write(found, exact), /endswith/);
      const none = FORMS.suricata.write(found, { ...context, isWarned: () => true });
      assert.deepEqual(said(none), []);
      assert.match(none, /# 0 values out of 7 objects\n# left out: 4 values that a warninglist knows/);
      assert.ok(none !== "" && out["suricata"]?.includes(String.raw`(msg:"LIANFANG 釣魚 \"quoted\"\; x"; `));
      assert.match(out["zeek"] ?? "", /\n#fields\tindicator\tindicator_type/);
      assert.match(out["zeek"] ?? "", /\nevil\.example\tIntel::DOMAIN\t測試\t/);
      assert.match(out["zeek"] ?? "", /\nevil\.example:8080\/a;b\?c=1\tIntel::URL\t/);
      assert.match(out["rpz"] ?? "", /\n\*\.evil\.example CNAME \.\n/);
      assert.match(out["rpz"] ?? "", /\n32\.5\.113\.0\.203\.rpz-ip CNAME \.\n/);
      assert.equal((out["sigma"] ?? "").split("---\n").length, 4);
      assert.match(
        out["sigma"] ?? "",
        /\n {4}- query:\n {8}- 'evil\.example'\n {4}- query\|endswith:\n {8}- '\.evil\.example'\n/,
      );
      assert.match(out["csv"] ?? "", /203\.0\.113\.5/);
    },
  );

  withNode(
    "I10: a matrix of Enterprise's size: 14 tactics, 200 techniques, 500 sub-techniques",
    async (node) => {
      const objects = enterprise();
      await put(
        node,
        objects.map((each) => JSON.stringify(each)),
      );
      await node.records.within(node.reviewer, async (work) => {
        const store = new MatrixStore(work);
        const [{ id: matrixId = "" } = {}] = (await store.list()).items;
        const matrix = await store.get(matrixId);
        const techniques = matrix.tactics.flatMap((tactic) => tactic.techniques);
        assert.deepEqual(
          [
            matrix.tactics.length,
            new Set(techniques.map((one) => one.id)).size,
            techniques.flatMap((one) => one.parts).length,
          ],
          [14, 200, 500],
        );
        assert.deepEqual(techniques[0]?.platforms, ["Windows", "Linux"]);
        const named = techniques.filter(({ count }) => count > 0);
        assert.deepEqual(
          named.map((one) => [one.attackId, one.count]),
          [["T1001", 1]],
        );
        assert.deepEqual(
          navigatorLayer(matrix).techniques.map(({ techniqueID, score }) => [techniqueID, score]),
          [["T1001", 1]],
        );
      });
    },
  );

  withNode("I10: the matrix of ATT&CK for ICS, counted by what names its techniques", async (node) => {
    if (!existsSync(ICS)) {
      console.log("# skipped: ../shared/data/stix is absent");
      return;
    }
    const { objects } = JSON.parse(readFileSync(ICS, "utf8")) as { objects: StixObject[] };
    await put(
      node,
      objects.map((object) => JSON.stringify(object)),
    );
    await node.records.within(node.reviewer, async (work) => {
      const store = new MatrixStore(work);
      const { items } = await store.list();
      assert.deepEqual(
        items.map(({ domain }) => domain),
        ["ics-attack"],
      );
      const matrix = await store.get(items[0]?.id ?? "");
      assert.equal(matrix.tactics.length, 12);
      assert.deepEqual([matrix.tactics[0]?.name, matrix.tactics[0]?.attackId], ["Initial Access", "TA0108"]);
      const live = objects.filter(
        (object) =>
          object["type"] === "attack-pattern" &&
          object["revoked"] !== true &&
          object["x_mitre_deprecated"] !== true,
      );
      const shown = new Set(
        matrix.tactics.flatMap((tactic) =>
          tactic.techniques.flatMap((each) => [each.id, ...each.parts.map((part) => part.id)]),
        ),
      );
      assert.deepEqual([...shown].sort(), live.map((object) => object.id).sort());
      const [technique] = matrix.tactics[0]?.techniques ?? [];
      const uses = objects.filter(
        (object) =>
          object["type"] === "relationship" &&
          ["uses", "targets", "indicates"].includes(String(object["relationship_type"])) &&
          (object["target_ref"] === technique?.id || object["source_ref"] === technique?.id),
      );
      assert.equal(technique?.count, uses.length);
      const layer = navigatorLayer(matrix);
      assert.equal(layer.domain, "ics-attack");
      assert.ok(layer.techniques.every((each) => /^T\d{4}/.test(each.techniqueID) && each.score > 0));
      const found = await new SearchStore(work).search(
        {
          q: "Unauthorized Command Message",
          sort: "best",
          limit: 1,
        },
        judges,
      );
      assert.equal(found.items[0]?.name, "Unauthorized Command Message");
    });
    await node.records.within(node.member, async (work) =>
      assert.deepEqual(await new MatrixStore(work).list(), { items: [] }),
    );
  });
}

/** As ATT&CK for Enterprise is built, out of nothing but numbers. */
function enterprise(): object[] {
  const made = (type: string, at: number, more: object) => ({
    type,
    spec_version: "2.1",
    id: `${type}--00000000-0000-4000-8000-${String(at).padStart(12, "0")}`,
    created: "2026-11-20T00:00:00.000Z",
    modified: "2026-11-20T00:00:00.000Z",
    x_mitre_domains: ["enterprise-attack"],
    ...more,
  });
  const known = (number: string) => [{ source_name: "mitre-attack", external_id: number }];
  const tactics = Array.from({ length: 14 }, (_, at) =>
    made("x-mitre-tactic", at, {
      name: `Tactic ${at}`,
      x_mitre_shortname: `tactic-${at}`,
      external_references: known(`TA00${at + 10}`),
    }),
  );
  const technique = (at: number, number: string, part: boolean) =>
    made("attack-pattern", part ? 10_000 + at : at, {
      name: `Technique ${number}`,
      x_mitre_is_subtechnique: part,
      x_mitre_platforms: ["Windows", "Linux"],
      kill_chain_phases: [{ kill_chain_name: "mitre-attack", phase_name: `tactic-${at % 14}` }],
      external_references: known(number),
    });
  const whole = Array.from({ length: 200 }, (_, at) => technique(at, `T${1001 + at}`, false));
  const parts = Array.from({ length: 500 }, (_, at) =>
    technique(at, `T${1001 + (at % 200)}.${String(Math.floor(at / 200) + 1).padStart(3, "0")}`, true),
  );
  const matrix = made("x-mitre-matrix", 1, {
    name: "Enterprise",
    tactic_refs: tactics.map(({ id }) => id),
    external_references: known("enterprise-attack"),
  });
  const uses = made("relationship", 1, {
    relationship_type: "uses",
    source_ref: "malware--00000000-0000-4000-8000-000000000001",
    target_ref: whole[0]?.id,
  });
  return [...tactics, ...whole, ...parts, matrix, uses];
}

const base: ScoreInput = {
  confidence: 80,
  reliability: null,
  sources: 1,
  freshAt: 0,
  sightings: { positive: 0, reports: 0, negative: 0 },
  disagreed: 0,
  warninglists: [],
  revoked: false,
  deprecated: false,
  validUntil: null,
  decay: { lifetime: 100, speed: 1 },
  now: 0,
};
const DAY = 86_400_000;

test("a score follows the polynomial model of decay and says each of its reasons", () => {
  assert.deepEqual(scoreOf(base).value, 80);
  assert.equal(scoreOf({ ...base, now: 25 * DAY }).value, 60);
  assert.equal(scoreOf({ ...base, now: 100 * DAY }).value, 0);
  assert.equal(keptAfter(25, { lifetime: 100, speed: 2 }), 0.5);
  assert.equal(scoreOf({ ...base, confidence: null, reliability: "B" }).value, 70);
  assert.equal(scoreOf({ ...base, sources: 3 }).value, 90);
  assert.equal(
    scoreOf({ ...base, sources: 9, sightings: { positive: 90, reports: 9, negative: 0 } }).value,
    100,
  );
  assert.equal(scoreOf({ ...base, revoked: true }).value, 0);
  assert.equal(scoreOf({ ...base, deprecated: true }).value, 0);
  assert.equal(scoreOf({ ...base, validUntil: 5, now: 5 }).value, 0);
  assert.equal(scoreOf({ ...base, warninglists: ["x"] }).value, 20);
  const unjudged = {
    ...base,
    confidence: null,
    reliability: "F",
    sightings: { positive: 5, reports: 5, negative: 0 },
  };
  assert.equal(
    scoreOf(unjudged).value,
    55,
    "a source that nobody judged is not fit for blocking, however often seen",
  );
  assert.deepEqual(scoreOf(unjudged).parts.at(-2), {
    reason: "capped",
    points: -15,
    facts: { reliability: "F", credibility: 6, most: 55 },
  });
  assert.equal(scoreOf({ ...unjudged, confidence: 95, sources: 4 }).value, 55);
  assert.equal(scoreOf({ ...unjudged, reliability: "A" }).value, 80, "A6");
  assert.equal(scoreOf({ ...base, confidence: 10, reliability: "A", sources: 1 }).value, 10);
  assert.equal(scoreOf({ ...base, confidence: 95, reliability: "E" }).value, 20);
  assert.deepEqual(
    [null, 0, 10, 20, 40, 60, 80].map((confidence) =>
      [1, 2, 3].map((sources) => credibilityOf({ confidence, sources, disagreed: 0 })).join(""),
    ),
    ["621", "621", "541", "431", "321", "211", "111"],
  );
  assert.equal(credibilityOf({ confidence: 95, sources: 1, disagreed: 1 }), 4);
  assert.equal(credibilityOf({ confidence: 95, sources: 1, disagreed: 2 }), 5);
  for (const input of [base, { ...base, sources: 4, now: 10 * DAY, disagreed: 2, warninglists: ["x"] }]) {
    const { value, parts } = scoreOf(input);
    assert.ok(Math.abs(parts.reduce((sum, part) => sum + part.points, 0) - value) <= 1);
  }
});

test("what ages soonest among an indicator's values sets its decay; techniques do not age", () => {
  const decays = loadDecays();
  assert.equal(
    decayOf(decays, "indicator", [
      { kind: "sha256", value: "x" },
      { kind: "ipv4", value: "y" },
    ])?.lifetime,
    30,
  );
  assert.equal(decayOf(decays, "attack-pattern", [{ kind: "attack", value: "T1" }]), null);
});
