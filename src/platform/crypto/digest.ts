import { createHash, timingSafeEqual } from "node:crypto";

export function sha256Hex(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Compares two secrets in time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const left = createHash("sha256").update(a).digest();
  const right = createHash("sha256").update(b).digest();
  return timingSafeEqual(left, right);
}

/** Name-based UUID, version 5 (RFC 9562 section 5.5): the same name in the same namespace is the same id. */
export function uuidV5(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(hash);
}

const SEQUENCES = 4096;
/** The last id of this process: its millisecond, and its number within that. */
const last = { time: 0, sequence: 0 };

/**
 * Time-ordered UUID, version 7 (RFC 9562 section 5.7), for rows in the order of their making: those of one process rise,
 * within a millisecond and when the clock is set back too, by a counter in rand_a (section 6.2, method 1). Of a time that
 * is given they are in no order among themselves.
 */
export function uuidV7(given?: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let time = given ?? next(((bytes[6] ?? 0) * 256 + (bytes[7] ?? 0)) % (SEQUENCES / 2));
  for (let at = 5; at >= 0; at--) {
    bytes[at] = time % 256;
    time = Math.floor(time / 256);
  }
  if (given === undefined) {
    bytes[6] = last.sequence >> 8;
    bytes[7] = last.sequence & 0xff;
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** The millisecond of the next id; a new one begins to count at `first`. */
function next(first: number): number {
  const now = Date.now();
  if (now <= last.time && last.sequence + 1 < SEQUENCES) last.sequence++;
  else {
    last.time = Math.max(now, last.time + 1);
    last.sequence = first;
  }
  return last.time;
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 16)).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
