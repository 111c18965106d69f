import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The browser of the machine; Debian's is installed where that is allowed (root and apt), with a font for Chinese. */
export function findChromium(): { path: string } | { reason: string } {
  const named = process.env.LIANFANG_TEST_CHROMIUM;
  if (named !== undefined) return { path: named };
  const there = PLACES.find((place) => existsSync(place));
  if (there !== undefined) return { path: there };
  const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (!mayInstall) return { reason: "no Chromium here; as root: apt-get install chromium fonts-noto-cjk" };
  console.log("installing Debian's Chromium for the browser tests");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  spawnSync("apt-get", ["install", "-y", "-qq", "chromium", "fonts-noto-cjk"], quiet);
  const installed = PLACES.find((place) => existsSync(place));
  return installed === undefined
    ? { reason: "apt-get could not install chromium; its words are above" }
    : { path: installed };
}
