import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { askNode } from "../../src/app/local-socket.ts";
import { type Look, NO_BROWSER, openBrowser, openPage, signInByHand } from "../support/browser.ts";
import { administrator, PASSWORD, testNode } from "../support/node.ts";

if (NO_BROWSER) console.log(`# peers skipped: ${NO_BROWSER}`);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const LOOKS: readonly Look[] = [
  { width: 1440, theme: "dark", language: "en" },
  { width: 390, theme: "light", language: "zh" },
];

async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const run = (
      globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: unknown[] }[] }> } }
    ).axe;
    const { violations } = await run.run();
    return violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes).slice(0, 400)}`);
  });
}

test("I1: an administrator tests a connection, adds a peer, exchanges and sees how it went", {
  skip: NO_BROWSER,
  timeout: 300_000,
}, async () => {
  const node = await testNode({ peers: { loopback: true }, access: { secondFactor: "optional" } });
  const browser = await openBrowser();
  try {
    const { orgId } = await administrator(node);
    const issued = await askNode(node.data, {
      method: "POST",
      path: "/api/v1/keys",
      body: {
        orgId,
        name: "peer",
        permissions: ["taxii:read", "taxii:write"],
        clearance: "amber",
        expiresInDays: 9,
      },
    });
    const { secret } = issued.body as { secret: string };
    const { page, faults } = await openPage(browser, node.url);
    await signInByHand(page, node.firstAdministrator?.name ?? "", PASSWORD);
    await page.locator("input[autocomplete=username]").waitFor({ state: "detached" });

    await page.goto(`${node.url}/peers/new`);
    await page.getByLabel("名稱").fill("自己");
    await page.getByLabel("探索網址").fill(`${node.url}/taxii2/`);
    await page.locator("input[type=password]").fill("lf_wrong");
    await page.getByRole("button", { name: "測試連線" }).click();
    await page
      .getByText(/交換對象沒有依 TAXII 2.1 回應/)
      .first()
      .waitFor();
    await page.locator("input[type=password]").fill(secret);
    await page.getByRole("button", { name: "測試連線" }).click();
    await page.getByRole("heading", { name: "對方提供的集合" }).waitFor();
    await page.getByLabel("收取").first().check();
    assert.deepEqual(await complaints(page), []);
    await page.getByRole("button", { name: "新增交換對象" }).click();
    await page.getByRole("button", { name: "立即交換" }).click();
    await page.getByText("正常").first().waitFor({ timeout: 60_000 });
    const at = page.url();
    assert.ok(!(await page.content()).includes(secret), "the login is never shown again");
    await page.getByRole("button", { name: "比對" }).click();
    await page.getByText("雙方一致。").waitFor();
    await page.getByRole("button", { name: "修改" }).click();
    await page.getByLabel("名稱").fill("鄰居");
    await page.getByRole("button", { name: "測試連線" }).click();
    await page.getByLabel("收取").nth(1).check();
    assert.deepEqual(await complaints(page), []);
    await page.getByRole("button", { name: "修改" }).click();
    await page.getByRole("heading", { name: "鄰居" }).waitFor();
    await page.goto(`${node.url}/collections`);
    await page.getByText("community").first().click();
    await page.getByRole("heading", { name: "收取者" }).waitFor();
    await page.getByText("已取完").waitFor();
    const collection = page.url();
    assert.deepEqual(faults, []);
    await page.context().close();

    for (const look of LOOKS) {
      const seen = await openPage(browser, node.url, look);
      await signInByHand(seen.page, node.firstAdministrator?.name ?? "", PASSWORD);
      await seen.page.locator("input[autocomplete=username]").waitFor({ state: "detached" });
      const pages = [
        at,
        `${at}/edit`,
        collection,
        ...["/peers", "/peers/new", "/collections"].map((each) => node.url + each),
      ];
      for (const path of pages) {
        await seen.page.goto(path);
        await seen.page.locator("main h1, main h2").first().waitFor();
        await seen.page.waitForLoadState("networkidle");
        assert.deepEqual(await complaints(seen.page), [], `${path} ${look.width}`);
      }
      assert.deepEqual(seen.faults, []);
      await seen.page.context().close();
    }
  } finally {
    await browser.close();
    await node.dispose();
  }
});
