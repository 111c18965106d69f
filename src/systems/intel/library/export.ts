import { createHash } from "node:crypto";
import { csvOf } from "../csv.ts";
import type { JsonObject } from "../stix/json.ts";
import type { ExportFormat, Value, ValueKind } from "./model.ts";
import { type Found, objectOf, rowOf, standingOf } from "./row.ts";
import { valuesOf } from "./values.ts";

/** What devices act on: a value, and the object that says so. */
interface Entry extends Value {
  readonly id: string;
  readonly name: string;
}

interface Form {
  readonly type: string;
  readonly file: string;
  write(objects: readonly Found[], context: FormContext): string;
}

interface FormContext {
  readonly now: string;
  readonly source: string;
  /** Whether a person or its decay has ended an object before its own end. */
  isEnded(seq: number): boolean;
  /** Whether a warninglist knows a value: no device is told to block it. */
  isWarned(value: Value): boolean;
}

/** The forms in which a selection of the library leaves (mission I9). Device forms hold no value that was revoked, has expired, or stands in a warninglist. */
export const FORMS: Readonly<Record<ExportFormat, Form>> = {
  stix: {
    type: "application/stix+json;version=2.1",
    file: "bundle.json",
    write(objects) {
      // Verbatim: each text stands in the bundle byte for byte as it came.
      const texts = objects.map(({ document }) => document);
      const id = `bundle--${uuidOf(texts)}`;
      return `{"type":"bundle","id":"${id}","objects":[${texts.join(",")}]}\n`;
    },
  },
  csv: {
    type: "text/csv; charset=utf-8",
    file: "library.csv",
    write(objects) {
      const head = [
        "id",
        "type",
        "name",
        "tlp",
        "values",
        "labels",
        "confidence",
        "revoked",
        "created",
        "modified",
      ];
      const lines = objects.map((found) => {
        const row = rowOf(found);
        const values = valuesOf(objectOf(found.document)).map(({ value }) => value);
        return [
          row.id,
          row.type,
          row.name,
          row.tlp,
          values.join(" "),
          row.labels.join(" "),
          row.confidence === null ? "" : String(row.confidence),
          String(row.revoked),
          row.created ?? "",
          row.modified ?? "",
        ];
      });
      return csvOf([head, ...lines]);
    },
  },
  blocklist: {
    type: "text/plain; charset=utf-8",
    file: "blocklist.txt",
    write: (objects, context) =>
      lines(
        entriesOf(objects, context)
          .filter(({ kind }) => BLOCKED.has(kind))
          .map(({ value }) => value),
      ),
  },
  suricata: {
    type: "text/plain; charset=utf-8",
    file: "lianfang.rules",
    write(objects, context) {
      const taken = new Set<number>();
      return lines(entriesOf(objects, context).flatMap((entry) => suricataRule(entry, taken)));
    },
  },
  zeek: {
    type: "text/tab-separated-values; charset=utf-8",
    file: "lianfang.intel",
    write: (objects, context) =>
      lines([
        "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc",
        ...entriesOf(objects, context).flatMap((entry) => {
          const known = zeekOf(entry);
          return known === undefined
            ? []
            : [[known[1], known[0], plain(context.source), plain(entry.name)].join("\t")];
        }),
      ]),
  },
  rpz: {
    type: "text/dns; charset=utf-8",
    file: "lianfang.rpz",
    write(objects, context) {
      const serial = Math.floor(Date.parse(context.now) / 1000);
      const names = entriesOf(objects, context).flatMap(rpzNames);
      return lines([
        "$TTL 300",
        `@ SOA localhost. root.localhost. ${serial} 3600 600 86400 300`,
        "  NS localhost.",
        ...[...new Set(names)].map((name) => `${name} CNAME .`),
      ]);
    },
  },
  sigma: {
    type: "application/yaml; charset=utf-8",
    file: "lianfang-sigma.yml",
    write(objects, context) {
      const entries = entriesOf(objects, context);
      return SIGMA.flatMap((form) => {
        const values = entries.filter(({ kind }) => form.kinds.includes(kind)).map(({ value }) => value);
        return values.length === 0 ? [] : [sigmaRule(form, [...new Set(values)], context.now)];
      }).join("---\n");
    },
  },
};

const BLOCKED: ReadonlySet<ValueKind> = new Set(["ipv4", "ipv6", "domain", "url"]);
const OBSERVABLES: ReadonlySet<string> = new Set([
  "ipv4-addr",
  "ipv6-addr",
  "domain-name",
  "url",
  "email-addr",
  "file",
]);

/** Each value once, out of indicators and observables that still stand. */
function entriesOf(objects: readonly Found[], { now, isWarned, isEnded }: FormContext): Entry[] {
  const entries = new Map<string, Entry>();
  for (const found of objects) {
    const object = standingOf(found);
    if (isEnded(found.seq) || !stands(object, now)) continue;
    const { id, name } = rowOf(found);
    for (const value of valuesOf(object)) {
      const key = `${value.kind} ${value.value}`;
      if (!entries.has(key) && !isWarned(value)) entries.set(key, { ...value, id, name });
    }
  }
  return [...entries.values()];
}

function stands(object: JsonObject, now: string): boolean {
  if (object["type"] !== "indicator" && !OBSERVABLES.has(String(object["type"]))) return false;
  const until = object["valid_until"];
  return object["revoked"] !== true && !(typeof until === "string" && Date.parse(until) <= Date.parse(now));
}

function lines(of: readonly string[]): string {
  return `${of.join("\n")}\n`;
}

/** One line without what separates fields in these forms. */
function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 120) || "-";
}

/** Suricata's content: quotes, separators and whatever is not printable ASCII as hexadecimal. */
function content(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || '";\\:|'.includes(String.fromCharCode(byte))
        ? `|${byte.toString(16).padStart(2, "0").toUpperCase()}|`
        : String.fromCharCode(byte),
    )
    .join("");
}

/** Numbers 1,000,000 to 1,999,999 are for local rules; a value keeps its own over exports. */
function sidOf(key: string, taken: Set<number>): number {
  let sid = 1_000_000 + (createHash("sha256").update(key).digest().readUInt32BE() % 1_000_000);
  while (taken.has(sid)) sid = sid === 1_999_999 ? 1_000_000 : sid + 1;
  taken.add(sid);
  return sid;
}

function suricataRule(entry: Entry, taken: Set<number>): string[] {
  const { kind, value, name, id } = entry;
  const match = suricataMatch(kind, value);
  if (match === undefined) return [];
  const text = content(plain(name)).replace(/\|[0-9A-F]{2}\|/g, "_");
  const sid = sidOf(`${kind} ${value}`, taken);
  return [`${match[0]} (msg:"LIANFANG ${text}"; ${match[1]}reference:url,${id}; sid:${sid}; rev:1;)`];
}

function suricataMatch(kind: ValueKind, value: string): readonly [string, string] | undefined {
  if (kind === "ipv4" || kind === "ipv6")
    return [`alert ip $HOME_NET any -> ${kind === "ipv6" ? `[${value}]` : value} any`, ""];
  if (kind === "domain")
    return [
      "alert dns $HOME_NET any -> any any",
      `dns.query; dotprefix; content:".${content(value)}"; nocase; endswith; `,
    ];
  if (kind !== "url" || !/^https?:/.test(value)) return undefined;
  const { host, pathname, search } = new URL(value);
  return [
    "alert http $HOME_NET any -> $EXTERNAL_NET any",
    `http.host; content:"${content(host.replace(/:\d+$/, ""))}"; http.uri; content:"${content(pathname + search)}"; `,
  ];
}

/** Zeek's intelligence framework: the type, and the value as that type is written. */
function zeekOf({ kind, value }: Entry): readonly [string, string] | undefined {
  if (kind === "ipv4" || kind === "ipv6")
    return [value.includes("/") ? "Intel::SUBNET" : "Intel::ADDR", value];
  if (kind === "domain") return ["Intel::DOMAIN", value];
  if (kind === "url") return ["Intel::URL", value.replace(/^[a-z][a-z0-9+.-]*:\/\//, "")];
  if (kind === "email") return ["Intel::EMAIL", value];
  if (kind === "md5" || kind === "sha1" || kind === "sha256") return ["Intel::FILE_HASH", value];
  return kind === "file" && !/\s/.test(value) ? ["Intel::FILE_NAME", value] : undefined;
}

/** Response policy zone: a name and everything below it, or an address of an answer (draft-vixie-dnsop-dns-rpz). */
function rpzNames({ kind, value }: Entry): string[] {
  if (kind === "domain") return [value, `*.${value}`];
  if (kind !== "ipv4") return [];
  const [address = "", bits = "32"] = value.split("/");
  return [`${bits}.${address.split(".").reverse().join(".")}.rpz-ip`];
}

interface SigmaForm {
  readonly kinds: readonly ValueKind[];
  readonly title: string;
  readonly logsource: string;
  /** Fields of which one must match, and what a value is called in each; undefined where the field cannot hold it. */
  readonly fields: Readonly<Record<string, (value: string) => string | undefined>>;
}

const itself = (value: string) => value;
const isPrefix = (value: string) => value.includes("/");

const SIGMA: readonly SigmaForm[] = [
  {
    kinds: ["domain"],
    title: "DNS query for a shared indicator",
    logsource: "category: dns",
    fields: { query: itself, "query|endswith": (value) => `.${value}` },
  },
  {
    kinds: ["url"],
    title: "Web request for a shared indicator",
    logsource: "category: proxy",
    fields: { "c-uri": itself },
  },
  {
    kinds: ["ipv4", "ipv6"],
    title: "Connection to a shared indicator",
    logsource: "category: firewall",
    fields: {
      dst_ip: (value) => (isPrefix(value) ? undefined : value),
      "dst_ip|cidr": (value) => (isPrefix(value) ? value : undefined),
    },
  },
  {
    kinds: ["md5", "sha1", "sha256"],
    title: "Process with the hash of a shared indicator",
    logsource: "category: process_creation\n  product: windows",
    fields: { "Hashes|contains": itself },
  },
];

function sigmaRule({ title, logsource, fields }: SigmaForm, values: readonly string[], now: string): string {
  return lines([
    `title: ${title}`,
    `id: ${uuidOf([title])}`,
    "status: experimental",
    `date: ${now.slice(0, 10)}`,
    "logsource:",
    `  ${logsource}`,
    "detection:",
    "  selection:",
    ...Object.entries(fields).flatMap(([field, called]) => {
      const listed = values.flatMap((value) => called(value) ?? []);
      return listed.length === 0 ? [] : [`    - ${field}:`, ...listed.map(sigmaValue)];
    }),
    "  condition: selection",
    "level: high",
  ]);
}

function sigmaValue(value: string): string {
  return `        - '${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replace(/[*?]/g, "\\$&")}'`;
}

function uuidOf(texts: readonly string[]): string {
  const hex = createHash("sha256").update(texts.join("\n")).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
