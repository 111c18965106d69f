import { bindQuery } from "./bind-query/parser.ts";
import { ciscoAsa } from "./cisco-asa/parser.ts";
import { fortigate } from "./fortigate/parser.ts";
import type { Parser } from "./parser.ts";
import { squid } from "./squid/parser.ts";
import { syslog } from "./syslog/parser.ts";

/** Every parser, in the order in which `auto` asks them. A new folder is added here; a test holds the two together. */
export const PARSERS: readonly Parser[] = [fortigate, ciscoAsa, squid, bindQuery, syslog];
