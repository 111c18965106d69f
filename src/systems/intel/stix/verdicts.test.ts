import assert from "node:assert/strict";
import { test } from "node:test";
import { validate } from "./validate.ts";

type Made = Record<string, unknown>;

const at = "2026-11-23T00:00:00.000Z";
const uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const other = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
const ref = (type: string, of = uuid) => `${type}--${of}`;
const sdo = (type: string, more: Made = {}): Made => ({
  type,
  spec_version: "2.1",
  id: ref(type),
  created: at,
  modified: at,
  ...more,
});
const sco = (type: string, more: Made): Made => ({ type, spec_version: "2.1", id: ref(type), ...more });
const musts = (document: unknown) =>
  validate(JSON.parse(JSON.stringify(document))).filter(({ level }) => level === "must");

const indicator = (pattern: string) =>
  sdo("indicator", { pattern, pattern_type: "stix", valid_from: at, name: "n" });
const extended = (key: string, extension: unknown) =>
  sdo("campaign", { name: "n", extensions: { [key]: extension } });
const definition = ref("extension-definition");
const file = (more: Made) => sco("file", { name: "n", ...more });
const traffic = (more: Made) =>
  sco("network-traffic", { protocols: ["tcp"], src_ref: ref("ipv4-addr"), ...more });
const mail = (part: Made) =>
  sco("email-message", { is_multipart: true, subject: "s", body_multipart: [part] });
const marked = (more: Made) => sdo("campaign", { name: "n", aliases: ["a", "b"], ...more });
const selects = (...selectors: string[]) =>
  marked({ granular_markings: [{ selectors, marking_ref: ref("marking-definition") }] });

/** Valid by the text of the standard, though not usual. */
const VALID: readonly [string, unknown][] = [
  ["2.3 keys of one letter", sco("process", { pid: 1, environment_variables: { A: "1", PS: "2" } })],
  ["2.7 a name of three letters", file({ hashes: { foo: "bar" } })],
  [
    "2.9 digits of a UUID in upper case",
    sdo("campaign", { name: "n", id: `campaign--${uuid.toUpperCase()}` }),
  ],
  [
    "2.9 a UUIDv1 as the reference validator takes it",
    sdo("tool", { name: "n", id: "tool--d2916708-57b9-11e8-8a18-8c8590c5e3a1" }),
  ],
  [
    "2.16 no fraction",
    sdo("campaign", { name: "n", created: "2026-11-23T00:00:00Z", modified: "2026-11-23T00:00:00Z" }),
  ],
  ["2.16 nine digits", sdo("campaign", { name: "n", modified: "2026-11-23T00:00:00.123456789Z" })],
  ["2.16 a leap second", sdo("campaign", { name: "n", modified: "2026-12-31T23:59:60Z" })],
  ["2.16 a leap day", sdo("campaign", { name: "n", created: "2024-02-29T00:00:00Z" })],
  [
    "2.16 the same instant written otherwise",
    sdo("campaign", { name: "n", created: "2026-11-23T00:00:00.000Z", modified: "2026-11-23T00:00:00Z" }),
  ],
  ["3.2 an object of its own", sdo("x-pump", { flow: 3 })],
  ["3.2 confidence 0", sdo("campaign", { name: "n", confidence: 0 })],
  ["4.10 a region alone", sdo("location", { region: "eastern-asia" })],
  ["4.10 the equator", sdo("location", { latitude: 0, longitude: 0, precision: 0 })],
  ["4.11 malware that is no family has no name", sdo("malware", { is_family: false })],
  [
    "4.12 what was captured instead of a result",
    sdo("malware-analysis", { product: "p", analysis_sco_refs: [ref("file")] }),
  ],
  [
    "4.14 relationships beside an observable",
    sdo("observed-data", {
      first_observed: at,
      last_observed: at,
      number_observed: 1,
      object_refs: [ref("ipv4-addr"), ref("relationship")],
    }),
  ],
  [
    "5.1 an observable at an end",
    sdo("relationship", {
      relationship_type: "resolves-to",
      source_ref: ref("domain-name"),
      target_ref: ref("ipv4-addr"),
    }),
  ],
  [
    "5.2 first and last at once",
    sdo("sighting", { sighting_of_ref: ref("malware"), first_seen: at, last_seen: at, count: 0 }),
  ],
  ["6.5 a quoted local part", sco("email-addr", { value: '"john doe"@example.com' })],
  ["6.5 a domain in brackets", sco("email-addr", { value: "john@[192.0.2.1]" })],
  ["6.6 a part by its body", mail({ body: "b" })],
  [
    "6.7 keys of EXIF",
    file({ extensions: { "raster-image-ext": { exif_tags: { Make: "m", XResolution: 4928 } } } }),
  ],
  ["6.8 a network", sco("ipv4-addr", { value: "198.51.100.0/0" })],
  ["6.12 an end before which it began", traffic({ start: at, end: at, is_active: false })],
  ["6.14 languages of RFC 5646", sco("software", { name: "n", languages: ["zh-Hant-TW", "eng", "fr"] })],
  ["6.15 a URL of another scheme", sco("url", { value: "ftp://user@example.com:21/x?y#z" })],
  ["6.17 a default value has an empty name", sco("windows-registry-key", { values: [{ name: "" }] })],
  ["7.2.3 a position of a list", selects("aliases.[1]")],
  ["7.2.3 a language of a part", marked({ granular_markings: [{ selectors: ["name"], lang: "en" }] })],
  [
    "7.2.1 a marking by its extension",
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: ref("marking-definition"),
      created: at,
      extensions: { [definition]: { extension_type: "property-extension", note: "x" } },
    },
  ],
  [
    "7.3 a property extension",
    extended(definition, { extension_type: "property-extension", rank: 5, id: "x" }),
  ],
  [
    "7.3 properties at the top",
    { ...extended(definition, { extension_type: "toplevel-property-extension" }), rank: 5 },
  ],
  [
    "7.3 no extension_properties without need",
    sdo("extension-definition", {
      created_by_ref: ref("identity"),
      name: "n",
      schema: "s",
      version: "1.0.0",
      extension_types: ["new-sdo", "toplevel-property-extension"],
      extension_properties: ["rank"],
    }),
  ],
  ["8 a bundle of nothing", { type: "bundle", id: ref("bundle") }],
  ["9 keys of a dictionary may be short", indicator("[process:environment_variables.A = 'x']")],
  ["9 quotes around a hyphen", indicator("[file:hashes.'SHA-256' = 'a']")],
  ["9 escapes", indicator("[file:name = 'It\\'s C:\\\\x']")],
  ["9 comments and line ends", indicator("[file:name /* c */ = 'x'] // d\nAND [mutex:name = 'm']")],
  ["9 a set of nothing", indicator("[file:name IN ()]")],
  ["9 signs and fractions", indicator("[file:size >= +3 AND file:size < -.5]")],
  [
    "9 qualifiers in a row",
    indicator(
      "([a-b:abc = 1] FOLLOWEDBY [a-b:abc = 2]) REPEATS 2 TIMES WITHIN 1.5 SECONDS START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
    ),
  ],
  ["9 what PCRE has and we cannot run", indicator("[file:name MATCHES '^(?!x)(a)\\\\1++$']")],
  ["9 EXISTS and its opposite", indicator("[EXISTS file:size AND NOT EXISTS file:name]")],
];

/** Invalid, each with the rule that is broken and where. */
const INVALID: readonly [string, string, unknown][] = [
  ["2.1 binary", "payload_bin", sco("artifact", { payload_bin: "abc" })],
  [
    "2.3 dictionary-key",
    "environment_variables.a b",
    sco("process", { environment_variables: { "a b": "1" } }),
  ],
  ["2.3 empty-dictionary", "environment_variables", sco("process", { environment_variables: {} })],
  ["2.3 empty-dictionary", "extensions", sdo("campaign", { name: "n", extensions: {} })],
  ["2.7 hash-key", "hashes.MD", file({ hashes: { MD: "aa" } })],
  ["2.7 hash", "hashes.SHA3-512", file({ hashes: { "SHA3-512": "aa" } })],
  ["2.7 hash", "hashes.MD5", file({ hashes: { MD5: "g".repeat(32) } })],
  ["2.8 hex", "magic_number_hex", file({ magic_number_hex: "abc" })],
  ["2.9 identifier", "id", sdo("campaign", { name: "n", id: "campaign--1" })],
  [
    "2.9 identifier",
    "id",
    sdo("campaign", { name: "n", id: `campaign--${uuid.replace("-4cbf-", "-0cbf-")}` }),
  ],
  ["2.9 identifier", "created_by_ref", sdo("campaign", { name: "n", created_by_ref: "identity" })],
  ["2.9 identifier-type", "id", sdo("campaign", { name: "n", id: ref("malware") })],
  [
    "2.9 identifier-version",
    "id",
    sco("email-message", { id: "email-message--72b7698f-10c2-565a-a2a6-b4996a2f2265", is_multipart: false }),
  ],
  [
    "2.9 identifier-version",
    "id",
    sco("x509-certificate", { id: "x509-certificate--72b7698f-10c2-565a-a2a6-b4996a2f2265", issuer: "i" }),
  ],
  [
    "2.9 identifier-version",
    "id",
    sco("user-account", { id: "user-account--72b7698f-10c2-565a-a2a6-b4996a2f2265", display_name: "d" }),
  ],
  ["2.12 empty-list", "x_list", sdo("campaign", { name: "n", x_list: [] })],
  ["2.12 empty-list", "aliases", sdo("threat-actor", { name: "n", aliases: [] })],
  ["2.16 timestamp", "created", sdo("campaign", { name: "n", created: "2025-02-29T00:00:00Z" })],
  ["2.16 timestamp", "modified", sdo("tool", { name: "n", modified: "2026-11-23T00:00:00+00:00" })],
  [
    "2.16 timestamp",
    "published",
    sdo("report", { name: "n", published: "2026-11-23", object_refs: [ref("tool")] }),
  ],
  ["2.16 timestamp", "first_seen", sdo("infrastructure", { name: "n", first_seen: "2026-11-23T24:00:00Z" })],
  ["2.16 timestamp", "account_created", sco("user-account", { account_created: "2026-06-31T00:00:00Z" })],
  ["2.16 timestamp", "validity_not_after", sco("x509-certificate", { validity_not_after: "yesterday" })],
  [
    "2.16 timestamp",
    "extensions.windows-pebinary-ext.time_date_stamp",
    file({
      extensions: { "windows-pebinary-ext": { pe_type: "exe", time_date_stamp: "2016-13-22T12:31:12Z" } },
    }),
  ],
  ["3.1 null", "x_none", sdo("campaign", { name: "n", x_none: null })],
  ["3.1 object-type", "type", sdo("Campaign", { name: "n" })],
  ["3.1 object-type", "type", sdo("a", { name: "n" })],
  ["3.1 property-name", "Xyz", sdo("campaign", { name: "n", Xyz: 1 })],
  ["3.1 property-name", "ab", sdo("campaign", { name: "n", ab: 1 })],
  ["4.5 enum", "spec_version", sdo("identity", { name: "n", spec_version: "2.0" })],
  ["4.5 required", "spec_version", { ...sdo("identity", { name: "n" }), spec_version: undefined }],
  ["4.2 range", "confidence", sdo("campaign", { name: "n", confidence: -1 })],
  ["4.2 type", "confidence", sdo("campaign", { name: "n", confidence: 50.5 })],
  ["4.2 type", "revoked", sdo("campaign", { name: "n", revoked: "true" })],
  ["3.2 language", "lang", sdo("campaign", { name: "n", lang: "qq" })],
  [
    "4.2 order",
    "modified",
    sdo("campaign", {
      name: "n",
      created: "2026-11-23T00:00:00.000001Z",
      modified: "2026-11-23T00:00:00.000Z",
    }),
  ],
  ["4.4 required", "object_refs", sdo("grouping", { context: "unspecified" })],
  ["2.12 empty-list", "object_refs", sdo("grouping", { context: "unspecified", object_refs: [] })],
  [
    "4.7 order",
    "valid_until",
    sdo("indicator", { pattern: "[a-b:abc = 1]", pattern_type: "stix", valid_from: at, valid_until: at }),
  ],
  [
    "4.8 order",
    "last_seen",
    sdo("infrastructure", { name: "n", first_seen: at, last_seen: "2026-11-22T23:59:59Z" }),
  ],
  [
    "4.9 order",
    "last_seen",
    sdo("intrusion-set", { name: "n", first_seen: at, last_seen: "2026-11-22T23:59:59Z" }),
  ],
  ["4.10 any-of", "region", sdo("location", { city: "Taipei" })],
  ["4.10 together", "latitude", sdo("location", { country: "TW", longitude: 1 })],
  ["4.10 together", "latitude", sdo("location", { country: "TW", precision: 1 })],
  ["4.10 range", "longitude", sdo("location", { latitude: 1, longitude: 180.5 })],
  ["4.11 required", "name", sdo("malware", { is_family: true })],
  ["4.11 reference", "sample_refs.0", sdo("malware", { is_family: false, sample_refs: [ref("url")] })],
  ["4.12 any-of", "result", sdo("malware-analysis", { product: "p" })],
  [
    "4.12 reference",
    "host_vm_ref",
    sdo("malware-analysis", { product: "p", result: "benign", host_vm_ref: ref("file") }),
  ],
  ["4.13 required", "content", sdo("note", { object_refs: [ref("tool")] })],
  [
    "4.14 one-of",
    "object_refs",
    sdo("observed-data", { first_observed: at, last_observed: at, number_observed: 1 }),
  ],
  [
    "4.14 order",
    "last_observed",
    sdo("observed-data", {
      first_observed: at,
      last_observed: "2026-11-22T00:00:00Z",
      number_observed: 1,
      object_refs: [ref("url")],
    }),
  ],
  [
    "4.14 reference",
    "object_refs.0",
    sdo("observed-data", {
      first_observed: at,
      last_observed: at,
      number_observed: 1,
      object_refs: [ref("identity")],
    }),
  ],
  ["4.15 enum", "opinion", sdo("opinion", { opinion: "Agree", object_refs: [ref("tool")] })],
  ["4.16 required", "published", sdo("report", { name: "n", object_refs: [ref("tool")] })],
  [
    "2.5 external-id",
    "external_references.0.external_id",
    sdo("attack-pattern", { name: "n", external_references: [{ source_name: "capec", external_id: "163" }] }),
  ],
  [
    "4.1 required",
    "external_references.0.source_name",
    sdo("attack-pattern", { name: "n", external_references: [{ external_id: "x" }] }),
  ],
  ["6.15 url", "value", sco("url", { value: "http://example.com/a b" })],
  [
    "4.1 url",
    "external_references.0.url",
    sdo("attack-pattern", { name: "n", external_references: [{ source_name: "x", url: "example.com" }] }),
  ],
  [
    "4.1 required",
    "kill_chain_phases.0.phase_name",
    sdo("attack-pattern", { name: "n", kill_chain_phases: [{ kill_chain_name: "k" }] }),
  ],
  [
    "5.1 reference",
    "source_ref",
    sdo("relationship", {
      relationship_type: "uses",
      source_ref: ref("relationship"),
      target_ref: ref("tool"),
    }),
  ],
  [
    "5.1 reference",
    "target_ref",
    sdo("relationship", {
      relationship_type: "uses",
      source_ref: ref("campaign"),
      target_ref: ref("language-content"),
    }),
  ],
  [
    "5.1 format",
    "relationship_type",
    sdo("relationship", {
      relationship_type: "uses_it",
      source_ref: ref("campaign"),
      target_ref: ref("tool"),
    }),
  ],
  [
    "5.1 order",
    "stop_time",
    sdo("relationship", {
      relationship_type: "uses",
      source_ref: ref("campaign"),
      target_ref: ref("tool"),
      start_time: at,
      stop_time: at,
    }),
  ],
  [
    "5.2 reference",
    "where_sighted_refs.0",
    sdo("sighting", { sighting_of_ref: ref("tool"), where_sighted_refs: [ref("tool")] }),
  ],
  ["5.2 range", "count", sdo("sighting", { sighting_of_ref: ref("tool"), count: 1_000_000_000 })],
  ["6.1 one-of", "payload_bin", sco("artifact", { mime_type: "text/plain" })],
  [
    "6.1 one-of",
    "url",
    sco("artifact", { payload_bin: "AAAA", url: "https://x.example/", hashes: { foo: "b" } }),
  ],
  ["6.1 together", "hashes", sco("artifact", { url: "https://x.example/" })],
  ["6.1 together", "encryption_algorithm", sco("artifact", { payload_bin: "AAAA", decryption_key: "k" })],
  ["6.5 format", "value", sco("email-addr", { value: "John <john@example.com>" })],
  ["6.6 one-of", "body", sco("email-message", { is_multipart: true, body: "b" })],
  [
    "6.6 one-of",
    "body_multipart",
    sco("email-message", { is_multipart: false, body_multipart: [{ body: "b" }] }),
  ],
  ["6.6 one-of", "body_multipart.0.body_raw_ref", mail({ body: "b", body_raw_ref: ref("artifact") })],
  ["6.6 one-of", "body_multipart.0.body", mail({ content_type: "text/plain" })],
  ["6.7 any-of", "hashes", sco("file", { size: 3 })],
  ["6.7 range", "size", file({ size: -1 })],
  [
    "6.7 any-of",
    "extensions.windows-pebinary-ext",
    file({ extensions: { "windows-pebinary-ext": { pe_type: "exe" } } }),
  ],
  [
    "6.7 reference",
    "extensions.archive-ext.contains_refs.0",
    file({ extensions: { "archive-ext": { contains_refs: [ref("url")] } } }),
  ],
  ["7.3 extension-key", "extensions.ntfs", file({ extensions: { ntfs: { sid: "S" } } })],
  ["6.12 any-of", "src_ref", sco("network-traffic", { protocols: ["tcp"] })],
  ["2.12 empty-list", "protocols", traffic({ protocols: [] })],
  ["6.12 order", "end", traffic({ start: at, end: "2026-11-22T00:00:00Z" })],
  ["6.12 together", "is_active", traffic({ end: at, is_active: true })],
  ["6.12 reference", "dst_ref", traffic({ dst_ref: ref("url") })],
  ["6.13 any-of", "is_hidden", sco("process", {})],
  ["6.14 cpe", "cpe", sco("software", { name: "n", cpe: "cpe:/a:microsoft:word:2000" })],
  ["6.16 any-of", "user_id", sco("user-account", {})],
  ["6.17 registry-hive", "key", sco("windows-registry-key", { key: "hkcu\\x" })],
  ["6.17 any-of", "values.0.name", sco("windows-registry-key", { key: "HKEY_USERS\\x", values: [{}] })],
  ["6.18 any-of", "is_self_signed", sco("x509-certificate", {})],
  ["7.1 required", "contents", sdo("language-content", { object_ref: ref("campaign") })],
  [
    "3.2 language",
    "contents.klingon_x",
    sdo("language-content", { object_ref: ref("campaign"), contents: { klingon_x: { name: "n" } } }),
  ],
  [
    "7.2.1 marking-cycle",
    "object_marking_refs.1",
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: ref("marking-definition"),
      created: at,
      definition_type: "statement",
      definition: { statement: "s" },
      object_marking_refs: [ref("marking-definition", other), ref("marking-definition")],
    },
  ],
  [
    "7.2.1 marking-cycle",
    "granular_markings.0.marking_ref",
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: ref("marking-definition"),
      created: at,
      definition_type: "statement",
      definition: { statement: "s" },
      granular_markings: [{ selectors: ["created"], marking_ref: ref("marking-definition") }],
    },
  ],
  [
    "7.2 required",
    "definition_type",
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: ref("marking-definition"),
      created: at,
      name: "n",
    },
  ],
  [
    "7.2.1 marking",
    "definition.statement",
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: ref("marking-definition"),
      created: at,
      definition_type: "statement",
      definition: { text: "s" },
    },
  ],
  [
    "7.2.1 marking",
    "definition.tlp",
    {
      type: "marking-definition",
      spec_version: "2.1",
      id: ref("marking-definition"),
      created: at,
      definition_type: "tlp",
      definition: { tlp: "red" },
    },
  ],
  ["7.2.3 selector", "granular_markings.0.selectors.0", selects("aliases.[2]")],
  ["7.2.3 selector", "granular_markings.0.selectors.0", selects("aliases.0")],
  ["7.2.3 selector", "granular_markings.0.selectors.1", selects("name", "name.first")],
  [
    "7.2.3 granular-marking",
    "granular_markings.0.marking_ref",
    marked({
      granular_markings: [{ selectors: ["name"], lang: "en", marking_ref: ref("marking-definition") }],
    }),
  ],
  ["4.2 reference", "object_marking_refs.0", marked({ object_marking_refs: [ref("identity")] })],
  [
    "7.3 extension-key",
    "extensions.rank",
    extended("rank", { extension_type: "property-extension", rank: 5 }),
  ],
  ["7.3 extension-type", `extensions.${definition}.extension_type`, extended(definition, { rank: 5 })],
  [
    "4.2 enum",
    `extensions.${definition}.extension_type`,
    extended(definition, { extension_type: "new-thing" }),
  ],
  [
    "7.3 extension",
    "extension_properties",
    sdo("extension-definition", {
      created_by_ref: ref("identity"),
      name: "n",
      schema: "s",
      version: "1",
      extension_types: ["property-extension"],
      extension_properties: ["rank"],
    }),
  ],
  [
    "7.3 required",
    "created_by_ref",
    sdo("extension-definition", { name: "n", schema: "s", version: "1", extension_types: ["new-sdo"] }),
  ],
  ["2.9 identifier", "id", { type: "bundle", id: "bundle--1", objects: [sdo("tool", { name: "n" })] }],
  ["8 type", "objects", { type: "bundle", id: ref("bundle"), objects: [] }],
  [
    "8 bundle",
    "objects.0",
    { type: "bundle", id: ref("bundle"), objects: [{ type: "bundle", id: ref("bundle") }] },
  ],
  ["3.2 type", "$", "text"],
];

/** Patterns that are none, with the reason and the character. */
const PATTERNS: readonly [string, string, number][] = [
  ["", "pattern-sign", 1],
  ["[]", "pattern-type", 2],
  ["[file:name = 'x'", "pattern-sign", 17],
  ["[file:name = 'x']]", "pattern-operator", 18],
  ["[file:name == ]", "pattern-value", 15],
  ["[File:name = 'x']", "pattern-type", 2],
  ["[fi:name = 'x']", "pattern-type", 2],
  ["[file:na = 'x']", "pattern-property", 7],
  ["[file:Name = 'x']", "pattern-property", 7],
  ["[file:hashes.SHA-256 = 'x']", "pattern-quote", 14],
  ["[file:name = 'C:\\x']", "pattern-escape", 17],
  ["[file:name = 'x]", "pattern-token", 14],
  ["[file:size = 007]", "pattern-token", 14],
  ["[file:name[-1] = 'x']", "pattern-position", 12],
  ["[file:name < true]", "pattern-no-order", 14],
  ["[file:name LIKE 3]", "pattern-string", 17],
  ["[NOT file:name = 'x']", "pattern-sign", 6],
  ["[file:name = h'abc']", "pattern-hex", 14],
  ["[file:name = b'abc']", "pattern-base64", 14],
  ["[file:name = t'2026-02-30T00:00:00Z']", "pattern-time", 14],
  ["[file:name = 'x'] START '2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", "pattern-time", 25],
  ["[file:name = 'x'] START t'2026-01-01T00:00:00Z'", "pattern-sign", 48],
  ["[file:name = 'x'] WITHIN 0 SECONDS", "pattern-positive", 26],
  ["[file:name = 'x'] WITHIN 5 MINUTES", "pattern-sign", 28],
  ["[file:name = 'x'] REPEATS 1.5 TIMES", "pattern-positive", 27],
  ["[file:name = 'x'] REPEATS 2", "pattern-sign", 28],
  ["[file:name = 'x'] and [file:name = 'y']", "pattern-operator", 19],
  ["[file:name = 'x' AND]", "pattern-type", 21],
  ["[file:name MATCHES '(a']", "pattern-regex-unclosed", 21],
  ["[file:name MATCHES 'a)']", "pattern-regex-unmatched", 22],
  ["[file:name MATCHES '[a-']", "pattern-regex-class", 21],
  ["[file:name MATCHES '[z-a]']", "pattern-regex-range", 23],
  ["[file:name MATCHES '*a']", "pattern-regex-repeat", 21],
  ["[file:name MATCHES 'a**']", "pattern-regex-repeat", 23],
  ["[file:name MATCHES 'a{3,1}']", "pattern-regex-order", 22],
  ["[file:name MATCHES '(?_a)']", "pattern-regex-group", 21],
  ["[file:name MATCHES '\\\\\\\\(x']", "pattern-regex-unclosed", 25],
];

test("valid by the text of the standard", () => {
  for (const [what, document] of VALID) assert.deepEqual(musts(document), [], what);
});

test("invalid by the text of the standard: the rule and the place of each", () => {
  for (const [rule, path, document] of INVALID) {
    const found = musts(document);
    assert.ok(
      found.some((each) => each.rule === rule && each.path === path),
      `${rule} ${path}: ${JSON.stringify(found)}`,
    );
  }
});

test("9: patterns that are none, with the reason and the character", () => {
  for (const [pattern, why, character] of PATTERNS) {
    const [found] = musts(indicator(pattern));
    assert.deepEqual(
      [found?.rule, found?.path, found?.why, found?.facts["at"]],
      ["4.7 pattern", "pattern", why, character],
      `${pattern}: ${JSON.stringify(found)}`,
    );
  }
});

test("no finding is without a path, a rule and a reason", () => {
  const documents = [...VALID.map(([, document]) => document), ...INVALID.map(([, , document]) => document)];
  for (const document of documents)
    for (const found of validate(JSON.parse(JSON.stringify(document)))) {
      assert.match(found.rule, /^\d+(?:\.\d+)* [a-z0-9-]+$/);
      assert.notEqual(found.path, "");
      assert.doesNotMatch(found.message, /\{\{/, JSON.stringify(found));
    }
});
