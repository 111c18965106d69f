import type { EcsDraft } from "../parser.ts";
import { kindFields } from "../text/fields.ts";
import { table } from "../text/table.ts";
import { verdictFields } from "../text/verdict.ts";

/** Kinds by what an event is called; the first that fits. */
const KINDS: readonly (readonly [words: RegExp, category: string])[] = [
  [/anti-?malware|virus|malware|spyware|ransom|trojan|threat event|\bav:/, "malware"],
  [
    /intrusion|\bips\b|\bids\b|exploit|reconnaissance|attack|\bcnc\b|c&c|scan detected|signature/,
    "intrusion_detection",
  ],
  [/firewall/, "network"],
  [/integrity/, "file"],
  [/web reputation|web security|url (block|filter)|\bwb:/, "web"],
  [/log ?on|log ?in\b|signed? in|authenticat/, "authentication"],
];

const TYPES = table<string>({
  file: "change",
  web: "access",
  authentication: "start",
  network: "connection",
});

/** The kind of an event of CEF or LEEF by the words of its name, its category and its product. False where none fits. */
export function wordKinds(draft: EcsDraft, said: string, action: string): boolean {
  const lower = said.toLowerCase();
  const category = KINDS.find(([words]) => words.test(lower))?.[1];
  if (category === undefined) return false;
  kindByName(draft, category, action, lower);
  return true;
}

/** The same where the category is known. */
export function kindByName(draft: EcsDraft, category: string, action: string, said: string): void {
  const networked = draft["source.ip"] !== undefined && draft["destination.ip"] !== undefined;
  const alert = category === "malware" || category === "intrusion_detection";
  const categories = alert && networked ? [category, "network"] : [category];
  kindFields(draft, action, categories, [TYPES[category] ?? "info"]);
  if (alert) draft["event.kind"] = "alert";
  if (category === "authentication")
    draft["event.outcome"] = /fail|denied|invalid/.test(said) ? "failure" : "success";
  else
    verdictFields(
      draft,
      action
        .toLowerCase()
        .replace(/^\w{2,3}:/, "")
        .split(/[ :]/, 1)[0] ?? "",
    );
}
