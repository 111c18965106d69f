import { addMillis, type Clock } from "../../../core/instant.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import type { Log } from "../../../platform/log/log.ts";
import type { Records } from "../../../platform/records/work.ts";
import { BatchStore } from "./batches.ts";
import { CHANNELS, type Channel } from "./model.ts";
import { SourceStore } from "./sources.ts";

const DAY_MILLIS = 86_400_000;
/** How long a sender may come again with the same key. The other channels tell what is theirs by other means soon after. */
const MEMORY_DAYS: Readonly<Record<Channel, number>> = { http: 30, syslog: 1, file: 1, nats: 1 };
const HOURS_DAYS = 8;

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
        for (const channel of CHANNELS)
          await batches.forget(channel, addMillis(now, -MEMORY_DAYS[channel] * DAY_MILLIS));
        await new SourceStore(work).forgetHours(addMillis(now, -HOURS_DAYS * DAY_MILLIS));
      });
    },
  };
}
