import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { validate } from "./validate.ts";

type Made = Record<string, unknown>;

const at = "2026-11-23T00:00:00.000Z";
const later = "2026-11-24T00:00:00.000Z";
const uuid = "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f";
const ref = (type: string) => `${type}--${uuid}`;
const domain = (type: string, more: Made): Made => ({
  type,
  spec_version: "2.1",
  id: ref(type),
  created: at,
  modified: later,
  created_by_ref: ref("identity"),
  object_marking_refs: ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
  ...more,
});
const observable = (type: string, more: Made): Made => ({
  type,
  spec_version: "2.1",
  id: ref(type),
  ...more,
});
const phases = [{ kill_chain_name: "mitre-ics-attack", phase_name: "impact" }];
const sha256 = "a".repeat(64);

/** One valid object of each type, with most of its properties. */
const VALID: readonly Made[] = [
  domain("attack-pattern", {
    name: "n",
    aliases: ["a"],
    kill_chain_phases: phases,
    external_references: [{ source_name: "capec", external_id: "CAPEC-163" }],
  }),
  domain("campaign", { name: "n", first_seen: at, last_seen: later, objective: "o" }),
  domain("course-of-action", { name: "n", description: "d" }),
  domain("grouping", { context: "unspecified", object_refs: [ref("indicator")] }),
  domain("identity", { name: "n", identity_class: "organization", sectors: ["water"], lang: "zh-Hant-TW" }),
  domain("incident", { name: "n" }),
  domain("indicator", {
    pattern: "[ipv4-addr:value = '198.51.100.3']",
    pattern_type: "stix",
    valid_from: at,
    valid_until: later,
    indicator_types: ["malicious-activity"],
    confidence: 85,
    revoked: false,
  }),
  domain("infrastructure", { name: "n", infrastructure_types: ["botnet"], first_seen: at, last_seen: at }),
  domain("intrusion-set", { name: "n", primary_motivation: "ideology", resource_level: "team" }),
  domain("location", { country: "TW", latitude: 24.8, longitude: 121.0, precision: 100 }),
  domain("malware", {
    name: "n",
    is_family: true,
    malware_types: ["worm"],
    sample_refs: [ref("file")],
    operating_system_refs: [ref("software")],
  }),
  domain("malware-analysis", { product: "p", result: "malicious", sample_ref: ref("file") }),
  domain("note", { content: "c", object_refs: [ref("indicator")] }),
  domain("observed-data", {
    first_observed: at,
    last_observed: later,
    number_observed: 3,
    object_refs: [ref("ipv4-addr")],
  }),
  domain("opinion", { opinion: "agree", object_refs: [ref("indicator")] }),
  domain("report", { name: "n", published: at, object_refs: [ref("indicator")], report_types: ["malware"] }),
  domain("threat-actor", { name: "n", roles: ["agent"], sophistication: "expert" }),
  domain("tool", { name: "n", tool_types: ["remote-access"] }),
  domain("vulnerability", {
    name: "n",
    external_references: [{ source_name: "cve", external_id: "CVE-2026-1234" }],
  }),
  domain("relationship", {
    relationship_type: "indicates",
    source_ref: ref("indicator"),
    target_ref: ref("malware"),
    start_time: at,
    stop_time: later,
  }),
  domain("sighting", {
    sighting_of_ref: ref("indicator"),
    count: 3,
    first_seen: at,
    last_seen: later,
    observed_data_refs: [ref("observed-data")],
    where_sighted_refs: [ref("identity")],
    summary: true,
  }),
  domain("language-content", {
    object_ref: ref("campaign"),
    object_modified: at,
    contents: { de: { name: "N" } },
  }),
  domain("extension-definition", {
    name: "n",
    schema: "https://schema.example/1",
    version: "1.2.1",
    extension_types: ["toplevel-property-extension"],
    extension_properties: ["toxicity"],
  }),
  {
    type: "marking-definition",
    spec_version: "2.1",
    id: ref("marking-definition"),
    created: at,
    definition_type: "statement",
    definition: { statement: "s" },
  },
  observable("artifact", {
    mime_type: "image/jpeg",
    payload_bin: "VBORw0KGgoA=",
    hashes: { "SHA-256": sha256 },
  }),
  observable("autonomous-system", { number: 3462, name: "HiNet" }),
  observable("directory", { path: "C:\\x", path_enc: "Big5", ctime: at, contains_refs: [ref("file")] }),
  observable("domain-name", { value: "evil.example", resolves_to_refs: [ref("ipv4-addr")] }),
  observable("email-addr", { value: "a@evil.example", belongs_to_ref: ref("user-account") }),
  observable("email-message", {
    is_multipart: true,
    from_ref: ref("email-addr"),
    subject: "s",
    additional_header_fields: { "Reply-To": ["b@evil.example"] },
    body_multipart: [{ body: "b", content_type: "text/plain" }],
  }),
  observable("file", {
    name: "n",
    name_enc: "windows-1252",
    size: 1,
    hashes: { MD5: "c".repeat(32), SSDEEP: "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C" },
    extensions: {
      "archive-ext": { contains_refs: [ref("file")] },
      "ntfs-ext": { sid: "S-1", alternate_data_streams: [{ name: "x", size: 1 }] },
      "pdf-ext": { version: "1.7", document_info_dict: { Title: "t" } },
      "raster-image-ext": { image_height: 1, exif_tags: { Make: "m", XResolution: 1 } },
      "windows-pebinary-ext": {
        pe_type: "exe",
        machine_hex: "014c",
        time_date_stamp: "2016-01-22T12:31:12Z",
        optional_header: { magic_hex: "010b" },
        sections: [{ name: "CODE", entropy: 0.06 }],
      },
    },
  }),
  observable("ipv4-addr", { value: "198.51.100.0/24", belongs_to_refs: [ref("autonomous-system")] }),
  observable("ipv6-addr", { value: "2001:db8::/32", resolves_to_refs: [ref("mac-addr")] }),
  observable("mac-addr", { value: "d2:fb:49:24:37:18" }),
  observable("mutex", { name: "m" }),
  observable("network-traffic", {
    src_ref: ref("ipv4-addr"),
    dst_ref: ref("domain-name"),
    src_port: 24678,
    protocols: ["ipv4", "tcp", "http"],
    start: at,
    end: later,
    is_active: false,
    ipfix: { minimumIpTotalLength: 32, name: "x" },
    extensions: {
      "http-request-ext": {
        request_method: "get",
        request_value: "/x",
        request_header: { Host: ["evil.example"] },
      },
      "icmp-ext": { icmp_type_hex: "08", icmp_code_hex: "00" },
      "socket-ext": { address_family: "AF_INET", socket_type: "SOCK_STREAM", options: { SO_KEEPALIVE: 1 } },
      "tcp-ext": { src_flags_hex: "00000002" },
    },
  }),
  observable("process", {
    pid: 314,
    image_ref: ref("file"),
    extensions: {
      "windows-process-ext": { aslr_enabled: true, integrity_level: "high" },
      "windows-service-ext": {
        service_name: "s",
        start_type: "SERVICE_AUTO_START",
        service_type: "SERVICE_WIN32_OWN_PROCESS",
        service_status: "SERVICE_RUNNING",
      },
    },
  }),
  observable("software", {
    name: "Word",
    cpe: "cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*",
    languages: ["zho", "eng"],
  }),
  observable("url", { value: "https://evil.example/x" }),
  observable("user-account", {
    user_id: "1001",
    account_created: at,
    extensions: { "unix-account-ext": { gid: 1001, groups: ["wheel"] } },
  }),
  observable("windows-registry-key", {
    key: "hkey_local_machine\\x",
    values: [{ name: "n", data: "d", data_type: "REG_SZ" }],
  }),
  observable("x509-certificate", { serial_number: "1", validity_not_before: at }),
];
const REQUIRED_EVERYWHERE = ["type", "id"];
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  grouping: ["context", "object_refs"],
  indicator: ["pattern", "pattern_type", "valid_from"],
  malware: ["is_family"],
  "malware-analysis": ["product", "result"],
  note: ["content", "object_refs"],
  "observed-data": ["first_observed", "last_observed", "number_observed", "object_refs"],
  opinion: ["opinion", "object_refs"],
  report: ["name", "published", "object_refs"],
  relationship: ["relationship_type", "source_ref", "target_ref"],
  sighting: ["sighting_of_ref"],
  "language-content": ["object_ref", "contents"],
  "extension-definition": ["name", "schema", "version", "extension_types", "created_by_ref"],
  "marking-definition": ["created", "definition_type", "definition", "spec_version"],
  location: [],
  artifact: ["payload_bin"],
  "autonomous-system": ["number"],
  directory: ["path"],
  "email-message": ["is_multipart"],
  "network-traffic": ["protocols"],
  software: ["name"],
  mutex: ["name"],
};

const musts = (document: unknown) => validate(document).filter(({ level }) => level === "must");
const isDomain = (object: Made) => object["modified"] !== undefined;

test("one object of each type is valid, alone, in a list and in a bundle", () => {
  for (const object of VALID) assert.deepEqual(musts(object), [], String(object["type"]));
  assert.equal(VALID.length, 42, "19 domain, 2 relationship, 3 meta and 18 observable objects");
  assert.deepEqual(musts(VALID), []);
  assert.deepEqual(musts({ type: "bundle", id: `bundle--${uuid}`, objects: VALID }), []);
});

test("without a required property each is refused, at that property or the object", () => {
  for (const object of VALID) {
    const type = String(object["type"]);
    const required = [
      ...REQUIRED_EVERYWHERE,
      ...(isDomain(object) ? ["spec_version", "created", "modified"] : []),
      ...(REQUIRED[type] ?? (isDomain(object) ? ["name"] : object["value"] === undefined ? [] : ["value"])),
    ];
    for (const name of required) {
      const { [name]: _, ...rest } = object;
      const found = musts(rest);
      assert.ok(found.length > 0, `${type} without ${name}`);
      assert.ok(
        found.every(({ rule }) => /^\d+(?:\.\d+)* [a-z-]+$/.test(rule)),
        `${type}: ${JSON.stringify(found)}`,
      );
    }
  }
});

/** Every place of an object: the path, and a copy of the object with another value there. */
function* places(
  value: unknown,
  put: (value: unknown) => unknown,
  path = "",
): Generator<{
  path: string;
  was: unknown;
  put: (value: unknown) => unknown;
}> {
  if (path !== "") yield { path, was: value, put };
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries())
      yield* places(each, (other) => put(value.with(index, other)), `${path}.${index}`);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, each] of Object.entries(value))
      yield* places(each, (other) => put({ ...value, [name]: other }), `${path}.${name}`.replace(/^\./, ""));
  }
}

/** Dictionaries of anybody's own content, where another type is no fault. */
const FREE = /^(?:contents\.de|definition\.)|exif_tags\.|ipfix\.|document_info_dict$/;

test("a value of another type is refused wherever it stands, with its place", () => {
  const spots = VALID.flatMap((object) => [...places(object, (same) => same)]).filter(
    ({ path }) => !FREE.test(path),
  );
  fc.assert(
    fc.property(fc.constantFrom(...spots), ({ path, was, put }) => {
      const other = typeof was === "string" ? 17.5 : "one two";
      const found = musts(put(other));
      assert.ok(found.length > 0, `${path} = ${JSON.stringify(other)} ${JSON.stringify(put(other))}`);
      assert.ok(
        found.some((each) => path.startsWith(each.path) || each.path.startsWith(path)) || path === "type",
        `${path}: ${JSON.stringify(found)}`,
      );
      assert.ok(musts(put(null)).length > 0, `${path} = null`);
    }),
    { numRuns: 1500 },
  );
});

test("a reference to a type that the standard does not allow there is refused", () => {
  const spots = VALID.flatMap((object) => [...places(object, (same) => same)]).filter(
    ({ path, was }) =>
      typeof was === "string" &&
      /_refs?(?:\.\d+)?$/.test(path) &&
      !/^(?:created_by_ref|object_ref)/.test(path),
  );
  assert.ok(spots.length > 25);
  for (const { path, put } of spots) {
    assert.ok(musts(put(ref("bundle"))).length > 0, path);
    assert.ok(musts(put("ipv4-addr")).length > 0, path);
  }
});

const one = (type: string, more: Made) => ({ ...VALID.find((each) => each["type"] === type), ...more });
const ext = (type: string, name: string, more: Made) => {
  const base = one(type, {}) as Made & { extensions: Record<string, Made> };
  return { ...base, extensions: { [name]: { ...base.extensions[name], ...more } } };
};

test("rules between properties, enumerations and forms, one by one", () => {
  const refused: [string, unknown][] = [
    ["4.2 order", one("campaign", { modified: "2025-01-01T00:00:00Z" })],
    ["4.2 order", one("campaign", { last_seen: "2025-01-01T00:00:00Z" })],
    ["4.7 order", one("indicator", { valid_until: at })],
    ["5.1 order", one("relationship", { stop_time: at })],
    ["4.7 range", one("indicator", { confidence: 101 })],
    ["4.14 range", one("observed-data", { number_observed: 0 })],
    ["4.14 range", one("observed-data", { number_observed: 1_000_000_000 })],
    ["4.14 reference", one("observed-data", { object_refs: [ref("relationship")] })],
    ["4.14 one-of", one("observed-data", { objects: { 0: { type: "mutex", name: "m" } } })],
    ["5.2 reference", one("sighting", { sighting_of_ref: ref("ipv4-addr") })],
    ["5.1 reference", one("relationship", { target_ref: ref("marking-definition") })],
    ["5.1 format", one("relationship", { relationship_type: "Indicates_" })],
    ["4.15 enum", one("opinion", { opinion: "maybe" })],
    ["4.10 together", one("location", { longitude: undefined })],
    ["4.10 range", one("location", { latitude: 91 })],
    ["4.11 required", one("malware", { name: undefined })],
    [
      "2.5 external-id",
      one("vulnerability", { external_references: [{ source_name: "cve", external_id: "2026-1" }] }),
    ],
    [
      "2.5 source-name",
      one("vulnerability", { external_references: [{ source_name: "CVE", external_id: "CVE-2026-1234" }] }),
    ],
    ["4.19 any-of", one("vulnerability", { external_references: [{ source_name: "x" }] })],
    ["3.2 language", one("identity", { lang: "xx-TW" })],
    ["3.2 language", one("language-content", { contents: { español: { name: "n" } } })],
    ["3.1 property-name", one("language-content", { contents: { de: { "na me": "n" } } })],
    ["7.3 extension", one("extension-definition", { extension_types: ["new-sdo"] })],
    ["3.1 property-name", one("extension-definition", { extension_properties: ["Bad"] })],
    ["7.2.1 marking", one("marking-definition", { definition_type: "tlp", definition: { tlp: "blue" } })],
    [
      "7.2.3 selector",
      one("campaign", {
        granular_markings: [{ selectors: ["nothing"], marking_ref: ref("marking-definition") }],
      }),
    ],
    ["7.2.3 granular-marking", one("campaign", { granular_markings: [{ selectors: ["name"] }] })],
    ["7.2.1 marking-cycle", one("marking-definition", { object_marking_refs: [ref("marking-definition")] })],
    ["7.3 extension-key", one("campaign", { extensions: { "x-foo": { a_b: 1 } } })],
    ["7.3 extension-type", one("campaign", { extensions: { [ref("extension-definition")]: { rank: 1 } } })],
    [
      "4.2 enum",
      one("campaign", { extensions: { [ref("extension-definition")]: { extension_type: "new" } } }),
    ],
    ["6.1 one-of", one("artifact", { url: "https://x.example/" })],
    [
      "6.1 together",
      one("artifact", { payload_bin: undefined, url: "https://x.example/", hashes: undefined }),
    ],
    ["6.1 together", one("artifact", { decryption_key: "k" })],
    ["6.1 enum", one("artifact", { encryption_algorithm: "rot13" })],
    ["6.1 media-type", one("artifact", { mime_type: "picture" })],
    [
      "2.9 identifier-version",
      one("artifact", {
        id: "artifact--ff1e0780-358c-5808-a8c7-d0fca4ef6ef4",
        payload_bin: undefined,
        url: "https://x.example/",
        hashes: undefined,
      }),
    ],
    ["2.9 identifier-version", one("process", { id: "process--ff1e0780-358c-5808-a8c7-d0fca4ef6ef4" })],
    ["6.3 charset", one("directory", { path_enc: "bla" })],
    ["6.6 one-of", one("email-message", { body: "b" })],
    ["6.6 type", one("email-message", { additional_header_fields: { "Reply-To": "b@x.example" } })],
    ["2.7 hash", one("file", { hashes: { "SHA-256": "aa" } })],
    ["2.7 hash", one("file", { hashes: { TLSH: "aa" } })],
    ["2.7 hash-key", one("file", { hashes: { MD: "aa" } })],
    ["6.7 required", ext("file", "windows-pebinary-ext", { pe_type: undefined })],
    ["2.16 timestamp", ext("file", "windows-pebinary-ext", { time_date_stamp: at })],
    ["6.7 required", ext("file", "windows-pebinary-ext", { sections: [{ size: 1 }] })],
    ["2.8 hex", ext("file", "windows-pebinary-ext", { optional_header: { magic_hex: "xyz" } })],
    ["6.7 any-of", one("file", { extensions: { "ntfs-ext": {} } })],
    ["6.7 required", one("file", { extensions: { "archive-ext": { comment: "c" } } })],
    ["6.7 any-of", one("file", { name: undefined, hashes: undefined })],
    ["6.8 address", one("ipv4-addr", { value: "198.51.100.1/33" })],
    ["6.9 address", one("ipv6-addr", { value: "2001:db8::/129" })],
    ["6.10 format", one("mac-addr", { value: "D2:FB:49:24:37:18" })],
    ["6.12 together", one("network-traffic", { is_active: true })],
    ["6.12 any-of", one("network-traffic", { src_ref: undefined, dst_ref: undefined })],
    ["6.12 range", one("network-traffic", { src_port: 65_536 })],
    ["6.12 type", one("network-traffic", { ipfix: { abc: 1.5 } })],
    ["6.12 enum", ext("network-traffic", "socket-ext", { address_family: "PF_INET" })],
    ["6.12 enum", ext("network-traffic", "socket-ext", { socket_type: "STREAM" })],
    ["2.3 dictionary-key", ext("network-traffic", "socket-ext", { options: { FOO_BAR: 1 } })],
    ["2.8 hex", ext("network-traffic", "icmp-ext", { icmp_type_hex: "0800" })],
    ["6.12 required", ext("network-traffic", "http-request-ext", { request_value: undefined })],
    ["6.12 any-of", one("network-traffic", { extensions: { "tcp-ext": {} } })],
    ["6.13 enum", ext("process", "windows-service-ext", { start_type: "AUTO" })],
    ["6.13 enum", ext("process", "windows-service-ext", { service_type: "X" })],
    ["6.13 enum", ext("process", "windows-service-ext", { service_status: "X" })],
    ["6.13 enum", ext("process", "windows-process-ext", { integrity_level: "huge" })],
    ["6.14 cpe", one("software", { cpe: "word" })],
    ["3.2 language", one("software", { languages: ["klingon"] })],
    ["6.15 url", one("url", { value: "foo" })],
    ["6.17 registry-hive", one("windows-registry-key", { key: "HKLM\\x" })],
    ["6.17 enum", one("windows-registry-key", { values: [{ data_type: "REG_X" }] })],
    ["3.1 object-type", one("mutex", { type: "mu_tex" })],
    ["2.9 identifier-type", one("mutex", { id: ref("mutexes") })],
    ["3.1 property-name", one("mutex", { "Bad-Name": 1 })],
    ["3.1 property-name", one("mutex", { ab: 1 })],
    ["2.8 hex", one("mutex", { x_magic_hex: "zz" })],
    ["2.1 binary", one("mutex", { x_blob_bin: "***" })],
    ["4.7 pattern", one("indicator", { pattern: "[file:name = ]" })],
  ];
  for (const [rule, object] of refused) {
    const found = musts(JSON.parse(JSON.stringify(object))).map((each) => each.rule);
    assert.ok(
      found.includes(rule),
      `${rule}: ${JSON.stringify(found)} ${JSON.stringify(object).slice(0, 300)}`,
    );
  }
});

test("4.14: the deprecated container's objects refer to each other by number, to the right types", () => {
  const observed = (objects: unknown) => one("observed-data", { object_refs: undefined, objects });
  const found = (objects: unknown) =>
    musts(JSON.parse(JSON.stringify(observed(objects)))).map(({ path, rule }) => `${path} ${rule}`);
  const traffic = (src: string) => ({ type: "network-traffic", protocols: ["tcp"], src_ref: src });
  assert.deepEqual(found({ 0: { type: "ipv4-addr", value: "198.51.100.1" }, 1: traffic("0") }), []);
  assert.deepEqual(found({ 0: { type: "mutex", name: "m" }, 1: traffic("0") }), [
    "objects.1.src_ref 4.14 reference",
  ]);
  assert.deepEqual(found({ 1: traffic("7") }), [
    "objects.1.src_ref 4.14 observable-container",
    "objects.1.src_ref 4.14 any-of",
  ]);
});

test("a circle of marking definitions is told; deep nesting, cyclic and wrong members leave the rest judged", () => {
  const marking = (n: number, by: number) => ({
    ...one("marking-definition", {}),
    id: `marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3${n}`,
    object_marking_refs: [`marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3${by}`],
  });
  let deep: unknown = 1;
  for (let depth = 0; depth < 10_000; depth++) deep = [deep];
  const found = musts([
    marking(1, 2),
    marking(2, 3),
    marking(3, 1),
    one("mutex", { x_deep: deep }),
    7,
    { type: "bundle", id: `bundle--${uuid}` },
    one("mutex", { name: 5 }),
  ]);
  assert.deepEqual(
    found.map(({ path, rule }) => `${path.slice(0, 21)} ${rule}`),
    [
      "2.object_marking_refs 7.2.1 marking-cycle",
      `3.x_deep${".0".repeat(6)}. 3.1 nesting`,
      "4 8 type",
      "5 8 bundle",
      "6.name 6.11 type",
    ],
  );
});

test("what the standard only asks for is a warning", () => {
  const warned = (object: unknown) =>
    validate(object)
      .filter(({ level }) => level === "should")
      .map(({ rule }) => rule);
  for (const object of VALID.filter(isDomain)) assert.deepEqual(warned(object), [], String(object["type"]));
  assert.deepEqual(warned(one("campaign", { something: 1 })), ["11 custom-name"]);
  assert.deepEqual(warned(one("identity", { sectors: ["farming"] })), ["10 vocabulary"]);
  assert.deepEqual(warned(one("relationship", { relationship_type: "likes" })), ["5.1 relationship"]);
  assert.deepEqual(warned(one("location", { country: "xq" })), ["10 vocabulary"]);
  assert.deepEqual(warned(one("mutex", { created: at })), ["3.2 not-applicable", "11 custom-name"]);
  assert.deepEqual(
    warned({
      type: "domain-name",
      id: "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
      value: "example.com",
    }),
    [],
  );
  assert.deepEqual(
    warned({
      type: "domain-name",
      id: "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
      value: "example.org",
    }),
    ["2.9 observable-id"],
  );
});
