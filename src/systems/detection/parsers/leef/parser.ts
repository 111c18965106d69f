import { wordKinds } from "../cef/words.ts";
import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { draftOf, fieldTable, kindFields, place, put, timeField } from "../text/fields.ts";
import { isNothing } from "../text/pairs.ts";
import { anyTime } from "../text/time.ts";
import { verdictFields } from "../text/verdict.ts";

const TABLE = fieldTable("leef.", {
  src: "source.ip",
  srcport: "source.port",
  dst: "destination.ip",
  dstport: "destination.port",
  srcpostnat: "source.nat.ip",
  srcpostnatport: "source.nat.port",
  dstpostnat: "destination.nat.ip",
  dstpostnatport: "destination.nat.port",
  srcmac: "source.mac",
  dstmac: "destination.mac",
  srcbytes: "source.bytes",
  dstbytes: "destination.bytes",
  srcpackets: "source.packets",
  dstpackets: "destination.packets",
  proto: "network.transport",
  usrname: "user.name",
  username: "user.name",
  accountname: "user.name",
  domain: "user.domain",
  policy: "rule.name",
  url: "url.original",
  action: "event.action",
  reason: "event.reason",
  resource: "leef.resource",
  identhostname: "host.name",
  identsrc: "host.ip",
  cat: "leef.category",
  sev: "event.severity",
  dvchost: "observer.name",
  devicename: "host.name",
  dvc: "observer.ip",
  filepath: "file.path",
  filename: "file.name",
  act: "event.action",
  msg: "message",
  threatname: "rule.name",
  name: "rule.name",
  hash: "file.hash.sha1",
  useragent: "user_agent.original",
  method: "http.request.method",
  devtime: "",
  devtimeformat: "",
});

interface LeefLine {
  readonly head: readonly string[];
  readonly gap: string;
  readonly rest: string;
}

function leefAt(message: string): number {
  const at = message.indexOf("LEEF:");
  return at >= 0 && at < 100 && message[at + 8] === "|" ? at : -1;
}

/** `LEEF:2.0|Vendor|Product|Version|EventID|^|key=value^key=value`; version 1 has no delimiter and means a tab. */
function readLeef(message: string): LeefLine | undefined {
  const start = leefAt(message);
  if (start < 0) return undefined;
  const head: string[] = [];
  let from = start + 9;
  while (head.length < 4) {
    const bar = message.indexOf("|", from);
    if (bar < 0) return undefined;
    head.push(message.slice(from, bar));
    from = bar + 1;
  }
  const second = message[start + 5] === "2";
  const bar = second ? message.indexOf("|", from) : -1;
  if (bar < 0 || bar - from > 6) return { head, gap: "\t", rest: message.slice(from) };
  const said = message.slice(from, bar);
  const code = /^(?:0?x)([\da-fA-F]{1,4})$/.exec(said)?.[1];
  const gap = code === undefined ? said : String.fromCharCode(Number.parseInt(code, 16));
  return { head, gap: gap === "" ? "\t" : gap, rest: message.slice(bar + 1) };
}

/** The record that every LEEF line gives; products with a parser of their own go on from it. */
export function leefDraft(message: string, context: ParseContext): EcsDraft | undefined {
  const line = readLeef(message);
  if (line === undefined) return undefined;
  const [vendor = "", product = "", version, code] = line.head;
  const draft = draftOf("leef", "leef.log", vendor, product);
  put(draft, "observer.version", version);
  put(draft, "event.code", code);
  let stamp = "";
  for (const part of line.rest.split(line.gap)) {
    const equals = part.indexOf("=");
    const value = part.slice(equals + 1).trim();
    const key = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    if (key === "devtime") stamp = value;
    if (key !== "" && key.length < 65 && !isNothing(value)) place(draft, TABLE, key, value);
  }
  timeField(draft, anyTime(stamp, context));
  kinds(draft, code ?? "");
  return draft;
}

/** IBM QRadar's Log Event Extended Format, of any product. */
export const leef = defineParser({
  id: "leef",
  product: "LEEF",
  generic: true,
  accepts: (message) => leefAt(message) >= 0,
  parse: (message, context) => leefDraft(message, context),
});

function kinds(draft: EcsDraft, code: string): void {
  const action = String(draft["event.action"] ?? code);
  const networked = draft["source.ip"] !== undefined && draft["destination.ip"] !== undefined;
  const said = `${code} ${String(draft["leef.category"] ?? "")} ${String(draft["rule.name"] ?? "")}`;
  if (wordKinds(draft, said, action)) return;
  kindFields(draft, action, [networked ? "network" : "host"], [networked ? "connection" : "info"]);
  verdictFields(draft, action);
}
