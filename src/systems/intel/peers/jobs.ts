import { z } from "zod";
import type { Job } from "../../../platform/jobs/job.ts";
import type { PeerExchange } from "./exchange.ts";
import { PEERS_JOB } from "./routes.ts";

/** Every minute those peers whose turn has come; one at once when it is named. */
export function peerJobs(exchange: PeerExchange): Job[] {
  return [
    {
      name: PEERS_JOB,
      permissions: [],
      cron: "* * * * *",
      async run({ scope, data, signal }) {
        const wanted = z.object({ peerId: z.uuid() }).safeParse(data);
        if (wanted.success) await exchange.run(scope, wanted.data.peerId, signal);
        else await exchange.runDue(scope, signal);
      },
    },
  ];
}
