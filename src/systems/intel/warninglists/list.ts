import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Fault } from "../../../core/problem.ts";
import type { ValueList } from "../../../platform/lookup/list-entries.ts";
import { INDICATOR_TYPES, type IndicatorType } from "../model.ts";

/** Lists that come with the product. */
export const WARNINGLISTS_FOLDER = fileURLToPath(
  new URL("../../../../content/warninglists/", import.meta.url),
);

/** What a value is, as far as lists say to which they apply. */
export type WarninglistType = IndicatorType;

/** What is no indicator of compromise by itself, in the form of MISP's warninglists. */
export interface Warninglist extends ValueList {
  /** To which indicators it applies. */
  readonly types: ReadonlySet<IndicatorType>;
}

/** A list as its file describes it. */
export interface WarninglistFile extends Warninglist {
  readonly description: string;
  readonly version: number | null;
}

const File = z.object({
  name: z.string().trim().min(1).max(300),
  description: z.string().catch(""),
  version: z.coerce.number().int().nonnegative().nullable().catch(null),
  type: z.enum(["string", "hostname", "substring", "regex", "cidr"]),
  list: z.array(z.string()),
  matching_attributes: z.array(z.string()).optional(),
});

/** MISP's names of attributes whose value is, or holds, an indicator of the type. */
const ATTRIBUTES: Readonly<Record<IndicatorType, RegExp>> = {
  ipv4: /^(?:ip-|domain\|ip$)/,
  ipv6: /^(?:ip-|domain\|ip$)/,
  domain: /^(?:domain|hostname)/,
  url: /^(?:url|uri|link)$/,
  sha256: /(?:^|\|)sha256$/,
  sha1: /(?:^|\|)sha1$/,
  md5: /(?:^|\|)md5$/,
  email: /^(?:email|email-src|email-dst|target-email|whois-registrant-email)$/,
};

/** A list out of its text. Throws SyntaxError or ZodError; a list that names no attributes applies to all. */
export function readWarninglist(text: string): WarninglistFile {
  const file = File.parse(JSON.parse(text));
  const { name, description, version, type, list, matching_attributes: attributes } = file;
  const types = INDICATOR_TYPES.filter(
    (each) => attributes === undefined || attributes.some((attribute) => ATTRIBUTES[each].test(attribute)),
  );
  return { name, description, version, type, entries: list, types: new Set(types) };
}

/** A list as MISP writes one, of which `readWarninglist` makes the same. */
export function writeWarninglist(list: WarninglistFile): string {
  const attributes =
    list.types.size === INDICATOR_TYPES.length ? undefined : [...list.types].map(attributeOf);
  const { name, description, version, type, entries } = list;
  const file = { name, description, version, type, matching_attributes: attributes?.flat(), list: entries };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function attributeOf(type: IndicatorType): string[] {
  if (type === "ipv4" || type === "ipv6") return ["ip-src", "ip-dst"];
  if (type === "domain") return ["domain", "hostname"];
  return type === "email" ? ["email-src", "email-dst"] : [type];
}

/**
 * Every `.json` of a folder, and every `<name>/list.json` as MISP's repository has them, in the order of their names; a
 * file that is no list is a fault and the rest goes on.
 */
export function loadWarninglists(folder: string = WARNINGLISTS_FOLDER): {
  lists: WarninglistFile[];
  faults: Fault[];
} {
  const lists: WarninglistFile[] = [];
  const faults: Fault[] = [];
  if (!existsSync(folder)) return { lists, faults: [{ path: folder, message: "there is no such folder" }] };
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return entry.name.endsWith(".json") ? [entry.name] : [];
    const inside = join(entry.name, "list.json");
    return existsSync(join(folder, inside)) ? [inside] : [];
  });
  for (const file of files.sort()) {
    try {
      lists.push(readWarninglist(readFileSync(join(folder, file), "utf8")));
    } catch (error) {
      faults.push({ path: file, message: error instanceof Error ? error.message : "unreadable" });
    }
  }
  return { lists, faults };
}
