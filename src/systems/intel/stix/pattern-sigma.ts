import { isIP } from "node:net";
import { stringify } from "yaml";
import { pathText, patternTree, type Test } from "./pattern-terms.ts";
import type { Comparison, Observation, PatternValue } from "./pattern-tree.ts";

export interface SigmaHead {
  /** UUID of the rule; those of a correlation are derived from it. */
  readonly id: string;
  readonly title: string;
  readonly date?: string;
}

/** ECS fields in which a property of an observable stands in log records; one of them suffices. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "ipv4-addr:value": ["source.ip", "destination.ip"],
  "ipv6-addr:value": ["source.ip", "destination.ip"],
  "network-traffic:src_ref.value": ["source.ip"],
  "network-traffic:dst_ref.value": ["destination.ip"],
  "network-traffic:src_port": ["source.port"],
  "network-traffic:dst_port": ["destination.port"],
  "network-traffic:protocols": ["network.protocol", "network.transport"],
  "network-traffic:src_byte_count": ["source.bytes"],
  "network-traffic:dst_byte_count": ["destination.bytes"],
  "network-traffic:extensions.http-request-ext.request_method": ["http.request.method"],
  "network-traffic:extensions.http-request-ext.request_value": ["url.path", "url.original"],
  "network-traffic:extensions.http-request-ext.request_header.User-Agent": ["user_agent.original"],
  "domain-name:resolves_to_refs.value": ["dns.resolved_ip"],
  "domain-name:value": ["dns.question.name", "url.domain", "destination.domain"],
  "url:value": ["url.full", "url.original"],
  "mac-addr:value": ["source.mac", "destination.mac"],
  "email-addr:value": ["email.from.address", "email.to.address"],
  "email-message:subject": ["email.subject"],
  "email-message:from_ref.value": ["email.from.address"],
  "email-message:sender_ref.value": ["email.sender.address"],
  "email-message:to_refs.value": ["email.to.address"],
  "file:name": ["file.name", "process.name"],
  "file:size": ["file.size"],
  "file:hashes.MD5": ["file.hash.md5", "process.hash.md5"],
  "file:hashes.SHA-1": ["file.hash.sha1", "process.hash.sha1"],
  "file:hashes.SHA-256": ["file.hash.sha256", "process.hash.sha256"],
  "file:hashes.SHA-512": ["file.hash.sha512", "process.hash.sha512"],
  "file:parent_directory_ref.path": ["file.directory"],
  "directory:path": ["file.directory"],
  "process:command_line": ["process.command_line"],
  "process:pid": ["process.pid"],
  "process:cwd": ["process.working_directory"],
  "process:name": ["process.name"],
  "process:image_ref.name": ["process.name"],
  "process:image_ref.hashes.MD5": ["process.hash.md5"],
  "process:image_ref.hashes.SHA-1": ["process.hash.sha1"],
  "process:image_ref.hashes.SHA-256": ["process.hash.sha256"],
  "process:creator_user_ref.user_id": ["user.id", "user.name"],
  "process:creator_user_ref.account_login": ["user.name"],
  "process:parent_ref.name": ["process.parent.name"],
  "process:parent_ref.image_ref.name": ["process.parent.name"],
  "process:parent_ref.pid": ["process.parent.pid"],
  "process:parent_ref.command_line": ["process.parent.command_line"],
  "windows-registry-key:key": ["registry.key", "registry.path"],
  "windows-registry-key:values.name": ["registry.value"],
  "windows-registry-key:values.data": ["registry.data.strings"],
  "user-account:user_id": ["user.id", "user.name"],
  "user-account:account_login": ["user.name"],
  "user-account:display_name": ["user.full_name"],
  "x509-certificate:serial_number": ["x509.serial_number"],
  "x509-certificate:hashes.SHA-1": ["tls.server.hash.sha1"],
  "x509-certificate:hashes.SHA-256": ["tls.server.hash.sha256"],
  "x509-certificate:subject": ["tls.server.subject"],
  "x509-certificate:issuer": ["tls.server.issuer"],
  "file:extensions.windows-pebinary-ext.imphash": ["file.pe.imphash", "process.pe.imphash"],
  "autonomous-system:number": ["source.as.number", "destination.as.number"],
  "software:name": ["package.name"],
  "mutex:name": [],
};

/**
 * A pattern as Sigma over ECS names: one rule, or rules and a correlation where AND, FOLLOWEDBY or REPEATS joins
 * observations within a time. Texts match in any case, as Sigma's do. Throws SyntaxError with the place of a fault,
 * RangeError with what has no counterpart in log records.
 */
export function sigmaOf(pattern: string, head: SigmaHead): string {
  const documents: object[] = [];
  const tree = patternTree(pattern);
  if (isAlternative(tree)) documents.push(ruleOf(tree, head, head.id));
  else documents.push(...correlationOf(tree, head));
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join("---\n");
}

function isAlternative(tree: Observation): boolean {
  return tree.kind === "one" || (tree.kind === "or" && tree.parts.every(isAlternative));
}

function correlationOf(tree: Observation, head: SigmaHead): object[] {
  if (tree.kind === "between")
    throw new RangeError("START and STOP name a span of time, which has no counterpart in Sigma");
  if (tree.kind !== "within")
    throw new RangeError(
      "several observations need WITHIN behind parentheses around them: a correlation has a time",
    );
  const { of, seconds } = tree;
  const parts =
    of.kind === "and" || of.kind === "followed-by" ? of.parts : of.kind === "repeats" ? [of.of] : [of];
  if (!parts.every(isAlternative))
    throw new RangeError("observations nested in observations have no counterpart in Sigma");
  const rules = parts.map((part, at) =>
    ruleOf(part, { ...head, title: `${head.title} (${at + 1})` }, partId(head.id, at + 1)),
  );
  if (of.kind !== "and" && of.kind !== "followed-by" && of.kind !== "repeats")
    return [ruleOf(of, head, head.id)];
  const type = of.kind === "repeats" ? "event_count" : of.kind === "and" ? "temporal" : "temporal_ordered";
  const correlation = {
    title: head.title,
    id: head.id,
    correlation: {
      type,
      rules: parts.map((_, at) => partId(head.id, at + 1)),
      timespan: `${Math.max(1, Math.ceil(seconds))}s`,
      ...(of.kind === "repeats" ? { condition: { gte: of.times } } : {}),
    },
    level: "medium",
  };
  return [...rules, correlation];
}

/** The identifier with its last digits counted on: the same parts have the same ids each time. */
function partId(id: string, at: number): string {
  return `${id.slice(0, -2)}${at.toString(16).padStart(2, "0")}`;
}

function ruleOf(tree: Observation, head: SigmaHead, id: string): object {
  const selections: Record<string, object> = {};
  const observation = (part: Observation): string => {
    if (part.kind === "one") return condition(part.comparison);
    if (part.kind === "or") return `(${part.parts.map(observation).join(" or ")})`;
    throw new RangeError("observations nested in observations have no counterpart in Sigma");
  };
  const condition = (comparison: Comparison): string => {
    if (comparison.kind === "and" || comparison.kind === "or")
      return `(${comparison.parts.map(condition).join(` ${comparison.kind} `)})`;
    const selected = (test: Test) => {
      const name = `s${Object.keys(selections).length + 1}`;
      selections[name] = selectionOf(test);
      return name;
    };
    if (!isNegated(comparison)) return selected(comparison);
    if (comparison.kind === "exists") return `not ${selected(comparison)}`;
    // A comparison with a property that is not there is false, a negated one too.
    const there = selected({ kind: "exists", path: comparison.path, negated: false });
    return `(${there} and not ${selected(comparison)})`;
  };
  const whole = observation(tree).replace(/^\((.*)\)$/s, (text, inner: string) =>
    balanced(inner) ? inner : text,
  );
  return {
    title: head.title,
    id,
    status: "experimental",
    ...(head.date === undefined ? {} : { date: head.date }),
    logsource: { category: "any" },
    detection: { ...selections, condition: whole },
    level: "medium",
  };
}

function balanced(text: string): boolean {
  let depth = 0;
  for (const char of text) {
    if (char === "(") depth++;
    if (char === ")" && --depth < 0) return false;
  }
  return depth === 0;
}

function isNegated(test: Test): boolean {
  return test.kind === "test" && test.operator === "!=" ? !test.negated : test.negated;
}

/** The fields in which it may stand, each a way of its own. */
function selectionOf(test: Test): object {
  const path = pathText(test.path);
  const fields = Object.hasOwn(FIELDS, path) ? (FIELDS[path] ?? []) : [];
  if (fields.length === 0) throw new RangeError(`log records have no counterpart of ${path}`);
  const [modifier, value] = comparedOf(test);
  const ways = fields.map((field) => ({ [`${field}${modifier}`]: value }));
  return ways.length === 1 ? (ways[0] ?? {}) : ways;
}

const ORDERS: Readonly<Record<string, string>> = { "<": "|lt", "<=": "|lte", ">": "|gt", ">=": "|gte" };

function comparedOf(test: Test): [string, unknown] {
  if (test.kind === "exists") return ["|exists", true];
  const values = test.values.map(plainOf);
  const [first] = values;
  switch (test.operator) {
    case "LIKE":
      return ["", wildcards(String(first))];
    case "MATCHES":
      return ["|re", String(first)];
    case "ISSUBSET":
      if (isIP(String(first).replace(/\/\d{1,3}$/, "")) === 0)
        throw new RangeError(`${first} is neither an address nor a network`);
      return [
        "|cidr",
        String(first).includes("/") ? first : `${first}/${String(first).includes(":") ? 128 : 32}`,
      ];
    case "ISSUPERSET":
      throw new RangeError("ISSUPERSET has no counterpart in Sigma");
    case "IN":
      if (values.length === 0) throw new RangeError("IN without a value holds for nothing");
      return ["", values.map(literal)];
    case "=":
    case "!=":
      return /\/\d+$/.test(String(first)) && /^ipv[46]-addr$/.test(test.path.type)
        ? ["|cidr", first]
        : ["", literal(first ?? "")];
    default:
      if (typeof first !== "number")
        throw new RangeError(`${test.operator} of a text has no counterpart in Sigma`);
      return [ORDERS[test.operator] ?? "", first];
  }
}

function plainOf(value: PatternValue): string | number | boolean {
  if (value.kind === "text" || value.kind === "time") return value.text;
  if (value.kind === "number") return value.number;
  if (value.kind === "boolean") return value.truth;
  throw new RangeError("binary values have no counterpart in log records");
}

/** Sigma's wildcards in a plain text stand for themselves. */
function literal(value: string | number | boolean): string | number | boolean {
  return typeof value === "string" ? value.replace(/\\(?=[*?\\])|[*?]/g, "\\$&") : value;
}

function wildcards(like: string): string {
  return [...like].map((char) => (char === "%" ? "*" : char === "_" ? "?" : literal(char))).join("");
}
