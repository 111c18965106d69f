import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Instant } from "../../core/instant.ts";
import { writeDurably } from "../crypto/durable-file.ts";
import type { NodeKey } from "../crypto/node-key.ts";
import type { OpenRecords } from "../records/open.ts";

/** "At `at` the chain had `seq` rows and ended in `hash`", signed by the node. */
export const Checkpoint = z.object({
  seq: z.number().int().positive(),
  hash: z.string(),
  at: z.iso.datetime(),
  keyId: z.string(),
  signature: z.string(),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

export function signedText(checkpoint: Pick<Checkpoint, "seq" | "hash" | "at">): string {
  return `lianfang audit checkpoint\n${checkpoint.seq}\n${checkpoint.hash}\n${checkpoint.at}`;
}

/**
 * Signs the chain's end, when it moved since the last time, into the table and into a file outside of it: whoever
 * cuts the end off both tables still leaves the file.
 */
export async function writeCheckpoint(
  records: OpenRecords,
  nodeKey: NodeKey,
  folder: string,
  now: Instant,
): Promise<Checkpoint | undefined> {
  const { rows } = await records.platformOnly.execute(
    "select seq, hash from audit where seq > coalesce((select max(seq) from audit_checkpoint), 0) order by seq desc limit 1",
  );
  const end = rows[0];
  if (end === undefined) return undefined;
  const unsigned = { seq: Number(end["seq"]), hash: String(end["hash"]), at: now };
  const checkpoint = { ...unsigned, keyId: nodeKey.id, signature: nodeKey.sign(signedText(unsigned)) };
  await records.platformOnly.execute(
    "insert into audit_checkpoint (seq, hash, at, key_id, signature) values ($1, $2, $3, $4, $5) on conflict (seq) do nothing",
    [checkpoint.seq, checkpoint.hash, checkpoint.at, checkpoint.keyId, checkpoint.signature],
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeDurably(fileIn(folder), `${JSON.stringify(checkpoint)}\n`, 0o600);
  return checkpoint;
}

/** The last checkpoint as the file has it; `undefined` when there is none, an Error's text when it cannot be read. */
export function readCheckpointFile(folder: string): Checkpoint | { readonly unreadable: string } | undefined {
  const file = fileIn(folder);
  if (!existsSync(file)) return undefined;
  try {
    return Checkpoint.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : String(error) };
  }
}

function fileIn(folder: string): string {
  return join(folder, "audit-checkpoint.json");
}
