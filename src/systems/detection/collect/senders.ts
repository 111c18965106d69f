import { BlockList, isIP } from "node:net";
import { addMillis, type Clock, type Instant } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { type Fault, Problem } from "../../../core/problem.ts";
import type { Config } from "../../../platform/config/config.ts";
import { isParserChoice, parserIds } from "../parsers/line.ts";
import type { Source } from "./sources.ts";

type Configured = Config["ingest"]["sources"][number];

interface Range {
  readonly configured: Configured;
  readonly bits: number;
  readonly list: BlockList;
}

const ASK_AGAIN_MILLIS = 60_000;

/** `::ffff:192.0.2.1` as the IPv4 address that it is. */
export function plainAddress(address: string): string {
  const zone = address.indexOf("%");
  const bare = zone < 0 ? address : address.slice(0, zone);
  return bare.startsWith("::ffff:") && bare.includes(".") ? bare.slice(7) : bare;
}

/** Which configured source an address belongs to; the longest prefix wins. Throws config.invalid with every fault. */
export class Senders {
  readonly #ranges: readonly Range[];
  readonly #orgByName: (name: string) => Promise<OrgId | undefined>;
  readonly #clock: Clock;
  readonly #orgs = new Map<string, { orgId: Promise<OrgId | undefined>; until: Instant }>();

  constructor(
    sources: readonly Configured[],
    orgByName: (name: string) => Promise<OrgId | undefined>,
    clock: Clock,
  ) {
    const faults: Fault[] = [];
    this.#ranges = sources
      .flatMap((configured, index) => rangeOf(configured, `ingest.sources.${index}`, faults))
      .toSorted((a, b) => b.bits - a.bits);
    if (faults.length > 0) throw new Problem("config.invalid", { faults });
    this.#orgByName = orgByName;
    this.#clock = clock;
  }

  /** The source of an address; undefined when none is configured for it or its organisation does not exist. */
  async sourceOf(address: string): Promise<Source | undefined> {
    const plain = plainAddress(address);
    const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
    const range = this.#ranges.find(({ list }) => list.check(plain, family));
    if (range === undefined) return undefined;
    const { name, org, parser, address: prefix } = range.configured;
    const orgId = await this.#orgOf(org);
    return orgId === undefined ? undefined : { orgId, name, channel: "syslog", parser, address: prefix };
  }

  /** One question a minute for each name, however many lines come meanwhile. */
  #orgOf(name: string): Promise<OrgId | undefined> {
    const now = this.#clock.now();
    const known = this.#orgs.get(name);
    if (known !== undefined && known.until > now) return known.orgId;
    const orgId = this.#orgByName(name);
    this.#orgs.set(name, { orgId, until: addMillis(now, ASK_AGAIN_MILLIS) });
    orgId.catch(() => this.#orgs.delete(name));
    return orgId;
  }
}

function rangeOf(configured: Configured, path: string, faults: Fault[]): Range[] {
  const { address, parser } = configured;
  const slash = address.indexOf("/");
  const host = slash < 0 ? address : address.slice(0, slash);
  const version = isIP(host);
  const most = version === 6 ? 128 : 32;
  const bits = slash < 0 ? most : Number(address.slice(slash + 1));
  const whole =
    slash < 0 || (slash + 1 < address.length && Number.isInteger(bits) && bits >= 0 && bits <= most);
  const before = faults.length;
  if (version === 0 || !whole)
    faults.push({ path: `${path}.address`, message: `not an address or prefix: ${address}` });
  if (!isParserChoice(parser)) {
    faults.push({
      path: `${path}.parser`,
      message: `no parser ${parser}; there are auto, ${parserIds().join(", ")}`,
    });
  }
  if (faults.length > before) return [];
  const list = new BlockList();
  list.addSubnet(host, bits, version === 6 ? "ipv6" : "ipv4");
  return [{ configured, bits: version === 6 ? bits : bits + 96, list }];
}
