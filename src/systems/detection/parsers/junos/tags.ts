import type { EcsDraft } from "../parser.ts";
import { kindFields } from "../text/fields.ts";
import { verdictFields, verdictOf } from "../text/verdict.ts";

/** First words of the event tags of Junos ("System Log Explorer"). */
const FAMILIES = new Set(
  "AAMW AAMWD ACCT ALARMD AMAD ANTISPAM ANTI APPID APPIDD APPPXY APPTRACK ASP AUDITD AUTHD AV BFDD CFMD CHASSISD CONTENT COSD DCD DFCD DFWD DHCPD DNS DOT1XD ESWD EVENTD FABOAMD FIPS FLOW FPCLOGIN FSAD FUD FWAUTH FWAUTHD GPRSD HTTPD ICCPD IDP IFCM IFDE IFINFO ILMID IPMID JADE JCS JDIAMETERD JIVED JPTSPD JSRPD JTASK JTRACE KMD L2ALD L2CPD L2TPD LACP LACPD LFMD LIBESPTASK LIBJNX LIBJSNMP LIBMSPRPC LICENSE LLDPD LOGIN LPDFD LRMUX LSYSD MCSN MCSNOOPD MIB2D MPLS NETSEC NEXTHOP NSD NSTRACED NTPD NTPDATE PFE PFED PGCPD PING PKID PPMD PPPD PROFILER QFABRIC RDD RMOPD RPD RT RTLOG SAVAL SDXD SECINTEL SFW SMTPD SNMP SNMPD SPD SRX SSHD SSL STP SYSTEM TFTPD UFDD UI UTM UTMD VCCPD VM VRRPD WEB WEBFILTER WWW".split(
    " ",
  ),
);

/** The event tag: `RT_FLOW_SESSION_DENY`, `SSHD_LOGIN_FAILED`, `UI_AUTH_EVENT`. */
export function isTag(word: string): boolean {
  return word.length > 4 && word.length < 64 && /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(word);
}

/** Whether a tag that has no structured data beside it is one of Junos. */
export function isJunosTag(word: string): boolean {
  return isTag(word) && FAMILIES.has(word.slice(0, word.indexOf("_")));
}

/** The kind of the event by its tag and what its action says. */
export function tagFields(draft: EcsDraft, tag: string): void {
  const said = String(draft["event.action"] ?? "").toLowerCase();
  if (tag.startsWith("RT_FLOW_SESSION") || tag.startsWith("APPTRACK_SESSION")) session(draft, tag);
  else if (/^(RT_IDS|RT_SCREEN|IDP_|SECINTEL_)/.test(tag)) {
    draft["event.kind"] = "alert";
    kindFields(draft, said === "" ? tag.toLowerCase() : said, ["intrusion_detection", "network"], ["info"]);
    if (verdictOf(said) === "denied") verdictFields(draft, said);
  } else if (/^(AV_|AAMW|SRX_AAMW|ANTI_VIRUS|ANTIVIRUS)/.test(tag)) {
    malware(draft, tag, said);
  } else if (tag.startsWith("WEBFILTER_")) {
    const denied = tag.includes("BLOCKED");
    kindFields(draft, tag.toLowerCase(), ["web", "network"], ["access", denied ? "denied" : "allowed"]);
    draft["event.outcome"] = denied ? "failure" : "success";
  } else if (tag.startsWith("ANTISPAM_") || tag.startsWith("CONTENT_FILTERING_")) {
    const mail = tag.startsWith("ANTISPAM_");
    kindFields(draft, said === "" ? tag.toLowerCase() : said, [mail ? "email" : "web", "network"], ["info"]);
    verdictFields(draft, said);
  } else if (isLogin(tag)) login(draft, tag);
  else if (/^UI_(COMMIT|CFG|LOAD|ROLLBACK|RESCUE)/.test(tag)) {
    kindFields(draft, "configuration-changed", ["configuration"], ["change"], "success");
  } else if (tag.startsWith("UI_CMDLINE") || tag.startsWith("UI_NETCONF")) {
    kindFields(draft, "command-executed", ["configuration"], ["access"], "success");
  } else {
    const host = /^(CHASSISD|UI|LICENSE|SYSTEM|EVENTD|ALARMD|AUDITD|NTPD|JTASK|JCS|WEB)_/.test(tag);
    kindFields(draft, said === "" ? tag.toLowerCase() : said, [host ? "host" : "network"], ["info"]);
    if (said !== "" && !host) verdictFields(draft, said);
  }
}

function session(draft: EcsDraft, tag: string): void {
  const denied = tag.includes("DENY");
  const phase = tag.includes("CREATE") ? "start" : tag.includes("CLOSE") ? "end" : denied ? "denied" : "info";
  const action = denied ? "connection-denied" : `session-${phase}`;
  kindFields(draft, action, ["network"], ["connection", phase], denied ? "failure" : "success");
}

function malware(draft: EcsDraft, tag: string, said: string): void {
  draft["event.kind"] = "alert";
  kindFields(draft, said === "" ? tag.toLowerCase() : said, ["malware", "network"], ["info"]);
  // Dropped because it could not be scanned: no malware was found.
  if (/NOT_SCANNED|HUGE_FILE|SCANNER|MANY_MSGS|TOO_/.test(tag)) {
    draft["event.kind"] = "event";
    draft["event.category"] = ["network"];
  }
  verdictFields(draft, said === "" && tag.includes("DROP") ? "drop" : said);
}

function isLogin(tag: string): boolean {
  return (
    /^(SSHD|LOGIN|UI_LOGIN|UI_LOGOUT|UI_AUTH|FWAUTH|WEB_AUTH|DOT1XD|FPCLOGIN|AUTHD)/.test(tag) ||
    tag.includes("AUTH_FAIL")
  );
}

function login(draft: EcsDraft, tag: string): void {
  const text = String(draft.message ?? "").toLowerCase();
  const failed =
    /FAIL|PASSWD|INVALID|DENIED|REJECT|ATTEMPTS|BAD/.test(tag) || /fail|invalid|denied/.test(text);
  const ended = /LOGOUT|CLOSE|TIMEOUT|DISCONNECT/.test(tag);
  kindFields(
    draft,
    ended ? "logout" : failed ? "login-failed" : "login-succeeded",
    ["authentication"],
    [ended ? "end" : "start"],
    failed ? "failure" : "success",
  );
}
