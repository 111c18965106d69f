import { defineParser, type EcsDraft } from "../parser.ts";
import { draftOf, fieldTable, kindFields, put, timeField } from "../text/fields.ts";
import { jsonRecord, placeRecord, textOf } from "../text/json.ts";
import { anyTime } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

const TABLE = fieldTable("cloudflare.", {
  ClientIP: "source.ip",
  ClientSrcPort: "source.port",
  ClientASN: "source.as.number",
  ClientASNDescription: "source.as.organization.name",
  ClientCountry: "source.geo.country_iso_code",
  ClientRequestHost: "url.domain",
  ClientRequestPath: "url.path",
  ClientRequestQuery: "url.query",
  ClientRequestScheme: "url.scheme",
  ClientRequestURI: "url.original",
  ClientRequestMethod: "http.request.method",
  ClientRequestReferer: "http.request.referrer",
  ClientRequestUserAgent: "user_agent.original",
  ClientRequestBytes: "http.request.bytes",
  EdgeResponseStatus: "http.response.status_code",
  EdgeResponseBytes: "http.response.bytes",
  EdgeResponseContentType: "http.response.mime_type",
  EdgeServerIP: "destination.ip",
  OriginIP: "destination.nat.ip",
  RayID: "event.id",
  RuleID: "rule.id",
  Description: "rule.name",
  Source: "rule.category",
  Action: "event.action",
  SecurityAction: "event.action",
  WAFAction: "event.action",
  Datetime: "",
  EdgeStartTimestamp: "",
});

function isCloudflare(message: string): boolean {
  return message.startsWith("{") && message.includes('"RayID"') && message.includes('"ClientIP"');
}

/** Cloudflare Logpush: firewall events and HTTP requests. */
export const cloudflareWaf = defineParser({
  id: "cloudflare-waf",
  product: "Cloudflare WAF",
  begins: "{",
  accepts: (message) => isCloudflare(message),
  parse(message, context) {
    const record = jsonRecord(message);
    if (record === undefined || record.RayID === undefined) return undefined;
    const draft = draftOf("cloudflare", "cloudflare.waf", "Cloudflare", "WAF", "waf");
    placeRecord(draft, TABLE, record);
    const stamp = textOf(record.Datetime) ?? textOf(record.EdgeStartTimestamp);
    timeField(draft, anyTime(stamp ?? "", context));
    kindOf(draft, record);
    return draft;
  },
});

/** What the rules did when they did nothing. */
const NONE = new Set(["unknown", "", "none", "skip", "allow"]);

function kindOf(draft: EcsDraft, record: EcsDraft): void {
  const said = textOf(draft["event.action"]);
  const action = said === undefined || NONE.has(said.toLowerCase()) ? undefined : said;
  const fired = action !== undefined;
  if (fired) draft["event.kind"] = "alert";
  kindFields(
    draft,
    action?.toLowerCase() ?? "request",
    fired ? ["intrusion_detection", "web", "network"] : ["web", "network"],
    ["access"],
  );
  if (action !== undefined) verdictFields(draft, action);
  const country = textOf(draft["source.geo.country_iso_code"]);
  if (country !== undefined) draft["source.geo.country_iso_code"] = country.toUpperCase();
  const path = textOf(draft["url.path"]);
  const query = textOf(draft["url.query"])?.replace(/^\?/, "");
  if (query !== undefined) draft["url.query"] = query;
  if (path !== undefined) put(draft, "url.original", query === undefined ? path : `${path}?${query}`);
  const host = textOf(draft["url.domain"]);
  const target = textOf(draft["url.original"]);
  if (host !== undefined && target?.startsWith("/") === true)
    draft["url.full"] = `${textOf(draft["url.scheme"]) ?? "https"}://${host}${target}`;
  const version = textOf(record.ClientRequestProtocol);
  if (version?.startsWith("HTTP/") === true) draft["http.version"] = version.slice(5);
  const code = Number(draft["http.response.status_code"]);
  if (!fired && code > 0) draft["event.outcome"] = code >= 400 ? "failure" : "success";
}
