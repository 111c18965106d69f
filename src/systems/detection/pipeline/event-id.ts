import { createHash } from "node:crypto";

/**
 * Ids of the events of one batch: UUIDs of version 8 (RFC 9562 section 5.8) out of a digest of the organisation and
 * the batch's key, ending in the event's place in the batch. The same line of the same batch is always the same event.
 */
export function eventIds(orgId: string, batch: string): (index: number) => string {
  const hex = createHash("sha256").update(`${orgId}\n${batch}`).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const head = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-`;
  return (index) => head + index.toString(16).padStart(12, "0");
}
