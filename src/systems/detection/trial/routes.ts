import { Readable } from "node:stream";
import { z } from "zod";
import { type Route, route } from "../../../platform/http/route.ts";
import { TrialRequest } from "./model.ts";
import type { Trials } from "./trial.ts";

const PER_MINUTE = 20;

/** Drafts of rules tried on stored records over HTTP. */
export function trialRoutes(trials: Trials): Route[] {
  return [
    route({
      id: "rules.try",
      method: "POST",
      path: "/api/v1/rules/try",
      summary:
        "What a draft of Sigma rules would have met among the stored records in sight: NDJSON with progress, then the result; to close the connection stops it",
      needs: "logs:read",
      body: TrialRequest,
      response: z.unknown(),
      produces: ["application/x-ndjson"],
      perMinute: PER_MINUTE,
      async handler({ scope, body, reply }) {
        const lines = await trials.begin(scope, body);
        reply.header("content-type", "application/x-ndjson; charset=utf-8");
        reply.header("cache-control", "no-store");
        reply.header("x-accel-buffering", "no");
        const text = Readable.from(textOf(lines));
        // A caller that goes ends the trial, be it before the first line.
        text.once("close", () => void lines.return());
        return text;
      },
    }),
  ];
}

async function* textOf(lines: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
