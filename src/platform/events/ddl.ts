import { plainName } from "./bound.ts";
import type { EventTable } from "./store.ts";

/** Tokens of inserts that a table remembers, so that a second delivery stores nothing. */
const REMEMBERED_TOKENS = 10_000;

/** Where a table lives: one engine, or every shard and replica of a named cluster. */
export interface Placement {
  readonly database: string;
  readonly cluster?: string;
}

/** The table that rows are read from and written to. On a cluster it forwards to `<name>_local` of each shard. */
export function tableOf(place: Placement, name: string): string {
  return `${plainName(place.database)}.${plainName(name)}`;
}

/** The table that holds the parts: on a cluster `<name>_local`. */
export function partsTableOf(place: Placement, name: string): string {
  return place.cluster === undefined ? tableOf(place, name) : `${tableOf(place, name)}_local`;
}

export function onCluster(place: Placement): string {
  return place.cluster === undefined ? "" : ` ON CLUSTER ${plainName(place.cluster)}`;
}

export function createDatabase(place: Placement): string {
  return `CREATE DATABASE IF NOT EXISTS ${plainName(place.database)}${onCluster(place)}`;
}

/** Statements that make the table where it is missing; each may be repeated. */
export function createStatements(place: Placement, table: EventTable): string[] {
  const body = `(${table.columns})`;
  const layout = `PARTITION BY toYYYYMMDD(${plainName(table.partitionBy)}, 'UTC') ORDER BY (${table.orderBy})`;
  const more = settingsOf(table)
    .map((setting) => `, ${setting}`)
    .join("");
  if (place.cluster === undefined) {
    // Without both fsync settings an acknowledged part may be empty after the machine loses power.
    const durable = `fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = ${REMEMBERED_TOKENS}${more}`;
    return [
      `CREATE TABLE IF NOT EXISTS ${tableOf(place, table.name)} ${body} ENGINE = MergeTree ${layout} SETTINGS ${durable}`,
    ];
  }
  const durable = `fsync_after_insert = 1, fsync_part_directory = 1, replicated_deduplication_window = ${REMEMBERED_TOKENS}, replicated_deduplication_window_seconds = 2592000${more}`;
  const local = partsTableOf(place, table.name);
  const replicated = `ReplicatedMergeTree('/clickhouse/tables/{shard}/${plainName(place.database)}/${plainName(table.name)}', '{replica}')`;
  // Sharding by what a row holds splits a second delivery as it did the first, so that each shard knows the token.
  const distributed = `Distributed(${plainName(place.cluster)}, ${plainName(place.database)}, ${plainName(table.name)}_local, cityHash64(${plainName(table.partitionBy)}))`;
  return [
    `CREATE TABLE IF NOT EXISTS ${local}${onCluster(place)} ${body} ENGINE = ${replicated} ${layout} SETTINGS ${durable}`,
    `CREATE TABLE IF NOT EXISTS ${tableOf(place, table.name)}${onCluster(place)} AS ${local} ENGINE = ${distributed}`,
  ];
}

/** What a table that is there says of itself in `system.tables` and `system.columns`. */
export interface TableAsItIs {
  readonly engineFull: string;
  /** `CODEC(ZSTD(1))` for each column that is kept. */
  readonly codecs: ReadonlyMap<string, string>;
  /** Names of its columns, those that are worked out of others among them; absent where nobody looked. */
  readonly columns?: ReadonlySet<string>;
}

/** The definitions of a list of columns: cut at the commas that stand in no brackets and no quotes. */
function definitionsOf(columns: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let at = 0; at < columns.length; at++) {
    const sign = columns[at];
    if (quoted) {
      if (sign === "\\") at++;
      else if (sign === "'") quoted = false;
    } else if (sign === "'") quoted = true;
    else if (sign === "(" || sign === "[") depth++;
    else if (sign === ")" || sign === "]") depth--;
    else if (sign === "," && depth === 0) {
      found.push(columns.slice(from, at).trim());
      from = at + 1;
    }
  }
  found.push(columns.slice(from).trim());
  return found.filter((one) => one !== "" && !one.startsWith("INDEX "));
}

function nameIn(definition: string): string {
  return definition.slice(0, definition.indexOf(" "));
}

/**
 * Statements that add the columns which a table of an earlier version has not, with what their type has for nothing in
 * the rows that are there. What is worked out of columns is then worked out anew, since it may ask for the new ones.
 */
function columnStatements(place: Placement, table: EventTable, columns: ReadonlySet<string>): string[] {
  const definitions = definitionsOf(table.columns);
  const added = definitions.filter((one) => !columns.has(nameIn(one)));
  if (added.length === 0) return [];
  const changed = definitions.filter((one) => one.includes(" ALIAS ") && columns.has(nameIn(one)));
  const steps = [
    ...added.map((one) => `ADD COLUMN IF NOT EXISTS ${one}`),
    ...changed.map((one) => `MODIFY COLUMN ${one}`),
  ];
  const targets = new Set([partsTableOf(place, table.name), tableOf(place, table.name)]);
  return [...targets].map((target) => `ALTER TABLE ${target}${onCluster(place)} ${steps.join(", ")}`);
}

/** Statements that give a table its columns, codecs and settings of today: none where it has them. Parts that are there stay as they are. */
export function changeStatements(place: Placement, table: EventTable, is: TableAsItIs): string[] {
  const codecs = Object.entries(table.codecs ?? {}).filter(
    ([column, codec]) =>
      is.codecs.has(column) && plainCodec(is.codecs.get(column) ?? "") !== plainCodec(codec),
  );
  const settings = settingsOf(table).filter((setting) => !`${is.engineFull},`.includes(` ${setting},`));
  const alter = `ALTER TABLE ${partsTableOf(place, table.name)}${onCluster(place)}`;
  return [
    ...(is.columns === undefined ? [] : columnStatements(place, table, is.columns)),
    ...(codecs.length === 0
      ? []
      : [
          `${alter} ${codecs.map(([column, codec]) => `MODIFY COLUMN ${plainName(column)} CODEC(${codec})`).join(", ")}`,
        ]),
    ...(settings.length === 0 ? [] : [`${alter} MODIFY SETTING ${settings.join(", ")}`]),
  ];
}

function settingsOf(table: EventTable): string[] {
  return Object.entries(table.settings ?? {}).map(([name, value]) => `${plainName(name)} = ${value}`);
}

/** Without what the engine adds when it writes a codec out: the word itself, and the size of a number it deltas. */
function plainCodec(codec: string): string {
  return codec.replace(/^CODEC\((.*)\)$/, "$1").replace(/\b(T64|Delta)\([^()]*\)/g, "$1");
}
