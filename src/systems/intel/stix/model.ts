import { z } from "zod";

/** What of a pattern a search leaves out, as in pattern-search.ts. */
const LeftPart = z.object({ why: z.enum(["joined", "test", "side"]), part: z.string() });

/** Searches of the logs that an object suggests, and what of its pattern they do not say. */
export const LogSearches = z.object({
  items: z.array(
    z.object({
      /** The query as `/logs` takes it. */
      query: z.record(z.string(), z.string()),
      left: z.array(LeftPart),
    }),
  ),
  /** More searches than are shown. */
  more: z.boolean(),
  /** Why there is none: the pattern is in another language, broken, or says nothing that logs hold. */
  fault: z
    .object({
      why: z.enum(["language", "syntax", "nothing"]),
      /** The language, the parser's message with the place, or nothing. */
      detail: z.string(),
      left: z.array(LeftPart),
    })
    .nullable(),
});
export type LogSearches = z.infer<typeof LogSearches>;
