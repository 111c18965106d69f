import { BlockList, isIP } from "node:net";

/** Tells whether an address belongs to the inside: never routed on the Internet, or of the organisation's own networks. */
export interface NetworkList {
  holds(address: string): boolean;
}

/** RFC 1918, loopback, link-local, shared (RFC 6598), ULA (RFC 4193), unspecified. */
const NEVER_OUTSIDE: readonly [string, number][] = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["0.0.0.0", 8],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["::1", 128],
];

/** Networks given as an address or a prefix; what is neither is passed over. */
export function networkList(networks: readonly string[]): NetworkList {
  const list = new BlockList();
  for (const [address, bits] of NEVER_OUTSIDE) list.addSubnet(address, bits, familyOf(address));
  for (const network of networks) {
    const [address = "", bits] = network.trim().split("/", 2);
    const version = isIP(address);
    if (version === 0) continue;
    const most = version === 4 ? 32 : 128;
    const length = bits === undefined ? most : Number(bits);
    if (Number.isInteger(length) && length >= 0 && length <= most)
      list.addSubnet(address, length, familyOf(address));
  }
  return {
    holds(address) {
      const bare = address.split("%", 1)[0] ?? "";
      return isIP(bare) !== 0 && list.check(bare, familyOf(bare));
    },
  };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}
