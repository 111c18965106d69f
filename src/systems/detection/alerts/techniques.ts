import { sql } from "kysely";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { AlertTechniques } from "./model.ts";
import type { AlertTables } from "./tables.ts";

const MOST = 5000;

/** How many alerts in sight name each technique of ATT&CK by a tag (`attack.t1059.001`); what proved false does not count. */
export async function alertTechniques(work: Work): Promise<AlertTechniques> {
  const { rows } = await sql<{ technique: string; count: number }>`
    select upper(substr(tag, 8)) as technique, count(*)::int as count
    from alert a, unnest(a.tags) as tag
    where ${visible(work, "a")} and a.reason is distinct from 'false-positive' and lower(tag) like 'attack.t____%'
    group by 1 order by 2 desc, 1 limit ${MOST}`.execute(work.tables<AlertTables>());
  return { items: rows.filter(({ technique }) => /^T\d{4}(?:\.\d{3})?$/.test(technique)) };
}
