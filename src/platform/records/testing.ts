import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Permission } from "../../core/access.ts";
import { type Clock, type Instant, systemClock } from "../../core/instant.ts";
import { type Actor, EVERYONE, type Scope } from "../../core/scope.ts";
import type { Tlp } from "../../core/tlp.ts";
import { sha256Hex, uuidV7 } from "../crypto/digest.ts";
import { createLog, type Log } from "../log/log.ts";
import type { Migrated } from "./migrations.ts";
import { type OpenRecords, openRecords } from "./open.ts";

/** A store of its own for one test; `dispose` takes it away, and the folder or database with it. */
export type FreshRecords = OpenRecords & { dispose(): Promise<void> };

export interface TestDatabase {
  readonly name: "pglite" | "postgres";
  /** A migrated, empty store. */
  fresh(systems?: readonly Migrated[], options?: { clock?: Clock }): Promise<FreshRecords>;
}

const serverUrl = process.env["LIANFANG_TEST_POSTGRES"];
const silent: Log = createLog({ level: "silent" });

/** Both databases that the store runs on; the second only where LIANFANG_TEST_POSTGRES names a server. */
export const DATABASES: readonly TestDatabase[] = [
  { name: "pglite", fresh: freshPGlite },
  ...(serverUrl ? [{ name: "postgres" as const, fresh: freshOn(serverUrl) }] : []),
];
if (!serverUrl) console.log("# PostgreSQL server tests skipped: LIANFANG_TEST_POSTGRES names no server");

/** A clock that stands until it is set. */
export interface TestClock extends Clock {
  set(instant: Instant): void;
}

export function testClock(instant: Instant = "2026-11-23T01:00:00.000Z"): TestClock {
  let at = instant;
  return {
    now: () => at,
    set(later) {
      at = later;
    },
  };
}

/** A person of a fresh organisation who may read up to AMBER, unless told otherwise. */
export function testScope(
  given: {
    orgId?: string;
    orgIds?: readonly string[];
    audiences?: readonly string[];
    permissions?: readonly Permission[];
    clearance?: Tlp;
    purpose?: string;
    actor?: Actor;
    requestId?: string;
  } = {},
): Scope {
  const orgId = given.orgId ?? given.orgIds?.[0] ?? uuidV7();
  return {
    actor: given.actor ?? { kind: "person", id: "0190a000-0000-7000-8000-000000000001", name: "tester" },
    orgId,
    orgIds: given.orgIds ?? [orgId],
    audiences: given.audiences ?? [orgId, EVERYONE],
    permissions: new Set(given.permissions ?? []),
    clearance: given.clearance ?? "amber",
    purpose: given.purpose ?? "test",
    ...(given.requestId !== undefined && { requestId: given.requestId }),
  };
}

/** The store that a test gave back, emptied and used again: starting the engine takes most of a test's time. */
let idle: { records: OpenRecords; clock: { now: () => Instant } } | undefined;

async function freshPGlite(
  systems: readonly Migrated[] = [],
  options: { clock?: Clock } = {},
): Promise<FreshRecords> {
  const taken = idle ?? (await openCopy());
  idle = undefined;
  taken.clock.now = () => (options.clock ?? systemClock).now();
  const { records } = taken;
  await records.platformOnly.execute(await wipeText(records));
  await records.migrate(systems);
  let disposed = false;
  return guarded(records, async () => {
    if (disposed) return;
    disposed = true;
    const works = await records.ping().then(
      () => true,
      () => false,
    );
    if (works && idle === undefined) idle = taken;
    else await records.close();
  });
}

async function wipeText(records: OpenRecords): Promise<string> {
  const { rows } = await records.platformOnly.execute(
    "select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'",
  );
  const drops = rows.map((row) => `drop schema "${String(row["name"])}" cascade;`);
  return `${drops.join("\n")} create schema public; grant usage on schema public to public;`;
}

async function openCopy(): Promise<{ records: OpenRecords; clock: { now: () => Instant } }> {
  const clock = { now: () => systemClock.now() };
  return {
    records: await openRecords({ url: "pglite", folder: await preparedFolder(), clock, log: silent }),
    clock,
  };
}

/** A folder for the embedded store with initdb's work done, removed when the process ends. */
export async function preparedFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-records-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(await template(), join(folder, "pg"), { recursive: true });
  return folder;
}

/** A data folder straight from initdb, made once for this version of the engine. */
async function template(): Promise<string> {
  const engine = readFileSync(
    new URL("../../../node_modules/@electric-sql/pglite/package.json", import.meta.url),
    "utf8",
  );
  const folder = join(
    tmpdir(),
    `lianfang-pglite-${process.getuid?.() ?? 0}-${sha256Hex(engine).slice(0, 16)}`,
  );
  if (existsSync(folder)) return folder;
  const aside = mkdtempSync(join(tmpdir(), "lianfang-template-"));
  const records = await openRecords({ url: "pglite", folder: aside, clock: systemClock, log: silent });
  await records.close();
  try {
    renameSync(join(aside, "pg"), folder);
  } catch (error) {
    // Another test process may have been first; its folder is as good.
    if (!existsSync(folder)) throw error;
  }
  rmSync(aside, { recursive: true, force: true });
  return folder;
}

function freshOn(url: string) {
  return async (
    systems: readonly Migrated[] = [],
    options: { clock?: Clock } = {},
  ): Promise<FreshRecords> => {
    const name = `lianfang_test_${randomBytes(6).toString("hex")}`;
    const own = new URL(url);
    own.pathname = `/${name}`;
    await onServer(url, `create database ${name} encoding 'UTF8' template template0`);
    const records = await openRecords({
      url: own.href,
      folder: "",
      clock: { now: () => (options.clock ?? systemClock).now() },
      log: silent,
    });
    await records.migrate(systems);
    return guarded(records, async () => {
      await records.close();
      await onServer(url, `drop database if exists ${name} with (force)`);
    });
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function guarded(records: OpenRecords, dispose: () => Promise<void>): FreshRecords {
  return {
    dialect: records.dialect,
    within: (scope, run) => records.within(scope, run),
    migrate: (systems) => records.migrate(systems),
    onCommit: (listener) => records.onCommit(listener),
    ping: () => records.ping(),
    close: () => records.close(),
    platformOnly: records.platformOnly,
    dispose,
  };
}
