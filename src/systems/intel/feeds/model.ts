import { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import { PageQuery } from "../../../core/page.ts";
import { Tlp } from "../../../core/tlp.ts";
import { CsvMapping, ImportFormat, Reliability } from "../imports/model.ts";
import { Cause } from "../reasons/model.ts";

export const FEED_RESULTS = ["imported", "unchanged", "failed"] as const;

const FeedUrl = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((text) => URL.canParse(text) && new URL(text).username === "" && new URL(text).password === "", {
    message: "without user and password",
  });
const EveryMinutes = z.number().int().min(5).max(10_080);

const secret = z
  .string()
  .min(1)
  .max(4000)
  .regex(/^[\x21-\x7e]+$/, "visible characters of ASCII, without spaces");
/** Headers that say how the message itself is to be taken, which no login sets. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|accept(?:-.*)?|if-.*|user-agent|proxy-.*|cookie)$/i;
/** How a feed is signed in to. */
export const FeedLogin = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("header"),
    name: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, "letters, digits and hyphens")
      .refine((name) => !OWN_HEADERS.test(name), "a header that no login sets"),
    value: secret,
  }),
  z.object({
    kind: z.literal("basic"),
    user: z
      .string()
      .min(1)
      .max(200)
      .regex(/^[^:\p{Cc}]+$/u, "without a colon"),
    password: z
      .string()
      .min(1)
      .max(1000)
      .regex(/^\P{Cc}+$/u, "without control characters"),
  }),
  z.object({ kind: z.literal("bearer"), token: secret }),
]);
export type FeedLogin = z.infer<typeof FeedLogin>;
export const FEED_LOGINS = ["header", "basic", "bearer"] as const;

export const Feed = z.object({
  /** That of its source. */
  id: z.uuid(),
  orgId: OrgId,
  name: z.string(),
  url: z.string(),
  reliability: Reliability,
  /** Null = told by the content each time. */
  format: ImportFormat.nullable(),
  csv: CsvMapping.nullable(),
  /** Marking of what bears none of its own. */
  tlp: Tlp,
  /** The login itself is never shown. */
  login: z.enum(FEED_LOGINS).nullable(),
  everyMinutes: z.number().int(),
  paused: z.boolean(),
  running: z.boolean(),
  nextRunAt: z.iso.datetime().nullable(),
  lastRunAt: z.iso.datetime().nullable(),
  lastResult: z.enum(FEED_RESULTS).nullable(),
  /** Why the last run failed, in English; `lastFailure` has it for both languages. */
  lastError: z.string().nullable(),
  lastFailure: Cause.nullable(),
  lastImportId: z.uuid().nullable(),
  /** Since the last success. */
  failures: z.number().int(),
});
export type Feed = z.infer<typeof Feed>;

export const NewFeed = z.object({
  orgId: OrgId.optional(),
  name: z.string().trim().min(1).max(200),
  url: FeedUrl,
  reliability: Reliability.default("F"),
  format: ImportFormat.nullable().default(null),
  csv: CsvMapping.nullable().default(null),
  tlp: Tlp.default("green"),
  login: FeedLogin.nullable().default(null),
  everyMinutes: EveryMinutes.default(60),
});
export type NewFeed = z.infer<typeof NewFeed>;

export const FeedChange = z.object({
  url: FeedUrl.optional(),
  reliability: Reliability.optional(),
  format: ImportFormat.nullable().optional(),
  csv: CsvMapping.nullable().optional(),
  tlp: Tlp.optional(),
  /** Null takes it away; another host wants it given again. */
  login: FeedLogin.nullable().optional(),
  everyMinutes: EveryMinutes.optional(),
  paused: z.boolean().optional(),
});
export type FeedChange = z.infer<typeof FeedChange>;

export const FeedFilter = PageQuery.extend({
  result: z.enum(FEED_RESULTS).optional(),
  paused: z.stringbool().optional(),
  q: z.string().trim().max(200).optional(),
});
export type FeedFilter = z.infer<typeof FeedFilter>;

/** What a run did: an import to look at, or that nothing changed. */
export const FeedRun = z.object({
  result: z.enum(FEED_RESULTS),
  importId: z.uuid().nullable(),
  error: z.string().nullable(),
  failure: Cause.nullable(),
});
export type FeedRun = z.infer<typeof FeedRun>;
