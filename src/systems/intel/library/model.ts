import { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import { PageQuery } from "../../../core/page.ts";
import { Tlp } from "../../../core/tlp.ts";
import { ValueWarning } from "../model.ts";

/** Kinds of values that are the same thing wherever they stand. */
export const VALUE_KINDS = [
  "ipv4",
  "ipv6",
  "domain",
  "url",
  "email",
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "file",
  "registry-key",
  "mutex",
  "asn",
  "cve",
  "attack",
] as const;
export const ValueKind = z.enum(VALUE_KINDS);
export type ValueKind = z.infer<typeof ValueKind>;

export const Value = z.object({ kind: ValueKind, value: z.string() });
export type Value = z.infer<typeof Value>;

/** Why two objects are, or may be, the same thing. `text` is what they have in common. */
const SameReason = z.object({
  by: z.enum(["pattern", "value", "number", "name", "alias"]),
  text: z.string(),
});
export type SameReason = z.infer<typeof SameReason>;

/** Values of a filter, joined by commas. */
const several = z
  .string()
  .max(2000)
  .transform((text) =>
    text
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== ""),
  )
  .optional();

/** Stands, is past its end, or was revoked by its producer. */
export const LIBRARY_STATES = ["valid", "expired", "deprecated", "revoked"] as const;
export const LibraryState = z.enum(LIBRARY_STATES);
export type LibraryState = z.infer<typeof LibraryState>;

export const LIBRARY_SORTS = ["best", "newest", "modified", "created"] as const;

/** What of the library is shown. Lists are joined by commas and any of their values fits; filters add up. */
export const LibraryFilter = z.object({
  /** Words in Chinese or English, values also defanged; a word ending in * is a beginning. */
  q: z.string().trim().max(500).optional(),
  type: several,
  tlp: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(Tlp))
    .optional(),
  label: several,
  /** One label as it stands, commas and all: `tlp:red`, `kill-chain:phase="delivery"`. */
  tag: z.string().trim().min(1).max(500).optional(),
  /** `kill-chain/phase` */
  phase: several,
  createdFrom: z.iso.datetime({ offset: true }).optional(),
  createdTo: z.iso.datetime({ offset: true }).optional(),
  confidence: z.coerce.number().int().min(0).max(100).optional(),
  revoked: z.enum(["yes", "no"]).optional(),
  /** Relationships and sightings are left out unless asked for, or unless types are named. */
  relations: z.enum(["yes", "no"]).optional(),
  /** What tells of no threat is left out unless asked for, or unless words, types, labels or a source are named. */
  background: z.enum(["yes", "no"]).optional(),
  /** What another document of the same version stands beside. */
  conflicting: z.enum(["yes"]).optional(),
  /** Who told it: the id of a source. */
  source: z.uuid().optional(),
  state: z.enum(LIBRARY_STATES).optional(),
  /** Whether anybody saw it; sightings that the caller sees count. */
  sighted: z.enum(["yes", "no"]).optional(),
  /** Scores that are not kept for the caller are worked out, of the newest 2,000, of up to 10,000 where few fit; for 3 s. */
  scoreFrom: z.coerce.number().int().min(0).max(100).optional(),
  scoreTo: z.coerce.number().int().min(0).max(100).optional(),
  addedFrom: z.iso.datetime({ offset: true }).optional(),
  addedTo: z.iso.datetime({ offset: true }).optional(),
});
export type LibraryFilter = z.infer<typeof LibraryFilter>;

export const LibraryQuery = LibraryFilter.extend({
  ...PageQuery.shape,
  sort: z.enum(LIBRARY_SORTS).default("best"),
  /** `exact`: `total` counts on over 2,000, for some seconds; `more` then says that it was stopped. */
  total: z.enum(["exact"]).optional(),
});
export type LibraryQuery = z.infer<typeof LibraryQuery>;

export const LibraryRow = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  tlp: Tlp,
  orgId: OrgId,
  labels: z.array(z.string()),
  confidence: z.number().nullable(),
  revoked: z.boolean(),
  created: z.string().nullable(),
  modified: z.string().nullable(),
  addedAt: z.string(),
});
export type LibraryRow = z.infer<typeof LibraryRow>;

/** A row of the list: one thing, whatever the number of objects that say it. */
export const LibraryThing = LibraryRow.extend({
  state: LibraryState,
  /** Absent for what has no worth of its own, as relationships and markings. */
  score: z.number().int().nullable(),
  /** Independent sources that told it, and objects of different ids that are it. */
  sources: z.number().int(),
  objects: z.number().int(),
  /** Sightings that say it was seen. */
  sightings: z.number().int(),
});
export type LibraryThing = z.infer<typeof LibraryThing>;

/** How many matches are counted and ordered; beyond them a total is "more than". */
export const MOST_COUNTED = 2000;

export const LibraryPage = z.object({
  items: z.array(LibraryThing),
  next: z.string().optional(),
  total: z.number().int(),
  /** More than `total` match, or may; the order other than "newest" is that of the newest `total`. */
  more: z.boolean(),
  /** No whole word matched; these have words that begin so. */
  begins: z.boolean(),
  /** What of the query was read as a value. */
  values: z.array(Value),
});
export type LibraryPage = z.infer<typeof LibraryPage>;

/** `more`: counted no further. */
const Count = z.object({ value: z.string(), count: z.number().int(), more: z.boolean().optional() });
/**
 * How what matches divides. Where more match than are counted together, types are counted each for itself: whole where
 * nothing but types is asked for (as objects, each once for each organisation that keeps it), else up to a bound. Labels
 * are those of the newest 1,000, markings those of the newest `of`.
 */
export const LibraryFacets = z.object({
  type: z.array(Count),
  /** Types that match and are not shown unless they are named. */
  aside: z.array(Count),
  tlp: z.array(Count),
  label: z.array(Count),
  of: z.number().int(),
  more: z.boolean(),
  /** How many scores were worked out one by one; null where none is asked for. */
  scored: z.number().int().nullable(),
  /** As in the page. */
  begins: z.boolean(),
  values: z.array(Value),
});
export type LibraryFacets = z.infer<typeof LibraryFacets>;

/** `malware--…`: an identifier of STIX 2.1, section 2.9. */
export const StixId = z
  .string()
  .max(300)
  .regex(/^[a-z0-9-]+--[0-9a-fA-F-]{36}$/, "not a STIX identifier");

/** One version of an object as one organisation told it; `document` is its text as it came. */
const ObjectVersion = z.object({
  version: z.string(),
  tlp: Tlp,
  orgId: OrgId,
  revoked: z.boolean(),
  addedAt: z.string(),
  document: z.string(),
  /** Other content than the document of the same version that was told first, and is shown. */
  conflicts: z.boolean(),
  /** Sources that told it so. */
  toldBy: z.array(z.string()),
  /** How it came: into the library, released into or withdrawn from one of the node's collections, or pushed into one. */
  way: z.enum(["added", "released", "withdrawn", "pushed"]),
  /** Title of the collection. */
  collection: z.string().nullable(),
});
export type ObjectVersion = z.infer<typeof ObjectVersion>;

/** Who told an object: the source, how reliable it is (Admiralty scale A to F), and when. */
const Origin = z.object({
  source: z.string(),
  kind: z.string(),
  reliability: z.string(),
  at: z.string(),
  importId: z.uuid().nullable(),
  file: z.string().nullable(),
  /** Which of the objects that are one thing it told. */
  objectId: z.string(),
});
export type Origin = z.infer<typeof Origin>;

/** Why an object ended before its own end: by a person's word, or since its score has decayed to the floor. */
const Ending = z.object({
  why: z.enum(["by-hand", "decayed"]),
  reason: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
});
export type Ending = z.infer<typeof Ending>;

/** That an object was seen, or with count 0 that it was looked for; the 50 seen last are shown. */
const Sighting = z.object({
  id: z.string(),
  tlp: Tlp,
  orgId: OrgId,
  count: z.number().int(),
  firstSeen: z.string().nullable(),
  lastSeen: z.string().nullable(),
  text: z.string().nullable(),
});

/** One reason of a score, with what it adds or takes. */
const ScorePart = z.object({
  reason: z.enum([
    "confidence",
    "no-confidence",
    "reliability",
    "sources",
    "decay",
    "sighted",
    "capped",
    "warninglist",
    "disagreed",
    "expired",
    "deprecated",
    "revoked",
  ]),
  points: z.number(),
  /** Numbers and words for the sentence: `{ days: 12, lifetime: 90 }`. */
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type ScorePart = z.infer<typeof ScorePart>;
/** From here on an indicator is fit for blocking; below it is good for hunting. */
export const BLOCKING_SCORE = 60;
export const Score = z.object({ value: z.number().int().min(0).max(100), parts: z.array(ScorePart) });
export type Score = z.infer<typeof Score>;

export const ObjectDetail = z.object({
  row: LibraryRow,
  state: LibraryState,
  ending: Ending.nullable(),
  /** It is this node's own and so may be given a later end. */
  own: z.boolean(),
  /** Newest first; the first 100. */
  versions: z.array(ObjectVersion),
  versionCount: z.number().int(),
  /** Of everything that is one thing with it, as the sightings and the score are. */
  origins: z.array(Origin),
  sightings: z.array(Sighting),
  values: z.array(Value),
  score: Score,
  warnings: z.array(ValueWarning),
});
export type ObjectDetail = z.infer<typeof ObjectDetail>;

export const SameVerdict = z.enum(["same", "different"]);
export type SameVerdict = z.infer<typeof SameVerdict>;

/** What a person decided about two objects, and what became of it. */
const SameDecision = z.object({
  id: z.uuid(),
  verdict: SameVerdict,
  one: z.string(),
  oneName: z.string(),
  other: z.string(),
  otherName: z.string(),
  tlp: Tlp,
  reason: z.string(),
  by: z.string(),
  at: z.iso.datetime(),
  undone: z.object({ by: z.string(), at: z.iso.datetime(), reason: z.string() }).nullable(),
});
export type SameDecision = z.infer<typeof SameDecision>;

/** What is one thing with an object: by itself where the reasons say so, by a decision where `decided`. */
export const SameThings = z.object({
  /** The object itself first; up to 20. */
  members: z.array(
    z.object({
      row: LibraryRow,
      document: z.string(),
      reasons: z.array(SameReason),
      decided: z.boolean(),
    }),
  ),
  total: z.number().int(),
  more: z.boolean(),
  sources: z.number().int(),
  /** Others by the same name or alias, for a person to decide. */
  proposals: z.array(z.object({ row: LibraryRow, reasons: z.array(SameReason) })),
  decisions: z.array(SameDecision),
});
export type SameThings = z.infer<typeof SameThings>;

/** How two objects are tied: by a relationship object, or by a property of one that names the other. */
const Edge = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  label: z.string(),
  kind: z.enum(["relationship", "reference", "value"]),
});
export type Edge = z.infer<typeof Edge>;

/** An object that is named but not seen has no name; it is not told whether it exists. */
const GraphNode = LibraryRow.pick({ id: true, type: true }).extend({
  name: z.string().nullable(),
  tlp: Tlp.nullable(),
  revoked: z.boolean(),
});
export type GraphNode = z.infer<typeof GraphNode>;

export const Neighbours = z.object({
  nodes: z.array(GraphNode),
  edges: z.array(Edge),
  /** Objects that refer to this one, counted up to 1,000; the newest 200 are shown. */
  total: z.number().int(),
  more: z.boolean(),
});
export type Neighbours = z.infer<typeof Neighbours>;

/** Other objects that bear a value of this one. `common`: so many that sharing it says little. */
const Correlation = Value.extend({
  total: z.number().int(),
  common: z.boolean(),
  objects: z.array(LibraryRow),
});
export const Correlations = z.object({ items: z.array(Correlation) });
export type Correlations = z.infer<typeof Correlations>;

const Technique = z.object({
  id: z.string(),
  attackId: z.string(),
  name: z.string(),
  /** Relations, reports and sightings that the reader sees and that name it. */
  count: z.number().int(),
  /** `x_mitre_platforms`. */
  platforms: z.array(z.string()),
});
const Tactic = z.object({
  id: z.string(),
  attackId: z.string(),
  name: z.string(),
  shortName: z.string(),
  techniques: z.array(Technique.extend({ parts: z.array(Technique) })),
});
export const MatrixName = z.object({ id: z.string(), name: z.string(), domain: z.string() });
export const Matrices = z.object({ items: z.array(MatrixName) });
export type Matrices = z.infer<typeof Matrices>;
/** A matrix of ATT&CK: its tactics in order, their techniques with sub-techniques, and how often each is named. */
export const Matrix = MatrixName.extend({ tactics: z.array(Tactic) });
export type Matrix = z.infer<typeof Matrix>;

const words = z.string().trim().max(4000);
const moment = z.iso.datetime({ offset: true }).optional();
/** What a person or a machine adds to an object: an object of its own, never a change of the told document. */
export const Remark = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("sighting"),
    /** 0: looked for, and not seen. */
    count: z.number().int().min(0).max(999_999_999).default(1),
    firstSeen: moment,
    lastSeen: moment,
    text: words.default(""),
  }),
  z.object({
    kind: z.literal("note"),
    text: words.min(1),
    labels: z.array(z.string().max(500)).max(20).optional(),
  }),
  z.object({
    kind: z.literal("opinion"),
    opinion: z.enum(["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"]),
    text: words.default(""),
  }),
  z.object({
    kind: z.literal("relationship"),
    relation: z.string().regex(/^[a-z0-9-]{3,50}$/, "lower-case letters, digits and hyphens"),
    target: StixId,
    text: words.default(""),
  }),
]);
export type Remark = z.infer<typeof Remark>;
