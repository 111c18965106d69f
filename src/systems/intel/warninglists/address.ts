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
