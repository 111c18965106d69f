import { type EntriesImage, EntryReader, type ValueList } from "../../../platform/lookup/list-entries.ts";
import { ListIndex } from "../../../platform/lookup/list-index.ts";
import type { WarninglistType } from "../../intel/index.ts";
import { canonicalIp } from "../parsers/text/ip-form.ts";
import { canonicalDomain, canonicalEmail } from "./canonical.ts";
import type { IndicatorKind } from "./image.ts";
import type { IndicatorHit } from "./match.ts";

/** Warninglists in a form that threads share: what the library asks, too, so that both know the same values. */
export type KnownImage = EntriesImage;

/** Takes a second for half a million entries. */
export function knownImage(lists: readonly ValueList[]): KnownImage {
  return EntryReader.of(lists).image();
}

const CACHED = 20_000;

/** Says which warninglist knows a value that met an indicator. Such values are few, and asked for again and again. */
export class KnownValues {
  readonly #image: KnownImage;
  readonly #index: ListIndex;
  readonly #answers = new Map<string, string | undefined>();

  constructor(image: KnownImage) {
    this.#image = image;
    this.#index = ListIndex.shared(image);
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

  /** By the value as it was written, then as it is compared: a name in any case, an IPv4 address within an IPv6 one. */
  #ask(kind: IndicatorKind, value: string): string | undefined {
    const plain = canonical(kind, value);
    return this.#find(kind, value) ?? (plain === value ? undefined : this.#find(kind, plain));
  }

  #find(kind: IndicatorKind, value: string): string | undefined {
    const [first] = this.#index.find(typeOf(kind, value), value);
    return first === undefined ? undefined : this.#image.lists[first.at]?.name;
  }
}

function canonical(kind: IndicatorKind, value: string): string {
  if (kind === "ip") return canonicalIp(value.replace(/^\[|\]$/g, ""));
  if (kind === "domain") return canonicalDomain(value) ?? value;
  return kind === "email" ? (canonicalEmail(value) ?? value) : value;
}

function typeOf(kind: IndicatorKind, value: string): WarninglistType {
  if (kind === "ip") return value.includes(":") ? "ipv6" : "ipv4";
  if (kind !== "hash") return kind;
  return value.length === 64 ? "sha256" : value.length === 40 ? "sha1" : "md5";
}
