import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** Path of the browser that scripts/test.ts found, or why there is none. */
export const CHROMIUM = process.env.LIANFANG_TEST_CHROMIUM;
export const NO_BROWSER: string | false =
  CHROMIUM === undefined ? "LIANFANG_TEST_CHROMIUM names no browser; npm test finds or installs one" : false;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Look {
  readonly width?: number;
  readonly theme?: "light" | "dark";
  readonly language?: "zh" | "en";
}

/** A page in a context of its own, which fails the test on a script error and records requests to any other host. */
export async function openPage(
  browser: Browser,
  url: string,
  look: Look = {},
): Promise<{ page: Page; faults: string[]; elsewhere: string[] }> {
  const width = look.width ?? 1440;
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: look.theme ?? "light",
    locale: look.language === "en" ? "en-GB" : "zh-TW",
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const elsewhere: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(url) && !to.startsWith("data:") && !to.startsWith("blob:")) elsewhere.push(to);
  });
  await page.goto(url);
  if (look.language === "en") await page.getByText("English").first().click();
  return { page, faults, elsewhere };
}

/** Signs in by hand, with the one-time code where the account has one. */
export async function signInByHand(page: Page, name: string, password: string, code?: string): Promise<void> {
  await page.getByLabel(/帳號|Account/).fill(name);
  await page.locator("input[type=password]").fill(password);
  await page.keyboard.press("Enter");
  if (code !== undefined) {
    const field = page.locator("input[autocomplete=one-time-code]");
    await field.waitFor();
    await field.fill(code);
    await page.keyboard.press("Enter");
  }
}

const PICTURES = join(import.meta.dirname, "../../docs/pictures");

/** Keeps a picture for the README when asked for (LIANFANG_PICTURES=1), so that a test run leaves the tree alone. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env.LIANFANG_PICTURES !== "1") return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
