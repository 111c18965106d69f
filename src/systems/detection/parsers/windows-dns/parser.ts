import { defineParser, type EcsDraft, type ParseContext } from "../parser.ts";
import { words } from "../text/csv.ts";
import { draftOf, kindFields, put, timeField } from "../text/fields.ts";
import { isoAt } from "../text/time.ts";

const MARK = " PACKET ";

/** `11/23/2026 10:11:12 AM`, `23/11/2026 10:11:12`, `2026/11/23 上午 10:11:12`, in front of the thread's number. */
function timeIn(head: string, context: ParseContext): number | undefined {
  const parts = words(head, 5);
  const [first = ""] = parts;
  const date = /^\d{8}$/.test(first)
    ? [first.slice(0, 4), first.slice(4, 6), first.slice(6)]
    : first.split(/[/.-]/, 3);
  const wall = parts.find((part) => part.includes(":"));
  const half = parts.find((part) => part === "AM" || part === "PM" || part === "上午" || part === "下午");
  if (date.length !== 3 || wall === undefined) return undefined;
  const numbers = date.map(Number);
  const [a = 0, b = 0, c = 0] = numbers;
  // The order is that of the server's locale; a first number above 12 is a day.
  const [year, month, day] = a > 31 ? [a, b, c] : a > 12 || half === undefined ? [c, b, a] : [c, a, b];
  const clock = wall.split(":", 3).map(Number);
  const [hour = 0, minute = 0, second = 0] = clock;
  const afternoon = half === "PM" || half === "下午";
  const hours = half === undefined ? hour : (hour % 12) + (afternoon ? 12 : 0);
  const two = (value: number) => String(value).padStart(2, "0");
  return isoAt(`${year}-${two(month)}-${two(day)} ${two(hours)}:${two(minute)}:${two(second)}`, 0, context)
    ?.at;
}

/** `(3)www(7)example(3)com(0)` as `www.example.com`. */
function nameOf(text: string): string {
  let name = "";
  let at = 0;
  while (text[at] === "(") {
    const close = text.indexOf(")", at);
    if (close < 0) break;
    const length = Number(text.slice(at + 1, close));
    if (!(length > 0)) break;
    const next = text.indexOf("(", close);
    name += `${name === "" ? "" : "."}${text.slice(close + 1, next < 0 ? undefined : next)}`;
    at = next < 0 ? text.length : next;
  }
  return name;
}

function markIn(message: string): number {
  const at = message.slice(0, 70).indexOf(MARK);
  return at > 10 && at < 60 && (message.includes(" UDP ", at) || message.includes(" TCP ", at)) ? at : -1;
}

/** The debug log of the Windows DNS server: one line for each packet. */
export const windowsDns = defineParser({
  id: "windows-dns",
  product: "Windows DNS server debug log",
  accepts: (message) => markIn(message) > 0,
  parse(message, context) {
    const at = markIn(message);
    if (at < 0) return undefined;
    const parts = words(message.slice(at + MARK.length), 7);
    const open = message.indexOf("[", at);
    const close = message.indexOf("]", open);
    if (open < 0 || close < 0) return undefined;
    const draft = draftOf("windows_dns", "windows.dns_debug", "Microsoft", "Windows DNS Server", "dns");
    draft["network.protocol"] = "dns";
    timeField(draft, timeIn(message.slice(0, at), context));
    const [, transport, way, address, id] = parts;
    put(draft, "network.transport", transport);
    const received = way === "Rcv";
    const response = message.slice(at, open).includes(" R ");
    // What is received and no response, or sent and a response, has a client at the other end.
    put(draft, received === response ? "destination.ip" : "source.ip", address);
    put(draft, "dns.id", id);
    draft["dns.type"] = response ? "answer" : "query";
    draft["network.direction"] = received ? "inbound" : "outbound";
    kindFields(draft, response ? "reply" : "query", ["network"], ["protocol", "info"]);
    bracketFields(draft, message.slice(open + 1, close), response);
    const [type, name] = words(message.slice(close + 1), 2);
    put(draft, "dns.question.type", type);
    put(draft, "dns.question.name", nameOf((name ?? "").trim()));
    return draft;
  },
});

/** `8085 A DR  NXDOMAIN`: flags in hexadecimal, in letters, and the code of the answer. */
function bracketFields(draft: EcsDraft, text: string, response: boolean): void {
  const parts = words(text, 6);
  const code = parts.at(-1);
  put(draft, "windows_dns.flags", parts[0]);
  if (!response || code === undefined) return;
  draft["dns.response_code"] = code;
  draft["event.outcome"] = code === "NOERROR" ? "success" : "failure";
}
