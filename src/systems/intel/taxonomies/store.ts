import { sql } from "kysely";
import type { Page } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { tlpOfRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { token } from "../library/entry.ts";
import { labelledFrom, ofType } from "../library/query.ts";
import { dateAddedText } from "../object-store.ts";
import type { IntelTables } from "../tables.ts";
import {
  TAXONOMY_TYPE,
  type TagChoice,
  type TagQuery,
  type TaxonomyDetail,
  TaxonomyDocument,
  type TaxonomyFilter,
  type TaxonomyRow,
} from "./model.ts";
import { choicesOf, rowOf, searched, tagOf } from "./rules.ts";

/** A taxonomy as it was told last. */
export interface Held {
  readonly document: TaxonomyDocument;
  readonly row: TaxonomyRow;
}

const MOST_TAXONOMIES = 2000;
const MOST_LABELLED = 50_000;
const SHOWN_COUNT = 1000;
const MOST_KEPT = 1000;

/** Documents by the digest of their content, which is asked for under the rule of visibility each time. */
const parsed = new Map<string, TaxonomyDocument>();

/** Taxonomies of the library, each namespace once, and how often their tags are borne; all as far as the scope sees. */
export class TaxonomyStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: TaxonomyFilter): Promise<Page<TaxonomyRow>> {
    const after = filter.cursor === undefined ? undefined : readCursor(filter.cursor);
    const words = (filter.q ?? "").toLowerCase().split(/\s+/);
    const rows = (await this.held())
      .filter(({ document }) => words.every((word) => searched(document).includes(word)))
      .map(({ row }) => row);
    const rest = after === undefined ? rows : rows.filter(({ namespace }) => namespace > after);
    const items = rest.slice(0, filter.limit);
    const last = items.at(-1);
    return {
      items,
      total: rows.length,
      ...(rest.length > items.length && last !== undefined ? { next: `${AFTER}${last.namespace}` } : {}),
    };
  }

  /** Problem http.not-found. */
  async detail(namespace: string): Promise<TaxonomyDetail> {
    const held = (await this.held()).find(({ document }) => document.namespace === namespace);
    if (held === undefined) throw new Problem("http.not-found");
    const counts = await this.counts(`${namespace}:`);
    const tag = (name: string, said: { value: string }) => {
      const count = counts.get(token.label(name)) ?? 0;
      return { ...said, tag: name, count: Math.min(count, SHOWN_COUNT), more: count > SHOWN_COUNT };
    };
    const { document, row } = held;
    return {
      row,
      references: document.external_references.flatMap(({ url }) => url ?? []),
      predicates: document.predicates.map(({ values = [], exclusive, ...said }) => ({
        ...said,
        exclusive: exclusive === true || document.exclusive === true,
        tags:
          values.length === 0
            ? [tag(tagOf(namespace, said.value), said)]
            : values.map((value) => tag(tagOf(namespace, said.value, value.value), value)),
      })),
      counted: counts.size,
    };
  }

  /** Tags to choose from whose own text or words hold all that is asked for. */
  async choices({ q, limit }: TagQuery): Promise<TagChoice[]> {
    const words = q.toLowerCase().split(/\s+/);
    const found: TagChoice[] = [];
    for (const { document } of await this.held())
      for (const choice of choicesOf(document)) {
        const text = `${choice.tag} ${choice.label}`.toLowerCase();
        if (!words.every((word) => text.includes(word))) continue;
        found.push(choice);
        if (found.length >= limit) return found;
      }
    return found;
  }

  /** What is known of each of the tags; a tag of no taxonomy is left out. */
  async known(tags: readonly string[]): Promise<ReadonlyMap<string, TagChoice>> {
    const wanted = new Set(tags);
    const namespaces = new Set(tags.map((tag) => tag.split(":", 1)[0] ?? ""));
    const choices = (await this.held())
      .filter(({ document }) => namespaces.has(document.namespace))
      .flatMap(({ document }) => choicesOf(document))
      .filter(({ tag }) => wanted.has(tag));
    return new Map(choices.map((choice) => [choice.tag, choice]));
  }

  /** Galaxies whose clusters are in the library, by MISP's name of each, with how many there are. */
  async galaxies(): Promise<{ type: string; count: number }[]> {
    const counts = await this.counts("misp-galaxy:");
    return [...counts]
      .map(([word, count]) => ({ type: word.slice(token.label("misp-galaxy:").length), count }))
      .filter(({ type }) => !type.includes("="))
      .sort((one, other) => (one.type < other.type ? -1 : 1));
  }

  /** How many objects bear each label that begins so, by its token, in one reading. */
  private async counts(prefix: string): Promise<Map<string, number>> {
    const start = token.label(prefix);
    const { rows } = await sql<{ word: string; count: number }>`select word, count(*)::int as count
      from lianfang_find(${labelledFrom(prefix)}::text::tsquery, null, null, ${Number.MAX_SAFE_INTEGER}::bigint,
        ${MOST_LABELLED}::integer) f
      join stix_entry e on e.seq = f.seq and ${visible(this.work, "e")}, unnest(tsvector_to_array(e.tokens)) as word
      where ${visible(this.work, "f")} and starts_with(word, ${start})
      group by 1`.execute(this.work.tables<IntelTables>());
    return new Map(rows.map(({ word, count }) => [word, count]));
  }

  /** Every namespace once, by its name: of several told of one, that with the highest version, then the newest. */
  private async held(): Promise<Held[]> {
    const db = this.work.tables<IntelTables>();
    const { rows } = await sql<{ seq: number; digest: string; tlp: number; addedAt: string }>`
      select o.seq, o.tlp, ${contentOf("o")} as digest, ${dateAddedText("o.date_added")} as "addedAt"
      from lianfang_find(${ofType(TAXONOMY_TYPE)}::text::tsquery, null, null, ${Number.MAX_SAFE_INTEGER}::bigint,
        ${MOST_TAXONOMIES}::integer) f
      join stix_object o on o.seq = f.seq
      where ${visible(this.work, "f")} and ${visible(this.work, "o")} order by o.seq`.execute(db);
    const documents = await this.documents(rows);
    const held = new Map<string, Held>();
    for (const { digest, tlp, addedAt } of rows) {
      const document = documents.get(digest);
      if (document === undefined) continue;
      const before = held.get(document.namespace);
      if (before !== undefined && before.document.taxonomy_version > document.taxonomy_version) continue;
      held.set(document.namespace, { document, row: rowOf(document, tlpOfRank(tlp), addedAt) });
    }
    return [...held.values()].sort((one, other) =>
      one.document.namespace < other.document.namespace ? -1 : 1,
    );
  }

  private async documents(
    rows: readonly { readonly seq: number; readonly digest: string }[],
  ): Promise<ReadonlyMap<string, TaxonomyDocument>> {
    const held = new Map<string, TaxonomyDocument>();
    const lacking = rows.filter(({ digest }) => {
      const document = parsed.get(digest);
      if (document !== undefined) held.set(digest, document);
      return document === undefined;
    });
    if (lacking.length === 0) return held;
    if (parsed.size > MOST_KEPT) parsed.clear();
    const found = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_object")
      .select([contentOf("stix_object").as("digest"), "document"])
      .where(
        "seq",
        "in",
        lacking.map(({ seq }) => seq),
      )
      .where(visible(this.work, "stix_object"))
      .execute();
    for (const { digest, document } of found) {
      const read = TaxonomyDocument.safeParse(JSON.parse(document));
      if (!read.success) continue;
      held.set(digest, read.data);
      parsed.set(digest, read.data);
    }
    return held;
  }
}

/** What tells documents apart: those of a collection bear no digest. */
function contentOf(alias: string) {
  return sql<string>`coalesce(${sql.ref(`${alias}.digest`)}, ${sql.ref(`${alias}.seq`)}::text)`;
}

/** A cursor is the last namespace shown, behind this mark. */
const AFTER = "after:";

function readCursor(cursor: string): string {
  if (cursor.startsWith(AFTER)) return cursor.slice(AFTER.length);
  throw new Problem("http.invalid", {
    faults: [{ path: "query.cursor", message: "not a cursor of this list" }],
  });
}
