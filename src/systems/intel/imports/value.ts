import { isIP } from "node:net";
import { refanged } from "../defang.ts";
import { type IndicatorValue, readIndicator } from "../model.ts";

/** Wider networks are half the net, and would meet everything; detection takes none of them either. */
const WIDEST = { 4: 8, 6: 19 } as const;

/**
 * What published text says as an indicator: all that `readIndicator` knows, and networks (`198.51.100.0/24`, STIX 2.1
 * sections 6.4 and 6.5), which nobody writes into an item by hand but lists of bad networks hold alone.
 */
export function readPublished(text: string): IndicatorValue | undefined {
  return readIndicator(text) ?? readNetwork(text);
}

function readNetwork(text: string): IndicatorValue | undefined {
  const [, address = "", digits = ""] = /^([0-9a-f.:]{2,45})\/(\d{1,3})$/i.exec(refanged(text.trim())) ?? [];
  const family = isIP(address);
  if (family !== 4 && family !== 6) return undefined;
  const [most, length] = [family === 4 ? 32 : 128, Number(digits)];
  if (length < WIDEST[family] || length > most) return undefined;
  const value = address.toLowerCase();
  return { type: family === 4 ? "ipv4" : "ipv6", value: length === most ? value : `${value}/${length}` };
}

/**
 * What a cell of a table or a list says: all that `readPublished` knows, and an address or a name before its port
 * (`198.51.100.1:8443`, `[2001:db8::1]:443`).
 */
export function readListed(text: string): IndicatorValue | undefined {
  const read = readPublished(text);
  if (read !== undefined) return read;
  const [, six, host] =
    /^(?:\[([0-9a-f:.]{2,45})\]|([^\s:/@]{3,260})):\d{1,5}$/iu.exec(refanged(text.trim())) ?? [];
  return six === undefined && host === undefined ? undefined : readPublished(six ?? host ?? "");
}

/** Addresses to which a hosts file sends the names that it blocks. */
const HOSTS_LINE = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s{1,20}(\S{1,253})$/;

/** A line of a bare list: the value before a remark, `198.51.100.1 # seen`, or the name that a hosts file blocks. */
export function bareValue(line: string): string {
  if (readListed(line) !== undefined) return line;
  const value = line.replace(/\s[#;].*$/s, "").trimEnd();
  return HOSTS_LINE.exec(value)?.[1] ?? value;
}
