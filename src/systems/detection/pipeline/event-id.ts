import { createHash } from "node:crypto";

/** What the events of one batch have in common: the first 64 bits of their ids, and the 32 bits after them. */
export interface BatchMark {
  readonly high: bigint;
  readonly low: number;
}

/**
 * Ids of the events of one batch: UUIDs of version 8 (RFC 9562 section 5.8) out of a digest of the organisation and
 * the batch's key, ending in the event's place in the batch in 32 bits. The same line of the same batch is always the
 * same event.
 */
export function batchMark(orgId: string, batch: string): BatchMark {
  const digest = createHash("sha256").update(`${orgId}\n${batch}`).digest();
  const high = (digest.readBigUInt64BE(0) & ~0xf000n) | 0x8000n;
  const low = ((digest.readUInt32BE(8) & 0x3fff_ffff) | 0x8000_0000) >>> 0;
  return { high, low };
}

/** The id of the event at a place of the batch. */
export function eventIdOf(mark: BatchMark, place: number): string {
  const high = mark.high.toString(16).padStart(16, "0");
  const low = mark.low.toString(16) + place.toString(16).padStart(8, "0");
  return `${high.slice(0, 8)}-${high.slice(8, 12)}-${high.slice(12)}-${low.slice(0, 4)}-${low.slice(4)}`;
}

/** Batch and place of an event's id; any UUID is taken. */
export function placeOf(eventId: string): BatchMark & { readonly place: number } {
  const hex = eventId.replaceAll("-", "");
  return {
    high: BigInt(`0x${hex.slice(0, 16)}`),
    low: Number.parseInt(hex.slice(16, 24), 16),
    place: Number.parseInt(hex.slice(24), 16),
  };
}
