import { isIpv6 } from "./address.ts";

const DOT = 46;

/** Dotted decimal as a number, or -1. */
export function readV4(text: string): number {
  const { length } = text;
  if (length < 7 || length > 15) return -1;
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return -1;
      address = address * 256 + octet;
      octet = -1;
    } else {
      const digit = code - 48;
      if (digit < 0 || digit > 9 || octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    }
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : -1;
}

/** An IPv6 address as four words, a zone passed over; undefined for what is none. */
export function readV6(text: string): Uint32Array | undefined {
  if (!isIpv6(text)) return undefined;
  const [before = "", after] = (text.split("%", 1)[0] ?? "").split("::");
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Uint32Array.from([0, 2, 4, 6], (at) => (all[at] ?? 0) * 65_536 + (all[at + 1] ?? 0));
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const four = readV4(group);
    return [Math.floor(four / 65_536), four % 65_536];
  });
}

/** The IPv4 address within an IPv4-mapped IPv6 one (RFC 4291 section 2.5.5.2), or -1. */
export function mappedV4(words: Uint32Array): number {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff ? (words[3] ?? 0) : -1;
}

export function v4Text(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** RFC 5952: lower case, the longest run of zeros shortened. */
export function v6Text(words: Uint32Array): string {
  const groups = [...words].flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]);
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === "0") length++;
    if (length > best.length) best = { from, length };
  }
  if (best.from < 0) return groups.join(":");
  return `${groups.slice(0, best.from).join(":")}::${groups.slice(best.from + best.length).join(":")}`;
}

/** Forms worked out lately: the same few hosts stand in most lines. */
const KNOWN = new Map<string, string>();
const MOST_KNOWN = 8_192;

/**
 * An address as it is compared and shown, whatever device wrote it: IPv6 after RFC 5952 without a zone, an IPv4-mapped
 * one as the IPv4 address that it means. Any other text as it is.
 */
export function canonicalIp(text: string): string {
  if (!text.includes(":")) return text;
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const words = readV6(text);
  if (words === undefined) return text;
  const four = mappedV4(words);
  const form = four >= 0 ? v4Text(four) : v6Text(words);
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(text, form);
  return form;
}
