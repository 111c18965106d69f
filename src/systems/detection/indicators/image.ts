import type { OrgId } from "../../../core/org.ts";
import type { Tlp } from "../../../core/tlp.ts";
import type { AlertLevel } from "../alerts/model.ts";

/** `ip`: an address or a prefix of either family; `hash`: MD5, SHA-1 or SHA-256. */
export const INDICATOR_KINDS = ["ip", "domain", "url", "hash", "email"] as const;
export type IndicatorKind = (typeof INDICATOR_KINDS)[number];

/** What many indicators have in common: where they come from, who may hear of them, how bad they are. */
export interface IndicatorGroup {
  /** Name of the list, or `library`. */
  readonly source: string;
  readonly orgId: OrgId;
  readonly tlp: Tlp;
  readonly audience: readonly string[];
  readonly level: AlertLevel;
}

/** Where there is none. */
export const NONE = 0xffffffff;

/** Prefixes of one family as segments of the line of all addresses; a segment names the narrowest prefix over it. */
export interface PrefixImage {
  /** First address of each segment, ascending: one word for IPv4, four for IPv6. */
  readonly starts: Uint32Array;
  readonly owners: Uint32Array;
  /** IPv4: the first segment that can hold an address, by its upper 16 bits. */
  readonly index: Uint32Array;
  /** IPv4: a bit for each /24 in which some prefix lies, or that lies in one: most misses end here. */
  readonly blocks: Uint32Array;
  readonly nets: Uint32Array;
  readonly lengths: Uint8Array;
  /** The next wider prefix over this one. */
  readonly parents: Uint32Array;
  /** The first indicator of the prefix. */
  readonly heads: Uint32Array;
}

/**
 * A set of indicators that any number of threads reads at once: every array lies in shared memory, so that handing it
 * on copies nothing. Made by `IndicatorBuilder` and never changed afterwards.
 */
export interface IndicatorImage {
  /** Key of the hash, chosen by chance for each image. */
  readonly key: Uint32Array;
  readonly size: number;
  readonly groups: readonly IndicatorGroup[];
  /** One bit for each of 16 times as many values of the hash: most misses end here. */
  readonly filter: Uint32Array;
  /** Open addressing: number of a text and 1. */
  readonly slots: Uint32Array;
  /** Texts one after the other: a byte for the kind, then the text; domains backwards. */
  readonly texts: Uint8Array;
  readonly textStarts: Uint32Array;
  /** 1: URLs of this host are known. */
  readonly flags: Uint8Array;
  readonly heads: Uint32Array;
  readonly v4: PrefixImage;
  readonly v6: PrefixImage;
  /** Of each indicator: the next of the same value, its group, and its end in seconds since 1970 (0: none). */
  readonly next: Uint32Array;
  readonly group: Uint32Array;
  readonly until: Uint32Array;
  /** Of each indicator: its id and its name. */
  readonly details: Uint8Array;
  readonly detailStarts: Uint32Array;
}

/** Bytes that an image takes, whatever the number of threads. */
export function bytesOf(image: IndicatorImage): number {
  const sizeOf = (value: unknown): number => {
    if (ArrayBuffer.isView(value)) return value.byteLength;
    if (Array.isArray(value) || typeof value !== "object" || value === null) return 0;
    return Object.values(value).reduce((sum: number, each) => sum + sizeOf(each), 0);
  };
  return sizeOf(image);
}
