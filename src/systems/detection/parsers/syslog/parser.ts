import { defineParser } from "../parser.ts";

/**
 * The bare syslog message, for a source whose product has no parser of its own. It takes any text, so `auto`
 * never chooses it: a line of an unknown product counts as unparsed there.
 */
export const syslog = defineParser({
  id: "syslog",
  product: "Syslog (RFC 5424, RFC 3164)",
  generic: true,
  accepts: () => false,
  parse: (message) => ({ message, "event.dataset": "syslog" }),
});
