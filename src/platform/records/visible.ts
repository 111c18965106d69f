import { type Expression, type SqlBool, sql } from "kysely";
import { visibleTo } from "../../core/scope.ts";
import type { Work } from "./work.ts";

/**
 * The one rule of visibility as a condition over `alias.org_id`, `alias.tlp` and `alias.audience`:
 * `.where(visible(work, "alert"))`. Row-level security says the same a second time.
 */
export function visible(work: Pick<Work, "scope">, alias: string): Expression<SqlBool> {
  const { orgIds, audiences, maxTlp } = visibleTo(work.scope);
  const column = (name: string) => sql.ref(`${alias}.${name}`);
  return sql<SqlBool>`(${column("tlp")} <= ${maxTlp}::int and (${column("org_id")} = any(${[...orgIds]}::uuid[])
    or ${column("audience")} && ${[...audiences]}::uuid[]))`;
}
