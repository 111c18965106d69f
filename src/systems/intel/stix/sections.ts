/** Where STIX 2.1 (OASIS Standard, 10 June 2021) says what each type of object is. */
const OBJECT_SECTIONS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    [
      "4",
      `attack-pattern campaign course-of-action grouping identity incident indicator infrastructure intrusion-set location
      malware malware-analysis note observed-data opinion report threat-actor tool vulnerability`,
    ],
    ["5", "relationship sighting"],
    [
      "6",
      `artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr mac-addr mutex
      network-traffic process software url user-account windows-registry-key x509-certificate`,
    ],
    ["7", "language-content marking-definition extension-definition"],
  ].flatMap(([chapter = "", names = ""]) =>
    names.split(/\s+/).map((name, at) => [name, `${chapter}.${at + 1}`]),
  ),
);

/** Rules that are those of a data type or of all objects, whatever object breaks them. */
const RULE_SECTIONS: Readonly<Record<string, string>> = {
  identifier: "2.9",
  "identifier-type": "2.9",
  "identifier-version": "2.9",
  timestamp: "2.16",
  "dictionary-key": "2.3",
  "empty-dictionary": "2.3",
  "empty-list": "2.12",
  hash: "2.7",
  "hash-key": "2.7",
  hex: "2.8",
  binary: "2.1",
  null: "3.1",
  "external-id": "2.5",
  "source-name": "2.5",
  "external-reference": "2.5",
  "kill-chain": "2.11",
  language: "3.2",
  "object-type": "3.1",
  "property-name": "3.1",
  "not-applicable": "3.2",
  nesting: "3.1",
  selector: "7.2.3",
  "granular-marking": "7.2.3",
  marking: "7.2.1",
  "marking-cycle": "7.2.1",
  "extension-key": "7.3",
  "extension-type": "7.3",
  "observable-id": "2.9",
  "observable-container": "4.14",
  vocabulary: "10",
  "custom-name": "11",
  relationship: "5.1",
  bundle: "8",
  json: "3",
  size: "3",
  duplicate: "3.6",
};

/** `2.16 timestamp`: the section of the rule itself, else of the object that breaks it. */
export function ruleName(rule: string, type: string): string {
  const section =
    (Object.hasOwn(RULE_SECTIONS, rule) ? RULE_SECTIONS[rule] : undefined) ??
    (Object.hasOwn(OBJECT_SECTIONS, type) ? OBJECT_SECTIONS[type] : undefined) ??
    (type === "bundle" ? "8" : "3.2");
  return `${section} ${rule}`;
}
