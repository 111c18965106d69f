import { crc32 } from "node:zlib";
import type { Instant } from "../../../core/instant.ts";
import type { Source } from "./sources.ts";

/** What a block says of the lines in it; the lines of one source, in the order in which they came. */
export interface BlockMeta {
  /** Key of the batch, fixed when its lines were gathered: however often it is tried, it is the same batch. */
  readonly key: string;
  readonly source: Source;
  readonly sentBy: string;
  readonly receivedAt: Instant;
  readonly lines: number;
  /** Some messages hold LF and are written as `pipeline/framed.ts` says. */
  readonly framed?: true;
  /** Messages of a stream that the block holds: one that is delivered again is known by them. */
  readonly origin?: { readonly stream: string; readonly sequences: readonly number[] };
}

export interface Block {
  readonly meta: BlockMeta;
  /** Lines, each ended by LF. */
  readonly bytes: Uint8Array;
}

/** The first bytes of a segment. */
export const MAGIC = Buffer.from("LFSPOOL1");
/** Before each block: its length and its CRC-32, both 32 bits, little endian. */
export const HEAD_BYTES = 8;
const META_BYTES = 4;

/** A block as it lies in a segment: head, length of the meta as JSON, meta, lines. */
export function pack(meta: BlockMeta, bytes: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(meta));
  const packed = Buffer.alloc(HEAD_BYTES + META_BYTES + json.length + bytes.length);
  packed.writeUInt32LE(json.length, HEAD_BYTES);
  json.copy(packed, HEAD_BYTES + META_BYTES);
  packed.set(bytes, HEAD_BYTES + META_BYTES + json.length);
  const body = packed.subarray(HEAD_BYTES);
  packed.writeUInt32LE(body.length, 0);
  packed.writeUInt32LE(crc32(body), 4);
  return packed;
}

/** The block in a body whose checksum was right. */
export function unpack(body: Buffer): Block {
  const length = body.readUInt32LE(0);
  const meta = JSON.parse(body.toString("utf8", META_BYTES, META_BYTES + length)) as BlockMeta;
  return { meta, bytes: body.subarray(META_BYTES + length) };
}

/** The whole blocks of a segment up to the first that is not, each with where it ends. */
export function* blocksOf(segment: Buffer): Generator<{ meta: BlockMeta; end: number }> {
  if (!segment.subarray(0, MAGIC.length).equals(MAGIC)) return;
  let at = MAGIC.length;
  while (at + HEAD_BYTES + META_BYTES <= segment.length) {
    const length = segment.readUInt32LE(at);
    const end = at + HEAD_BYTES + length;
    if (length < META_BYTES || end > segment.length) return;
    const body = segment.subarray(at + HEAD_BYTES, end);
    if (crc32(body) !== segment.readUInt32LE(at + 4)) return;
    yield { meta: unpack(body).meta, end };
    at = end;
  }
}
