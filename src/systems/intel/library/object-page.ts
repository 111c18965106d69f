import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { type Tlp, tlpOfRank } from "../../../core/tlp.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { dateAddedText } from "../object-store.ts";
import { digestOf } from "../stix/digest.ts";
import type { JsonObject } from "../stix/json.ts";
import { type IntelTables, instant } from "../tables.ts";
import { EndingStore } from "./endings.ts";
import { thingOf } from "./entry.ts";
import type {
  Correlations,
  Edge,
  GraphNode,
  Neighbours,
  ObjectDetail,
  ObjectVersion,
  Origin,
} from "./model.ts";
import { bearing, CURRENT_FIRST, referringTo } from "./query.ts";
import { type Found, objectOf, rowOf } from "./row.ts";
import { SearchStore } from "./search-store.ts";
import { referencesOf, valuesOf } from "./values.ts";
import { type Judges, WorthStore } from "./worth-store.ts";

interface Version extends Found {
  readonly version: string;
  readonly revoked: boolean;
  readonly same: string | null;
  readonly collection: string | null;
  readonly item: boolean;
  readonly revision: number;
}

const MOST_VERSIONS = 100;
const MOST_INCOMING = 1000;
const SHOWN_INCOMING = 200;
/** A value in more objects than this ties everything to everything and so says little. */
const COMMON = 1000;
const SHOWN_SHARING = 20;
const CORRELATED_VALUES = 30;
const MOST_SIGHTINGS = 50;

/** What the library knows about one object; everything of it is what the scope sees. */
export class ObjectPage {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  /** Problem http.not-found where the scope sees no version. */
  async detail(id: string, judges: Judges): Promise<ObjectDetail> {
    const versions = await this.versions(id);
    const [current] = versions;
    const worth = (await new WorthStore(this.work, judges).of([id])).get(id);
    if (current === undefined || worth === undefined) throw new Problem("http.not-found");
    const conflicting = conflictsOf(versions);
    const tellers = await this.tellers(versions.slice(0, MOST_VERSIONS).map(({ seq }) => seq));
    return {
      row: rowOf(current),
      state: worth.state,
      ending: worth.state === "valid" ? null : await new EndingStore(this.work).of(id),
      own:
        current.type === "indicator" &&
        objectOf(current.document)["created_by_ref"] === (await this.producer()),
      versions: versions.slice(0, MOST_VERSIONS).map((version) => ({
        version: version.version,
        tlp: tlpOfRank(version.tlp),
        orgId: version.orgId,
        revoked: version.revoked,
        addedAt: version.addedAt,
        document: version.document,
        conflicts: conflicting.has(version.seq),
        toldBy: tellers.get(version.seq) ?? [],
        way: wayOf(version),
        collection: version.collection,
      })),
      versionCount: versions.length,
      origins: await this.origins(worth.members.map(({ thing }) => thing)),
      sightings: await this.sightings(worth.members.map(({ thing }) => thing)),
      values: valuesOf(objectOf(current.document)),
      score: worth.score,
      warnings: [...worth.warnings],
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
    const but = { thing: thingOf(id).toString(), same: current.same };
    const items: Correlations["items"] = [];
    for (const value of valuesOf(objectOf(current.document)).slice(0, CORRELATED_VALUES)) {
      const { total, found } = await store.answering(bearing(value), {
        most: COMMON + 1,
        shown: SHOWN_SHARING,
        but,
      });
      if (total > 0)
        items.push({
          ...value,
          total: Math.min(total, COMMON),
          common: total > COMMON,
          objects: found.map(rowOf),
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

  private async producer(): Promise<string | undefined> {
    const row = await this.work
      .tables<IntelTables>()
      .selectFrom("intel_producer")
      .select("id")
      .executeTakeFirst();
    return row?.id;
  }

  /** Every version that the scope sees, newest first. */
  private async versions(id: string): Promise<(Version & { type: string })[]> {
    const { rows } = await sql<
      Version & { type: string }
    >`select o.seq, o.tlp, o.org_id as "orgId", o.type, o.version, coalesce(e.same, e.alike)::text as same,
        o.revoked, o.document, o.item_id is not null as item, o.revision,
        (select c.title from taxii_collection c where c.id = o.collection_id) as collection, ${dateAddedText("o.date_added")} as "addedAt"
      from stix_entry e join stix_object o on o.seq = e.seq
      where e.thing = ${thingOf(id).toString()}::bigint and o.id = ${id}
        and ${visible(this.work, "e")} and ${visible(this.work, "o")}
      order by ${CURRENT_FIRST}`.execute(this.work.tables<IntelTables>());
    return rows;
  }

  /** The names of the sources that told each of these numbers. */
  private async tellers(seqs: readonly number[]): Promise<Map<number, string[]>> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_origin as r")
      .innerJoin("intel_import as i", "i.id", "r.import_id")
      .innerJoin("intel_source as s", "s.id", "i.source_id")
      .select(["r.seq", "s.name"])
      .distinct()
      .where("r.seq", "in", seqs.length === 0 ? [0] : [...seqs])
      .where(visible(this.work, "r"))
      .where(visible(this.work, "i"))
      .where(visible(this.work, "s"))
      .orderBy("s.name")
      .execute();
    const names = new Map<number, string[]>();
    for (const { seq, name } of rows) names.set(Number(seq), [...(names.get(Number(seq)) ?? []), name]);
    return names;
  }

  /** Who told any version of these things, the first first. */
  private async origins(things: readonly string[]): Promise<Origin[]> {
    const rows = await this.work
      .tables<IntelTables>()
      .selectFrom("stix_entry as e")
      .innerJoin("stix_object as o", "o.seq", "e.seq")
      .innerJoin("stix_origin as r", "r.seq", "e.seq")
      .innerJoin("intel_import as i", "i.id", "r.import_id")
      .innerJoin("intel_source as s", "s.id", "i.source_id")
      .select(["s.name", "s.kind", "s.reliability", "i.id", "i.file_name", "i.at", "o.id as objectId"])
      .distinct()
      .where(sql<boolean>`e.thing = any(${[...things]}::bigint[])`)
      .where(visible(this.work, "e"))
      .where(visible(this.work, "o"))
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
      objectId: row.objectId,
    }));
  }

  /** The sightings of these things that the scope sees, by when it was last seen; of each its current version. */
  private async sightings(things: readonly string[]): Promise<ObjectDetail["sightings"]> {
    const { rows } = await sql<Found>`select o.seq, o.tlp, o.org_id as "orgId", o.document,
        ${dateAddedText("o.date_added")} as "addedAt"
      from (select distinct on (j.about, j.thing) j.* from stix_judgement j
        where j.about = any(${[...things]}::bigint[]) and ${visible(this.work, "j")}
        order by j.about, j.thing, j.version_at desc, j.seq desc) j
      join stix_object o on o.seq = j.seq
      where j.verdict >= 0 and ${visible(this.work, "o")}
      order by j.last_at desc, j.seq desc limit ${MOST_SIGHTINGS}`.execute(this.work.tables<IntelTables>());
    return rows.map((found) => {
      const object = objectOf(found.document);
      const text = (name: string) => (typeof object[name] === "string" ? object[name] : null);
      const { count } = object;
      return {
        id: String(object["id"]),
        tlp: tlpOfRank(found.tlp),
        orgId: found.orgId,
        count: typeof count === "number" ? count : 1,
        firstSeen: text("first_seen"),
        lastSeen: text("last_seen") ?? text("created"),
        text: text("description"),
      };
    });
  }
}

/** Those versions, by their numbers, whose document says something else than the first of the same version. */
function conflictsOf(versions: readonly Version[]): Set<number> {
  const first = new Map<string, string>();
  const conflicting = new Set<number>();
  for (const { seq, version, document } of versions) {
    const said = saidIn(document);
    const shown = first.get(version);
    if (shown === undefined) first.set(version, said);
    else if (shown !== said) conflicting.add(seq);
  }
  return conflicting;
}

/** What a document says, whatever its spacing and order. */
function saidIn(document: string): string {
  return digestOf(objectOf(document), document);
}

function wayOf({ collection, item, revision }: Version): ObjectVersion["way"] {
  if (collection === null) return "added";
  if (!item) return "pushed";
  return revision === 1 ? "released" : "withdrawn";
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
