import { z } from "zod";
import { Tlp } from "../../../core/tlp.ts";
import { DOMAIN } from "../taxii/domain.ts";

/** What lets us in at a peer (TAXII 2.1 section 8.5): sent once, encrypted at rest, never shown again. */
export const PeerLogin = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("token"), token: z.string().min(1).max(2000) }),
  z.object({
    kind: z.literal("basic"),
    user: z.string().max(200),
    password: z.string().min(1).max(2000),
  }),
  z.object({
    kind: z.literal("certificate"),
    cert: z.string().min(1).max(50_000).describe("PEM of the client certificate and its chain"),
    key: z.string().min(1).max(20_000).describe("PEM of its key"),
  }),
]);
export type PeerLogin = z.infer<typeof PeerLogin>;

const Address = z.url({ protocol: /^https?$/, error: "an address of http or https is wanted" }).max(1000);

/** A collection of the peer as its discovery answered it. */
const FoundCollection = z.object({
  rootUrl: Address,
  maxContentLength: z.number().int().positive(),
  collectionUrl: Address,
  collectionId: z.string().min(1).max(200),
  title: z.string().max(500),
});

/** One direction with one collection. `source` of a push: `collection:<alias>` of this node, or `peer:<id>`. */
export const NewLine = FoundCollection.extend({
  direction: z.enum(["pull", "push"]),
  source: z
    .string()
    .regex(/^(?:collection:[a-z0-9-]{1,80}|peer:[0-9a-f-]{36})$/, "collection:<alias> or peer:<id>")
    .optional(),
}).refine((line) => (line.direction === "push") === (line.source !== undefined), {
  message: "a push needs a source, a pull has none",
  path: ["source"],
});
export type NewLine = z.infer<typeof NewLine>;

/** TLP 2.0: what is stricter than AMBER stays within the organisation that it was given to. */
const Ceiling = z.enum(["clear", "green", "amber"]);

export const NewPeer = z.object({
  name: z.string().trim().min(1).max(80),
  url: Address.describe("Discovery of its TAXII 2.1 server, https://peer.example/taxii2/"),
  login: PeerLogin,
  standsFor: z.uuid().nullable().default(null).describe("Organisation here that the peer stands for"),
  reliability: z.enum(["A", "B", "C", "D", "E", "F"]).default("F").describe("Admiralty scale (AJP-2.1)"),
  ceiling: Ceiling.default("green").describe("Nothing marked higher leaves for it"),
  unmarked: Tlp.default("amber").describe("The marking of what comes from it without one"),
  everyMinutes: z.number().int().min(1).max(1440).default(5),
  lines: z.array(NewLine).min(1).max(50),
});
export type NewPeer = z.infer<typeof NewPeer>;

/** What may be changed; a login that is given replaces the one that is kept, lines that stay keep their checkpoint. */
export const PeerChange = NewPeer.omit({ url: true })
  .partial()
  .extend({ paused: z.boolean().optional(), version: z.number().int() });
export type PeerChange = z.infer<typeof PeerChange>;

const Counts = z.object({
  moved: z.number().int(),
  /** Refused as no STIX 2.1, or by the peer. */
  refused: z.number().int(),
  /** Not sent, by marking or recipient. */
  held: z.number().int(),
});
export type Counts = z.infer<typeof Counts>;

const Line = FoundCollection.extend({
  id: z.uuid(),
  direction: z.enum(["pull", "push"]),
  source: z.string().nullable(),
  counts: Counts,
});
export type Line = z.infer<typeof Line>;

export const Peer = z.object({
  id: z.uuid(),
  name: z.string(),
  url: z.string(),
  loginKind: z.enum(["token", "basic", "certificate"]),
  standsFor: z.uuid().nullable(),
  reliability: z.string(),
  ceiling: Ceiling,
  unmarked: Tlp,
  everyMinutes: z.number().int(),
  paused: z.boolean(),
  state: z.enum(["new", "good", "failing", "paused"]),
  lastError: z.string().nullable(),
  lastRunAt: z.iso.datetime().nullable(),
  lastGoodAt: z.iso.datetime().nullable(),
  nextRunAt: z.iso.datetime(),
  failures: z.number().int(),
  version: z.number().int(),
  lines: z.array(Line),
});
export type Peer = z.infer<typeof Peer>;

const RunDetail = z.object({ id: z.string(), message: z.string() });
export type RunDetail = z.infer<typeof RunDetail>;

const Run = Counts.extend({
  id: z.uuid(),
  at: z.iso.datetime(),
  kind: z.enum(["exchange", "compare"]),
  direction: z.string(),
  title: z.string(),
  details: z.array(RunDetail),
  error: z.string().nullable(),
});
export type Run = z.infer<typeof Run>;

export const PeerDetail = Peer.extend({ runs: z.array(Run) });

/** Asks a peer what it offers, before it is kept or with the login that is kept. */
export const PeerTest = z.union([
  z.object({
    url: z
      .union([Address, z.string().regex(DOMAIN, "an address of http or https, or a domain, is wanted")])
      .describe("Its discovery, or a domain whose SRV record _taxii2._tcp names its server"),
    login: PeerLogin,
  }),
  z.object({ peerId: z.uuid() }),
]);
export const Found = z.object({
  /** Its discovery. */
  url: z.string(),
  roots: z.array(
    z.object({
      title: z.string(),
      collections: z.array(FoundCollection.extend({ canRead: z.boolean(), canWrite: z.boolean() })),
    }),
  ),
});
export type Found = z.infer<typeof Found>;

/** What differs between the two sides of a line, by the identifiers and versions of their manifests. */
export const Difference = z.object({
  lineId: z.uuid(),
  title: z.string(),
  direction: z.enum(["pull", "push"]),
  same: z.number().int(),
  /** The peer has it and we lack it (pull), or we have it and the peer lacks it (push). */
  missing: z.number().int(),
  /** Here from the peer, and no longer there (pull). */
  gone: z.number().int(),
  mended: z.number().int(),
  examples: z.array(RunDetail),
});
export type Difference = z.infer<typeof Difference>;

/** A collection of this node and what is in it. */
export const OwnCollection = z.object({
  id: z.uuid(),
  alias: z.string(),
  title: z.string(),
  description: z.string(),
  takesPushes: z.boolean(),
  objects: z.number().int(),
  lastAddedAt: z.iso.datetime().nullable(),
});
export type OwnCollection = z.infer<typeof OwnCollection>;

/** Who fetched from a collection: each key, how many objects, and up to which time of arrival. */
export const CollectionFetches = z.object({
  collection: OwnCollection,
  items: z.array(
    z.object({
      actorId: z.string(),
      actorName: z.string(),
      orgId: z.uuid(),
      firstAt: z.iso.datetime(),
      lastAt: z.iso.datetime(),
      objects: z.number().int(),
      reachedAt: z.iso.datetime().nullable(),
      /** Nothing came after the last page. */
      complete: z.boolean(),
    }),
  ),
});
export type CollectionFetches = z.infer<typeof CollectionFetches>;
