import { sql } from "kysely";
import { Problem } from "../../../core/problem.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { isJsonObject, isList, type JsonObject } from "../stix/json.ts";
import type { IntelTables } from "../tables.ts";
import { isDeprecated, phasesOf, token } from "./entry.ts";
import type { Matrices, Matrix } from "./model.ts";
import { textsIn } from "./names.ts";
import { objectOf } from "./row.ts";
import { SearchStore } from "./search-store.ts";

/** More techniques, tactics and naming objects than ATT&CK has over all of its domains. */
const MOST_TECHNIQUES = 5000;
const MOST_NAMING = 50_000;

/** Objects that say that somebody uses, shows or saw a technique. */
const NAMING = `(('#trelationship' & ('uses' | 'indicates' | 'targets')) | '#treport' | '#tgrouping' | '#tincident'
  | '#tsighting' | '#tobserved-data') & !'#x'`;

/** Matrices of ATT&CK out of the library (x-mitre-matrix and x-mitre-tactic of its STIX bundles). */
export class MatrixStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(): Promise<Matrices> {
    const items = (await this.objects("x-mitre-matrix")).map((object) => ({
      id: String(object["id"]),
      name: String(object["name"] ?? ""),
      domain: domainsOf(object)[0] ?? attackIdOf(object),
    }));
    return { items: items.sort((a, b) => a.domain.localeCompare(b.domain)) };
  }

  /** Problem http.not-found where the scope sees no such matrix. */
  async get(id: string): Promise<Matrix> {
    const matrix = (await this.objects("x-mitre-matrix")).find((object) => object["id"] === id);
    if (matrix === undefined) throw new Problem("http.not-found");
    const domains = domainsOf(matrix);
    const inDomain = (object: JsonObject) =>
      domains.length === 0 || domainsOf(object).some((domain) => domains.includes(domain));
    const tactics = new Map(
      (await this.objects("x-mitre-tactic")).map((object) => [String(object["id"]), object]),
    );
    const techniques = (await this.objects("attack-pattern")).filter(inDomain);
    const counts = await this.counts();
    const shown = (object: JsonObject) => ({
      id: String(object["id"]),
      attackId: attackIdOf(object),
      name: String(object["name"] ?? ""),
      count: counts.get(token.refersTo(String(object["id"]))) ?? 0,
      platforms: textsIn(object["x_mitre_platforms"]),
    });
    const byId = (a: { attackId: string }, b: { attackId: string }) => (a.attackId < b.attackId ? -1 : 1);
    const whole = techniques.filter((object) => object["x_mitre_is_subtechnique"] !== true);
    const parts = Map.groupBy(
      techniques.filter((object) => object["x_mitre_is_subtechnique"] === true),
      (object) => attackIdOf(object).split(".")[0] ?? "",
    );
    const refs = matrix["tactic_refs"];
    const order = refs !== undefined && isList(refs) ? refs.map(String) : [];
    return {
      id,
      name: String(matrix["name"] ?? ""),
      domain: domains[0] ?? attackIdOf(matrix),
      tactics: order.flatMap((ref) => {
        const tactic = tactics.get(ref);
        if (tactic === undefined) return [];
        const shortName = String(tactic["x_mitre_shortname"] ?? "");
        const own = whole.filter((object) => phasesOf(object).some(({ phase }) => phase === shortName));
        return {
          id: ref,
          attackId: attackIdOf(tactic),
          name: String(tactic["name"] ?? ""),
          shortName,
          techniques: own
            .map((object) => ({
              ...shown(object),
              parts: (parts.get(attackIdOf(object)) ?? []).map(shown).sort(byId),
            }))
            .sort(byId),
        };
      }),
    };
  }

  private async objects(type: string): Promise<JsonObject[]> {
    const found = await new SearchStore(this.work).all({ type: [type], revoked: "no" }, MOST_TECHNIQUES);
    return found.map(({ document }) => objectOf(document)).filter((object) => !isDeprecated(object));
  }

  /** How many naming objects each reference of the index has, in one reading. */
  private async counts(): Promise<Map<string, number>> {
    const { rows } = await sql<{ reference: string; count: number }>`
      select word as reference, count(*)::int as count
      from lianfang_find(${NAMING}::text::tsquery, null, null, ${Number.MAX_SAFE_INTEGER}::bigint, ${MOST_NAMING}) f
      join stix_entry e on e.seq = f.seq and ${visible(this.work, "e")}, unnest(tsvector_to_array(e.tokens)) as word
      where ${visible(this.work, "f")} and word like '#r%'
      group by 1`.execute(this.work.tables<IntelTables>());
    return new Map(rows.map(({ reference, count }) => [reference, count]));
  }
}

function domainsOf(object: JsonObject): string[] {
  const domains = object["x_mitre_domains"];
  return domains !== undefined && isList(domains) ? domains.map(String) : [];
}

function attackIdOf(object: JsonObject): string {
  const references = object["external_references"];
  if (references === undefined || !isList(references)) return "";
  for (const each of references) {
    if (!isJsonObject(each)) continue;
    const { source_name: source, external_id: id } = each;
    if (typeof source === "string" && source.startsWith("mitre-") && typeof id === "string") return id;
  }
  return "";
}

/** The matrix as a layer of ATT&CK Navigator (layer format 4.5): what is named, scored by how often. */
export function navigatorLayer(matrix: Matrix) {
  const techniques = matrix.tactics.flatMap((tactic) =>
    tactic.techniques
      .flatMap((technique) => [technique, ...technique.parts])
      .filter(({ count }) => count > 0)
      .map(({ attackId, count }) => ({
        techniqueID: attackId,
        tactic: tactic.shortName,
        score: count,
        enabled: true,
      })),
  );
  const most = Math.max(1, ...techniques.map(({ score }) => score));
  return {
    name: `聯防 ${matrix.name}`,
    versions: { layer: "4.5", navigator: "5.1.0" },
    domain: matrix.domain,
    description: "",
    techniques,
    gradient: { colors: ["#ffffff", "#d4380d"], minValue: 0, maxValue: most },
  };
}
