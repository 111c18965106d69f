import { Resolver } from "node:dns/promises";
import { PeerFault } from "./client.ts";
import { DOMAIN } from "./domain.ts";

const WAIT = 3000;

/**
 * The discovery address of a domain's TAXII server, by its SRV record `_taxii2._tcp` (TAXII 2.1 sections 3.9 and 8.4.2):
 * of several the lowest priority, and of those the highest weight (RFC 2782). PeerFault where it has none.
 */
export async function locateServer(domain: string, servers?: readonly string[]): Promise<string> {
  const resolver = new Resolver({ timeout: WAIT, tries: 2 });
  if (servers !== undefined) resolver.setServers([...servers]);
  const name = `_taxii2._tcp.${domain}`;
  const records = await resolver.resolveSrv(name).catch((error: unknown) => {
    throw new PeerFault(`${name}: ${error instanceof Error ? error.message : "no answer"}`);
  });
  const [best] = records
    .filter(({ name: target }) => DOMAIN.test(target))
    .sort((one, other) => one.priority - other.priority || other.weight - one.weight);
  if (best === undefined) throw new PeerFault(`${name} names no server`);
  return new URL(`https://${best.name}:${best.port}/taxii2/`).href;
}
