import { RE2JS } from "re2js";
import type { Warninglist, WarninglistType } from "../../intel/index.ts";
import { IndicatorBuilder } from "./build.ts";
import type { IndicatorImage, IndicatorKind } from "./image.ts";
import { type IndicatorHit, IndicatorMatcher } from "./match.ts";

/** Warninglists in a form that threads share: those of values and networks in an image, the others as they are. */
export interface KnownImage {
  readonly image: IndicatorImage;
  /** The list of each group of the image. */
  readonly lists: readonly Pick<Warninglist, "name" | "type" | "types">[];
  /** Lists of parts and of expressions, which are short. */
  readonly others: readonly Warninglist[];
}

/** Takes three seconds for half a million entries. */
export function knownImage(lists: readonly Warninglist[]): KnownImage {
  const builder = new IndicatorBuilder();
  const held = lists.filter(({ type }) => type === "string" || type === "hostname" || type === "cidr");
  for (const [at, { type, entries }] of held.entries()) {
    const group = builder.group({ source: String(at), orgId: "", tlp: "clear", audience: [], level: "low" });
    for (const entry of entries) {
      if (type === "cidr") builder.add("ip", entry, group);
      else if (type === "hostname") builder.add("domain", entry, group);
      else if (entry.includes("://")) builder.add("url", entry, group);
      else if (entry.includes("@")) builder.add("email", entry, group);
      else if (builder.add("hash", entry, group) !== "added" && builder.add("ip", entry, group) !== "added")
        builder.add("domain", entry, group);
    }
  }
  return {
    image: builder.build(),
    lists: held.map(({ name, type, types }) => ({ name, type, types })),
    others: lists.filter((list) => !held.includes(list)),
  };
}

const CACHED = 20_000;

/** Says which warninglist knows a value that met an indicator. Such values are few, and asked for again and again. */
export class KnownValues {
  readonly #lists: KnownImage["lists"];
  readonly #matcher: IndicatorMatcher;
  readonly #others: readonly { readonly list: Warninglist; meets(value: string): boolean }[];
  readonly #usable: Uint8Array;
  readonly #answers = new Map<string, string | undefined>();

  constructor({ image, lists, others }: KnownImage) {
    this.#lists = lists;
    this.#matcher = new IndicatorMatcher(image);
    this.#others = others.map((list) => ({ list, meets: partsOf(list) }));
    this.#usable = new Uint8Array(image.groups.length).fill(1);
  }

  /** The name of the first list that knows the value of the record or the indicator itself; undefined when none does. */
  listOf(hit: Pick<IndicatorHit, "kind" | "value" | "indicator">): string | undefined {
    const { kind, value, indicator } = hit;
    const key = `${kind} ${value} ${indicator}`;
    if (this.#answers.has(key)) return this.#answers.get(key);
    const answer = this.#ask(kind, value) ?? (value === indicator ? undefined : this.#ask(kind, indicator));
    if (this.#answers.size >= CACHED) this.#answers.clear();
    this.#answers.set(key, answer);
    return answer;
  }

  #ask(kind: IndicatorKind, value: string): string | undefined {
    const type = typeOf(kind, value);
    for (const hit of this.#matcher.match(recordOf(kind, value), 0, this.#usable)) {
      const list = this.#lists[Number(hit.group.source)];
      if (list === undefined || !list.types.has(type)) continue;
      const whole =
        hit.indicator === value.toLowerCase().replace(/\.$/, "") || (hit.kind === kind && kind !== "domain");
      if (list.type !== "string" || whole) return list.name;
    }
    return this.#others.find(({ list, meets }) => list.types.has(type) && meets(value))?.list.name;
  }
}

/** Whether some part or expression of a list is in a value. Tried one by one: the answers are kept. */
function partsOf({ type, entries }: Warninglist): (value: string) => boolean {
  if (type === "substring") {
    const parts = entries.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== "");
    return (value) => {
      const folded = value.toLowerCase();
      return parts.some((part) => folded.includes(part));
    };
  }
  const forms = entries.flatMap((entry) => {
    const [, body, flags] = /^\/(.*)\/([a-zA-Z]*)$/s.exec(entry.trim()) ?? [undefined, entry.trim(), ""];
    try {
      return [RE2JS.compile(body ?? "", flags?.includes("i") === true ? RE2JS.CASE_INSENSITIVE : 0)];
    } catch {
      // The library's own checker tells of it at the start of the node.
      return [];
    }
  });
  return (value) => forms.some((form) => form.test(value));
}

const FIELD: Readonly<Record<IndicatorKind, string>> = {
  ip: "source.ip",
  domain: "url.domain",
  url: "url.full",
  hash: "file.hash.sha256",
  email: "email.from.address",
};

function recordOf(kind: IndicatorKind, value: string): Record<string, unknown> {
  const record: Record<string, unknown> = { [FIELD[kind]]: kind === "ip" ? value.split("/")[0] : value };
  if (kind === "email") record["url.domain"] = value.slice(value.lastIndexOf("@") + 1);
  return record;
}

function typeOf(kind: IndicatorKind, value: string): WarninglistType {
  if (kind === "ip") return value.includes(":") ? "ipv6" : "ipv4";
  if (kind !== "hash") return kind;
  return value.length === 64 ? "sha256" : value.length === 40 ? "sha1" : "md5";
}
