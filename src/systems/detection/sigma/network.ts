/** An address prefix; bytes of the network, 4 or 16 of them. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one. Undefined for anything else. */
export function readNetwork(text: string): Network | undefined {
  const [address = "", length, ...more] = text.split("/");
  const bytes = readAddress(address);
  if (bytes === undefined || more.length > 0) return undefined;
  if (length === undefined) return { bytes, bits: bytes.length * 8 };
  // `::ffff:0:0/96` counts the bits before the IPv4 address, too.
  const before = address.includes(":") && bytes.length === 4 ? 96 : 0;
  const bits = Number(length) - before;
  return /^\d{1,3}$/.test(length) && bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

/** Whether an address in text lies in the network; an IPv4 address written as `::ffff:a.b.c.d` is an IPv4 address. */
export function networkHolds(network: Network, address: string): boolean {
  const bytes = readAddress(address);
  if (bytes === undefined || bytes.length !== network.bytes.length) return false;
  const whole = network.bits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== network.bytes[at]) return false;
  const rest = network.bits & 7;
  if (rest === 0) return true;
  const mask = (0xff00 >> rest) & 0xff;
  return ((bytes[whole] ?? 0) & mask) === ((network.bytes[whole] ?? 0) & mask);
}

/** The bytes of an IPv4 (4) or IPv6 (16) address. */
export function readAddress(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  if (!text.includes(":")) return readFour(text);
  // The zone of a link, `fe80::1%eth0`, is no part of the address.
  const zone = text.indexOf("%");
  return readSixteen(zone < 0 ? text : text.slice(0, zone));
}

function readFour(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [at, part] of parts.entries()) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    bytes[at] = Number(part);
  }
  return bytes;
}

function readSixteen(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(readGroups);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const zeros = 16 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? zeros !== 0 : zeros < 2) return undefined;
  const bytes = Uint8Array.from([...head, ...new Array<number>(zeros).fill(0), ...(tail ?? [])]);
  const mapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return mapped ? bytes.slice(12) : bytes;
}

function readGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [at, group] of groups.entries()) {
    if (at === groups.length - 1 && group.includes(".")) {
      const four = readFour(group);
      if (four === undefined) return undefined;
      bytes.push(...four);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return undefined;
  }
  return bytes;
}
