import type { Fault } from "../../../core/problem.ts";
import { isIdentifier } from "../stix/identifier.ts";
import { isJsonObject, type Json } from "../stix/json.ts";
import { isTimestamp } from "../stix/timestamp.ts";
import { detect } from "./detect.ts";
import type { Matcher } from "./secrets.ts";

/** Words of the standard's own vocabulary as the builder writes them: they say nothing of anybody. */
const FIXED: ReadonlySet<string> = new Set(
  [
    "bundle identity marking-definition indicator observed-data relationship sighting report",
    "ipv4-addr ipv6-addr domain-name url email-addr file 2.1 stix",
    "organization property-extension clear green amber amber+strict red",
    "TLP:CLEAR TLP:GREEN TLP:AMBER TLP:AMBER+STRICT TLP:RED",
    "malicious-activity based-on threat-report ANA EWA DEF INT FBI",
  ].flatMap((line) => line.split(" ")),
);

/**
 * The last gate (mission I6): every string value of a document about to leave, decoded, held against the secrets.
 * Empty when nothing gives anything away; else the path and the kind of each, never the word itself. `publicIds`
 * are objects that say nothing of the case and are the same in every document: the centre's own identity.
 */
export function leaks(
  document: Json,
  matcher: Matcher,
  options: { keep?: ReadonlySet<string>; publicIds?: ReadonlySet<string> } = {},
): Fault[] {
  const faults: Fault[] = [];
  const visit = (value: Json, path: string, name: string): void => {
    if (typeof value === "string") {
      const kinds = new Set(
        texts(name, value)
          .flatMap((text) => detect(text, matcher, options.keep))
          .map(({ kind }) => kind),
      );
      for (const kind of kinds) faults.push({ path, message: kind });
      return;
    }
    if (typeof value !== "object" || value === null) return;
    if (isJsonObject(value)) {
      if (typeof value["id"] === "string" && options.publicIds?.has(value["id"]) === true) return;
      for (const [member, inner] of Object.entries(value))
        visit(inner, path === "" ? member : `${path}.${member}`, member);
      return;
    }
    value.forEach((inner, at) => {
      visit(inner, `${path}.${at}`, name);
    });
  };
  visit(document, "", "");
  return faults;
}

/** What of a value can carry somebody's words: not an identifier, a time or a word of the standard; of a pattern its literals. */
function texts(name: string, value: string): string[] {
  if (FIXED.has(value) || isIdentifier(value) || isTimestamp(value)) return [];
  if (name !== "pattern") return [value];
  const literals = [...value.matchAll(/'((?:[^'\\]|\\.)*)'/gs)].map((match) =>
    (match[1] ?? "").replace(/\\(.)/gs, "$1"),
  );
  const unquoted = value.replace(/'(?:[^'\\]|\\.)*'/gs, "''");
  return /^\[[a-z0-9-]+:[a-z0-9_.]+(?:'')? = ''\]$/i.test(unquoted) ? literals : [value, ...literals];
}
