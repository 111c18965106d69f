import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { Client, enrol } from "../../src/app/client.ts";
import type { Role } from "../../src/core/access.ts";
import { startSmtpSink } from "../../src/platform/mail/testing.ts";
import { NO_BROWSER, openBrowser, openPage, picture, signInByHand } from "../support/browser.ts";
import { forwardClock, PASSWORD, type TestNode, testNode, until } from "../support/node.ts";

const FORTIGATE = resolve(import.meta.dirname, "../../../shared/data/device-logs/fortigate.log");
const REASON =
  NO_BROWSER || (existsSync(FORTIGATE) ? false : "no ../shared/data/device-logs/fortigate.log here");
if (REASON) console.log(`# journey skipped: ${REASON}`);

/** The words that must not leave: the reporter's organisation, people, address and inner hosts. */
const MEMBER = { shortName: "north", name: "北澄水庫管理中心", nameEn: "Beicheng Reservoir" };
const REPORTER = "李值班";

const clock = forwardClock();
let browser: Browser;
let node: TestNode;
let sink: Awaited<ReturnType<typeof startSmtpSink>>;

before(async () => {
  if (REASON) return;
  sink = await startSmtpSink();
  node = await testNode(
    { node: { name: "北區聯防", tier: "W", sectors: ["water"] }, mail: { smtp: sink.url } },
    { clock },
  );
  browser = await openBrowser();
});
after(async () => {
  if (REASON) return;
  await browser.close();
  await node.dispose();
  await sink.stop();
});

test("one true story: sign-in with TOTP, a real log file, alert, incident, clock, approval, TAXII", {
  skip: REASON,
  timeout: 240_000,
}, async (t) => {
  const first = node.firstAdministrator ?? assert.fail("a fresh node makes an administrator");
  const people = new Map<string, { password: string; totpSecret: string | undefined }>();
  let admin!: Client;
  let orgs!: { root: string; north: string; south: string };

  await t.test("the first administrator chooses a password and sets up the one-time code", async () => {
    const { page, faults } = await openPage(browser, node.url);
    await signInByHand(page, first.name, first.password);
    const passwords = page.locator("input[type=password]");
    await until("the form for the own password", async () => (await passwords.count()) >= 2);
    for (let at = 0; at < (await passwords.count()); at++) {
      await passwords
        .nth(at)
        .fill(
          (await passwords.nth(at).getAttribute("autocomplete")) === "current-password"
            ? first.password
            : PASSWORD,
        );
    }
    await page.keyboard.press("Enter");
    await page.locator("input[autocomplete=one-time-code]").waitFor();
    const secret = /[A-Z2-7]{32}/.exec(
      ((await page.locator("body").textContent()) ?? "").replaceAll(/\s+/g, ""),
    )?.[0];
    assert.ok(secret, "the secret stands in words beside the QR code");
    await page.locator("input[autocomplete=one-time-code]").fill(codeOf(secret));
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "首頁" }).first().waitFor();
    people.set("admin", { password: PASSWORD, totpSecret: secret });
    assert.deepEqual(faults, []);
    const cookies = await page.context().cookies();
    const session = await page.evaluate(async () => (await fetch("/api/v1/session")).json());
    admin = new Client(node.url, {
      cookie: cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join("; "),
      "x-csrf-token": session.csrfToken,
    });
    orgs = { root: session.org.id, north: "", south: "" };
  });

  const account = async (name: string, orgId: string, roles: Role[], displayName: string) => {
    const made = await admin.make<{ oneTimePassword: string }>("/api/v1/accounts", {
      orgId,
      name,
      displayName,
      roles,
    });
    const { totpSecret, client } = await enrol(node.url, name, made.oneTimePassword, PASSWORD, clock.millis);
    people.set(name, { password: PASSWORD, totpSecret });
    return client;
  };
  const openAs = async (name: string, width?: number) => {
    const who = people.get(name) ?? assert.fail(name);
    const opened = await openPage(browser, node.url, width === undefined ? {} : { width });
    clock.forward(30_000);
    await signInByHand(opened.page, name, who.password, codeOf(who.totpSecret ?? assert.fail(name)));
    await opened.page.getByRole("link", { name: "首頁" }).first().waitFor();
    return opened;
  };

  await t.test("two members below the authority, with people and contacts", async () => {
    const org = (given: object) =>
      admin.make<{ id: string }>("/api/v1/orgs", {
        parentId: orgs.root,
        kind: "facility",
        sector: "water",
        ...given,
      });
    orgs.north = (await org({ ...MEMBER, networks: ["10.31.4.0/24"] })).id;
    orgs.south = (await org({ shortName: "south", name: "南澄淨水場" })).id;
    await admin.make("/api/v1/contacts", {
      orgId: orgs.north,
      name: "王科長",
      email: "duty@north.example",
      phone: "02-5550-0199",
    });
    await account("analyst", orgs.root, ["soc-lead"], "二線分析員");
    await account("officer", orgs.root, ["cert-duty-officer"], "值勤人員");
    await account("reviewer", orgs.root, ["intel-reviewer"], "情資審核員");
    await account("north-duty", orgs.north, ["member-security-officer"], REPORTER);
  });

  await t.test("lianfang import brings a real FortiGate file into the running node", async () => {
    const cli = join(import.meta.dirname, "../../src/app/cli.ts");
    const env = { ...process.env, LIANFANG_DATA: node.data };
    // Not the synchronous form: the node that the command talks to lives in this process.
    const bring = async () => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [cli, "import", FORTIGATE, "--org", "north", "--json"],
        { env, timeout: 60_000 },
      );
      return JSON.parse(stdout) as { received: number; stored: number; alerts: number };
    };
    const answer = await bring();
    assert.equal(answer.stored, answer.received);
    assert.ok(answer.alerts > 0);
    assert.equal((await bring()).stored, answer.stored, "the same file again is answered as before");
  });

  let incidentPath = "";
  await t.test("the member finds the alert and raises it to an incident, whose clock runs", async () => {
    const { page, faults, elsewhere } = await openAs("north-duty");
    await page.getByRole("link", { name: "警訊" }).first().click();
    await page.getByText("222.186.130.227").first().waitFor();
    await picture(page, "alerts");
    await page.getByText("222.186.130.227").first().click();
    await page.getByRole("button", { name: "通報為資安事件" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "建立事件" }).click();
    await page.waitForURL(/\/incidents\/[0-9a-f-]+/);
    incidentPath = new URL(page.url()).pathname;
    await page
      .getByText(/剩 \d+ (小時|天|分鐘)/)
      .first()
      .waitFor();
    await picture(page, "incident");
    assert.deepEqual(faults, []);
    assert.deepEqual(elsewhere, [], "the console asks no other host");
    const logs = await page.evaluate(async () => (await (await fetch("/api/v1/logs?limit=1")).json()).total);
    assert.equal(logs, 46, "every line once");
  });

  await t.test("what happened is told with names, people and inner addresses", async () => {
    const { page } = await openAs("north-duty");
    await page.goto(node.url + incidentPath);
    const id = incidentPath.split("/").at(-1);
    const changed = await page.evaluate(
      async ([id, narrative]) => {
        const { csrfToken } = await (await fetch("/api/v1/session")).json();
        const incident = await (await fetch(`/api/v1/incidents/${id}`)).json();
        const answer = await fetch(`/api/v1/incidents/${id}/facts`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-csrf-token": csrfToken },
          body: JSON.stringify({
            version: incident.version,
            facts: {
              impacts: [{ business: "core-ci", outage: "tolerable" }],
              systems: ["scada-hmi-01"],
              narrative,
            },
          }),
        });
        return { status: answer.status, body: await answer.json() };
      },
      [id, NARRATIVE] as const,
    );
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(
      changed.body.level,
      3,
      "core business of critical infrastructure, within the tolerable time",
    );
    await page.reload();
    await page.getByText("第 3 級").first().waitFor();
  });

  await t.test(
    "what the officer typed into the review is there after a reload, and goes once sent",
    async () => {
      const { page, faults } = await openAs("officer");
      const review = async () => {
        await page.goto(node.url + incidentPath);
        await page.getByRole("button", { name: "等級審核" }).click();
        return page.getByRole("dialog");
      };
      const grounds = "核心業務涉及關鍵基礎設施維運";
      await (await review()).getByRole("textbox").fill(grounds);
      const again = await review();
      await again.getByText("已還原上次未送出的草稿。").waitFor();
      assert.equal(await again.getByRole("textbox").inputValue(), grounds);
      await again.getByRole("radio").nth(2).check();
      await again.getByRole("button", { name: "等級審核" }).click();
      await again.waitFor({ state: "hidden" });
      await page.getByText(grounds).first().waitFor();
      assert.deepEqual(
        await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes(".dialog."))),
        [],
      );
      assert.deepEqual(faults, []);
    },
  );

  let itemPath = "";
  await t.test("the analyst makes intelligence of it and sends it to review", async () => {
    const { page } = await openAs("analyst");
    await page.goto(node.url + incidentPath);
    await page.getByRole("button", { name: "其他動作" }).click();
    await page.getByRole("menuitem", { name: "製作分享情資" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "製作分享情資" }).click();
    await page.waitForURL(/\/intel\/[0-9a-f-]+/);
    itemPath = new URL(page.url()).pathname;
    const id = itemPath.split("/").at(-1);
    await page.evaluate(async (id) => {
      const { csrfToken } = await (await fetch("/api/v1/session")).json();
      const item = await (await fetch(`/api/v1/intel/items/${id}`)).json();
      const answer = await fetch(`/api/v1/intel/items/${id}`, {
        method: "PATCH",
        headers: { "content-type": "application/json", "x-csrf-token": csrfToken },
        body: JSON.stringify({
          version: item.version,
          tlp: "green",
          recipients: [{ kind: "sector", sector: "water" }],
        }),
      });
      if (!answer.ok) throw new Error(await answer.text());
    }, id);
    await page.reload();
    await page.getByRole("button", { name: "送審" }).first().click();
    await confirmIfAsked(page);
    await page.getByText("待審核").first().waitFor();
  });

  await t.test("the reviewer sees exactly what will leave and approves it", async () => {
    const { page, faults } = await openAs("reviewer");
    await page.goto(node.url + itemPath);
    await page.getByRole("button", { name: /核准/ }).first().waitFor();
    await picture(page, "review");
    await page.getByRole("button", { name: /核准/ }).first().click();
    await confirmIfAsked(page);
    await page.getByText("已發布").first().waitFor();
    assert.deepEqual(faults, []);
  });

  await t.test("a second organisation fetches it over TAXII, without one of the removed words", async () => {
    const issued = await admin.make<{ secret: string }>("/api/v1/keys", {
      orgId: orgs.south,
      name: "TAXII client",
      permissions: ["taxii:read"],
    });
    const peer = Client.withKey(node.url, issued.secret);
    const accept = { accept: "application/taxii+json;version=2.1" };
    const discovery = await peer.get<{ api_roots: string[] }>("/taxii2/", accept);
    const root = discovery.body.api_roots[0] ?? assert.fail(discovery.text);
    const { body } = await peer.get<{ collections: { id: string }[] }>(`${root}collections/`, accept);
    const pages = await Promise.all(
      body.collections.map(({ id }) =>
        peer.get<{ objects?: { type: string; pattern?: string }[] }>(
          `${root}collections/${id}/objects/`,
          accept,
        ),
      ),
    );
    const objects = pages.flatMap((page) => page.body.objects ?? []);
    assert.ok(
      objects.some((object) => object.type === "indicator" && object.pattern?.includes("222.186.130.227")),
      JSON.stringify(objects),
    );
    assert.ok(objects.some((object) => object.type === "report" || object.type === "grouping"));
    const told = pages.map((page) => page.text).join("\n");
    for (const word of REMOVED) assert.ok(!told.includes(word), `"${word}" has left the house`);
    assert.ok(told.includes("198.51.100.77"), "the attacker's address stays");

    const stranger = await fetch(`${node.url}${root}collections/`, {
      headers: { ...accept, authorization: "Bearer lf_nobody" },
    });
    assert.equal(stranger.status, 401);
    const audit = await admin.make<{ faults: unknown[]; rows: number }>("/api/v1/audit/verify");
    assert.deepEqual(audit.faults, []);
    const log = await admin.get<{ items: { action: string }[] }>("/api/v1/audit?limit=200");
    assert.ok(
      log.body.items.some((entry) => entry.action.startsWith("intel.approve")),
      "who approved is on record",
    );
  });
});

const NARRATIVE = `${MEMBER.name}（Beicheng Reservoir）值班人員${REPORTER}（duty@north.example，02-5550-0199）發現 10.31.4.12 的 scada-hmi-01 遭 198.51.100.77 登入，王科長已通報。`;
const REMOVED = [
  MEMBER.name,
  MEMBER.nameEn,
  REPORTER,
  "王科長",
  "duty@north.example",
  "02-5550-0199",
  "10.31.4.12",
  "scada-hmi-01",
];

/** Presses the dialog's own last button where the step asks once more. */
async function confirmIfAsked(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.waitFor({ timeout: 1500 }).catch(() => undefined);
  if ((await dialog.count()) === 0) return;
  await dialog
    .getByRole("button", { name: /送審|核准|確定|發布/ })
    .first()
    .click();
}

function codeOf(secret: string): string {
  return new TOTP({ secret }).generate({ timestamp: clock.millis() });
}
