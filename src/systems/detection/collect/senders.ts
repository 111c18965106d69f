import { BlockList, isIP } from "node:net";
import { decodingOf } from "../../../core/encoding.ts";
import { addMillis, type Clock, type Instant } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { type Fault, Problem } from "../../../core/problem.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { PeerCertificate } from "../../../platform/crypto/peer-certificate.ts";
import { isParserChoice, parserIds } from "../parsers/line.ts";
import type { Source } from "./sources.ts";

type Configured = Config["ingest"]["sources"][number];

/** Who speaks: an address, and over TLS the certificate that it showed. */
export interface Peer {
  readonly address: string;
  readonly certificate?: PeerCertificate;
}

interface Rule {
  readonly configured: Configured;
  /** The most telling rule is asked first: fingerprint, name, then the longest prefix. */
  readonly rank: number;
  readonly list: BlockList | undefined;
  readonly name: string | undefined;
  readonly sha256: string | undefined;
}

const ASK_AGAIN_MILLIS = 60_000;

/** `::ffff:192.0.2.1` as the IPv4 address that it is. */
export function plainAddress(address: string): string {
  const zone = address.indexOf("%");
  const bare = zone < 0 ? address : address.slice(0, zone);
  return bare.startsWith("::ffff:") && bare.includes(".") ? bare.slice(7) : bare;
}

/** Organisations by the names that a configuration gives them: asked once a minute, and the last answer stands while nobody can say. */
export class OrgNames {
  readonly #orgByName: (name: string) => Promise<OrgId | undefined>;
  readonly #clock: Clock;
  readonly #asked = new Map<string, { orgId: Promise<OrgId | undefined>; until: Instant }>();
  readonly #known = new Map<string, OrgId>();

  constructor(orgByName: (name: string) => Promise<OrgId | undefined>, clock: Clock) {
    this.#orgByName = orgByName;
    this.#clock = clock;
  }

  /** One question a minute for each name, however many lines come meanwhile. Undefined when there is no such organisation. */
  find(name: string): Promise<OrgId | undefined> {
    const now = this.#clock.now();
    const asked = this.#asked.get(name);
    if (asked !== undefined && asked.until > now) return asked.orgId;
    const orgId = this.#ask(name);
    this.#asked.set(name, { orgId, until: addMillis(now, ASK_AGAIN_MILLIS) });
    orgId.catch(() => this.#asked.delete(name));
    return orgId;
  }

  async #ask(name: string): Promise<OrgId | undefined> {
    try {
      const orgId = await this.#orgByName(name);
      if (orgId === undefined) this.#known.delete(name);
      else this.#known.set(name, orgId);
      return orgId;
    } catch (error) {
      // While the records store is away, what it said last still holds: lines go to the spool under it.
      const known = this.#known.get(name);
      if (known === undefined) throw error;
      return known;
    }
  }
}

/** Which configured source somebody is who speaks syslog. Throws config.invalid with every fault. */
export class Senders {
  readonly #rules: readonly Rule[];
  readonly #orgs: OrgNames;

  constructor(sources: readonly Configured[], orgs: OrgNames) {
    const faults: Fault[] = [];
    this.#rules = sources
      .flatMap((configured, index) => ruleOf(configured, `ingest.sources.${index}`, faults))
      .toSorted((a, b) => b.rank - a.rank);
    if (faults.length > 0) throw new Problem("config.invalid", { faults });
    this.#orgs = orgs;
  }

  /** Undefined when no source is configured for the peer or its organisation does not exist. */
  async sourceOf(peer: Peer): Promise<Source | undefined> {
    const plain = plainAddress(peer.address);
    const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
    const rule = this.#rules.find(
      (each) => (each.list === undefined || each.list.check(plain, family)) && shows(peer.certificate, each),
    );
    if (rule === undefined) return undefined;
    const { name, org, parser, timeZone, encoding, address, certificate } = rule.configured;
    const orgId = await this.#orgs.find(org);
    if (orgId === undefined) return undefined;
    const by = [address, certificate?.name, certificate?.sha256 && `sha256 ${rule.sha256?.slice(0, 16)}`];
    return {
      orgId,
      name,
      channel: "syslog",
      parser,
      timeZone,
      encoding: decodingOf(encoding),
      address: by.filter((part) => part !== undefined).join(" "),
    };
  }
}

/** Whether the certificate is what the rule asks for; a rule that asks for none takes anybody the door let in. */
function shows(certificate: PeerCertificate | undefined, rule: Rule): boolean {
  const { name, sha256 } = rule;
  if (sha256 !== undefined && certificate?.sha256 !== sha256) return false;
  // A certificate that nobody signed says nothing but its fingerprint.
  if (sha256 === undefined && certificate?.trusted === false) return false;
  if (name === undefined) return true;
  return certificate?.names.some((each) => isNamed(each, name)) ?? false;
}

function isNamed(name: string, wanted: string): boolean {
  if (!wanted.startsWith("*.")) return name === wanted;
  const dot = name.indexOf(".");
  return dot > 0 && name.slice(dot) === wanted.slice(1);
}

function ruleOf(configured: Configured, path: string, faults: Fault[]): Rule[] {
  const { address, certificate, parser } = configured;
  const before = faults.length;
  const range = address === undefined ? undefined : rangeOf(address);
  if (address !== undefined && range === undefined)
    faults.push({ path: `${path}.address`, message: `not an address or prefix: ${address}` });
  if (!isParserChoice(parser)) {
    faults.push({
      path: `${path}.parser`,
      message: `no parser ${parser}; there are auto, ${parserIds().join(", ")}`,
    });
  }
  if (faults.length > before) return [];
  const sha256 = certificate?.sha256?.replaceAll(":", "").toLowerCase();
  const name = certificate?.name?.toLowerCase();
  const rank = (sha256 === undefined ? 0 : 1_000) + (name === undefined ? 0 : 500) + (range?.bits ?? 0);
  return [{ configured, rank, list: range?.list, name, sha256 }];
}

function rangeOf(address: string): { bits: number; list: BlockList } | undefined {
  const slash = address.indexOf("/");
  const host = slash < 0 ? address : address.slice(0, slash);
  const version = isIP(host);
  const most = version === 6 ? 128 : 32;
  const bits = slash < 0 ? most : Number(address.slice(slash + 1));
  const whole =
    slash < 0 || (slash + 1 < address.length && Number.isInteger(bits) && bits >= 0 && bits <= most);
  if (version === 0 || !whole) return undefined;
  const list = new BlockList();
  list.addSubnet(host, bits, version === 6 ? "ipv6" : "ipv4");
  return { bits: version === 6 ? bits : bits + 96, list };
}
