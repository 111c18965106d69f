import { defineParser, type EcsDraft } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { draftOf, fieldTable, kindFields, place, timeField } from "../text/fields.ts";
import { isNothing } from "../text/pairs.ts";
import { isoAt } from "../text/time.ts";
import { verdictOf } from "../text/verdict.ts";
import { attributeOf, leaves } from "../text/xml.ts";

const TABLE = fieldTable("mcafee.epo.", {
  machinename: "host.name",
  agentguid: "host.id",
  ipaddress: "host.ip",
  osname: "host.os.name",
  osversion: "host.os.version",
  username: "user.name",
  eventid: "event.code",
  severity: "event.severity",
  threatname: "rule.name",
  threateventid: "rule.id",
  threatcategory: "mcafee.epo.threat_category",
  threattype: "rule.category",
  threatactiontaken: "event.action",
  targethostname: "destination.domain",
  targetusername: "destination.user.name",
  targetfilename: "file.path",
  targethash: "file.hash.md5",
  targetipv4: "destination.ip",
  targetport: "destination.port",
  targetprocessname: "process.name",
  sourceipv4: "source.ip",
  sourcehostname: "source.domain",
  sourceport: "source.port",
  sourceprocessname: "process.executable",
  sourceurl: "url.original",
  analyzername: "event.provider",
  gmttime: "",
});

const ROOTS = ["<EPOevent>", "<EPOEvent>", "<UpdateEvents>"];

function xmlAt(message: string): number {
  for (const root of ROOTS) {
    const at = message.indexOf(root);
    if (at >= 0) return at < 200 ? at : -1;
  }
  return -1;
}

/** Trellix (McAfee) ePolicy Orchestrator: threat events as it forwards them over syslog, in XML; times in UTC. */
export const epo = defineParser({
  id: "epo",
  product: "Trellix (McAfee) ePO",
  accepts: (message) => xmlAt(message) >= 0,
  parse(message, context) {
    const at = xmlAt(message);
    if (at < 0) return undefined;
    const draft = draftOf("mcafee", "mcafee.epo", "Trellix", "ePolicy Orchestrator");
    let stamp = "";
    for (const { name, text } of leaves(message.slice(at))) {
      const key = name.toLowerCase();
      if (key === "gmttime") stamp = text;
      if (!isNothing(text) && text !== "_" && key.length < 65) place(draft, TABLE, key, text);
    }
    const named = message.indexOf(" ProductName=", at);
    const info = named < 0 ? "" : message.slice(named + 1, message.indexOf(">", named));
    const name = attributeOf(info, "ProductName");
    if (name !== undefined) draft["mcafee.epo.product"] = name;
    timeField(draft, isoAt(stamp, 0, { ...context, zoneMinutes: 0 })?.at);
    kinds(draft);
    return draft;
  },
});

/** Blocked, and of `IDS_ALERT_ACT_TAK_...`: deleted, cleaned, denied, moved. */
const ACTED = /block|_(del|cle|den|mov)$/;

function kinds(draft: EcsDraft): void {
  const action = String(draft["event.action"] ?? "").toLowerCase();
  const category = String(draft["mcafee.epo.threat_category"] ?? "");
  const malware = category.startsWith("av.") || String(draft["rule.category"] ?? "").includes("trojan");
  // `IDS_ACTION_WOULD_BLOCK` is a rule that only reports.
  const would = action.includes("would");
  const acted = would ? "allowed" : ACTED.test(action) ? "denied" : undefined;
  const verdict = verdictOf(action.split(" ", 1)[0] ?? "") ?? acted;
  if (category !== "" && !category.startsWith("ops")) draft["event.kind"] = "alert";
  const outcome = verdict === undefined ? undefined : verdict === "denied" ? "failure" : "success";
  const code = String(draft["event.code"] ?? "event");
  const network = isIp(String(draft["source.ip"] ?? ""));
  kindFields(
    draft,
    action === "" ? `event-${code}` : action,
    [malware ? "malware" : network ? "intrusion_detection" : "host"],
    verdict === undefined || !network || malware ? ["info"] : ["info", verdict],
    outcome,
  );
}
