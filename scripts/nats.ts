import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PLACES = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"];

export interface TestNats {
  /** `nats://127.0.0.1:port` of a throwaway server with JetStream. */
  readonly url: string;
  stop(): Promise<void>;
  /** Ends the server at once; what it keeps stays for `start`. */
  kill(): Promise<void>;
  /** Starts it again on the same port with what it kept. */
  start(): Promise<void>;
}

/**
 * Starts a throwaway nats-server with JetStream for tests. Installs Debian's package first when it is missing and this
 * is root; says why it skipped otherwise.
 */
export async function startNats(): Promise<TestNats | { readonly skipped: string }> {
  let binary = found();
  if (binary === undefined) {
    const failed = await install();
    binary = found();
    if (binary === undefined) return { skipped: failed ?? "no nats-server" };
  }
  try {
    return await serve(binary);
  } catch (error) {
    return {
      skipped: `nats-server did not start: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function found(): string | undefined {
  return PLACES.find((place) => existsSync(place));
}

async function install(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "nats-server is not installed (as root: apt-get install nats-server)";
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update"], { env });
    await run("apt-get", ["install", "-y", "--no-install-recommends", "nats-server"], {
      env,
      maxBuffer: 2 ** 26,
    });
    return undefined;
  } catch (error) {
    return `nats-server could not be installed: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
}

async function serve(binary: string): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-nats-"));
  const port = await freePort();
  const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder];
  let end = (): Promise<void> => Promise.resolve();
  const start = async (): Promise<void> => {
    const server = spawn(binary, args, { stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise<void>((done) => server.once("exit", () => done()));
    const atOnce = (): void => void server.kill("SIGKILL");
    process.once("exit", atOnce);
    server.once("exit", () => process.off("exit", atOnce));
    let said = "";
    await new Promise<void>((done, fail) => {
      server.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (said.length < 65_536) said += text;
        if (said.includes("Server is ready")) done();
      });
      server.once("error", fail);
      server.once("exit", () => fail(new Error(said.trim().split("\n").at(-1) ?? "it ended")));
    });
    end = async () => {
      server.kill("SIGKILL");
      await ended;
    };
  };
  try {
    await start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    start,
    kill: () => end(),
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
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
