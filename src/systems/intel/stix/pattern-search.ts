import { observationsOf, pathText, patternTree, type Test, waysOf } from "./pattern-terms.ts";
import type { Observation, PatternValue } from "./pattern-tree.ts";

/** A search of the logs, as the query of `/logs` takes it; several words of `q` must all stand in a line. */
export interface LogSearch {
  readonly query: Readonly<Partial<Record<"ip" | "domain" | "user" | "q" | "from" | "to", string>>>;
  /** Parts of the pattern that a search of the logs cannot say: it finds more than the pattern. */
  readonly left: readonly LeftPart[];
}

/** `joined`: how observations belong together; `test`: a comparison; `side`: that an address is at one end of a flow. */
export interface LeftPart {
  readonly why: "joined" | "test" | "side";
  /** The object path, and for a test its operator: `process:pid >`. */
  readonly part: string;
}

/** Nothing of one way in which the pattern can hold can be searched for. */
export class Unsearchable extends RangeError {
  readonly left: readonly LeftPart[];

  constructor(left: readonly LeftPart[]) {
    super(`the logs cannot be searched for ${left.map(leftText).join(", ")}`);
    this.left = left;
  }
}

/** What was left out, in English. */
export function leftText({ why, part }: LeftPart): string {
  if (why === "joined") return "how the observations belong together";
  return why === "side" ? `${part}: on either side` : part;
}

const ADDRESS = /^(?:ipv[46]-addr:value|network-traffic:(?:src|dst)_ref\.value)$/;
const USER = /^user-account:(?:user_id|account_login|display_name)$/;

/**
 * The searches whose lines together hold whatever the pattern speaks of: one for each way in which one of its
 * observations can be true. What joins observations (order, number, time between them) is left out and told. Throws
 * SyntaxError with the place of a fault, Unsearchable where nothing of a way can be searched for.
 */
export function searchesOf(pattern: string): LogSearch[] {
  const tree = patternTree(pattern);
  const joins: LeftPart[] = isJoined(tree) ? [{ why: "joined", part: "" }] : [];
  const searches = observationsOf(tree).flatMap(({ comparison, from, to }) =>
    waysOf(comparison).map((way) => searchOf(way, joins, from, to)),
  );
  const unique = [...new Map(searches.map((each) => [JSON.stringify(each.query), each])).values()];
  const empty = unique.find(({ query }) => !["ip", "domain", "user", "q"].some((name) => name in query));
  if (empty !== undefined) throw new Unsearchable(empty.left);
  return unique;
}

/** Whether observations belong together by number, order or nearness in time; a span of time is searched for. */
function isJoined(tree: Observation): boolean {
  if (tree.kind === "one") return false;
  if (tree.kind === "or") return tree.parts.some(isJoined);
  return tree.kind === "between" || tree.kind === "within" ? isJoined(tree.of) : true;
}

function searchOf(way: readonly Test[], joins: readonly LeftPart[], from?: string, to?: string): LogSearch {
  const query: Record<string, string> = {};
  const words: string[] = [];
  const left: LeftPart[] = [...joins];
  for (const test of way) {
    const path = pathText(test.path);
    const operator = test.kind === "exists" ? "EXISTS" : test.operator;
    const told: LeftPart = { why: "test", part: `${path} ${operator}` };
    const text = test.kind === "test" ? textOf(test.values) : undefined;
    if (test.kind !== "test" || test.negated || text === undefined) left.push(told);
    else if (test.operator === "=" || test.operator === "IN") {
      if (ADDRESS.test(path) && !("ip" in query)) query["ip"] = text;
      else if (path === "domain-name:value" && !("domain" in query)) query["domain"] = text.toLowerCase();
      else if (USER.test(path) && !("user" in query)) query["user"] = text;
      else words.push(text);
      if (path.startsWith("network-traffic:")) left.push({ why: "side", part: path });
    } else if (test.operator === "ISSUBSET" && ADDRESS.test(path) && !("ip" in query)) query["ip"] = text;
    else if (test.operator === "LIKE") {
      words.push(...text.split(/[%_]/).filter((part) => part.length > 2));
      left.push(told);
    } else left.push(told);
  }
  const q = words.map(quoted).filter((word) => word !== '""');
  return {
    query: {
      ...query,
      ...(q.length === 0 ? {} : { q: q.join(" ") }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
    left,
  };
}

/** One text or number; a set of several is several ways, and is told apart before. */
function textOf(values: readonly PatternValue[]): string | undefined {
  const [only, ...others] = values;
  if (only === undefined || others.length > 0) return undefined;
  if (only.kind === "text") return only.text;
  return only.kind === "number" ? String(only.number) : undefined;
}

function quoted(word: string): string {
  const plain = word.replaceAll('"', " ").trim();
  return plain.includes(" ") || plain === "" ? `"${plain}"` : plain;
}
