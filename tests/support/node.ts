import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, enrol } from "../../src/app/client.ts";
import { type LianfangNode, startNode } from "../../src/app/node.ts";
import type { Role } from "../../src/core/access.ts";
import type { Clock } from "../../src/core/instant.ts";
import { Config } from "../../src/platform/config/config.ts";
import { createLog } from "../../src/platform/log/log.ts";

export interface TestNode extends LianfangNode {
  readonly data: string;
  dispose(): Promise<void>;
}

/** A whole node on loopback with a data folder of its own, gone with `dispose`. `write` hears its log. */
export async function testNode(
  settings: Record<string, unknown> = {},
  options: { clock?: Clock; write?: (line: string) => void } = {},
): Promise<TestNode> {
  const data = mkdtempSync(join(tmpdir(), "lianfang-node-"));
  const config = Config.parse({ data, http: { port: 0 }, log: { level: "warn" }, ...settings });
  const { write, ...rest } = options;
  const log = createLog({ level: config.log.level, ...(write === undefined ? {} : { write }) });
  const node = await startNode({ config, log, ...rest });
  return Object.assign(node, {
    data,
    dispose: async () => {
      await node.stop();
      rmSync(data, { recursive: true, force: true });
    },
  });
}

export const PASSWORD = "eleven blue herons";

/** The node's first administrator, enrolled. */
export async function administrator(
  node: LianfangNode,
): Promise<{ client: Client; orgId: string; totpSecret: string | undefined }> {
  const first = node.firstAdministrator;
  if (first === undefined) throw new Error("this node has its administrator already");
  const { client, session, totpSecret } = await enrol(node.url, first.name, first.password, PASSWORD);
  return { client, orgId: session.org.id, totpSecret };
}

/** A person of an organisation with these roles, signed in. */
export async function person(
  admin: Client,
  given: { orgId: string; name: string; roles: readonly Role[]; displayName?: string },
): Promise<Client> {
  const made = await admin.make<{ oneTimePassword: string }>("/api/v1/accounts", {
    displayName: given.name,
    ...given,
  });
  return (await enrol(admin.url, given.name, made.oneTimePassword, PASSWORD)).client;
}

/** Polls until `done` answers something, 20 s at most unless told. */
export async function until<T>(
  what: string,
  done: () => Promise<T | undefined | false>,
  seconds = 20,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await done();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** A clock that runs with the machine's and can be put forward: a one-time code is taken once per 30 s. */
export function forwardClock(): Clock & { forward(milliseconds: number): void; millis(): number } {
  let ahead = 0;
  const millis = () => Date.now() + ahead;
  return {
    now: () => new Date(millis()).toISOString(),
    millis,
    forward: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}
