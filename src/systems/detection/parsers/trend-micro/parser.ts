import { cefAt, cefDraft, readCef } from "../cef/read.ts";
import { kindByName, wordKinds } from "../cef/words.ts";
import { leefDraft } from "../leef/parser.ts";
import { defineParser, type EcsDraft } from "../parser.ts";
import { put } from "../text/fields.ts";
import { table } from "../text/table.ts";

function isTrend(message: string): boolean {
  const at = cefAt(message);
  if (at >= 0) return message.startsWith("Trend Micro|", at + 6);
  const leef = message.indexOf("LEEF:");
  return leef >= 0 && leef < 100 && message.startsWith("|Trend Micro|", leef + 8);
}

/** Deep Security's event ids by range ("Syslog message formats"). */
const RANGES: readonly (readonly [from: number, category: string])[] = [
  [6_000_000, "process"],
  [5_000_000, "web"],
  [4_000_000, "malware"],
  [3_000_000, "host"],
  [2_000_000, "file"],
  [1_000_000, "intrusion_detection"],
  [600, "host"],
  [100, "intrusion_detection"],
  [20, "network"],
];

/** Apex Central's event classes: what stands before the colon of the signature id. */
const CLASSES = table<string>({
  av: "malware",
  spyware: "malware",
  sp: "malware",
  pml: "malware",
  bm: "intrusion_detection",
  cnc: "intrusion_detection",
  nviral: "intrusion_detection",
  fh: "network",
  wb: "web",
  so: "malware",
  ioa: "intrusion_detection",
});

/** Trend Micro: Deep Security, Apex One and Apex Central, Deep Discovery, in CEF or LEEF. */
export const trendMicro = defineParser({
  id: "trend-micro",
  product: "Trend Micro",
  accepts: (message) => isTrend(message),
  parse(message, context) {
    if (!isTrend(message)) return undefined;
    const line = readCef(message);
    const draft = line === undefined ? leefDraft(message, context) : cefDraft(line, context);
    if (draft === undefined) return undefined;
    draft["event.module"] = "trendmicro";
    draft["event.dataset"] = `trendmicro.${String(draft["observer.product"] ?? "")
      .toLowerCase()
      .replaceAll(" ", "_")}`;
    kinds(draft);
    named(draft);
    return draft;
  },
});

function categoryOf(draft: EcsDraft): string | undefined {
  const code = String(draft["event.code"] ?? "");
  const number = Number(code);
  const deep = String(draft["observer.product"] ?? "").startsWith("Deep Security Agent");
  if (deep && number >= 20) return RANGES.find(([from]) => number >= from)?.[1];
  return CLASSES[code.split(/[: ]/, 1)[0]?.toLowerCase() ?? ""];
}

function kinds(draft: EcsDraft): void {
  const action = String(draft["event.action"] ?? "");
  const category = categoryOf(draft);
  const said = `${String(draft["rule.name"] ?? "")} ${String(draft["observer.product"] ?? "")}`;
  if (category !== undefined) kindByName(draft, category, action, said.toLowerCase());
  else wordKinds(draft, said, action);
}

/** What Trend Micro keeps in the numbered custom fields under labels of its own. */
function named(draft: EcsDraft): void {
  const hash = String(draft["cef.file_hash"] ?? "");
  const kind = { 32: "md5", 40: "sha1", 64: "sha256" }[hash.length];
  if (kind !== undefined) put(draft, `file.hash.${kind}`, hash);
  for (const name of ["md5", "sha1", "sha256"]) {
    const value = draft[`cef.trendmicrodsfile${name}`];
    if (typeof value === "string") put(draft, `file.hash.${name}`, value);
  }
  const path = draft["file.path"];
  if (typeof path === "string") put(draft, "file.name", path.slice(path.lastIndexOf("\\") + 1));
  const program = draft["cef.deviceprocessname"];
  if (typeof program === "string") put(draft, "process.executable", program);
  for (const label of ["cef.virus_name", "cef.malware_name", "cef.vlf_virusname"]) {
    const name = draft[label];
    if (typeof name === "string") draft["rule.name"] = name;
  }
}
