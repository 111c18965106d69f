import { auditd } from "./auditd/parser.ts";
import { bindQuery } from "./bind-query/parser.ts";
import { cef } from "./cef/parser.ts";
import { checkPoint } from "./check-point/parser.ts";
import { ciscoAsa } from "./cisco-asa/parser.ts";
import { ciscoIos } from "./cisco-ios/parser.ts";
import { cloudflareWaf } from "./cloudflare-waf/parser.ts";
import { epo } from "./epo/parser.ts";
import { eset } from "./eset/parser.ts";
import { f5Asm } from "./f5-asm/parser.ts";
import { fortigate } from "./fortigate/parser.ts";
import { huaweiUsg } from "./huawei-usg/parser.ts";
import { iptables } from "./iptables/parser.ts";
import { json } from "./json/parser.ts";
import { junos } from "./junos/parser.ts";
import { keyValue } from "./key-value/parser.ts";
import { leef } from "./leef/parser.ts";
import { linuxSyslog } from "./linux-syslog/parser.ts";
import { modsecurity } from "./modsecurity/parser.ts";
import { netscreen } from "./netscreen/parser.ts";
import { panOs } from "./pan-os/parser.ts";
import type { Parser } from "./parser.ts";
import { pfsense } from "./pfsense/parser.ts";
import { snort } from "./snort/parser.ts";
import { sonicwall } from "./sonicwall/parser.ts";
import { sophos } from "./sophos/parser.ts";
import { squid } from "./squid/parser.ts";
import { sshd } from "./sshd/parser.ts";
import { sudo } from "./sudo/parser.ts";
import { suricata } from "./suricata/parser.ts";
import { symantec } from "./symantec/parser.ts";
import { syslog } from "./syslog/parser.ts";
import { trendMicro } from "./trend-micro/parser.ts";
import { unbound } from "./unbound/parser.ts";
import { w3c } from "./w3c/parser.ts";
import { webAccess } from "./web-access/parser.ts";
import { webError } from "./web-error/parser.ts";
import { windows } from "./windows/parser.ts";
import { windowsDns } from "./windows-dns/parser.ts";
import { zeek } from "./zeek/parser.ts";

/**
 * Every parser, in the order in which `auto` asks them: those that only ask about JSON first, since they cost other
 * lines nothing and spare JSON the others; formats of any product last.
 * A new folder is added here; a test holds the two together.
 */
export const PARSERS: readonly Parser[] = [
  windows,
  suricata,
  eset,
  cloudflareWaf,
  zeek,
  fortigate,
  ciscoAsa,
  squid,
  bindQuery,
  panOs,
  w3c,
  webAccess,
  webError,
  unbound,
  windowsDns,
  ciscoIos,
  junos,
  checkPoint,
  sophos,
  huaweiUsg,
  sonicwall,
  netscreen,
  pfsense,
  iptables,
  f5Asm,
  modsecurity,
  snort,
  epo,
  symantec,
  trendMicro,
  sshd,
  sudo,
  auditd,
  cef,
  leef,
  linuxSyslog,
  json,
  keyValue,
  syslog,
];
