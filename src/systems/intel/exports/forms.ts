import { createHash } from "node:crypto";
import { csvOf } from "../csv.ts";
import type { Value, ValueKind } from "../library/model.ts";
import { type Found, objectOf, rowOf } from "../library/row.ts";
import { valuesOf } from "../library/values.ts";
import { type Entry, type FormContext, gather, headOf } from "./entries.ts";
import type { DeviceFormat, DomainReach, ExportCounts, ExportFormat } from "./model.ts";

interface Form {
  readonly type: string;
  readonly file: string;
  write(objects: readonly Found[], context: FormContext): string;
}

/** A form that devices read: which values it takes, and how they stand in it below a head that counts them. */
interface DeviceForm {
  readonly type: string;
  readonly file: string;
  /** What begins a line that says nothing to the device. */
  readonly mark: string;
  takes(value: Value): boolean;
  write(entries: readonly Entry[], context: FormContext): string;
}

const BLOCKED: ReadonlySet<ValueKind> = new Set(["ipv4", "ipv6", "domain", "url"]);
/** The forms that devices read. */
const DEVICES: Readonly<Record<DeviceFormat, DeviceForm>> = {
  blocklist: {
    type: "text/plain; charset=utf-8",
    file: "blocklist.txt",
    mark: "#",
    takes: ({ kind }) => BLOCKED.has(kind),
    write: (entries) => lines(entries.map(({ value }) => value)),
  },
  suricata: {
    type: "text/plain; charset=utf-8",
    file: "lianfang.rules",
    mark: "#",
    takes: ({ kind, value }) => suricataMatch(kind, value, "exact") !== undefined,
    write(entries, { domains = "exact" }) {
      const taken = new Set<number>();
      return lines(entries.flatMap((entry) => suricataRule(entry, taken, domains)));
    },
  },
  zeek: {
    type: "text/tab-separated-values; charset=utf-8",
    file: "lianfang.intel",
    mark: "#",
    takes: (value) => zeekOf(value) !== undefined,
    write: (entries, context) =>
      lines([
        "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc",
        ...entries.flatMap((entry) => {
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
    mark: ";",
    takes: (value) => rpzNames(value, "exact").length > 0,
    write(entries, { now, domains = "exact" }) {
      const serial = Math.floor(Date.parse(now) / 1000);
      const names = entries.flatMap((entry) => rpzNames(entry, domains));
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
    mark: "#",
    takes: ({ kind }) => SIGMA.some((form) => form.kinds.includes(kind)),
    write(entries, { now, domains = "exact" }) {
      return SIGMA.flatMap((form) => {
        const values = entries.filter(({ kind }) => form.kinds.includes(kind)).map(({ value }) => value);
        return values.length === 0 ? [] : [sigmaRule(form, [...new Set(values)], now, domains)];
      }).join("---\n");
    },
  },
};

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
  ...deviceForms(),
};

function deviceForms(): Record<DeviceFormat, Form> {
  const form = ({ type, file, mark, takes, write }: DeviceForm): Form => ({
    type,
    file,
    write(objects, context) {
      const { entries, counts } = gather(objects, context, takes);
      const head = headOf(counts, context).map((line) => `${mark} ${line}`);
      return lines(head) + (entries.length === 0 && mark === "#" ? "" : write(entries, context));
    },
  });
  return {
    blocklist: form(DEVICES.blocklist),
    suricata: form(DEVICES.suricata),
    zeek: form(DEVICES.zeek),
    rpz: form(DEVICES.rpz),
    sigma: form(DEVICES.sigma),
  };
}

/** What an export in this form would hold and leave out. */
export function countsOf(
  format: ExportFormat,
  objects: readonly Found[],
  context: FormContext,
): ExportCounts {
  const takes = format in DEVICES ? DEVICES[format as DeviceFormat].takes : () => true;
  const { counts } = gather(objects, context, takes);
  return format in DEVICES
    ? counts
    : { ...counts, values: objects.length, warned: 0, revoked: 0, expired: 0, other: 0 };
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

/**
 * A rule is UTF-8 as a whole (`SigParse` refuses what is not), so that a message may be Chinese; the documentation of
 * `msg` wants three characters escaped.
 */
function suricataRule(entry: Entry, taken: Set<number>, domains: DomainReach): string[] {
  const { kind, value, name, id } = entry;
  const match = suricataMatch(kind, value, domains);
  if (match === undefined) return [];
  const text = plain(name).replace(/[;"\\]/g, "\\$&");
  const sid = sidOf(`${kind} ${value}`, taken);
  return [`${match[0]} (msg:"LIANFANG ${text}"; ${match[1]}reference:url,${id}; sid:${sid}; rev:1;)`];
}

function suricataMatch(
  kind: ValueKind,
  value: string,
  domains: DomainReach,
): readonly [string, string] | undefined {
  if (kind === "ipv4" || kind === "ipv6")
    return [`alert ip $HOME_NET any -> ${kind === "ipv6" ? `[${value}]` : value} any`, ""];
  if (kind === "domain")
    return [
      "alert dns $HOME_NET any -> any any",
      domains === "below"
        ? `dns.query; dotprefix; content:".${content(value)}"; nocase; endswith; `
        : `dns.query; content:"${content(value)}"; nocase; startswith; endswith; `,
    ];
  if (kind !== "url" || !/^https?:/.test(value)) return undefined;
  const { host, pathname, search } = new URL(value);
  return [
    "alert http $HOME_NET any -> $EXTERNAL_NET any",
    `http.host; content:"${content(host.replace(/:\d+$/, ""))}"; http.uri; content:"${content(pathname + search)}"; `,
  ];
}

/** Zeek's intelligence framework: the type, and the value as that type is written. */
function zeekOf({ kind, value }: Value): readonly [string, string] | undefined {
  if (kind === "ipv4" || kind === "ipv6")
    return [value.includes("/") ? "Intel::SUBNET" : "Intel::ADDR", value];
  if (kind === "domain") return ["Intel::DOMAIN", value];
  if (kind === "url") return ["Intel::URL", value.replace(/^[a-z][a-z0-9+.-]*:\/\//, "")];
  if (kind === "email") return ["Intel::EMAIL", value];
  if (kind === "md5" || kind === "sha1" || kind === "sha256") return ["Intel::FILE_HASH", value];
  return kind === "file" && !/\s/.test(value) ? ["Intel::FILE_NAME", value] : undefined;
}

/** Response policy zone: a name, with what is below it where asked, or an address of an answer (draft-vixie-dnsop-dns-rpz). */
function rpzNames({ kind, value }: Value, domains: DomainReach): string[] {
  if (kind === "domain") return domains === "below" ? [value, `*.${value}`] : [value];
  if (kind !== "ipv4" && kind !== "ipv6") return [];
  const [address = "", bits = kind === "ipv4" ? "32" : "128"] = value.split("/");
  const parts = kind === "ipv4" ? address.split(".") : groupsOf(address);
  return [`${bits}.${parts.reverse().join(".")}.rpz-ip`];
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}

interface SigmaForm {
  readonly kinds: readonly ValueKind[];
  readonly title: string;
  readonly logsource: string;
  /** Fields of which one must match, and what a value is called in each; undefined where the field cannot hold it. */
  readonly fields: Readonly<Record<string, (value: string, domains: DomainReach) => string | undefined>>;
}

const itself = (value: string) => value;
const isPrefix = (value: string) => value.includes("/");

const SIGMA: readonly SigmaForm[] = [
  {
    kinds: ["domain"],
    title: "DNS query for a shared indicator",
    logsource: "category: dns",
    fields: {
      query: itself,
      "query|endswith": (value, domains) => (domains === "below" ? `.${value}` : undefined),
    },
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

function sigmaRule(
  { title, logsource, fields }: SigmaForm,
  values: readonly string[],
  now: string,
  domains: DomainReach,
): string {
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
      const listed = values.flatMap((value) => called(value, domains) ?? []);
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
