import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import type { Answer, Client } from "../../src/app/client.ts";
import { until } from "./node.ts";

/** A node in a process of its own on one folder, which can be killed and started again. */
export class Victim {
  readonly url: string;
  private readonly env: NodeJS.ProcessEnv;
  private child: ChildProcess | undefined;
  private output = "";

  /** `env` is set beside what a node needs to run. */
  constructor(data: string, port: number, env: NodeJS.ProcessEnv = {}) {
    this.url = `http://127.0.0.1:${port}`;
    this.env = {
      ...process.env,
      LIANFANG_DATA: data,
      LIANFANG_HTTP__PORT: String(port),
      LIANFANG_HTTP__PER_MINUTE: "100000",
      LIANFANG_LOG__LEVEL: "warn",
      ...env,
    };
  }

  /** Answers how many milliseconds it took. */
  async start(): Promise<number> {
    const began = performance.now();
    const cli = join(import.meta.dirname, "../../src/app/cli.ts");
    this.output = "";
    const child = spawn(process.execPath, [cli, "serve"], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.child = child;
    const ready = async () => {
      assert.equal(child.exitCode, null, `the node ended by itself: ${this.output}`);
      return fetch(`${this.url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      );
    };
    // A crowded machine takes its time to start a process.
    await until("the node to be ready again", ready, 120);
    return performance.now() - began;
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.child ?? assert.fail("not started");
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
  }
}

/** Every item of a list, page by page. */
export async function everything<Item>(client: Client, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const answer: Answer<{ items: Item[]; next?: string }> = await client.get(
      `${path}?limit=200${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    assert.equal(answer.status, 200, answer.text);
    items.push(...answer.body.items);
    cursor = answer.body.next;
  }
  return items;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((done) => {
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
