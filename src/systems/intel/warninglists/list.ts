import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Fault } from "../../../core/problem.ts";
import { INDICATOR_TYPES, type IndicatorType } from "../model.ts";

/** Lists that come with the product. */
export const WARNINGLISTS_FOLDER = fileURLToPath(
  new URL("../../../../content/warninglists/", import.meta.url),
);

/** What a value is, as far as lists say to which they apply. */
export type WarninglistType = IndicatorType;

/** What is no indicator of compromise by itself, in the form of MISP's warninglists. */
export interface Warninglist {
  readonly name: string;
  /** How an entry matches: the whole value, its host or a domain above it, a part of it, an address in a network. */
  readonly type: "string" | "hostname" | "substring" | "regex" | "cidr";
  readonly entries: readonly string[];
  /** To which indicators it applies. */
  readonly types: ReadonlySet<IndicatorType>;
}

const File = z.object({
  name: z.string().min(1),
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
export function readWarninglist(text: string): Warninglist {
  const { name, type, list, matching_attributes: attributes } = File.parse(JSON.parse(text));
  const types = INDICATOR_TYPES.filter(
    (each) => attributes === undefined || attributes.some((attribute) => ATTRIBUTES[each].test(attribute)),
  );
  return { name, type, entries: list, types: new Set(types) };
}

/** Every `.json` of a folder in the order of their names; a file that is no list is a fault and the rest goes on. */
export function loadWarninglists(folder: string = WARNINGLISTS_FOLDER): {
  lists: Warninglist[];
  faults: Fault[];
} {
  const lists: Warninglist[] = [];
  const faults: Fault[] = [];
  if (!existsSync(folder)) return { lists, faults: [{ path: folder, message: "there is no such folder" }] };
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()) {
    try {
      lists.push(readWarninglist(readFileSync(join(folder, file), "utf8")));
    } catch (error) {
      faults.push({ path: file, message: error instanceof Error ? error.message : "unreadable" });
    }
  }
  return { lists, faults };
}
