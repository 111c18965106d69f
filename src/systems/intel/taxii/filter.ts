import { type Fault, Problem } from "../../../core/problem.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { isTimestamp, timestampKey } from "../stix/timestamp.ts";

/** What a client asks of a collection (TAXII 2.1 section 3.4). */
export interface TaxiiFilter {
  /** Exclusive; text with at most six digits of the second. */
  readonly addedAfter?: string;
  readonly limit: number;
  /** Only objects behind this sequence number. */
  readonly afterSeq: number;
  /** Stands for the address and the filters; `next` is taken only with those that it was given for (section 3.5). */
  readonly bound: string;
  readonly ids?: readonly string[];
  readonly types?: readonly string[];
  readonly specVersions?: readonly string[];
  /** Keywords, and keys of exact versions; `["last"]` unless told otherwise. */
  readonly versions: readonly VersionWish[];
}

export type VersionWish = "all" | "first" | "last" | { readonly key: string };

/** As many objects as one answer holds at most, and when the client names no limit. */
export const LARGEST_PAGE = 500;

type Query = Readonly<Record<string, unknown>>;

const MATCHES = ["match[id]", "match[type]", "match[version]", "match[spec_version]"];

/**
 * Reads the URL's parameters; Problem taxii.bad-filter names each that is malformed, and each `match` whose field is
 * unknown, since passing it over would answer more than was asked. Other parameters that are unknown are passed over.
 * `address` is what the filters are asked of.
 */
export function readFilter(query: Query, address = ""): TaxiiFilter {
  const faults: Fault[] = Object.keys(query)
    .filter((name) => name.startsWith("match[") && !MATCHES.includes(name))
    .map((path) => ({ path, message: "not a field that this server matches" }));
  const single = (name: string): string | undefined => {
    const value = query[name];
    if (value === undefined || (typeof value === "string" && value !== "")) return value;
    faults.push({ path: name, message: value === "" ? "empty" : "given more than once" });
    return undefined;
  };
  const list = (name: string, form: RegExp, what: string): string[] | undefined => {
    const values = single(name)?.split(",");
    const bad = values?.find((value) => !form.test(value));
    if (bad !== undefined)
      faults.push({ path: name, message: `${what} is wanted, not "${bad.slice(0, 80)}"` });
    return values;
  };
  const addedAfter = single("added_after");
  if (addedAfter !== undefined && !(isTimestamp(addedAfter) && addedAfter >= "0001")) {
    faults.push({ path: "added_after", message: "a timestamp in UTC with Z is wanted" });
  }
  const limit = single("limit");
  if (limit !== undefined && !/^0*[1-9]\d*$/.test(limit))
    faults.push({ path: "limit", message: "a whole number above 0 is wanted" });
  const next = single("next");
  const bound = boundOf(query, address);
  const afterSeq = next === undefined ? 0 : readNext(next, bound);
  if (afterSeq === undefined)
    faults.push({
      path: "next",
      message: "not a value that this server gave for this address and these filters",
    });
  const ids = list("match[id]", /^.{1,300}$/, "an identifier");
  const types = list("match[type]", /^.{1,250}$/, "a type");
  const specVersions = list("match[spec_version]", /^\d{1,3}\.\d{1,3}$/, "a version such as 2.1");
  const versions = readVersions(single("match[version]"), faults);
  if (faults.length > 0) throw new Problem("taxii.bad-filter", { faults });
  return {
    ...(addedAfter === undefined ? {} : { addedAfter: addedAfter.replace(/(\.\d{6})\d+/, "$1") }),
    limit: Math.min(LARGEST_PAGE, limit === undefined ? LARGEST_PAGE : Number(limit)),
    afterSeq: afterSeq ?? 0,
    bound,
    ...(ids === undefined ? {} : { ids }),
    ...(types === undefined ? {} : { types }),
    ...(specVersions === undefined ? {} : { specVersions }),
    versions,
  };
}

function readVersions(value: string | undefined, faults: Fault[]): VersionWish[] {
  if (value === undefined) return ["last"];
  const path = "match[version]";
  const words = value.split(",");
  const wishes = words.flatMap((word): VersionWish[] => {
    if (word === "all" || word === "first" || word === "last") return [word];
    if (isTimestamp(word)) return [{ key: timestampKey(word) }];
    faults.push({ path, message: `all, first, last or a timestamp is wanted, not "${word.slice(0, 80)}"` });
    return [];
  });
  const keys = wishes.map((wish) => (typeof wish === "string" ? wish : wish.key));
  if (new Set(keys).size < keys.length) faults.push({ path, message: "a version stands there twice" });
  if (wishes.includes("all") && wishes.length > 1) faults.push({ path, message: "all stands alone" });
  return wishes;
}

/** What a `next` is good for: everything of the request but itself and `limit`, which may change from page to page. */
function boundOf(query: Query, address: string): string {
  const names = ["added_after", ...MATCHES].filter((name) => query[name] !== undefined);
  const said = [address, ...names.flatMap((name) => [name, String(query[name])])];
  return sha256Hex(JSON.stringify(said)).slice(0, 12);
}

/** The opaque `next`: the sequence number of the last object given, and what it was given for. */
export function writeNext(seq: number, { bound }: Pick<TaxiiFilter, "bound">): string {
  return Buffer.from(`${seq}:${bound}`).toString("base64url");
}

function readNext(text: string, bound: string): number | undefined {
  const match = /^(\d{1,15}):/.exec(Buffer.from(text.slice(0, 100), "base64url").toString("latin1"));
  return match === null || writeNext(Number(match[1]), { bound }) !== text ? undefined : Number(match[1]);
}
