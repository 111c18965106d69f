import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FastifyInstance } from "fastify";
import { ROLE_GRANTS, type Role } from "../../core/access.ts";
import { SECTOR_AUDIENCE } from "../../core/org.ts";
import { EVERYONE, type Scope } from "../../core/scope.ts";
import { openBlobs } from "../../platform/blobs/open.ts";
import { Config } from "../../platform/config/config.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import type { Authenticate } from "../../platform/http/authenticate.ts";
import { createServer } from "../../platform/http/server.ts";
import { createLog } from "../../platform/log/log.ts";
import { createMetrics } from "../../platform/metrics/metrics.ts";
import {
  type FreshRecords,
  type TestClock,
  type TestDatabase,
  testClock,
  testScope,
} from "../../platform/records/testing.ts";
import type { Work } from "../../platform/records/work.ts";
import { jobScope, members } from "../members/index.ts";
import type { FeedRunner } from "./feeds/feed-runner.ts";
import { feedRoutes } from "./feeds/routes.ts";
import type { Imports } from "./imports/acts.ts";
import { importRoutes } from "./imports/routes.ts";
import { ImportRunner } from "./imports/runner.ts";
import { intel } from "./index.ts";
import type { Preview } from "./model.ts";
import { ensureProducer } from "./producer.ts";
import { intelRoutes } from "./routes.ts";
import { taxiiRoutes } from "./taxii/routes.ts";
import { WarninglistChecker } from "./warninglists/checker.ts";
import { loadWarninglists } from "./warninglists/list.ts";
import { warninglistRoutes } from "./warninglists/routes.ts";

/** An authority with three members below it, and the people who act in the tests. */
export interface IntelNode {
  readonly records: FreshRecords;
  readonly clock: TestClock;
  readonly orgs: {
    readonly authority: string;
    readonly source: string;
    readonly other: string;
    readonly third: string;
  };
  readonly writer: Scope;
  readonly reviewer: Scope;
  readonly administrator: Scope;
  /** A reporter of `other`. */
  readonly member: Scope;
  /** Keys that may only read TAXII. */
  readonly otherKey: Scope;
  readonly thirdKey: Scope;
  /** A key of `other` whose clearance ends at GREEN. */
  readonly greenKey: Scope;
  /** Keys that may also push. */
  readonly otherPusher: Scope;
  readonly thirdPusher: Scope;
  dispose(): Promise<void>;
}

export async function intelNode(database: TestDatabase): Promise<IntelNode> {
  const clock = testClock("2026-11-23T01:00:00.000Z");
  const records = await database.fresh([members, intel], { clock });
  const orgs = { authority: uuidV7(), source: uuidV7(), other: uuidV7(), third: uuidV7() };
  const all = Object.values(orgs);
  const setup = testScope({ orgId: orgs.authority, orgIds: all, clearance: "red" });
  await records.within(setup, async (work) => {
    await ensureProducer(work, { name: "測試 ISAC", sectors: ["water"] });
    await addOrg(work, orgs.authority, null, "水資源主管機關", "authority");
    await addOrg(work, orgs.source, orgs.authority, "石門水庫管理中心", "shimen");
    await addOrg(work, orgs.other, orgs.authority, "曾文水庫管理中心", "tsengwen");
    await addOrg(work, orgs.third, orgs.authority, "德基水庫管理中心", "techi");
    await work
      .tables<{ contact: ContactRow }>()
      .insertInto("contact")
      .values({
        id: uuidV7(),
        org_id: orgs.source,
        name: "王大明",
        title: "主任",
        email: "daming@shimen.example.tw",
        phone: "03-471-2000",
        rank: 1,
        reachable_24x7: true,
      })
      .execute();
  });
  const person = (name: string, role: Role, orgId: string, orgIds: readonly string[]) =>
    scopeOf({ kind: "person", id: name, name }, role, orgId, orgIds);
  const key = (name: string, orgId: string): Scope => ({
    ...testScope({
      orgId,
      clearance: "red",
      purpose: "taxii",
      permissions: ["taxii:read"],
      actor: { kind: "machine", id: name, name },
    }),
    audiences: audiencesOf(orgId),
  });
  return {
    records,
    clock,
    orgs,
    writer: person("writer", "soc-lead", orgs.authority, all),
    reviewer: person("reviewer", "intel-reviewer", orgs.authority, all),
    administrator: person("administrator", "administrator", orgs.authority, all),
    member: person("member", "member-reporter", orgs.other, [orgs.other]),
    otherKey: key("other", orgs.other),
    thirdKey: key("third", orgs.third),
    greenKey: { ...key("green", orgs.other), clearance: "green" },
    otherPusher: pusher(key("other-pusher", orgs.other)),
    thirdPusher: { ...pusher(key("third-pusher", orgs.third)), clearance: "green" },
    dispose: () => records.dispose(),
  };
}

function pusher(key: Scope): Scope {
  return { ...key, permissions: new Set(["taxii:read", "taxii:write"]) };
}

function scopeOf(actor: Scope["actor"], role: Role, orgId: string, orgIds: readonly string[]): Scope {
  const grant = ROLE_GRANTS[role];
  return {
    ...testScope({
      orgId,
      orgIds,
      clearance: grant.clearance,
      permissions: grant.permissions,
      actor,
      purpose: "console",
    }),
    audiences: audiencesOf(orgId),
  };
}

function audiencesOf(orgId: string): string[] {
  return [orgId, SECTOR_AUDIENCE.water, EVERYONE];
}

interface OrgRow {
  id: string;
  parent_id: string | null;
  org_id: string;
  audience: string[];
  name: string;
  name_en: string;
  short_name: string;
  kind: string;
  sector: string;
  networks: string[];
  created_at: string;
}
interface ContactRow {
  id: string;
  org_id: string;
  name: string;
  title: string;
  email: string;
  phone: string;
  rank: number;
  reachable_24x7: boolean;
}

async function addOrg(
  work: Work,
  id: string,
  parent: string | null,
  name: string,
  shortName: string,
): Promise<void> {
  await work
    .tables<{ organisation: OrgRow }>()
    .insertInto("organisation")
    .values({
      id,
      parent_id: parent,
      org_id: parent ?? id,
      audience: [id],
      name,
      name_en: "",
      short_name: shortName,
      kind: "operator",
      sector: "water",
      networks: shortName === "shimen" ? ["203.0.113.0/24"] : [],
      created_at: work.now,
    })
    .execute();
}

let blobFolder: string | undefined;

/** What imports need beside the records: a blob store that goes with the process, and a runner. */
export async function testImports(node: IntelNode): Promise<Imports> {
  if (blobFolder === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "lianfang-imports-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    blobFolder = folder;
  }
  const blobs = await openBlobs({ url: "files", folder: blobFolder });
  const { records } = node;
  const warninglists = new WarninglistChecker(loadWarninglists().lists);
  const runner = new ImportRunner(
    {
      records,
      blobs,
      log: createLog({ level: "silent" }),
      jobScope: (name, permissions) => jobScope(records, name, permissions),
    },
    warninglists,
  );
  return { records, blobs, runner };
}

/** The routes of intel behind the product's own server; `Bearer writer` speaks as that scope. */
export async function intelServer(
  node: IntelNode,
  {
    authenticate,
    imports,
    feeds,
    maxContentLength,
    ...http
  }: {
    maxContentLength?: number;
    perMinute?: number;
    tls?: { cert: string; key: string; clientCertificates?: boolean; clientCa?: string; clientCrl?: string };
    authenticate?: Authenticate;
    imports?: Imports;
    feeds?: FeedRunner;
  } = {},
): Promise<{ server: FastifyInstance; url: string }> {
  const config = Config.parse({
    node: { name: "測試 ISAC" },
    http,
    intel: maxContentLength === undefined ? {} : { maxContentLength },
  });
  const scopes: Readonly<Record<string, Scope>> = {
    writer: node.writer,
    reviewer: node.reviewer,
    administrator: node.administrator,
    member: node.member,
    other: node.otherKey,
    third: node.thirdKey,
    green: node.greenKey,
    "other-pusher": node.otherPusher,
    "third-pusher": node.thirdPusher,
    "write-only": { ...node.otherPusher, permissions: new Set(["taxii:write"]) },
  };
  const warninglists = new WarninglistChecker(loadWarninglists().lists);
  const server = await createServer({
    config,
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
    records: node.records,
    routes: [
      ...intelRoutes(warninglists),
      ...warninglistRoutes(warninglists),
      ...(imports === undefined ? [] : importRoutes(imports)),
      ...(feeds === undefined ? [] : feedRoutes(feeds)),
      ...taxiiRoutes(config),
    ],
    nobody: testScope({ orgIds: [], orgId: uuidV7() }),
    version: "test",
    authenticate:
      authenticate ??
      (async (request) => {
        const scope = scopes[request.headers.authorization?.replace("Bearer ", "") ?? ""];
        return scope === undefined ? undefined : { scope };
      }),
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { server, url };
}

/** What a client of the API gets: status, headers and the body as text and, where it is JSON, as a value. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape and check what they read.
  readonly json: any;
}

export function client(url: string, as: string) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${as}`,
        ...(body === undefined || body instanceof Uint8Array ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  };
}

export function objectsOf(preview: Pick<Preview, "bundle">): { type: string; id: string }[] {
  const bundle: { objects: { type: string; id: string }[] } = JSON.parse(preview.bundle);
  return bundle.objects;
}

/** Tests that get a node of their own on this database, its clock at an instant of theirs. */
export function nodeTests(database: TestDatabase, start?: string) {
  return (name: string, run: (node: IntelNode) => Promise<void>) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      if (start !== undefined) node.clock.set(start);
      try {
        await run(node);
      } finally {
        await node.dispose();
      }
    });
}
