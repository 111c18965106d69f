import { z } from "zod";
import { type Refusal, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
import type { StixObject } from "../stix/object.ts";
import { csvRows } from "./csv-rows.ts";
import { CVE, type Imported, type ImportOptions, vulnerabilityObject } from "./imported.ts";

const Entry = z.object({
  cveID: z.string().regex(CVE, "not a CVE number"),
  vendorProject: z.string(),
  product: z.string(),
  vulnerabilityName: z.string(),
  dateAdded: z.iso.date(),
  shortDescription: z.string().default(""),
  requiredAction: z.string().default(""),
  dueDate: z.string().default(""),
  knownRansomwareCampaignUse: z.string().default("Unknown"),
});

const CATALOG = "https://www.cisa.gov/known-exploited-vulnerabilities-catalog";

/** The same catalogue as CSV; a refusal names its line. */
export function importKevCsv(text: string, options: ImportOptions): Imported {
  const [header, ...rows] = csvRows(text);
  const vulnerabilities = rows
    .filter((row) => row.cells.join("") !== "")
    .map((row) =>
      Object.fromEntries((header?.cells ?? []).map((name, at) => [name.trim(), row.cells[at] ?? ""])),
    );
  const imported = importKev({ vulnerabilities }, options);
  const refused = imported.refused.map((each) => {
    const [, at = "", member = ""] = each.path.split(".");
    return { ...each, path: `line ${rows[Number(at)]?.line ?? 1}${member === "" ? "" : `, ${member}`}` };
  });
  return { ...imported, refused };
}

/** CISA's catalogue of known exploited vulnerabilities (JSON). It is public, so everything is TLP:CLEAR. */
export function importKev(document: unknown, options: ImportOptions): Imported {
  const catalog = z.object({ vulnerabilities: z.array(z.unknown()) }).safeParse(document);
  if (!catalog.success) return { objects: [], refused: [refusal("vulnerabilities", "kev schema", "list")] };
  const objects: StixObject[] = [];
  const refused: Refusal[] = [];
  catalog.data.vulnerabilities.forEach((given, at) => {
    const read = Entry.safeParse(given);
    if (!read.success) {
      refused.push(...schemaRefusals(read.error, `vulnerabilities.${at}`, "kev", 1));
      return;
    }
    const entry = read.data;
    const lines = [
      entry.vulnerabilityName,
      `${entry.vendorProject} ${entry.product}`,
      entry.shortDescription,
      entry.requiredAction,
      entry.dueDate === "" ? "" : `Due ${entry.dueDate}`,
    ];
    const ransomware = entry.knownRansomwareCampaignUse === "Known" ? ["ransomware"] : [];
    objects.push(
      vulnerabilityObject(
        entry.cveID,
        {
          at: `${entry.dateAdded}T00:00:00.000Z`,
          tlp: "clear",
          description: lines.filter((line) => line !== "").join("\n"),
          labels: ["known-exploited", ...ransomware],
          url: CATALOG,
        },
        options,
      ),
    );
  });
  return { objects, refused };
}
