import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { type Tlp, tlpOfRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { dateAddedText } from "../object-store.ts";
import type { JsonObject } from "../stix/json.ts";
import { type IntelTables, instant } from "../tables.ts";
import type { WarninglistChecker } from "../warninglists/checker.ts";
import { type Decays, decayOf } from "./decay.ts";
import { thingOf } from "./entry.ts";
import type { Correlations, Edge, GraphNode, Neighbours, ObjectDetail, Origin, Value } from "./model.ts";
import { bearing, referringTo } from "./query.ts";
import { scoreOf } from "./rules.ts";
import { type Found, objectOf, rowOf, SearchStore } from "./search-store.ts";
import { referencesOf, valuesOf } from "./values.ts";
import { listsThatKnow } from "./warned.ts";

interface Version extends Found {
  readonly version: string;
  readonly revoked: boolean;
}

const MOST_VERSIONS = 100;
const MOST_INCOMING = 1000;
const SHOWN_INCOMING = 200;
/** A value in more objects than this ties everything to everything and so says little. */
const COMMON = 1000;
const SHOWN_SHARING = 20;
const CORRELATED_VALUES = 30;

/** What the library knows about one object; everything of it is what the scope sees. */
export class ObjectPage {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Problem http.not-found where the scope sees no version. */
  async detail(
    id: string,
    judges: { warninglists: WarninglistChecker; decays: Decays },
  ): Promise<ObjectDetail> {
    const versions = await this.versions(id);
    const [current] = versions;
    if (current === undefined) throw new Problem("http.not-found");
    const object = objectOf(current.document);
    const values = valuesOf(object);
    const origins = await this.origins(versions);
    const warnings = warningsOf(judges.warninglists, object, values);
    const opinions = await this.judgements(id);
    const input = {
      confidence: typeof object["confidence"] === "number" ? object["confidence"] : null,
      reliability: origins.map((origin) => origin.reliability).sort()[0] ?? null,
      sources: new Set(origins.map((origin) => `${origin.kind} ${origin.source}`)).size,
      freshAt: Math.max(newestOf(object), opinions.lastSeen),
      sightings: { positive: opinions.positive, negative: opinions.negative },
      disagreed: opinions.disagreed,
      warninglists: [...new Set(warnings.map(({ list }) => list))],
      revoked: object["revoked"] === true,
      validUntil: timeOf(object["valid_until"]),
      decay: decayOf(judges.decays, current.type, values),
      now: Date.parse(this.work.now),
    };
    return {
      row: rowOf(current),
      versions: versions.slice(0, MOST_VERSIONS).map((version) => ({
        version: version.version,
        tlp: tlpOfRank(version.tlp),
        orgId: version.orgId,
        revoked: version.revoked,
        addedAt: version.addedAt,
        document: version.document,
      })),
      versionCount: versions.length,
      origins,
      values,
      score: scoreOf(input),
      warnings,
    };
  }

  /** What the object is tied to, one step away. Problem http.not-found. */
  async neighbours(id: string): Promise<Neighbours> {
    const [current] = await this.versions(id);
    if (current === undefined) throw new Problem("http.not-found");
    const edges = new Map<string, Edge>();
    const add = (edge: Edge) => edges.set(edge.id, edge);
    const rows = new Map<string, GraphNode>([[id, nodeOf(current)]]);
    for (const { property, id: other } of outgoing(objectOf(current.document)))
      add({ id: `${id}>${property}>${other}`, from: id, to: other, label: property, kind: "reference" });
    const incoming = await new SearchStore(this.work).answering(referringTo(id), {
      most: MOST_INCOMING,
      shown: SHOWN_INCOMING,
    });
    for (const found of incoming.found) {
      const object = objectOf(found.document);
      const { source_ref: source, target_ref: target, relationship_type: relation } = object;
      const own = String(object["id"]);
      if (typeof source === "string" && typeof target === "string" && (source === id || target === id)) {
        add({ id: own, from: source, to: target, label: String(relation), kind: "relationship" });
        continue;
      }
      rows.set(own, nodeOf(found));
      for (const { property, id: other } of outgoing(object))
        if (other === id)
          add({ id: `${own}>${property}>${id}`, from: own, to: id, label: property, kind: "reference" });
    }
    const named = [...edges.values()].flatMap(({ from, to }) => [from, to]).filter((each) => !rows.has(each));
    for (const found of await new SearchStore(this.work).current([...new Set(named)])) {
      const node = nodeOf(found);
      rows.set(node.id, node);
    }
    for (const each of named)
      if (!rows.has(each))
        rows.set(each, { id: each, type: typeOf(each), name: null, tlp: null, revoked: false });
    return {
      nodes: [...rows.values()],
      edges: [...edges.values()],
      total: incoming.total,
      more: incoming.more,
    };
  }

  /** Other objects that bear the same values. Problem http.not-found. */
  async correlations(id: string): Promise<Correlations> {
    const [current] = await this.versions(id);
    if (current === undefined) throw new Problem("http.not-found");
    const store = new SearchStore(this.work);
    const items: Correlations["items"] = [];
    for (const value of valuesOf(objectOf(current.document)).slice(0, CORRELATED_VALUES)) {
      const { total, more, found } = await store.answering(bearing(value), {
        most: COMMON + 1,
        shown: SHOWN_SHARING + 1,
      });
      const objects = found.map(rowOf).filter((row) => row.id !== id);
      const itself = objects.length < found.length || more ? 1 : 0;
      if (total - itself > 0)
        items.push({
          ...value,
          total: total - itself,
          common: total > COMMON,
          objects: objects.slice(0, SHOWN_SHARING),
        });
    }
    // What few others share says most.
    return { items: items.sort((a, b) => Number(a.common) - Number(b.common) || a.total - b.total) };
  }

  /** The marking of the current version. Problem http.not-found. */
  async tlpOf(id: string): Promise<Tlp> {
    const [current] = await this.versions(id);
    if (current === undefined) throw new Problem("http.not-found");
    return tlpOfRank(current.tlp);
  }

  /** Every version that the scope sees, newest first. */
  private async versions(id: string): Promise<(Version & { type: string })[]> {
    const { rows } = await sql<
      Version & { type: string }
    >`select o.seq, o.tlp, o.org_id as "orgId", o.type, o.version,
        o.revoked, o.document, ${dateAddedText("o.date_added")} as "addedAt"
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = ${thingOf(id).toString()}::bigint and o.id = ${id}
        and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by e.version_at desc, e.seq desc`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  private async origins(versions: readonly Found[]): Promise<Origin[]> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_origin as r")
      .innerJoin("intel_import as i", "i.id", "r.import_id")
      .innerJoin("intel_source as s", "s.id", "i.source_id")
      .select(["s.name", "s.kind", "s.reliability", "i.id", "i.file_name", "i.at"])
      .where(sql<boolean>`r.seq = any(${versions.map(({ seq }) => seq)}::bigint[])`)
      .where(visible(this.work, "r"))
      .where(visible(this.work, "i"))
      .where(visible(this.work, "s"))
      .orderBy("i.at")
      .limit(200)
      .execute();
    return rows.map((row) => ({
      source: row.name,
      kind: row.kind,
      reliability: row.reliability,
      at: instant(row.at),
      importId: row.id,
      file: row.file_name,
    }));
  }

  /** What sightings and opinions say of the object: how often it was seen, and when last. */
  private async judgements(id: string) {
    const store = new SearchStore(this.work);
    const wanted = `${referringTo(id)} & ('#tsighting' | '#topinion') & !'#x'`;
    const { found } = await store.answering(wanted, { most: MOST_INCOMING, shown: SHOWN_INCOMING });
    const sum = { positive: 0, negative: 0, disagreed: 0, lastSeen: 0 };
    for (const { document } of found) {
      const object = objectOf(document);
      if (object["type"] === "opinion") {
        if (/^(?:strongly-)?disagree$/.test(String(object["opinion"]))) sum.disagreed++;
      } else if (object["sighting_of_ref"] === id) {
        if (object["count"] === 0) sum.negative++;
        else {
          sum.positive++;
          sum.lastSeen = Math.max(
            sum.lastSeen,
            timeOf(object["last_seen"]) ?? timeOf(object["created"]) ?? 0,
          );
        }
      }
    }
    return sum;
  }
}

function newestOf(object: JsonObject): number {
  const times = ["modified", "created", "valid_from", "last_seen"].map((name) => timeOf(object[name]) ?? 0);
  return Math.max(...times);
}

function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

function typeOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf("--")));
}

/** References that say something of the threat: not those to markings. */
function outgoing(object: JsonObject): { readonly property: string; readonly id: string }[] {
  return referencesOf(object)
    .filter(({ id }) => !id.startsWith("marking-definition--"))
    .slice(0, SHOWN_INCOMING);
}

function nodeOf(found: Found): GraphNode {
  const { id, type, name, tlp, revoked } = rowOf(found);
  return { id, type, name, tlp, revoked };
}

function warningsOf(warninglists: WarninglistChecker, object: JsonObject, values: readonly Value[]) {
  if (object["type"] !== "indicator") return [];
  return values.flatMap((value) =>
    listsThatKnow(warninglists, value).map((list) => ({ value: value.value, list })),
  );
}
