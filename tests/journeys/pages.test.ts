import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { enrol, signIn } from "../../src/app/client.ts";
import { DEMO_PASSWORD } from "../../src/app/demo/sector.ts";
import { startDemo } from "../../src/app/demo.ts";
import { askNode } from "../../src/app/local-socket.ts";
import { type Look, NO_BROWSER, openBrowser, openPage, picture, signInByHand } from "../support/browser.ts";
import { until } from "../support/node.ts";

if (NO_BROWSER) console.log(`# pages skipped: ${NO_BROWSER}`);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Who looks at what; `:alert`, `:incident` and `:item` stand for one of the demo's. */
const PAGES: Record<string, readonly string[]> = {
  analyst: [
    "/",
    "/alerts",
    "/alerts/:alert",
    "/alerts/:alert/sights",
    "/incidents",
    "/incidents/:incident",
    "/incidents/new",
    "/intel",
    "/intel/:item",
    "/intel/import",
    "/intel/imports",
    "/intel/imports/:import",
    "/intel/feeds",
    "/intel/feeds/new",
    "/intel/feeds/:feed",
    "/intel/feeds/:feed/edit",
    "/library",
    "/library/:object",
    "/matrix",
    "/taxonomies",
    "/taxonomies/water-impact",
    "/galaxies",
    "/warninglists",
    "/warninglists/:warninglist",
    "/logs",
    "/log-sources",
    "/rules",
    "/rules/try",
    "/rules/69cc1c7c-edf6-4477-b11f-e4dcb2472e32",
    "/rules/5815bd9b-1563-4fe5-b348-1f454700be82",
    "/orgs",
    "/contacts",
    "/keys",
    "/peers",
    "/collections",
    "/platform",
    "/account",
  ],
  head: ["/", "/audit"],
  keeper: ["/warninglists/new"],
  reservoir: ["/", "/alerts", "/incidents/new", "/intel/received"],
};
const VERSIONED = {
  spec_version: "2.1",
  created: "2026-11-20T00:00:00.000Z",
  modified: "2026-11-20T00:00:00.000Z",
};
const [INDICATOR, MALWARE] = [
  "indicator--6f1de1a3-0a5b-4d8e-9f0f-0c8a5d2b7e11",
  "malware--2b6c0d3e-4a7f-4c1e-8d2a-5e9f1a3b7c22",
];
/** A taxonomy and a galaxy's clusters in the forms of MISP. */
const TAXONOMY = JSON.stringify({
  namespace: "water-impact",
  expanded: "供水影響 Impact on supply",
  description: "How far supply is touched",
  version: 1,
  predicates: [{ value: "supply", expanded: "供水 Supply", exclusive: true, colour: "#0a6fb5" }],
  values: [
    {
      predicate: "supply",
      entry: [
        { value: "reduced", expanded: "降壓供水", numerical_value: 50 },
        { value: "halted", expanded: "停水", numerical_value: 100, colour: "#b5260a" },
      ],
    },
  ],
});
const GALAXY = JSON.stringify({
  name: "Threat actor",
  type: "threat-actor",
  category: "actor",
  uuid: "7cdff317-a673-4474-84ec-4f1754947823",
  version: 1,
  values: [{ value: "濁水組", uuid: "5d8e2f50-6c91-4e30-8f4c-70b13c5d9e44", meta: { synonyms: ["Muddy"] } }],
});
/** What the library shows. */
const LIBRARY_BUNDLE = JSON.stringify({
  type: "bundle",
  id: "bundle--3c7d1e4f-5b80-4d2f-9e3b-6fa02b4c8d33",
  objects: [
    {
      type: "indicator",
      id: INDICATOR,
      ...VERSIONED,
      name: "水庫遠端連線惡意網域",
      pattern: "[domain-name:value = 'login.evil.example']",
      pattern_type: "stix",
      valid_from: VERSIONED.created,
    },
    { type: "malware", id: MALWARE, ...VERSIONED, name: "遠端控制木馬", is_family: true },
    {
      type: "relationship",
      id: "relationship--4d8e2f50-6c91-4e30-8f4c-70b13c5d9e44",
      ...VERSIONED,
      relationship_type: "indicates",
      source_ref: INDICATOR,
      target_ref: MALWARE,
    },
  ],
});
const LOOKS: readonly Look[] = [
  { width: 1440, theme: "light", language: "zh" },
  { width: 1440, theme: "dark", language: "en" },
  { width: 390, theme: "dark", language: "zh" },
  { width: 390, theme: "light", language: "en" },
];

/** Which of them the README shows. */
const PICTURES: Record<string, string> = {
  "analyst / 1440 light zh": "home",
  "analyst /alerts 1440 dark en": "alerts-dark-english",
  "analyst /incidents 390 dark zh": "incidents-phone",
};

let browser: Browser;
let demo: Awaited<ReturnType<typeof startDemo>>;
let data: string;
const ids = new Map<string, string>();
/** Of the administrator's one-time codes; a code is taken once, and a look takes longer than one holds. */
let keeperSecret: string | undefined;

before(async () => {
  if (NO_BROWSER) return;
  data = mkdtempSync(join(tmpdir(), "lianfang-pages-"));
  demo = await startDemo({ port: 0, fresh: false, data, say: () => undefined });
  browser = await openBrowser();
  const { client } = await signIn(demo.url, "analyst", DEMO_PASSWORD);
  const first = async (path: string) =>
    (await client.get<{ items: { id: string }[] }>(`${path}${path.includes("?") ? "&" : "?"}limit=1`)).body
      .items[0]?.id;
  ids.set(":alert", await until("the demo's first alert", () => first("/api/v1/alerts")));
  const incident = (await first("/api/v1/incidents")) ?? assert.fail("the demo has incidents");
  ids.set(":incident", incident);
  const shared = await client.make<{ itemId: string }>(`/api/v1/incidents/${incident}/share`);
  ids.set(":item", shared.itemId);
  const report = "# 報告\n\n駭客使用 evil[.]example 與 8.8.8.8，見 CVE-2024-3400，另見 bad[.]-。\n";
  const query = new URLSearchParams({ source: "範例來源", fileName: "報告.md" });
  const imported = await client.make<{ id: string }>(`/api/v1/intel/imports?${query}`, report);
  ids.set(":import", imported.id);
  const feed = { name: "範例饋送", url: "http://127.0.0.1:9/list.txt" };
  const fed = await client.make<{ id: string }>("/api/v1/intel/feeds", feed);
  await client.make(`/api/v1/intel/feeds/${fed.id}/run`);
  ids.set(":feed", fed.id);
  await until("the preview of the import", async () => {
    const { body } = await client.get<{ state: string }>(`/api/v1/intel/imports/${imported.id}`);
    return body.state === "previewed" ? true : undefined;
  });
  for (const file of [LIBRARY_BUNDLE, TAXONOMY, GALAXY]) {
    const sent = await client.send("POST", "/api/v1/intel/imports?fileName=report.json", file, {
      "content-type": "application/octet-stream",
    });
    const { id: importId } = JSON.parse(sent.text) as { id: string };
    const reached = (state: string) =>
      until(`the import ${state}`, async () => {
        const { body } = await client.get<{ state: string }>(`/api/v1/intel/imports/${importId}`);
        return body.state === state ? true : undefined;
      });
    await reached("previewed");
    await client.make(`/api/v1/intel/imports/${importId}/store`, {});
    await reached("stored");
  }
  const { body: me } = await client.get<{ org: { id: string } }>("/api/v1/session");
  const { body: keeper } = await askNode(data, {
    method: "POST",
    path: "/api/v1/accounts",
    body: { orgId: me.org.id, name: "keeper", displayName: "系統管理員", roles: ["administrator"] },
  });
  const { oneTimePassword } = keeper as { oneTimePassword: string };
  keeperSecret = (await enrol(demo.url, "keeper", oneTimePassword, DEMO_PASSWORD)).totpSecret;
  const lists = await client.get<{ items: { key: string }[] }>("/api/v1/intel/warninglists?limit=1");
  ids.set(":warninglist", lists.body.items[0]?.key ?? assert.fail("the product's warninglists"));
  const object = await until("an object of the library", () => first("/api/v1/intel/library?type=indicator"));
  ids.set(":object", object);
});
after(async () => {
  if (NO_BROWSER) return;
  await browser.close();
  await demo.stop();
  rmSync(data, { recursive: true, force: true });
});

for (const look of LOOKS) {
  test(`pages at ${look.width} px, ${look.theme}, ${look.language}: accessible, whole, in one language`, {
    skip: NO_BROWSER,
    timeout: 240_000,
  }, async () => {
    const complaints: string[] = [];
    for (const [name, paths] of Object.entries(PAGES)) {
      const { page, faults, elsewhere } = await openPage(browser, demo.url, look);
      await page.locator("input[type=password]").waitFor();
      complaints.push(...(await lookAt(page, "sign-in", look)));
      const secret = name === "keeper" ? keeperSecret : undefined;
      const code = secret === undefined ? [] : [new TOTP({ secret }).generate()];
      await signInByHand(page, name, DEMO_PASSWORD, ...code);
      await page.locator("input[autocomplete=username]").waitFor({ state: "detached" });
      for (const path of paths) {
        const real = path.replace(/:\w+/, (id) => ids.get(id) ?? id);
        await page.goto(demo.url + real);
        const shown = await page
          .locator("main h1, main h2")
          .first()
          .waitFor({ timeout: 20_000 })
          .then(
            () => true,
            () => false,
          );
        const signedOut = (await page.locator("input[autocomplete=username]").count()) > 0;
        if (!shown || signedOut) {
          complaints.push(
            `${name} ${path}: not shown within 20 s: ${(await page.textContent("body"))?.slice(0, 300)}`,
          );
          continue;
        }
        complaints.push(...(await lookAt(page, `${name} ${path}`, look)));
        const kept = PICTURES[`${name} ${path} ${look.width} ${look.theme} ${look.language}`];
        if (kept !== undefined) await picture(page, kept);
      }
      complaints.push(...faults.map((fault) => `${name}: script error ${fault}`));
      complaints.push(...elsewhere.map((to) => `${name}: asks ${to}`));
      await page.context().close();
    }
    assert.deepEqual(complaints, []);
  });
}

/** What is wrong with the page as it stands: axe's findings, sideways scrolling, text keys that nobody translated. */
async function lookAt(page: Page, where: string, look: Look): Promise<string[]> {
  await page.evaluate(axe);
  // Colours that are still fading in are not the page's colours.
  await page.evaluate(async () => {
    const passing = document
      .getAnimations()
      .filter((each) => each.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY);
    await Promise.allSettled(passing.map((each) => each.finished));
  });
  const found = await page.evaluate(async () => {
    const report = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return {
      violations: report.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`),
      sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      text: document.body.textContent ?? "",
    };
  });
  const keys =
    found.text.match(/\b(kit|members|detection|incidents|intel|library|lists|problems):[a-z][\w.-]+/g) ?? [];
  const raw = found.text.match(/\bUTC\b|\bundefined\b|\[object Object\]|\bNaN\b|Invalid Date/g) ?? [];
  return [
    ...found.violations.map((violation) => `${where}: ${violation}`),
    ...(found.sideways > 1 && (look.width ?? 0) < 600
      ? [`${where}: scrolls ${found.sideways} px sideways`]
      : []),
    ...keys.map((key) => `${where}: untranslated ${key}`),
    ...raw.map((word) => `${where}: says ${word}`),
  ];
}
