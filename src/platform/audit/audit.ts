import type { Clock } from "../../core/instant.ts";
import type { Page } from "../../core/page.ts";
import type { NodeKey } from "../crypto/node-key.ts";
import type { Job } from "../jobs/job.ts";
import type { Log } from "../log/log.ts";
import type { OpenRecords } from "../records/open.ts";
import type { Work } from "../records/work.ts";
import { type Checkpoint, writeCheckpoint } from "./checkpoint.ts";
import { type AuditLine, type AuditQuery, readAudit } from "./read.ts";
import { type AuditReport, verifyAudit } from "./verify.ts";

/** The audit log of a running node; rows come into it by `work.audit(...)` alone. */
export interface OpenAudit {
  /** Signs the chain's end every ten minutes. */
  readonly jobs: readonly Job[];
  read(work: Work, query: AuditQuery): Promise<Page<AuditLine>>;
  verify(): Promise<AuditReport>;
  /** Signs the chain's end now; `undefined` when nothing came since the last time. */
  checkpoint(): Promise<Checkpoint | undefined>;
  /** Signs the end a last time. */
  close(): Promise<void>;
}

/** `folder` is where the last checkpoint is kept beside the store: the node's `data/keys`. */
export async function openAudit(options: {
  records: OpenRecords;
  nodeKey: NodeKey;
  folder: string;
  clock: Clock;
  log: Log;
}): Promise<OpenAudit> {
  const { records, nodeKey, folder, clock } = options;
  const log = options.log.child({ part: "audit" });
  const checkpoint = () => writeCheckpoint(records, nodeKey, folder, clock.now());
  return {
    jobs: [
      {
        name: "audit.checkpoint",
        permissions: ["platform:read"],
        cron: "*/10 * * * *",
        run: async () => {
          await checkpoint();
        },
      },
    ],
    read: readAudit,
    verify: () => verifyAudit(records, nodeKey, folder),
    checkpoint,
    async close() {
      try {
        await checkpoint();
      } catch (error) {
        log.error({ err: error }, "the last checkpoint could not be written");
      }
    },
  };
}
