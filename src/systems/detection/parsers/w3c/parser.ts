import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { isIp, wholeOf } from "../text/address.ts";
import { draftOf, fieldTable, kindFields, place, put, timeField } from "../text/fields.ts";
import { isNothing, quotedAt } from "../text/pairs.ts";
import { digitsAt, isoAt } from "../text/time.ts";
import { peerFields, urlFields } from "../text/url.ts";

const TABLE = fieldTable("w3c.", {
  "c-ip": "source.ip",
  "c-port": "source.port",
  "s-ip": "observer.ip",
  "s-port": "destination.port",
  "s-supplier-ip": "destination.ip",
  "r-ip": "destination.ip",
  "r-port": "destination.port",
  "s-computername": "observer.name",
  "cs-username": "user.name",
  "cs-method": "http.request.method",
  "cs-host": "url.domain",
  "cs-uri-scheme": "url.scheme",
  "cs-uri-port": "url.port",
  "cs-uri-path": "url.path",
  "cs-uri-stem": "url.path",
  "cs-uri-extension": "url.extension",
  "cs(user-agent)": "user_agent.original",
  "cs(referer)": "http.request.referrer",
  "cs(cookie)": "http.request.headers.cookie",
  "cs-version": "http.version",
  "sc-status": "http.response.status_code",
  "sc-bytes": "http.response.bytes",
  "cs-bytes": "http.request.bytes",
  "rs(content-type)": "http.response.mime_type",
  "cs-categories": "rule.category",
  "x-virus-id": "rule.name",
  "s-action": "event.action",
  "sc-filter-result": "w3c.filter_result",
  date: "",
  time: "",
  "time-taken": "",
  "cs-uri": "url.original",
  "cs-uri-query": "",
});

/** The `main` format of Blue Coat ProxySG (Symantec Edge SWG). */
const BLUE_COAT =
  "date time time-taken c-ip cs-username cs-auth-group x-exception-id sc-filter-result cs-categories cs(Referer) sc-status s-action cs-method rs(Content-Type) cs-uri-scheme cs-host cs-uri-port cs-uri-path cs-uri-query cs-uri-extension cs(User-Agent) s-ip sc-bytes cs-bytes x-virus-id".split(
    " ",
  );
/** IIS 7 to 10 as installed. */
const IIS =
  "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken".split(
    " ",
  );

const DIRECTIVES = [
  "#Software:",
  "#Version:",
  "#Fields:",
  "#Date:",
  "#Start-Date:",
  "#End-Date:",
  "#Remark:",
];

/** Values, `"quoted with blanks"` taken as one. */
function valuesOf(message: string, most: number): string[] {
  const values: string[] = [];
  let at = 0;
  while (at < message.length && values.length < most) {
    if (message.charCodeAt(at) === 32) {
      at++;
    } else if (message[at] === '"') {
      const read = quotedAt(message, at);
      values.push(read.value);
      at = read.end;
    } else {
      const space = message.indexOf(" ", at);
      const end = space < 0 ? message.length : space;
      values.push(message.slice(at, end));
      at = end;
    }
  }
  return values;
}

/** `2026-11-23 10:11:12 `, in which W3C lines begin. */
function isDated(message: string): boolean {
  return (
    message[4] === "-" &&
    message[7] === "-" &&
    message[10] === " " &&
    message[13] === ":" &&
    message[19] === " " &&
    digitsAt(message, 0, 4) > 0
  );
}

function layoutOf(message: string): readonly string[] | undefined {
  const values = valuesOf(message, 6);
  const [, , third = "", fourth = "", fifth = ""] = values;
  if (isIp(third) && /^[A-Z]{3,12}$/.test(fourth) && fifth.startsWith("/")) return IIS;
  return wholeOf(third) !== undefined && isIp(fourth) ? BLUE_COAT : undefined;
}

/**
 * W3C extended logs. Without the header's `#Fields:` two fixed orders are known, Blue Coat's main format and that of
 * IIS; with `context.memory`, the header of the source decides. Times are in UTC, as the format says.
 */
export const w3c = defineParser({
  id: "w3c",
  product: "W3C extended log (Blue Coat, IIS)",
  begins: "#0123456789",
  whole: true,
  accepts(message, context) {
    if (message.startsWith("#")) return DIRECTIVES.some((word) => message.startsWith(word));
    return isDated(message) && (context.memory?.w3cFields !== undefined || layoutOf(message) !== undefined);
  },
  parse(message, context) {
    if (message.startsWith("#")) return directive(message, context);
    if (!isDated(message)) return undefined;
    const layout = context.memory?.w3cFields ?? layoutOf(message);
    return layout === undefined ? undefined : entry(message, layout, context);
  },
});

function directive(message: string, context: ParseContext): EcsDraft | undefined {
  if (!DIRECTIVES.some((word) => message.startsWith(word))) return undefined;
  if (message.startsWith("#Fields:") && context.memory !== undefined) {
    context.memory.w3cFields = valuesOf(message.slice(8), 200).map((name) => name.toLowerCase());
  }
  const draft = draftOf("w3c", "w3c.header", "W3C", "extended log");
  draft.message = message;
  kindFields(draft, "log-header", ["web"], ["info"]);
  return draft;
}

function entry(message: string, layout: readonly string[], context: ParseContext): EcsDraft {
  const web = layout === IIS || (layout !== BLUE_COAT && layout.includes("cs-uri-stem"));
  const draft = web
    ? draftOf("iis", "iis.access", "Microsoft", "IIS")
    : draftOf("bluecoat", "bluecoat.proxy", "Blue Coat", "ProxySG", "proxy");
  timeField(draft, isoAt(message, 0, { ...context, zoneMinutes: 0 })?.at);
  const values = valuesOf(message, 300);
  let query = "";
  for (let index = 0; index < Math.min(layout.length, values.length); index++) {
    const name = (layout[index] ?? "").toLowerCase();
    const value = values[index] ?? "";
    if (isNothing(value)) continue;
    if (name === "cs-uri-query") query = value.startsWith("?") ? value.slice(1) : value;
    else if (name === "time-taken") takenField(draft, value);
    else if (name === "c-ip") peerFields(draft, "source", value);
    else if (web && (name.startsWith("cs(") || name.startsWith("sc(")))
      place(draft, TABLE, name, value.replaceAll("+", " "));
    else place(draft, TABLE, name, value);
  }
  if (query !== "") draft["url.query"] = query;
  const server = draft["observer.ip"];
  if (web && typeof server === "string") put(draft, "destination.ip", server);
  wholeUrl(draft, query);
  outcome(draft, web);
  return draft;
}

function takenField(draft: EcsDraft, value: string): void {
  const took = wholeOf(value);
  if (took !== undefined && took < 9_000_000_000) draft["event.duration"] = took * 1_000_000;
}

function wholeUrl(draft: EcsDraft, query: string): void {
  const path = String(draft["url.path"] ?? "");
  const tail = query === "" ? path : `${path}?${query}`;
  const scheme = draft["url.scheme"];
  const host = draft["url.domain"];
  if (typeof host === "string" && scheme === "tcp") {
    urlFields(draft, `${host}:${String(draft["url.port"] ?? 443)}`, true);
  } else if (typeof scheme === "string" && typeof host === "string") {
    const port = draft["url.port"];
    const usual = port === undefined || (scheme === "http" ? port === 80 : port === 443);
    urlFields(draft, `${scheme}://${host}${usual ? "" : `:${String(port)}`}${tail}`);
  } else if (tail !== "" && draft["url.original"] === undefined) {
    urlFields(draft, tail);
  }
  if (typeof host === "string") put(draft, "destination.domain", host);
}

function outcome(draft: EcsDraft, web: boolean): void {
  const code = Number(draft["http.response.status_code"] ?? 0);
  const result = draft["w3c.filter_result"];
  const denied = result === "DENIED" || String(draft["event.action"] ?? "").includes("DENIED");
  kindFields(
    draft,
    String(draft["event.action"] ?? "request"),
    web ? ["web"] : ["web", "network"],
    web ? ["access"] : ["access", denied ? "denied" : "allowed"],
    denied || code >= 400 ? "failure" : "success",
  );
  draft["network.protocol"] ??= "http";
}
