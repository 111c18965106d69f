import { z } from "zod";
import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";
import { type Reason, type ReasonFacts, type Refusal, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
import { observableIdentifier } from "../stix/identifier.ts";
import { isJsonObject, isList, type Json, type JsonObject } from "../stix/json.ts";
import { tlpMarkingId } from "../stix/marking.ts";
import { type StixObject, stixObject } from "../stix/object.ts";
import {
  CVE,
  type Imported,
  type ImportOptions,
  importedId,
  once,
  referenceUrl,
  reportObject,
  type Said,
  vulnerabilityObject,
} from "./imported.ts";
import { relation } from "./misp-galaxy.ts";

const Note = z.object({ category: z.string(), text: z.string().min(1), title: z.string().optional() });
const Time = z.iso.datetime({ offset: true });
const Document = z.object({
  category: z.string().min(1),
  csaf_version: z.enum(["2.0", "2.1"]),
  title: z.string().min(1),
  publisher: z.object({ category: z.string(), name: z.string().min(1), namespace: z.url() }),
  tracking: z.object({
    id: z.string().min(1),
    status: z.enum(["draft", "final", "interim"]),
    version: z.string().regex(/^\d{1,9}(?:\.\d{1,9}\.\d{1,9}\S{0,100})?$/, "a version, 1 or 1.0.0"),
    initial_release_date: Time,
    current_release_date: Time,
    revision_history: z
      .array(z.object({ date: Time, number: z.string().min(1), summary: z.string().min(1) }))
      .min(1),
  }),
  distribution: z.object({ tlp: z.object({ label: z.string() }).optional() }).optional(),
  notes: z.array(Note).default([]),
  references: z.array(z.object({ url: z.string(), summary: z.string().optional() })).default([]),
});
const ProductIds = z.array(z.string()).default([]);
const Vulnerability = z.object({
  cve: z.string().optional(),
  title: z.string().optional(),
  ids: z.array(z.object({ system_name: z.string(), text: z.string() })).default([]),
  notes: z.array(Note).default([]),
  cwe: z.object({ id: z.string() }).optional(),
  cwes: z.array(z.object({ id: z.string() })).default([]),
  scores: z.array(z.unknown()).default([]),
  metrics: z.array(z.unknown()).default([]),
  threats: z
    .array(z.object({ category: z.string(), details: z.string().min(1) }))
    .default([])
    .catch([]),
  product_status: z.record(z.string(), z.unknown()).default({}),
  remediations: z
    .array(
      z.object({
        category: z.string(),
        details: z.string().min(1),
        product_ids: ProductIds,
        url: z.string().optional(),
      }),
    )
    .default([]),
});

/** No more relations of products to vulnerabilities come in from one advisory. */
const MOST_RELATIONS = 10_000;
const DEEPEST_BRANCH = 60;

interface Product {
  readonly name: string;
  readonly vendor?: string | undefined;
  readonly version?: string | undefined;
  readonly cpe?: string | undefined;
}

/**
 * A CSAF 2.0 or 2.1 advisory (OASIS): a report over its vulnerabilities with scores and weaknesses, the products as
 * software, what status each product has as relations, remediations as courses of action and the notes. Refused with
 * its path is what fails the mandatory tests (section 6.1) that a reader depends on: the document's own properties,
 * product identifiers that are double or undefined, and contradicting statuses.
 */
export function importCsaf(given: unknown, options: ImportOptions): Imported {
  const document = Document.safeParse(isJsonObject(given) ? given["document"] : undefined);
  if (!document.success || !isJsonObject(given))
    return {
      objects: [],
      refused:
        document.error === undefined
          ? [refusal("document", "csaf schema", "object")]
          : schemaRefusals(document.error, "document", "csaf"),
    };
  return new Advisory(given, document.data, options).read();
}

class Advisory {
  private readonly given: JsonObject;
  private readonly document: z.infer<typeof Document>;
  private readonly options: ImportOptions;
  private readonly said: Said;
  private readonly products = new Map<string, Product>();
  private readonly refused: Refusal[] = [];
  private readonly objects: StixObject[] = [];
  private relations = 0;

  constructor(given: JsonObject, document: z.infer<typeof Document>, options: ImportOptions) {
    this.given = given;
    this.document = document;
    this.options = options;
    const { tracking, distribution } = document;
    this.said = {
      at: new Date(tracking.current_release_date).toISOString(),
      tlp: tlpOfLabel(distribution?.tlp?.label) ?? options.tlp,
    };
  }

  read(): Imported {
    const { document } = this;
    const { tracking } = document;
    const newest = tracking.revision_history.reduce((a, b) =>
      Date.parse(a.date) >= Date.parse(b.date) ? a : b,
    );
    if (tracking.status !== "draft" && newest.number.split("+")[0] !== tracking.version.split("+")[0])
      this.fault("document.tracking.version", "6.1.16", "csaf-revision", {
        number: newest.number.slice(0, 40),
      });
    this.readTree(this.given["product_tree"], "product_tree");
    const vulnerabilities = this.given["vulnerabilities"];
    if (vulnerabilities !== undefined && !isList(vulnerabilities))
      this.fault("vulnerabilities", "schema", "list");
    else
      (vulnerabilities ?? []).forEach((each, at) => {
        this.vulnerability(each, `vulnerabilities.${at}`);
      });
    const parts = once(this.objects);
    const notes = document.notes.filter((note) =>
      ["summary", "description", "general"].includes(note.category),
    );
    const report = reportObject(
      {
        ...this.said,
        id: importedId("report", document.publisher.namespace, tracking.id),
        name: `${tracking.id} ${document.title}`.slice(0, 500),
        description: notes
          .map((note) => note.text)
          .join("\n\n")
          .slice(0, 20_000),
        labels: [document.category, document.publisher.name],
        refs: parts.map((part) => part.id),
        references: document.references
          .flatMap(({ url, summary }) => {
            const read = referenceUrl(url);
            if (read === undefined) return [];
            const source_name = document.publisher.name;
            return [{ source_name, url: read, ...(summary ? { description: summary } : {}) }];
          })
          .slice(0, 100),
      },
      this.options,
    );
    return { objects: [...parts, report], refused: this.refused };
  }

  /** `test` is the mandatory test of CSAF that fails, or `schema`. */
  private fault(path: string, test: string, why: Reason, facts: ReasonFacts = {}): undefined {
    this.refused.push(refusal(path, `csaf ${test}`, why, facts));
  }

  private readTree(tree: Json | undefined, path: string): undefined {
    if (tree === undefined) return;
    if (!isJsonObject(tree)) return this.fault(path, "schema", "object");
    for (const [at, each] of listOf(tree["full_product_names"]).entries())
      this.define(each, `${path}.full_product_names.${at}`, {});
    this.readBranches(tree["branches"], `${path}.branches`, {}, 0);
    for (const [at, each] of listOf(tree["relationships"]).entries())
      if (isJsonObject(each)) {
        for (const end of ["product_reference", "relates_to_product_reference"])
          if (!this.products.has(String(each[end])))
            this.fault(`${path}.relationships.${at}.${end}`, "6.1.1", "csaf-product");
        this.define(each["full_product_name"], `${path}.relationships.${at}.full_product_name`, {});
      }
  }

  private readBranches(
    branches: Json | undefined,
    path: string,
    above: Omit<Product, "name">,
    depth: number,
  ): undefined {
    if (depth > DEEPEST_BRANCH) return this.fault(path, "depth", "csaf-deep", { levels: DEEPEST_BRANCH });
    for (const [at, branch] of listOf(branches).entries()) {
      const here = `${path}.${at}`;
      if (
        !isJsonObject(branch) ||
        typeof branch["category"] !== "string" ||
        typeof branch["name"] !== "string"
      ) {
        this.fault(here, "schema", "csaf-branch");
        continue;
      }
      const { category, name } = branch;
      const known = {
        ...above,
        ...(category === "vendor" ? { vendor: name } : {}),
        ...(category === "product_version" ? { version: name } : {}),
      };
      if (branch["product"] !== undefined) this.define(branch["product"], `${here}.product`, known);
      this.readBranches(branch["branches"], `${here}.branches`, known, depth + 1);
    }
  }

  private define(product: Json | undefined, path: string, known: Omit<Product, "name">): undefined {
    if (
      !isJsonObject(product) ||
      typeof product["product_id"] !== "string" ||
      typeof product["name"] !== "string"
    )
      return this.fault(path, "schema", "csaf-product-wanted");
    const { product_id: id, name, product_identification_helper: identified } = product;
    if (this.products.has(id))
      return this.fault(`${path}.product_id`, "6.1.2", "twice", { name: id.slice(0, 80) });
    const cpe = isJsonObject(identified) ? identified["cpe"] : undefined;
    this.products.set(id, { ...known, name, ...(typeof cpe === "string" ? { cpe } : {}) });
  }

  private vulnerability(given: Json, path: string): undefined {
    const read = Vulnerability.safeParse(given);
    if (!read.success) {
      this.refused.push(...schemaRefusals(read.error, path, "csaf", 1));
      return;
    }
    const { cve, title, ids, notes, scores, metrics, product_status: statuses, remediations } = read.data;
    if (cve !== undefined && !CVE.test(cve)) return this.fault(`${path}.cve`, "schema", "not-cve");
    const name = cve ?? ids[0]?.text ?? title;
    if (name === undefined) return this.fault(path, "3.2.3", "csaf-name");
    const weaknesses = [...(read.data.cwe === undefined ? [] : [read.data.cwe]), ...read.data.cwes].map(
      (each) => each.id,
    );
    const ratings = scoresOf([...scores, ...metrics]);
    const threats = read.data.threats.map(({ category, details }) => `${category}: ${details}`);
    const text = [title, ...notes.map((note) => note.text), ...ratings, ...threats].filter(
      (each) => each !== undefined,
    );
    const said = { ...this.said, description: text.join("\n\n").slice(0, 20_000), labels: weaknesses };
    const vulnerability =
      cve !== undefined
        ? vulnerabilityObject(cve, said, this.options)
        : stixObject({
            type: "vulnerability",
            spec_version: "2.1",
            id: importedId("vulnerability", this.options.createdBy, this.document.tracking.id, name),
            created_by_ref: this.options.createdBy,
            created: said.at,
            modified: said.at,
            object_marking_refs: [tlpMarkingId(said.tlp)],
            name,
            description: said.description === "" ? undefined : said.description,
            labels: weaknesses.length === 0 ? undefined : weaknesses,
          });
    this.objects.push(vulnerability);
    this.statuses(statuses, vulnerability.id, `${path}.product_status`);
    remediations.forEach((remediation, at) => {
      this.remediation(remediation, vulnerability.id, `${path}.remediations.${at}`);
    });
  }

  private statuses(statuses: Record<string, unknown>, vulnerability: string, path: string): void {
    const groups = new Map<string, string>();
    for (const [status, given] of Object.entries(statuses)) {
      for (const [at, id] of listOf(given as Json).entries()) {
        const here = `${path}.${status}.${at}`;
        const product = typeof id === "string" ? this.products.get(id) : undefined;
        if (typeof id !== "string" || product === undefined) {
          this.fault(here, "6.1.1", "csaf-product");
          continue;
        }
        const group = /affected$/.test(status) && status !== "known_not_affected" ? "affected" : status;
        const other = groups.get(id);
        if (other !== undefined && CONTRADICTS.has([other, group].sort().join()))
          this.fault(here, "6.1.6", "csaf-contradicts", { status: other });
        groups.set(id, group);
        if (++this.relations > MOST_RELATIONS) {
          if (this.relations === MOST_RELATIONS + 1)
            this.fault(here, "size", "csaf-relations", { most: MOST_RELATIONS });
          continue;
        }
        const software = this.software(product);
        this.objects.push(
          software,
          relation(
            "related-to",
            vulnerability,
            software.id,
            { ...this.said, description: status },
            this.options,
          ),
        );
      }
    }
  }

  private software({ name, vendor, version, cpe }: Product): StixObject {
    const contributing: JsonObject = {
      name,
      ...(cpe === undefined ? {} : { cpe }),
      ...(vendor === undefined ? {} : { vendor }),
      ...(version === undefined ? {} : { version }),
    };
    return stixObject({
      type: "software",
      spec_version: "2.1",
      id: observableIdentifier("software", contributing),
      object_marking_refs: [tlpMarkingId(this.said.tlp)],
      ...contributing,
    });
  }

  private remediation(
    { category, details, product_ids: ids, url }: z.infer<typeof Vulnerability>["remediations"][number],
    vulnerability: string,
    path: string,
  ): void {
    const missing = ids.findIndex((id) => !this.products.has(id));
    if (missing >= 0) this.fault(`${path}.product_ids.${missing}`, "6.1.1", "csaf-product");
    const read = url === undefined ? undefined : referenceUrl(url);
    const course = stixObject({
      type: "course-of-action",
      spec_version: "2.1",
      id: importedId(
        "course-of-action",
        this.options.createdBy,
        this.document.tracking.id,
        category,
        details,
      ),
      created_by_ref: this.options.createdBy,
      created: this.said.at,
      modified: this.said.at,
      object_marking_refs: [tlpMarkingId(this.said.tlp)],
      name: `${category}: ${details}`.slice(0, 120),
      description: details,
      labels: [category],
      external_references:
        read === undefined ? undefined : [{ source_name: this.document.publisher.name, url: read }],
    });
    this.objects.push(course, relation("mitigates", course.id, vulnerability, this.said, this.options));
  }
}

/** Status groups of section 6.1.6 that one product cannot have together. */
const CONTRADICTS = new Set(
  [
    ["affected", "known_not_affected"],
    ["affected", "fixed"],
    ["affected", "under_investigation"],
    ["fixed", "known_not_affected"],
    ["fixed", "under_investigation"],
    ["known_not_affected", "under_investigation"],
  ].map((pair) => pair.sort().join()),
);

function listOf(value: Json | undefined): readonly Json[] {
  return value !== undefined && isList(value) ? value : [];
}

/** `CVSS 3.1 9.8 CRITICAL CVSS:3.1/AV:N/…`, in the forms of CSAF 2.0 (scores) and 2.1 (metrics). */
function scoresOf(given: readonly unknown[]): string[] {
  const found = given.flatMap((each) => {
    if (!isJsonObject(each)) return [];
    const content = isJsonObject(each["content"]) ? each["content"] : each;
    return ["cvss_v4", "cvss_v3", "cvss_v2"].flatMap((name) => {
      const score = content[name];
      if (!isJsonObject(score)) return [];
      const words = ["version", "baseScore", "baseSeverity", "vectorString"].map((member) => score[member]);
      return [`CVSS ${words.filter((word) => word !== undefined).join(" ")}`];
    });
  });
  return [...new Set(found)];
}

/** CSAF 2.0 says WHITE, 2.1 CLEAR and AMBER+STRICT. */
function tlpOfLabel(label: string | undefined): Tlp | undefined {
  const word = label?.toLowerCase().replace("white", "clear");
  return TLP_LEVELS.find((level) => level === word);
}
