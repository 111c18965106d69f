import { cefAt, cefDraft, readCef } from "../cef/read.ts";
import { defineParser, type EcsDraft } from "../parser.ts";
import { kindFields, put } from "../text/fields.ts";
import { verdictOf } from "../text/verdict.ts";

function isTrend(message: string): boolean {
  const at = cefAt(message);
  return at >= 0 && message.startsWith("Trend Micro|", at + 6);
}

/** Kinds by the words of product and event name: Apex One and Apex Central, Deep Security, Deep Discovery. */
const KINDS: readonly (readonly [words: string, category: string])[] = [
  ["anti-malware virus malware spyware ransomware", "malware"],
  ["intrusion prevention ips reconnaissance exploit network virus", "intrusion_detection"],
  ["firewall", "network"],
  ["integrity file", "file"],
  ["web reputation url", "web"],
  ["log on logon login signed", "authentication"],
];

/** Trend Micro: its products speak CEF under its own name. */
export const trendMicro = defineParser({
  id: "trend-micro",
  product: "Trend Micro",
  accepts: (message) => isTrend(message),
  parse(message, context) {
    const line = isTrend(message) ? readCef(message) : undefined;
    if (line === undefined) return undefined;
    const draft = cefDraft(line, context);
    draft["event.module"] = "trendmicro";
    draft["event.dataset"] = `trendmicro.${(line.head[1] ?? "").toLowerCase().replaceAll(" ", "_")}`;
    kinds(draft, `${line.head[4] ?? ""} ${line.head[1] ?? ""}`.toLowerCase());
    named(draft);
    return draft;
  },
});

function kinds(draft: EcsDraft, said: string): void {
  const found = KINDS.find(([words]) => words.split(" ").some((word) => said.includes(word)));
  if (found === undefined) return;
  const action = String(draft["event.action"] ?? "");
  const first = action.toLowerCase().split(/[ :]/, 1)[0] ?? "";
  const verdict = verdictOf(first);
  kindFields(draft, action, [found[1]], verdict === undefined ? ["info"] : ["info", verdict]);
  if (verdict !== undefined) draft["event.outcome"] = verdict === "denied" ? "failure" : "success";
  if (found[1] === "malware" || found[1] === "intrusion_detection") draft["event.kind"] = "alert";
}

/** What Trend Micro keeps in the numbered custom fields under labels of its own. */
function named(draft: EcsDraft): void {
  const hash = String(draft["cef.file_hash"] ?? "");
  const kind = { 32: "md5", 40: "sha1", 64: "sha256" }[hash.length];
  if (kind !== undefined) put(draft, `file.hash.${kind}`, hash);
  for (const label of ["cef.virus_name", "cef.malware_name", "cef.vlf_virusname"]) {
    const name = draft[label];
    if (typeof name === "string") draft["rule.name"] = name;
  }
}
