import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { sql } from "kysely";
import { addMillis, type Instant } from "../../../core/instant.ts";
import { type Page, pageFrom } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { AlertTables } from "../alerts/tables.ts";
import { LATENESS } from "../correlation/place.ts";
import type { RuleFault } from "../sigma/model.ts";
import type { Rule, RuleDetail, RuleQuery, RuleWithYield } from "./model.ts";

/** The rules at work, for reading. */
export interface Catalog {
  readonly rules: readonly Rule[];
  /** Faults first, then warnings. */
  readonly faults: readonly RuleFault[];
  readonly loadedAt: Instant | undefined;
  /** After how long a source that sends nothing is not waited for by correlation rules. */
  readonly idleSeconds: number;
  /** Folders of rules in the order in which they were loaded. */
  readonly folders: readonly string[];
}

const YIELD_MILLIS = 30 * 24 * 3_600_000;
const LONGEST_SOURCE = 1_000_000;

/** Rules of a query in the order of level (severest first), then of title. */
export async function listRules(
  work: Work,
  { rules }: Catalog,
  query: RuleQuery,
): Promise<Page<RuleWithYield>> {
  const found = rules.filter((rule) => meets(rule, query));
  const page = pageFrom(found, query);
  return { ...page, items: await withYield(work, page.items) };
}

/** A rule with the text of its file. */
export async function oneRule(work: Work, catalog: Catalog, id: string): Promise<RuleDetail> {
  const rule = catalog.rules.find((each) => each.id === id);
  if (rule === undefined) throw new Problem("http.not-found");
  const [first] = await withYield(work, [rule]);
  if (first === undefined) throw new Problem("http.not-found");
  const { idleSeconds, folders } = catalog;
  const lateness = rule.across ? LATENESS.across : LATENESS.organisation;
  return {
    ...first,
    source: await sourceOf(folders, rule.file),
    waits: rule.correlation === null ? null : { latenessSeconds: lateness / 1000, idleSeconds },
  };
}

async function sourceOf(folders: readonly string[], file: string): Promise<string> {
  for (const [at, folder] of folders.entries()) {
    const start = at === 0 ? "" : `${basename(folder)}/`;
    if (!file.startsWith(start)) continue;
    const text = await readFile(join(folder, file.slice(start.length)), "utf8").catch(() => undefined);
    if (text !== undefined) return text.slice(0, LONGEST_SOURCE).toWellFormed();
  }
  return "";
}

function meets(rule: Rule, { kind, state, level, logSource, tag, q }: RuleQuery): boolean {
  const holds = (text: string, part: string | undefined) =>
    part === undefined || text.toLowerCase().includes(part.toLowerCase());
  return (
    (kind === undefined || rule.kind === kind) &&
    (state === undefined || rule.state === state) &&
    (level === undefined || rule.level === level) &&
    holds(rule.logSource, logSource) &&
    (tag === undefined || rule.tags.some((each) => holds(each, tag))) &&
    holds(`${rule.title}\n${rule.titleZh ?? ""}\n${rule.id}\n${rule.file}`, q)
  );
}

async function withYield(work: Work, rules: readonly Rule[]): Promise<RuleWithYield[]> {
  if (rules.length === 0) return [];
  const rows = await work
    .tables<AlertTables>()
    .selectFrom("alert")
    .select(({ fn }) => ["rule_id", fn.countAll().as("alerts"), fn.sum("count").as("matches")])
    .where(sql<boolean>`rule_id = any(${rules.map(({ id }) => id)}::text[])`)
    .where("last_seen", ">=", addMillis(work.now, -YIELD_MILLIS))
    .where(visible(work, "alert"))
    .groupBy("rule_id")
    .execute();
  const byRule = new Map(rows.map((row) => [row.rule_id, row]));
  return rules.map((rule) => {
    const row = byRule.get(rule.id);
    return { ...rule, alerts: Number(row?.alerts ?? 0), matches: Number(row?.matches ?? 0) };
  });
}
