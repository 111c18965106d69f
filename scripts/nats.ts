import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, isReady, startThrowaway } from "./throwaway.ts";

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

/** Starts a throwaway nats-server with JetStream. */
export function startNats(): Promise<TestNats | { readonly skipped: string }> {
  return startThrowaway({ name: "nats-server", debian: "nats-server", find: found }, serve);
}

function found(): string | undefined {
  return PLACES.find((place) => existsSync(place));
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
    await isReady(server, "Server is ready");
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
