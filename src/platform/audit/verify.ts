import type { NodeKey } from "../crypto/node-key.ts";
import type { OpenRecords } from "../records/open.ts";
import { type ChainedFields, chainHash, GENESIS } from "./chain.ts";
import { Checkpoint, readCheckpointFile, signedText } from "./checkpoint.ts";

/** What `lianfang audit verify` found; no faults means that no row was altered, removed, added or moved. */
export interface AuditReport {
  readonly rows: number;
  readonly checkpoints: number;
  readonly faults: readonly AuditFault[];
}

export interface AuditFault {
  /** The row at which it shows; 0 for the checkpoint file. */
  readonly seq: number;
  readonly message: string;
}

interface StoredRow extends ChainedFields {
  readonly prevHash: string;
  readonly hash: string;
}

const PAGE = 1_000;
/** More faults than this say nothing more. */
const MOST = 200;

/** Walks the whole chain in pages, so that the store serves others meanwhile. `folder` holds the checkpoint file. */
export async function verifyAudit(
  records: OpenRecords,
  nodeKey: NodeKey,
  folder: string,
): Promise<AuditReport> {
  // Before the rows: what is appended while this runs is beyond every checkpoint read here.
  const stored = await checkpointsOf(records);
  const file = readCheckpointFile(folder);
  const faults: AuditFault[] = [];
  const report = (seq: number, message: string): void => {
    if (faults.length < MOST) faults.push({ seq, message });
  };
  const expected = [...stored];
  if (file === undefined && stored.length > 0) report(0, "the checkpoint file is missing");
  else if (file !== undefined && "unreadable" in file)
    report(0, `the checkpoint file cannot be read: ${file.unreadable}`);
  else if (file !== undefined) expected.push(file);

  const signed = new Map<number, string[]>();
  for (const checkpoint of expected) {
    if (checkpoint.keyId !== nodeKey.id) {
      report(
        checkpoint.seq,
        `the checkpoint is signed by the key ${checkpoint.keyId}, which is not this node's`,
      );
    } else if (!nodeKey.verify(signedText(checkpoint), checkpoint.signature)) {
      report(checkpoint.seq, "the checkpoint's signature is wrong");
    } else {
      signed.set(checkpoint.seq, [...(signed.get(checkpoint.seq) ?? []), checkpoint.hash]);
    }
  }
  const { rows, last } = await walk(records, signed, report);
  const covered = Math.max(0, ...expected.map((checkpoint) => checkpoint.seq));
  if (covered > last)
    report(covered, `the rows ${last + 1} to ${covered} are missing: a checkpoint covers them`);
  return { rows, checkpoints: stored.length, faults: faults.sort((a, b) => a.seq - b.seq) };
}

async function walk(
  records: OpenRecords,
  signed: ReadonlyMap<number, readonly string[]>,
  report: (seq: number, message: string) => void,
): Promise<{ rows: number; last: number }> {
  let count = 0;
  let last = 0;
  let previous = GENESIS;
  for (;;) {
    const page = await rowsAbove(records, last);
    for (const row of page) {
      count++;
      if (row.seq !== last + 1) {
        report(
          row.seq,
          row.seq === last + 2
            ? `the row ${last + 1} is missing`
            : `the rows ${last + 1} to ${row.seq - 1} are missing`,
        );
      } else if (row.prevHash !== previous) {
        report(row.seq, "the row does not follow the one before it");
      }
      const { prevHash, hash, ...fields } = row;
      if (chainHash(prevHash, fields) !== hash) report(row.seq, "the row was altered");
      if (signed.get(row.seq)?.some((at) => at !== hash))
        report(row.seq, "the row is not the one that the checkpoint signed");
      previous = hash;
      last = row.seq;
    }
    if (page.length < PAGE) return { rows: count, last };
  }
}

async function checkpointsOf(records: OpenRecords): Promise<Checkpoint[]> {
  const { rows } = await records.platformOnly.execute(
    "select seq, hash, at, key_id, signature from audit_checkpoint order by seq",
  );
  return rows.map((row) =>
    Checkpoint.parse({
      seq: row["seq"],
      hash: row["hash"],
      at: row["at"] instanceof Date ? row["at"].toISOString() : row["at"],
      keyId: row["key_id"],
      signature: row["signature"],
    }),
  );
}

async function rowsAbove(records: OpenRecords, seq: number): Promise<StoredRow[]> {
  const { rows } = await records.platformOnly.execute(
    `select seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "at", actor_kind as "actorKind",
            actor_id as "actorId", actor_name as "actorName", org_id as "orgId", purpose, request_id as "requestId",
            action, subject, detail, prev_hash as "prevHash", hash
     from audit where seq > $1 order by seq limit $2`,
    [seq, PAGE],
  );
  return rows as unknown as StoredRow[];
}
