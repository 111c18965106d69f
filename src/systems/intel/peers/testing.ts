import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNodeKey } from "../../../platform/crypto/node-key.ts";
import { createLog } from "../../../platform/log/log.ts";
import { type TestDatabase, testScope } from "../../../platform/records/testing.ts";
import { parseDocument, StixObjectStore } from "../object-store.ts";
import { CollectionStore } from "../taxii/collection-store.ts";
import { type IntelNode, intelNode, intelServer } from "../testing.ts";
import { clientOf } from "./connection.ts";
import type { PeerExchange } from "./exchange.ts";
import { NewPeer } from "./model.ts";
import { PeerStore } from "./peer-store.ts";

export const EVERYONE = "ffffffff-ffff-ffff-ffff-ffffffffffff";
/** A tool of STIX, with a space in it that only a verbatim copy keeps. */
export const tool = (at: number, more: object = {}) =>
  `{"type":"tool",  "spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-${String(at).padStart(12, "0")}","created":"2026-11-20T00:00:00.000Z","modified":"2026-11-20T00:00:00.000Z","name":"工具 ${at}"${JSON.stringify(
    more,
  )
    .slice(1, -1)
    .replace(/^(?=.)/, ",")}}`;

/** As releases of the node, in its community collection. */
export async function publish(
  node: IntelNode,
  texts: readonly string[],
  audience: readonly string[],
  tlp = "green" as const,
  { collection = "community", orgId = node.orgs.authority } = {},
) {
  await node.records.within({ ...node.writer, clearance: "red" }, async (work) => {
    const { id } = await new CollectionStore(work).get(collection);
    await new StixObjectStore(work).add({
      collectionId: id,
      revision: 1,
      orgId,
      audience,
      documents: texts.map((text) => ({ text, object: parseDocument(text), tlp })),
    });
  });
}

/** A node, its neighbour behind real HTTP, and what it takes to make them peers. */
export interface TwoNodes {
  readonly here: IntelNode;
  readonly there: IntelNode;
  readonly url: string;
  readonly scope: ReturnType<typeof testScope>;
  readonly parts: ConstructorParameters<typeof PeerExchange>[0];
  /** A peer that pulls the neighbour's community and pushes ours into its inbox, unless told otherwise. */
  add(more: object): Promise<string>;
  /** A line with the neighbour's first collection that can, or can not, be written. */
  line(writes: boolean, more: object): object;
  close(): Promise<void>;
}

export async function withTwoNodes(
  database: TestDatabase,
  run: (given: TwoNodes) => Promise<void>,
): Promise<void> {
  const [here, there] = [await intelNode(database), await intelNode(database)];
  const { server, url } = await intelServer(there, { perMinute: 100_000 });
  const folder = mkdtempSync(join(tmpdir(), "lianfang-peers-"));
  const nodeKey = openNodeKey(folder);
  const parts = {
    records: here.records,
    nodeKey,
    clock: here.clock,
    log: createLog({ level: "silent" }),
    sectors: ["water"] as const,
    loopback: true,
    pause: 1,
    tries: 2,
  };
  const scope = testScope({
    orgId: here.orgs.authority,
    orgIds: Object.values(here.orgs),
    clearance: "red",
    purpose: "job:intel.peers",
  });
  const login = { kind: "token" as const, token: "other-pusher" };
  const [root] = await clientOf(parts, { url: `${url}/taxii2/`, login }).apiRoots();
  assert.ok(root !== undefined);
  const offered = await clientOf(parts, { url: `${url}/taxii2/`, login }).collections(root);
  const line = (writes: boolean, more: object) => {
    const found = offered.find((each) => each.canWrite === writes) ?? assert.fail("no such collection");
    return {
      rootUrl: root.url,
      maxContentLength: root.maxContentLength,
      collectionUrl: found.url,
      collectionId: found.id,
      title: found.title,
      ...more,
    };
  };
  const add = (more: object) => {
    const pull = line(false, { direction: "pull" });
    const push = line(true, { direction: "push", source: "collection:community" });
    const peer = NewPeer.parse({ name: "E", url: `${url}/taxii2/`, login, lines: [pull, push], ...more });
    return here.records.within(scope, (work) => new PeerStore(work, nodeKey).add(peer));
  };
  try {
    await run({ here, there, url, scope, parts, add, line, close: () => server.close() });
  } finally {
    await server.close();
    await here.dispose();
    await there.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}
