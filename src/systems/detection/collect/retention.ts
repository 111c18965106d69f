import { addMillis, type Clock } from "../../../core/instant.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Records } from "../../../platform/records/work.ts";
import { BatchStore } from "./batches.ts";

const DAY_MILLIS = 86_400_000;
/** How long a sender may come again with the same key. Syslog has no keys of its own, so its rows only serve a retry. */
const HTTP_MEMORY_DAYS = 30;
const SYSLOG_MEMORY_DAYS = 1;

/** Hourly: drops log records beyond the configured age and size, and forgets batches that nobody will send again. */
export function retentionJob(parts: {
  config: Config["events"];
  events: EventStore;
  records: Records;
  clock: Clock;
  log: Log;
}): Job {
  const { config, events, records, clock, log } = parts;
  return {
    name: "ingest.retention",
    permissions: ["platform:manage"],
    cron: "17 * * * *",
    async run({ scope }) {
      const now = clock.now();
      const gone = await events.retire({
        days: config.retentionDays,
        bytes: config.retentionBytes,
        today: now.slice(0, 10),
      });
      for (const { table, partition } of gone) log.info({ table, partition }, "log records retired");
      await records.within(scope, async (work) => {
        const batches = new BatchStore(work);
        await batches.forget("http", addMillis(now, -HTTP_MEMORY_DAYS * DAY_MILLIS));
        await batches.forget("syslog", addMillis(now, -SYSLOG_MEMORY_DAYS * DAY_MILLIS));
      });
    },
  };
}
