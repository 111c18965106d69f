import type { Job } from "../../../platform/jobs/job.ts";
import type { Records } from "../../../platform/records/work.ts";
import { reindexSome } from "./entry-store.ts";

export const REINDEX = "intel.reindex";
const AT_ONCE = 1000;

/**
 * Derives anew what is missing or was derived by an older program, a thousand objects a commit, so that others get
 * between; stopped, it goes on with the next run where it was.
 */
export function reindexJob(records: Records): Job {
  return {
    name: REINDEX,
    permissions: ["intel:read"],
    cron: "* * * * *",
    async run({ scope, signal }) {
      for (let done = false; !done && !signal.aborted; )
        ({ done } = await records.within(scope, (work) => reindexSome(work, AT_ONCE)));
    },
  };
}
