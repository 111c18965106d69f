import { readdir, readFile } from "node:fs/promises";
import type { ClientBase } from "pg";
import type { Instant } from "../../core/instant.ts";
import { Problem } from "../../core/problem.ts";
import { sha256Hex } from "../crypto/digest.ts";
import type { Log } from "../log/log.ts";

/** Who brings migrations: a system's name and its folder of `20261123T0310-create-alerts.sql` files. */
export interface Migrated {
  readonly name: string;
  readonly migrations?: URL;
}

interface Migration {
  readonly system: string;
  readonly id: string;
  readonly text: string;
  readonly sha256: string;
}

interface Applied {
  readonly system: string;
  readonly id: string;
  readonly sha256: string;
}

const FILE_NAME = /^\d{8}T\d{4}-[a-z0-9-]{1,80}\.sql$/;
const MIGRATION_LOCK = 7_203_110_002;
const PLATFORM: Migrated = { name: "platform", migrations: new URL("./migrations/", import.meta.url) };

/**
 * Applies what is missing, by the time in the file name and, at the same time, in the order of the list; each file
 * in a transaction of its own. Two programs starting at once wait for each other.
 */
export async function migrate(
  client: ClientBase,
  systems: readonly Migrated[],
  { now, log }: { now: Instant; log: Log },
): Promise<void> {
  const known = await gather([PLATFORM, ...systems]);
  await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
  try {
    await client.query(
      `create table if not exists lianfang_migration (
         system text not null, id text not null, sha256 text not null, applied_at timestamptz not null,
         primary key (system, id))`,
    );
    const applied = (
      await client.query<Applied>("select system, id, sha256 from lianfang_migration order by system, id")
    ).rows;
    refuseStrangers(known, applied);
    const done = new Set(applied.map(key));
    for (const migration of known) if (!done.has(key(migration))) await apply(client, migration, now, log);
  } finally {
    await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
  }
}

async function gather(systems: readonly Migrated[]): Promise<Migration[]> {
  const found: (Migration & { order: number })[] = [];
  for (const [order, { name, migrations }] of systems.entries()) {
    if (migrations === undefined) continue;
    for (const file of (await readdir(migrations)).filter((entry) => entry.endsWith(".sql"))) {
      if (!FILE_NAME.test(file))
        throw new Error(`${name}: "${file}" is not named like 20261123T0310-create-alerts.sql`);
      const text = (await readFile(new URL(file, migrations), "utf8")).replaceAll("\r\n", "\n");
      found.push({ system: name, id: file.slice(0, -".sql".length), text, sha256: sha256Hex(text), order });
    }
  }
  return found.sort(
    (a, b) => compare(a.id.slice(0, 13), b.id.slice(0, 13)) || a.order - b.order || compare(a.id, b.id),
  );
}

function refuseStrangers(known: readonly Migration[], applied: readonly Applied[]): void {
  const texts = new Map(known.map((migration) => [key(migration), migration.sha256]));
  const unknown = applied.filter((row) => !texts.has(key(row)));
  if (unknown.length > 0)
    throw new Problem("records.newer", { detail: `unknown migrations: ${unknown.map(key).join(", ")}` });
  const changed = applied.filter((row) => texts.get(key(row)) !== row.sha256);
  if (changed.length > 0) throw new Problem("records.changed", { detail: changed.map(key).join(", ") });
}

async function apply(client: ClientBase, migration: Migration, now: Instant, log: Log): Promise<void> {
  await client.query("begin");
  try {
    // A statement that row-level security would silently narrow fails instead; a migration has no reader.
    await client.query("set local row_security = off");
    await client.query(migration.text);
    await client.query(
      "insert into lianfang_migration (system, id, sha256, applied_at) values ($1, $2, $3, $4)",
      [migration.system, migration.id, migration.sha256, now],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`migration ${key(migration)}: ${reason}`, { cause: error });
  }
  log.info({ system: migration.system, migration: migration.id }, "migrated");
}

function key(migration: { readonly system: string; readonly id: string }): string {
  return `${migration.system}/${migration.id}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
