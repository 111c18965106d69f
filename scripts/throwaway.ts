import { type ChildProcess, execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";

export const run = promisify(execFile);

const LONGEST_WORDS = 65_536;

/** A program of Debian's that tests start servers of. */
interface Program {
  /** As it is called in what a skipped test says. */
  readonly name: string;
  readonly debian: string;
  /** Where it is; undefined when it is not installed. */
  find(): string | undefined;
}

/**
 * Starts a throwaway server for tests. Installs Debian's package first when it is missing and this is root; says why it
 * skipped otherwise.
 */
export async function startThrowaway<Server>(
  { name, debian, find }: Program,
  start: (at: string) => Promise<Server>,
): Promise<Server | { readonly skipped: string }> {
  let at = find();
  if (at === undefined) {
    const failed = await install(name, debian);
    at = find();
    if (at === undefined) return { skipped: failed ?? `no ${name}` };
  }
  try {
    return await start(at);
  } catch (error) {
    return { skipped: `${name} did not start: ${wordsOf(error)}` };
  }
}

async function install(name: string, debian: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return `${name} is not installed (as root: apt-get install ${debian})`;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update"], { env });
    await run("apt-get", ["install", "-y", "--no-install-recommends", debian], { env, maxBuffer: 2 ** 26 });
    return undefined;
  } catch (error) {
    return `${name} could not be installed: ${wordsOf(error)?.split("\n")[0]}`;
  }
}

/** Resolves when the server says on stderr that it is ready; rejects with its last words when it ends instead. */
export function isReady(server: ChildProcess, ready: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < LONGEST_WORDS) said += text;
      if (said.includes(ready)) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(said.trim().split("\n").at(-1) ?? "it ended")));
  });
}

/** A port of 127.0.0.1 on which nobody listens. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
