import { mappedV4, readV4, readV6, v4Text, v6Text } from "../parsers/text/ip-form.ts";
import { readDetail } from "./build.ts";
import { canonicalDomain, canonicalEmail, canonicalUrl } from "./canonical.ts";
import { FIELDS } from "./fields.ts";
import {
  type IndicatorGroup,
  type IndicatorImage,
  type IndicatorKind,
  NONE,
  type PrefixImage,
} from "./image.ts";
import { Keys, keyText } from "./keys.ts";
import { mayHoldV4, prefixOfV4, prefixOfV6 } from "./prefixes.ts";

/** That a value of a record is an indicator, or lies in or below one. */
export interface IndicatorHit {
  readonly kind: IndicatorKind;
  /** Field of the record, and its value as it stands there. */
  readonly field: string;
  readonly value: string;
  /** The indicator's own value in its canonical form: the parent domain, the prefix. */
  readonly indicator: string;
  /** STIX id and name; empty where the source gives none. */
  readonly id: string;
  readonly name: string;
  readonly group: IndicatorGroup;
  /** Its number in the image, which tells it from all others there. */
  readonly entry: number;
}

/** A record as the pipeline has it: flat ECS. */
export type Fields = Readonly<Record<string, unknown>>;

const NOTHING: readonly IndicatorHit[] = [];
const SLASH = 47;

/**
 * Meets records with the indicators of an image. One for each thread; the image is shared. Texts are compared after
 * the hash, so a hit is always true.
 */
export class IndicatorMatcher {
  readonly #image: IndicatorImage;
  readonly #keys: Keys;
  readonly #filterMask: number;
  readonly #slotMask: number;
  #hits: IndicatorHit[] | undefined;
  #usable: Uint8Array = new Uint8Array(0);
  #now = 0;
  /** Names that were looked up in this record already, and whether URLs of their host are known. */
  readonly #seen: string[] = [];
  readonly #seenUrls: boolean[] = [];
  #seenCount = 0;

  constructor(image: IndicatorImage) {
    this.#image = image;
    this.#keys = new Keys(image.key);
    this.#filterMask = image.filter.length * 32 - 1;
    this.#slotMask = image.slots.length - 1;
  }

  get size(): number {
    return this.#image.size;
  }

  get groups(): readonly IndicatorGroup[] {
    return this.#image.groups;
  }

  /** The indicators in a record, each once, of the groups whose byte in `usable` is not 0, that have not ended `at` seconds. */
  match(record: Fields, at: number, usable: Uint8Array): readonly IndicatorHit[] {
    if (this.#image.size === 0) return NOTHING;
    this.#hits = undefined;
    this.#usable = usable;
    this.#now = at;
    this.#seenCount = 0;
    this.#addresses(record);
    for (const { name: field, read } of FIELDS.domain) {
      const value = read(record);
      if (typeof value === "string") this.#name(field, value);
      else if (value !== undefined) for (const one of textsOf(value)) this.#name(field, one);
    }
    let lastUrl: unknown;
    for (const { name: field, read } of FIELDS.url) {
      const value = read(record);
      // Most records say the same twice.
      if (value === lastUrl) continue;
      lastUrl = value;
      if (typeof value === "string") this.#url(field, value);
      else if (value !== undefined) for (const one of textsOf(value)) this.#url(field, one);
    }
    for (const { name: field, read } of FIELDS.hash) {
      const value = read(record);
      if (value === undefined) continue;
      for (const one of textsOf(value)) if (this.#keys.digest(one) > 0) this.#look(0, "hash", field, one);
    }
    for (const { name: field, read } of FIELDS.email) {
      const value = read(record);
      if (value !== undefined) for (const one of textsOf(value)) this.#email(field, one);
    }
    return this.#hits ?? NOTHING;
  }

  #addresses(record: Fields): void {
    let last: unknown;
    for (const { name: field, read } of FIELDS.ip) {
      const value = read(record);
      if (value === undefined || value === last) continue;
      last = value;
      if (typeof value === "string") this.#address(field, value);
      else for (const one of textsOf(value)) this.#address(field, one);
    }
  }

  /** Whether it is one. */
  #address(field: string, text: string): boolean {
    const four = readV4(text);
    if (four >= 0) {
      if (mayHoldV4(this.#image.v4, four))
        this.#prefixes(this.#image.v4, prefixOfV4(this.#image.v4, four), 4, field, text);
      return true;
    }
    if (text.indexOf(":") < 0) return false;
    const bare = text.charCodeAt(0) === 91 ? text.slice(1, text.endsWith("]") ? -1 : undefined) : text;
    const six = readV6(bare);
    if (six === undefined) return false;
    const mapped = mappedV4(six);
    if (mapped >= 0) this.#prefixes(this.#image.v4, prefixOfV4(this.#image.v4, mapped), 4, field, text);
    else this.#prefixes(this.#image.v6, prefixOfV6(this.#image.v6, six), 6, field, text);
    return true;
  }

  #prefixes(image: PrefixImage, narrowest: number, family: 4 | 6, field: string, text: string): void {
    for (let at = narrowest; at !== NONE; at = image.parents[at] ?? NONE)
      this.#chain(image.heads[at] ?? NONE, "ip", field, text, () => prefixText(image, at, family));
  }

  /** Looks a name and its parents up once in a record. Answers whether URLs of the host are known. */
  #name(field: string, text: string): boolean {
    for (let at = 0; at < this.#seenCount; at++)
      if (this.#seen[at] === text) return this.#seenUrls[at] as boolean;
    let count = this.#keys.domain(text);
    if (count < 0) {
      const canonical = canonicalDomain(text);
      count = canonical === undefined ? 0 : this.#keys.domain(canonical);
    }
    let urls = false;
    for (let at = 0; at < count; at++) {
      const number = this.#number(at);
      if (number === NONE) continue;
      if (at === count - 1) urls = this.#image.flags[number] === 1;
      this.#chain(this.#image.heads[number] ?? NONE, "domain", field, text, () => this.#textOf(number));
    }
    this.#address(field, text);
    return this.#saw(text, urls);
  }

  #saw(name: string, urls: boolean): boolean {
    this.#seen[this.#seenCount] = name;
    this.#seenUrls[this.#seenCount++] = urls;
    return urls;
  }

  #url(field: string, text: string): void {
    const colon = text.indexOf("://");
    if (colon <= 0 || colon > 12) return;
    const host = hostOf(text, colon + 3);
    if (host === undefined) {
      // Written so that only a whole URL parser finds the host.
      const url = canonicalUrl(text);
      if (url !== undefined && this.#name(field, url.host)) this.#wholeUrl(field, text);
    } else if (this.#name(field, host)) this.#wholeUrl(field, text);
  }

  #wholeUrl(field: string, text: string): void {
    const url = canonicalUrl(text);
    if (url === undefined) return;
    if (this.#keys.text("url", url.full) > 0) this.#look(0, "url", field, text);
    if (url.bare !== url.full && this.#keys.text("url", url.bare) > 0) this.#look(0, "url", field, text);
  }

  #email(field: string, text: string): void {
    const email = canonicalEmail(text);
    if (email !== undefined && this.#keys.text("email", email) > 0) this.#look(0, "email", field, text);
  }

  #look(which: number, kind: IndicatorKind, field: string, text: string): void {
    const number = this.#number(which);
    if (number !== NONE)
      this.#chain(this.#image.heads[number] ?? NONE, kind, field, text, () => this.#textOf(number));
  }

  /** The number of the text that the keys hold up to their end `which`, or NONE. */
  #number(which: number): number {
    const { filter, slots } = this.#image;
    const hash = this.#keys.hashes[which] ?? 0;
    const bit = hash & this.#filterMask;
    if (((filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return NONE;
    let slot = hash & this.#slotMask;
    for (let number = slots[slot] ?? 0; number !== 0; number = slots[slot] ?? 0) {
      if (this.#holds(number - 1, this.#keys.ends[which] ?? 0)) return number - 1;
      slot = (slot + 1) & this.#slotMask;
    }
    return NONE;
  }

  #holds(number: number, length: number): boolean {
    const { texts, textStarts } = this.#image;
    const from = textStarts[number] ?? 0;
    if ((textStarts[number + 1] ?? 0) - from !== length) return false;
    const { bytes } = this.#keys;
    for (let at = length - 1; at >= 0; at--) if (bytes[at] !== texts[from + at]) return false;
    return true;
  }

  #textOf(number: number): string {
    const { texts, textStarts } = this.#image;
    return keyText(texts.subarray(textStarts[number], textStarts[number + 1]));
  }

  #chain(head: number, kind: IndicatorKind, field: string, value: string, indicator: () => string): void {
    const { next, group, until, groups } = this.#image;
    for (let entry = head; entry !== NONE; entry = next[entry] ?? NONE) {
      const of = group[entry] ?? 0;
      const end = until[entry] ?? 0;
      const found = groups[of];
      if ((this.#usable[of] ?? 0) === 0 || (end !== 0 && end <= this.#now) || found === undefined) continue;
      this.#hits ??= [];
      if (this.#hits.some((hit) => hit.entry === entry)) continue;
      const { details, detailStarts } = this.#image;
      const detail = readDetail(details.subarray(detailStarts[entry], detailStarts[entry + 1]));
      this.#hits.push({ kind, field, value, indicator: indicator(), ...detail, group: found, entry });
    }
  }
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function prefixText(image: PrefixImage, number: number, family: 4 | 6): string {
  const length = image.lengths[number] ?? 0;
  if (family === 4) return v4Text(image.nets[number] ?? 0) + (length === 32 ? "" : `/${length}`);
  return v6Text(image.nets.subarray(number * 4, number * 4 + 4)) + (length === 128 ? "" : `/${length}`);
}

/** The host of a URL out of its authority; undefined where it takes a URL parser to tell (WHATWG URL, host parsing). */
function hostOf(text: string, start: number): string | undefined {
  let from = start;
  let end = text.length;
  let port = -1;
  let last = start;
  let letters = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === SLASH || code === 63 || code === 35) {
      end = at;
      break;
    }
    if (code === 64) {
      from = at + 1;
      last = from;
      port = -1;
      letters = false;
    } else if (code === 58) port = at;
    else if (port >= 0) {
      if (code < 48 || code > 57) return undefined;
    } else if (code === 46) {
      // The dot of the root is no label.
      if (at + 1 < text.length && isNameCode(text.charCodeAt(at + 1))) {
        last = at + 1;
        letters = false;
      }
    } else if (!isNameCode(code)) return undefined;
    else if (code > 57) letters = true;
  }
  const host = text.slice(from, port < 0 ? end : port);
  const lead = text.charCodeAt(last);
  // A last label of digits, or of 0x and digits, makes it an address in one of many forms.
  if ((!letters || (lead >= 48 && lead <= 57)) && readV4(host) < 0) return undefined;
  return host === "" ? undefined : host;
}

/** Letters, digits, hyphen and underscore. */
function isNameCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    code === 45 ||
    code === 95
  );
}
