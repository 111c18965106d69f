import { z } from "zod";
import type { Fault } from "../../../core/problem.ts";
import { filled, type ReasonFacts } from "../../../core/reason.ts";

export type { ReasonFacts };

/**
 * Why something is refused or warned of, in English; `{{name}}` stands for a fact. The console has the same keys in both
 * languages. What a standard demands is named by the rule beside it, not here.
 */
export const REASONS = {
  // Values (STIX 2.1 sections 2 and 3).
  string: "a string is wanted",
  boolean: "true or false is wanted",
  integer: "an integer is wanted",
  number: "a number is wanted",
  range: "between {{least}} and {{most}}",
  least: "at least {{least}}",
  list: "a list is wanted",
  "list-filled": "a list with at least one element is wanted",
  "list-empty": "an empty list is left out instead",
  object: "an object is wanted",
  dictionary: "a dictionary is wanted",
  "dictionary-empty": "an empty dictionary is left out instead",
  "dictionary-key": "a key has 1 to 250 of a-z, A-Z, 0-9, - and _",
  null: "an absent value is left out instead of null",
  timestamp: "an RFC 3339 timestamp in UTC with Z and a real day is wanted",
  "timestamp-second": "a timestamp to the second is wanted",
  identifier: "an identifier is wanted: the type, two hyphens and a UUID of RFC 4122",
  "identifier-case": "UUIDs are written in lower case",
  "identifier-of": "{{type}}--UUID is wanted",
  "identifier-type": "the identifier begins with the type",
  "identifier-v4": "UUIDv4 is what the standard asks for",
  "identifier-random": "a UUIDv4 is wanted: nothing contributes to the identifier",
  "identifier-derived": "the identifier that follows from its properties is {{id}}",
  "reference-to": "may refer to {{types}}",
  "reference-not": "may not refer to {{type}}",
  "reference-best": "refers to {{type}} by the standard",
  "reference-uuid": "the identifier has no well-formed UUID",
  enum: "one of {{values}} is wanted",
  vocabulary: "not in the open vocabulary: {{values}}",
  "hash-digits": "{{digits}} hexadecimal digits are wanted",
  "hash-form": "a digest of {{name}} is wanted",
  "hash-name": "the name of an algorithm has 3 to 250 of a-z, A-Z, 0-9, - and _",
  "hash-unknown": "not in hash-algorithm-ov",
  hex: "an even number of hexadecimal digits is wanted",
  "hex-case": "hexadecimal digits are written in lower case",
  "hex-octet": "two hexadecimal digits are wanted",
  base64: "base64 text is wanted",
  language: "a language tag of RFC 5646 is wanted",
  "language-unknown": "{{language}} is no language of ISO 639",
  "language-software": "a language of RFC 5646 or ISO 639-2 is wanted",
  url: "a URL of RFC 3986 is wanted",
  "url-characters": "characters that RFC 3986 does not allow are percent-encoded",
  "media-type": "a media type of IANA's registry is wanted",
  charset: "a character set of IANA's registry is wanted",
  cpe: "a CPE of version 2.3 is wanted",
  "ip-address": "an IPv{{version}} address or prefix is wanted",
  "mac-address": "six octets in lower case with colons are wanted",
  "domain-name": "a domain name is wanted",
  "mail-address": "an address of RFC 5322 without a display name is wanted",
  "registry-hive": "the hive is written out, HKEY_LOCAL_MACHINE",
  "socket-option": "begins with SO_, ICMP_, ICMP6_, IP_, IPV6_, MCAST_, TCP_ or IRLMP_",
  "string-or-integer": "a string or an integer is wanted",
  "relationship-word": "a word of a-z, 0-9 and - is wanted",
  "property-name": "a property's name has 3 to 250 of a-z, 0-9 and _, a letter first",
  "object-type": "a type has 3 to 250 of a-z, 0-9 and single hyphens, a letter first",
  // Objects.
  required: "{{name}} is required",
  "any-of": "at least one of {{names}} is wanted",
  "one-of": "one of {{one}} and {{other}} is wanted, not both",
  "needs-other": "{{name}} needs {{other}}",
  "not-with": "{{name}} does not stand with {{other}}",
  order: "{{later}} is before {{earlier}}",
  "order-strict": "{{later}} is not after {{earlier}}",
  nesting: "nested deeper than {{levels}} levels",
  size: "longer than {{bytes}} bytes",
  "size-document": "only a bundle or a list may be as large as this, or have parts that are not JSON",
  json: "not JSON at character {{at}}",
  "json-cut": "the document ends in the middle",
  bundle: "a bundle is wanted",
  "bundle-inside": "a bundle holds no bundles",
  "bundle-property": "a bundle has type, id and objects",
  "source-name": "written {{name}}",
  "external-id": "an identifier of {{source}} is wanted",
  "granular-marking": "either lang or marking_ref is wanted",
  selector: "selects nothing of the object",
  "marking-self": "a marking definition marks itself",
  "marking-circle": "the marking definition marks itself by way of others",
  "marking-empty": "definition_type and definition are wanted, or an extension",
  "marking-statement": "a statement is wanted",
  "marking-tlp": "TLP markings are the four that the standard defines",
  "extension-key": "an extension definition's identifier or an extension of this type is wanted",
  "extension-empty": "an extension says something",
  "extension-more": "at least one property beside {{name}} is wanted",
  "extension-type": "extension_type is required",
  "extension-toplevel": "only for toplevel-property-extension",
  "observed-nothing": "at least one observable is wanted",
  "container-key": "a number as text is wanted",
  "container-object": "an object with a type is wanted",
  "container-missing": "no object {{ref}} in the container",
  "translated-value": "a string, a list or a dictionary is wanted",
  "kill-chain": "lower case with hyphens",
  relationship: "the standard knows no {{source}} {{word}} {{target}}",
  country: "a code of ISO 3166-1 alpha-2",
  "url-hash": "a url has hashes beside it",
  "semantic-version": "a semantic version",
  deprecated: "{{other}} takes its place",
  "not-applicable": "no property of this kind of object",
  "custom-property": "a property of somebody's own begins with x_",
  "custom-type": "a type of somebody's own begins with x-",
  // Patterns (section 9); `at` is the character, from 1.
  "pattern-token": "character {{at}}: nothing of the pattern language begins here",
  "pattern-escape": "character {{at}}: in a string a backslash stands only before ' and \\",
  "pattern-sign": "character {{at}}: {{sign}} is wanted, not {{found}}",
  "pattern-operator": "character {{at}}: an operator or the end is wanted, not {{found}}",
  "pattern-comparison": "character {{at}}: a comparison is wanted, not {{found}}",
  "pattern-type": "character {{at}}: an object type of 3 to 250 of a-z, 0-9 and - is wanted, not {{found}}",
  "pattern-property":
    "character {{at}}: a property's name of 3 to 250 of a-z, 0-9 and _ is wanted, not {{found}}",
  "pattern-step": "character {{at}}: a property's name or a key is wanted, not {{found}}",
  "pattern-quote": "character {{at}}: a name with a hyphen stands in quotes, '{{found}}'",
  "pattern-position": "character {{at}}: a list position or * is wanted, not {{found}}",
  "pattern-value": "character {{at}}: a value is wanted, not {{found}}",
  "pattern-string": "character {{at}}: a string is wanted, not {{found}}",
  "pattern-no-order": "character {{at}}: true and false have no order",
  "pattern-time": "character {{at}}: a timestamp t'…' is wanted, not {{found}}",
  "pattern-hex": "character {{at}}: pairs of hexadecimal digits in h'…' are wanted, not {{found}}",
  "pattern-base64": "character {{at}}: base64 in b'…' is wanted, not {{found}}",
  "pattern-positive": "character {{at}}: a number above 0 is wanted, not {{found}}",
  "pattern-depth": "character {{at}}: at most {{levels}} levels of brackets",
  "pattern-qualifiers": "character {{at}}: at most {{levels}} qualifiers in a row",
  "pattern-regex-escape":
    "character {{at}}: a regular expression's backslash is followed by nothing that it escapes",
  "pattern-regex-class": "character {{at}}: [ of a regular expression is not closed",
  "pattern-regex-range": "character {{at}}: a range of a regular expression is out of order",
  "pattern-regex-group": "character {{at}}: no group of a regular expression begins so",
  "pattern-regex-unmatched": "character {{at}}: ) of a regular expression closes nothing",
  "pattern-regex-unclosed": "character {{at}}: ( of a regular expression is not closed",
  "pattern-regex-repeat": "character {{at}}: a regular expression repeats nothing here",
  "pattern-regex-order": "character {{at}}: a regular expression repeats from more to fewer times",
  "pattern-regex-large": "character {{at}}: a regular expression repeats more than 65,535 times",
  "pattern-beyond":
    "the expression needs {{what}}, which this node cannot run: it is kept, and true of nothing here",
  // Imports.
  "not-utf8": "not UTF-8 (byte {{at}})",
  "not-text": "neither UTF-8 nor Big5; such characters are left out",
  "json-byte": "not JSON (byte {{at}})",
  "json-column": "not JSON (column {{column}})",
  "json-around": "what stands around the list is no JSON (character {{at}} without it)",
  "json-ends": "the file ends here, before the object does (byte {{at}})",
  "nothing-here": "nothing stands here (byte {{at}})",
  "too-large": "larger than {{bytes}} bytes (byte {{at}})",
  "too-deep": "nested deeper than {{levels}} levels (byte {{at}})",
  "file-large": "a file of this format may have {{bytes}} bytes",
  "file-empty": "the file is empty",
  "above-clearance": "marked {{tlp}}, above the clearance of who imports it",
  "no-indicator": "no indicator: {{value}}",
  "not-of-type": "not a value of {{type}}",
  "no-counterpart": "{{type}} has no counterpart here",
  "deleted-there": "deleted at its source",
  "refers-nowhere": "refers to what is not here",
  "refers-missing": "refers to {{name}}, which is not there",
  "refers-circle": "refers to itself through others",
  "not-cve": "not a CVE number",
  "misp-expiry": "it expired there, and only an indicator has an end",
  "misp-event": "a MISP event is wanted",
  "misp-manifest": "a feed's manifest only names its events; add the feed under its address instead",
  "misp-galaxy":
    "this file only names a galaxy; its clusters are in the file of the same name under clusters/",
  twice: "{{name}} stands twice",
  "no-predicate": "names no predicate of the taxonomy",
  "csaf-revision": "the newest revision is {{number}}",
  "csaf-product": "no product is defined under this identifier",
  "csaf-product-wanted": "product_id and name are wanted",
  "csaf-branch": "a branch with category and name is wanted",
  "csaf-deep": "branches within more than {{levels}} others",
  "csaf-name": "neither cve, ids nor title",
  "csaf-contradicts": "also {{status}}, which contradicts it",
  "csaf-relations": "only {{most}} relations of products come in",
  "feed-entry": "an entry without title and link",
  "feed-none": "no item and no entry",
  "feed-most": "only {{most}} entries are read",
  "xml-deep": "elements within more than {{levels}} others",
  xml: "not well-formed XML: {{fault}}",
  "pdf-locked": "the PDF is locked with a password",
  "pdf-broken": "not a PDF that can be read: {{fault}}",
  "pdf-page": "cannot be read: {{fault}}",
  "pdf-pages": "only {{most}} pages are read",
  "pdf-text": "only {{most}} characters are read",
  // What a format's own schema says (MISP, CSAF, KEV).
  "schema-type": "a value of the type {{expected}} is wanted",
  "schema-value": "one of {{values}} is wanted",
  "schema-small": "at least {{least}} is wanted",
  "schema-big": "at most {{most}} is wanted",
  "schema-form": "not in the form that is wanted: {{form}}",
  "schema-other": "{{message}}",
  // An import as a whole.
  "read-slow": "reading it takes too long",
  "read-memory": "reading it takes more memory than is given to it",
  "read-broke": "it broke the reader: {{fault}}",
  "file-gone": "its file was not kept",
  program: "it broke off by a fault of the program; the log has more",
  // Feeds.
  "fetch-format": "its answer is in no format that can be imported",
  "fetch-manifest": "its manifest.json is none of a MISP feed",
  "fetch-key": "its login was sealed under another node's key; give it again",
  "fetch-downgrade": "it redirects from https to http",
  "fetch-status": "{{host}} answers {{status}}",
  "fetch-redirects": "it redirects more than {{most}} times",
  "fetch-scheme": "only http and https addresses are fetched",
  "fetch-password": "the address holds a user or password",
  "fetch-inside": "{{host}} is within the own network; name it in intel.feedHosts to allow it",
  "fetch-late": "its answer takes too long",
  "fetch-slow": "{{host}} takes too long",
  "fetch-silent": "{{host}} says nothing for {{seconds}} s",
  "fetch-cut": "its answer breaks off",
  "fetch-gzip": "its file is a broken gzip ({{fault}})",
  "fetch-large": "its answer is larger than {{bytes}} bytes",
  "fetch-name": "{{host}}: there is no such name",
  "fetch-name-now": "{{host}}: the name cannot be looked up now",
  "fetch-refused": "{{host}}: nobody listens there",
  "fetch-reset": "{{host}}: the connection was cut",
  "fetch-cert-expired": "{{host}}: its certificate has expired",
  "fetch-cert-unknown": "{{host}}: its certificate is signed by nobody known",
  "fetch-cert-name": "{{host}}: its certificate is for another name",
  "fetch-unreachable": "{{host}}: no answer ({{code}})",
  "fetch-problem": "{{detail}}",
  // Tags and lists.
  "tag-alone": "{{group}} takes one tag, and {{tag}} stands already",
  "entry-none": "has no entries",
  "entry-empty": "an empty entry",
  "entry-network": "neither an address nor a network",
  "entry-regex": "not a regular expression: {{fault}}",
  "list-unreadable": "not a warninglist: {{fault}}",
} as const;

export type Reason = keyof typeof REASONS;

/** The reason in English, with its facts in place. */
export function reasonText(why: Reason, facts?: ReasonFacts): string {
  return facts === undefined ? REASONS[why] : filled(REASONS[why], facts);
}

/** Why, without a place: what made an import or a feed fail. */
export const Cause = z.object({
  /** A key of `REASONS`; the console has it in both languages. */
  why: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
  /** In English. */
  message: z.string(),
});
export type Cause = z.infer<typeof Cause>;

/** One thing that was refused: where, by which rule, and why. */
export const Refusal = Cause.extend({
  /** A JSON path, `line 7`, `page 3, line 2` or a field; never empty. */
  path: z.string(),
  /** The section of STIX 2.1 and a name, `2.16 timestamp`, or the format and a name, `csv value`. */
  rule: z.string(),
});
export type Refusal = z.infer<typeof Refusal>;

/** A finding about a part of a document, whose own place is `path`, as a refusal; `$` is the part as a whole. */
export function refusalWithin(path: string, finding: Refusal): Refusal {
  const { rule, why, facts, message } = finding;
  return { path: finding.path === "$" ? path : `${path}.${finding.path}`, rule, why, facts, message };
}

/** The same in the words of a Problem, for the console's texts. */
export function faultOf({ path, rule, why, facts, message }: Refusal): Fault {
  return { path, rule, message, key: `intel:why.${why}`, facts };
}

export function cause(why: Reason, facts: ReasonFacts = {}): Cause {
  return { why, facts: { ...facts }, message: reasonText(why, facts) };
}

export function refusal(path: string, rule: string, why: Reason, facts: ReasonFacts = {}): Refusal {
  return { path, rule, ...cause(why, facts) };
}
