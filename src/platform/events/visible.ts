import type { Visibility } from "../../core/scope.ts";
import { plainName } from "./bound.ts";
import type { Bound } from "./store.ts";

/**
 * `visibleTo` as a ClickHouse condition over `org_id`, `tlp` and, with `audience: true`, `audience`, with its bound
 * values; `seen_` begins each parameter's name. `alias` is the table's alias in a join; two in one query need
 * two aliases.
 */
export function visible(
  visibility: Visibility,
  options: { alias?: string; audience?: boolean } = {},
): { sql: string; params: Record<string, Bound> } {
  const alias = options.alias === undefined ? "" : plainName(options.alias);
  const column = alias === "" ? "" : `${alias}.`;
  const name = alias === "" ? "seen" : `seen_${alias}`;
  const owned = `has({${name}_orgs:Array(UUID)}, ${column}org_id)`;
  const params: Record<string, Bound> = {
    [`${name}_tlp`]: visibility.maxTlp,
    [`${name}_orgs`]: visibility.orgIds,
  };
  if (options.audience !== true) return { sql: `(${column}tlp <= {${name}_tlp:Int16} AND ${owned})`, params };
  params[`${name}_audience`] = visibility.audiences;
  const released = `hasAny(${column}audience, {${name}_audience:Array(UUID)})`;
  return { sql: `(${column}tlp <= {${name}_tlp:Int16} AND (${owned} OR ${released}))`, params };
}
