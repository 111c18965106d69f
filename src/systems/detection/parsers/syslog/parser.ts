import { defineParser, type EcsDraft } from "../parser.ts";
import type { Headed } from "./header.ts";

/**
 * The bare syslog message, for a source whose product has no parser of its own. It takes any text; under `auto` it takes
 * what `isProgramLine` knows, and a line of an unknown device counts as unparsed.
 */
export const syslog = defineParser({
  id: "syslog",
  product: "Syslog (RFC 5424, RFC 3164)",
  generic: true,
  accepts: () => false,
  parse: plain,
});

function plain(message: string): EcsDraft {
  return { message, "event.dataset": "syslog" };
}

/** `local0`: from here on facilities say nothing of what sends, and network devices have them by default. */
const FIRST_LOCAL = 16;
const PROGRAM = /^[A-Za-z_/][\w.+@/-]{0,62}$/;
/** How `%` of Cisco and its like, `%%01BGP/3/` of Huawei, `<501093>` of Aruba begin. */
const OF_DEVICE = /^%|^<\d/;
const TAG_OF_DEVICE = /-[0-7]-/;

/**
 * Whether a line with this header, which no product's parser took, is what a program of a Unix host said: host and
 * program are named, the facility is one of the system's own (RFC 5424 table 1) or lost, and nothing of it is in the form
 * of network devices.
 */
export function isProgramLine({ fields, message, program }: Headed): boolean {
  if (program === undefined || fields["host.name"] === undefined) return false;
  const facility = fields["log.syslog.facility.code"];
  if (typeof facility === "number" && facility >= FIRST_LOCAL) return false;
  if (!PROGRAM.test(program) || TAG_OF_DEVICE.test(program)) return false;
  return !OF_DEVICE.test(message);
}
