import { z } from "zod";
import { PageQuery } from "../../../core/page.ts";
import { IndicatorType } from "../model.ts";
import { Refusal } from "../reasons/model.ts";

/** How an entry matches: the whole value, its host or a domain above it, a part of it, an expression, a network. */
export const WARNINGLIST_FORMS = ["string", "hostname", "substring", "regex", "cidr"] as const;
const Form = z.enum(WARNINGLIST_FORMS);

/** Largest file of a list, in bytes. */
export const LARGEST_WARNINGLIST = 32 * 2 ** 20;

export const WarninglistKey = z.string().regex(/^[0-9a-f]{12}$/, "12 hexadecimal digits");

export const WarninglistRow = z.object({
  key: WarninglistKey,
  name: z.string(),
  description: z.string(),
  version: z.number().int().nullable(),
  form: Form,
  entries: z.number().int(),
  /** Entries that say nothing, such as a network that is none. */
  unusable: z.number().int(),
  /** Indicators to which it applies. */
  covers: z.array(IndicatorType),
  /** Read from a folder at the start, or taken in by a person. */
  origin: z.enum(["folder", "taken-in"]),
  off: z.boolean(),
  /** Why it was switched off, or where it was taken from. */
  reason: z.string(),
  changedAt: z.string().nullable(),
  changedBy: z.string().nullable(),
  /** Of a search for entries, how many contain the text. */
  found: z.number().int().nullable(),
});
export type WarninglistRow = z.infer<typeof WarninglistRow>;

export const WarninglistFilter = PageQuery.extend({
  /** In name and description. */
  q: z.string().trim().max(200).optional(),
  /** Lists with an entry that contains this. */
  entry: z.string().trim().min(2).max(200).optional(),
  form: Form.optional(),
  covers: IndicatorType.optional(),
  state: z.enum(["on", "off"]).optional(),
  origin: z.enum(["folder", "taken-in"]).optional(),
});
export type WarninglistFilter = z.infer<typeof WarninglistFilter>;

export const EntryQuery = PageQuery.extend({ q: z.string().trim().max(200).optional() });
export type EntryQuery = z.infer<typeof EntryQuery>;
/** An entry as the list writes it, by its place from 1. */
export const WarninglistEntry = z.object({ place: z.number().int(), entry: z.string() });
export type WarninglistEntry = z.infer<typeof WarninglistEntry>;

export const MOST_CHECKED = 2000;
/** Values as people paste them: one or several a line, also defanged. */
export const CheckText = z.object({ text: z.string().min(1).max(200_000) });
export const CheckAnswer = z.object({
  items: z.array(
    z.object({
      line: z.number().int(),
      /** As it was pasted. */
      text: z.string(),
      /** Null where the text is no value that lists are about. */
      type: IndicatorType.nullable(),
      value: z.string().nullable(),
      hits: z.array(
        z.object({
          key: WarninglistKey,
          list: z.string(),
          entry: z.string(),
          /** Of a network that the list does not hold whole: how many of its entries lie in it. */
          inside: z.number().int().optional(),
        }),
      ),
    }),
  ),
  /** Values beyond the first 2,000 were not looked at. */
  more: z.boolean(),
});
export type CheckAnswer = z.infer<typeof CheckAnswer>;

export const SwitchWarninglist = z.object({
  off: z.boolean(),
  reason: z.string().trim().max(500).default(""),
});

/** What taking a file in does; `dry` only tells. */
export const TakeQuery = z.object({ dry: z.stringbool().default(false) });
export const TakenWarninglist = z.object({
  key: WarninglistKey,
  name: z.string(),
  description: z.string(),
  version: z.number().int().nullable(),
  form: Form,
  covers: z.array(IndicatorType),
  entries: z.number().int(),
  /** The list of the same name whose place it takes. */
  replaces: z
    .object({
      version: z.number().int().nullable(),
      origin: z.enum(["folder", "taken-in"]),
      added: z.number().int(),
      removed: z.number().int(),
    })
    .nullable(),
  /** Entries that cannot be used, the first 100. */
  faults: z.array(Refusal),
  unusable: z.number().int(),
});
export type TakenWarninglist = z.infer<typeof TakenWarninglist>;
