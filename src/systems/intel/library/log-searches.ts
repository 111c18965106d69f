import { Problem } from "../../../core/problem.ts";
import type { Work } from "../../../platform/records/work.ts";
import type { JsonObject } from "../stix/json.ts";
import type { LogSearches } from "../stix/model.ts";
import { type LeftPart, searchesOf, Unsearchable } from "../stix/pattern-search.ts";
import { objectOf } from "./row.ts";
import { SearchStore } from "./search-store.ts";
import { valuesOf } from "./values.ts";

const MOST_SEARCHES = 50;

/** The searches for an object of the library. Problem http.not-found. */
export async function searchesFor(work: Work, id: string): Promise<LogSearches> {
  const [found] = await new SearchStore(work).current([id]);
  if (found === undefined) throw new Problem("http.not-found");
  return logSearches(objectOf(found.document));
}

/** Of an indicator its pattern's searches, of whatever else bears values one for each. */
export function logSearches(object: JsonObject): LogSearches {
  const { type, pattern, pattern_type: language } = object;
  if (type !== "indicator" || typeof pattern !== "string") return shown(ofValues(object));
  if (typeof language === "string" && language !== "stix")
    return { items: [], more: false, fault: { why: "language", detail: language, left: [] } };
  try {
    return shown(searchesOf(pattern));
  } catch (error) {
    if (error instanceof Unsearchable)
      return { items: [], more: false, fault: { why: "nothing", detail: "", left: [...error.left] } };
    if (error instanceof SyntaxError)
      return { items: [], more: false, fault: { why: "syntax", detail: error.message, left: [] } };
    throw error;
  }
}

function shown(searches: readonly { query: object; left: readonly LeftPart[] }[]): LogSearches {
  const items = searches.map(({ query, left }) => ({
    query: query as Record<string, string>,
    left: left.filter((each, at) => left.findIndex((one) => sameAs(one, each)) === at),
  }));
  return { items: items.slice(0, MOST_SEARCHES), more: items.length > MOST_SEARCHES, fault: null };
}

function sameAs(one: LeftPart, other: LeftPart): boolean {
  return one.why === other.why && one.part === other.part;
}

/** A technique or a CVE stands in no log line by itself; a file's name alone says too little. */
function ofValues(object: JsonObject): { query: Record<string, string>; left: [] }[] {
  return valuesOf(object).flatMap(({ kind, value }) => {
    if (kind === "attack" || kind === "cve" || kind === "file" || kind === "asn") return [];
    const name = kind === "ipv4" || kind === "ipv6" ? "ip" : kind === "domain" ? "domain" : "q";
    return [{ query: { [name]: name === "q" && value.includes(" ") ? `"${value}"` : value }, left: [] }];
  });
}
