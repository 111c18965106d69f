import { isIP } from "node:net";

/** A network as the bits of its prefix; `family` is 4 or 6, `bits` the text of as many 0 and 1 as the prefix is long. */
export interface Network {
  readonly family: 4 | 6;
  readonly bits: string;
}

/** An address (a network of full length) or `address/length`; bits behind the length are passed over. */
export function readNetwork(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const family = isIP(address);
  if (family !== 4 && family !== 6) return undefined;
  const whole = family === 4 ? bitsOf4(address) : bitsOf6(address);
  if (slash < 0) return { family, bits: whole };
  const length = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > whole.length) return undefined;
  return { family, bits: whole.slice(0, Number(length)) };
}

function bitsOf4(address: string): string {
  return address.split(".").map(octet).join("");
}

function octet(decimal: string): string {
  return OCTETS[Number(decimal)] ?? "";
}

const OCTETS = Array.from({ length: 256 }, (_, value) => value.toString(2).padStart(8, "0"));

/** `isIP` took it, so it is eight groups, or fewer around one `::`, the last two perhaps as an IPv4 address. */
function bitsOf6(address: string): string {
  const [before = "", after] = (address.split("%", 1)[0] ?? "").split("::");
  const head = groups(before);
  const tail = after === undefined ? "" : groups(after);
  return head + "0".repeat(128 - head.length - tail.length) + tail;
}

function groups(text: string): string {
  if (text === "") return "";
  return text
    .split(":")
    .map((group) =>
      group.includes(".") ? bitsOf4(group) : Number.parseInt(group, 16).toString(2).padStart(16, "0"),
    )
    .join("");
}

const UNIT = 16;
const UNITS = { 4: 2, 6: 8 } as const;

/**
 * Orders networks so that those within another follow it in one run: the first address in units of 16 bits, then the
 * length. Keys of one family compare as text.
 */
export function orderKey({ family, bits }: Network): string {
  return units(family, bits, "0") + String.fromCharCode(bits.length);
}

/** Between these keys lie the network itself and all within it. */
export function keysWithin(network: Network): { readonly from: string; readonly to: string } {
  const { family, bits } = network;
  return {
    from: orderKey(network),
    to: units(family, bits, "1") + String.fromCharCode(UNITS[family] * UNIT),
  };
}

function units(family: 4 | 6, bits: string, rest: "0" | "1"): string {
  const whole = bits.padEnd(UNITS[family] * UNIT, rest);
  let text = "";
  for (let at = 0; at < whole.length; at += UNIT)
    text += String.fromCharCode(Number.parseInt(whole.slice(at, at + UNIT), 2));
  return text;
}

/** The network of a key. */
export function networkOf(family: 4 | 6, key: string): Network {
  let bits = "";
  for (let at = 0; at < UNITS[family]; at++) bits += key.charCodeAt(at).toString(2).padStart(UNIT, "0");
  return { family, bits: bits.slice(0, key.charCodeAt(UNITS[family])) };
}

/** `192.0.2.0/24`, `2001:db8::/32` (RFC 5952); an address alone without its length. */
export function networkText({ family, bits }: Network): string {
  const length = UNITS[family] * UNIT;
  const whole = bits.padEnd(length, "0");
  const step = family === 4 ? 8 : UNIT;
  const parts = Array.from({ length: length / step }, (_, at) =>
    Number.parseInt(whole.slice(at * step, (at + 1) * step), 2),
  );
  const address =
    family === 4
      ? parts.join(".")
      : new URL(`http://[${parts.map((part) => part.toString(16)).join(":")}]`).hostname.slice(1, -1);
  return bits.length === length ? address : `${address}/${bits.length}`;
}
