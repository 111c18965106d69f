import { z } from "zod";
import { OrgId, Sector } from "../../core/org.ts";
import { PageQuery } from "../../core/page.ts";
import { Tlp } from "../../core/tlp.ts";
import { refanged } from "./defang.ts";

/** The five national kinds of shared information (mission I5). */
export const INTEL_KINDS = ["ANA", "EWA", "DEF", "INT", "FBI"] as const;
export const IntelKind = z.enum(INTEL_KINDS);
export type IntelKind = z.infer<typeof IntelKind>;

export const INTEL_STATES = ["draft", "in-review", "approved", "released", "withdrawn"] as const;
export const IntelState = z.enum(INTEL_STATES);
export type IntelState = z.infer<typeof IntelState>;

export const INDICATOR_TYPES = ["ipv4", "ipv6", "domain", "url", "sha256", "sha1", "md5", "email"] as const;
export const IndicatorType = z.enum(INDICATOR_TYPES);
export type IndicatorType = z.infer<typeof IndicatorType>;

const times = {
  firstSeen: z.iso.datetime().optional(),
  lastSeen: z.iso.datetime().optional(),
  /** How often it was seen; STIX counts to 999,999,999. */
  count: z.number().int().min(1).max(999_999_999).optional(),
};
const hex = (length: number) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .regex(new RegExp(`^[0-9a-f]{${length}}$`), `${length} hexadecimal digits`);
const DOMAIN =
  /^(?=.{1,253}$)(?!.*\.\d+$)[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?){0,20}$/u;

/** What no URL holds unencoded (RFC 3986). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant.
const NO_URL_SIGNS = /[\s<>"\u0000-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant.
const URL_SIGNS = /^[^\s<>"\u0000-\u001f\u007f]*$/;

/** An indicator of compromise by its value, in the form that observables carry. */
export const IndicatorValue = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("ipv4"), value: z.string().trim().pipe(z.ipv4()), ...times }),
    z.object({ type: z.literal("ipv6"), value: z.string().trim().toLowerCase().pipe(z.ipv6()), ...times }),
    z.object({
      type: z.literal("domain"),
      value: z.string().trim().toLowerCase().regex(DOMAIN, "not a domain name"),
      ...times,
    }),
    z.object({
      type: z.literal("url"),
      value: z
        .string()
        .trim()
        .max(4000)
        .regex(URL_SIGNS, "no blanks, quotes and angle brackets")
        .pipe(z.url()),
      ...times,
    }),
    z.object({ type: z.literal("sha256"), value: hex(64), ...times }),
    z.object({ type: z.literal("sha1"), value: hex(40), ...times }),
    z.object({ type: z.literal("md5"), value: hex(32), ...times }),
    z.object({ type: z.literal("email"), value: z.string().trim().toLowerCase().pipe(z.email()), ...times }),
  ])
  .refine(
    (each) => each.firstSeen === undefined || each.lastSeen === undefined || each.firstSeen <= each.lastSeen,
    {
      path: ["lastSeen"],
      message: "before firstSeen",
    },
  );
export type IndicatorValue = z.infer<typeof IndicatorValue>;

/**
 * What a line of text says, as an indicator: an address, a domain, a URL, a mail address or a hash, also in the
 * defanged form in which people write them (`hxxps://evil[.]example`). Nothing where it is none of these.
 */
export function readIndicator(line: string): IndicatorValue | undefined {
  const value = refanged(line.trim());
  const hash = { 32: "md5", 40: "sha1", 64: "sha256" }[/^[0-9a-f]+$/i.test(value) ? value.length : 0];
  const types = hash === undefined ? (["ipv4", "ipv6", "email", "url", "domain"] as const) : [hash];
  for (const type of types) {
    if (type === "url" && !/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) continue;
    if (type === "domain" && !value.includes(".")) continue;
    const said = type === "url" ? value.replaceAll(NO_URL_SIGNS, encodeURIComponent) : value;
    const read = IndicatorValue.safeParse({ type, value: said });
    if (read.success) return read.data;
  }
  return undefined;
}

/** A value that a warninglist knows as none of a threat, and by which entry; a person decides. */
export const ValueWarning = z.object({
  value: z.string(),
  list: z.string(),
  /** Absent where it was noted before entries were. */
  entry: z.string().optional(),
  /** Of a network that the list does not hold whole: how many of its entries lie in it, `entry` the first of them. */
  inside: z.number().int().optional(),
});
export type ValueWarning = z.infer<typeof ValueWarning>;

/** To whom an item goes: one organisation, everyone in a sector, every organisation of the community. */
export const Recipient = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("organisation"), id: OrgId }),
  z.object({ kind: z.literal("sector"), sector: Sector }),
  z.object({ kind: z.literal("everyone") }),
]);
export type Recipient = z.infer<typeof Recipient>;

/** What an organisation does not want to leave with what it shares (mission I6). Never shown, never shared. */
export const Secrets = z.object({
  names: z.array(z.string()),
  people: z.array(z.string()),
  emails: z.array(z.string()),
  phones: z.array(z.string()),
  hosts: z.array(z.string()),
  networks: z.array(z.string()),
});

const Who = z.object({ id: z.string(), name: z.string() });
const text = { title: z.string().trim().min(1).max(200), description: z.string().trim().max(20_000) };

export const Item = z.object({
  id: z.uuid(),
  orgId: OrgId,
  kind: IntelKind,
  tlp: Tlp,
  state: IntelState,
  /** As written, before de-identification. */
  ...text,
  indicators: z.array(IndicatorValue).max(5000),
  recipients: z.array(Recipient).max(500),
  incident: z.object({ id: z.uuid(), number: z.string() }).nullable(),
  authors: z.array(Who),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  submittedAt: z.iso.datetime().nullable(),
  approvedBy: Who.nullable(),
  approvedAt: z.iso.datetime().nullable(),
  releasedAt: z.iso.datetime().nullable(),
  withdrawnAt: z.iso.datetime().nullable(),
  /** Why it was sent back or withdrawn last. */
  reason: z.string().nullable(),
  /** Grows by one with each change; an edit names the one it saw. */
  version: z.number().int().positive(),
});
export type Item = z.infer<typeof Item>;

export const ItemRow = Item.pick({
  id: true,
  orgId: true,
  kind: true,
  tlp: true,
  state: true,
  title: true,
  recipients: true,
  createdAt: true,
  updatedAt: true,
  releasedAt: true,
}).extend({ indicatorCount: z.number().int(), removedCount: z.number().int() });
export type ItemRow = z.infer<typeof ItemRow>;

export const ItemFilter = PageQuery.extend({
  state: IntelState.optional(),
  kind: IntelKind.optional(),
  tlp: Tlp.optional(),
  incident: z.uuid().optional(),
  q: z.string().trim().max(200).optional(),
});
export type ItemFilter = z.infer<typeof ItemFilter>;

/** Fields by hand; `secrets` adds to what the platform knows of the organisation. */
export const NewItem = z.object({
  orgId: OrgId.optional(),
  title: text.title,
  description: text.description.default(""),
  kind: IntelKind.default("INT"),
  tlp: Tlp.default("amber"),
  recipients: Item.shape.recipients.default([]),
  indicators: Item.shape.indicators.default([]),
  secrets: Secrets.partial().optional(),
});
export type NewItem = z.infer<typeof NewItem>;

export const ItemChange = z.object({
  version: z.number().int().positive(),
  title: text.title.optional(),
  description: text.description.optional(),
  kind: IntelKind.optional(),
  tlp: Tlp.optional(),
  recipients: Item.shape.recipients.optional(),
  indicators: Item.shape.indicators.optional(),
});
export type ItemChange = z.infer<typeof ItemChange>;

export const RemovedThing = z.object({
  kind: z.string(),
  where: z.string(),
  before: z.string(),
  after: z.string(),
});
const FaultShape = z.object({ path: z.string(), message: z.string() });

/** Exactly what would leave, and what stays behind. `sha256` is over `bundle` as UTF-8. */
export const Preview = z.object({
  itemId: z.uuid(),
  state: IntelState,
  tlp: Tlp,
  recipients: z.array(Recipient),
  before: z.object({ title: z.string(), description: z.string() }),
  after: z.object({ title: z.string(), description: z.string() }),
  bundle: z.string(),
  sha256: z.string(),
  objectCount: z.number().int(),
  removed: z.array(RemovedThing),
  /** What still gives something away; approval needs it empty. */
  leaks: z.array(FaultShape),
  /** What the marking does not allow of these recipients; approval needs it empty. */
  faults: z.array(FaultShape),
  /** Indicators that a warninglist knows as something that is none. */
  warnings: z.array(ValueWarning),
});
export type Preview = z.infer<typeof Preview>;

export const Approval = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of the preview"),
  /** Approve now, release later by a step of its own. */
  hold: z.boolean().default(false),
});
export const Reason = z.object({ reason: z.string().trim().min(1).max(2000) });

/** Proof of sharing: who fetched an item, and when first. `revision` 2 is its withdrawal. */
export const Delivery = z.object({
  itemId: z.uuid(),
  /** The organisation, or the peer where that stands for none here. */
  orgId: OrgId,
  /** Absent where the organisation is out of the reader's sight; of a peer its name. */
  orgName: z.string().nullable(),
  revision: z.number().int(),
  via: z.string(),
  firstFetchedAt: z.iso.datetime(),
});
export type Delivery = z.infer<typeof Delivery>;

export const STEP_ACTIONS = [
  "drafted",
  "edited",
  "submitted",
  "rejected",
  "approved",
  "released",
  "withdrawn",
] as const;
/** A step in the life of an item, for its timeline. */
export const Step = z.object({
  action: z.enum(STEP_ACTIONS),
  by: z.string(),
  at: z.iso.datetime(),
  reason: z.string().nullable(),
});
export type Step = z.infer<typeof Step>;
export const ItemDetail = Item.extend({ steps: z.array(Step), deliveryCount: z.number().int() });
export type ItemDetail = z.infer<typeof ItemDetail>;

/** An item as its recipients read it: de-identified, without a word of where it comes from. */
export const Released = z.object({
  id: z.uuid(),
  kind: IntelKind,
  tlp: Tlp,
  title: z.string(),
  description: z.string(),
  releasedAt: z.iso.datetime(),
  withdrawnAt: z.iso.datetime().nullable(),
  sha256: z.string(),
});
export type Released = z.infer<typeof Released>;
export const ReleasedFilter = PageQuery.extend({
  kind: IntelKind.optional(),
  q: z.string().trim().max(200).optional(),
});
export type ReleasedFilter = z.infer<typeof ReleasedFilter>;
