import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { derivedIdentifier } from "../stix/contributing.ts";
import { validate } from "../stix/validate.ts";
import { detectFormat } from "./detect.ts";
import { type Found, type FoundObject, isRefused } from "./found.ts";
import type { ImportFormat, ReadOptions } from "./model.ts";
import { readImport } from "./read.ts";
import { convertPattern20 } from "./stix-20.ts";

const AT = "2026-11-01T00:00:00.000Z";
const uuid = (at: number) => `11111111-2222-4333-8444-${String(at).padStart(12, "0")}`;

async function read(file: string | Buffer, format?: ImportFormat, options: ReadOptions = {}) {
  const bytes = Buffer.from(file);
  const detected = detectFormat(bytes);
  const found: Found[] = [];
  const request = {
    format: format ?? detected?.format ?? assert.fail("no format"),
    options: { ...(detected?.csv === undefined ? {} : { csv: detected.csv }), ...options },
    source: { identity: `identity--${uuid(99)}`, name: "Source", created: AT },
    fileName: "file",
    now: AT,
    tlp: "amber",
    clearance: "red",
  } as const;
  for await (const each of readImport(bytes, request)) found.push(each);
  const objects = found.filter((each): each is FoundObject => !isRefused(each));
  for (const { text } of objects)
    assert.deepEqual(
      validate(JSON.parse(text)).filter(({ level }) => level === "must"),
      [],
    );
  return {
    format: request.format,
    refused: found.filter(isRefused).flatMap(({ path, reasons }) => ({ ...reasons[0], path })),
    objects,
    // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every shape.
    of: (type: string): any[] =>
      objects.filter((each) => each.type === type).map((each) => JSON.parse(each.text)),
  };
}

const campaign = (at: number, more: object = {}) => ({
  type: "campaign",
  spec_version: "2.1",
  id: `campaign--${uuid(at)}`,
  created: AT,
  modified: AT,
  name: `c${at}`,
  ...more,
});
const bundle = (...objects: string[]) =>
  `{"type":"bundle","id":"bundle--${uuid(0)}","objects":[${objects.join(",")}]}`;
const json = (value: unknown) => JSON.stringify(value);

test("a bundle: what is broken is refused with its byte, and the rest goes on, byte for byte", async () => {
  const spaced = `{ "type" : "campaign",\n"spec_version":"2.1","id":"campaign--${uuid(1)}","created":"${AT}","modified":"${AT}","name":"\\u0041 中" }`;
  const deep = `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const text = bundle(
    spaced,
    '{"type":}',
    deep,
    "7",
    '"x,]}"',
    "",
    json(campaign(2)),
    json({ ...campaign(3), name: 7 }),
  );
  const { objects, refused } = await read(text);
  assert.deepEqual(
    objects.map((each) => each.text),
    [spaced, json(campaign(2))],
  );
  assert.deepEqual(
    refused.map((fault) => fault.path),
    ["objects.1", "objects.2", "objects.3", "objects.4", "objects.5", "objects.7"],
  );
  const broken = Number(/byte (\d+)/.exec(refused[0]?.message ?? "")?.[1]);
  assert.equal(Buffer.from(text)[broken], "}".charCodeAt(0), "the byte is that of the fault");
  assert.match(refused[1]?.message ?? "", /nested deeper than 200/);
  const cut = await read(text.slice(0, text.indexOf('{"type":}') + 3), "stix-2.1");
  assert.deepEqual([cut.objects.length, cut.refused.length], [1, 1]);
  assert.match(cut.refused[0]?.message ?? "", /the file ends here/);
  assert.equal(
    (await read(Buffer.concat([Buffer.from(text), Buffer.from("x")]))).refused.length,
    7,
    "and what stands around",
  );
});

test("markings that mark themselves through others are refused, the rest of the bundle goes on", async () => {
  const marking = (at: number, by?: number) => ({
    type: "marking-definition",
    spec_version: "2.1",
    id: `marking-definition--${uuid(at)}`,
    created: AT,
    definition_type: "statement",
    definition: { statement: "x" },
    ...(by === undefined ? {} : { object_marking_refs: [`marking-definition--${uuid(by)}`] }),
  });
  const { objects, refused } = await read(
    bundle(
      ...[marking(1, 2), marking(2, 3), marking(3, 1), marking(4, 5), marking(5), campaign(6)].map(json),
    ),
  );
  assert.deepEqual(objects.map((each) => each.id.slice(-1)).sort(), ["4", "5", "6"]);
  assert.equal(refused.length, 3);
  assert.deepEqual(
    refused.map(({ rule, why }) => `${rule} ${why}`),
    Array(3).fill("7.2.1 marking-cycle marking-circle"),
  );
});

test("any elements in any bundle come out as they are, or are refused one by one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.json(), fc.constant(json(campaign(1))))), async (elements) => {
      const { objects, refused } = await read(bundle(...elements), "stix-2.1");
      assert.equal(objects.length + refused.length, Math.max(1, elements.length));
    }),
    { numRuns: 200 },
  );
});

test("a large bundle is read without being held: 100 MB in steady memory", async () => {
  const filler = "x".repeat(10_000);
  const file = Buffer.from(
    bundle(...Array.from({ length: 10_000 }, (_, at) => json(campaign(at, { description: filler })))),
  );
  assert.ok(file.length > 100e6);
  let count = 0;
  let highest = 0;
  const request = {
    format: "stix-2.1" as const,
    options: {},
    source: { identity: `identity--${uuid(99)}`, name: "S", created: AT },
    fileName: "f",
    now: AT,
    tlp: "amber" as const,
    clearance: "red" as const,
  };
  const before = process.memoryUsage().heapUsed;
  for await (const found of readImport(file, request)) {
    assert.ok(!isRefused(found));
    if (++count % 1000 === 0) highest = Math.max(highest, process.memoryUsage().heapUsed - before);
  }
  assert.equal(count, 10_000);
  assert.ok(highest < 300e6, `${highest} bytes of heap beside the file`);
});

test("STIX 2.0: observables become objects of their own, vocabularies and patterns get their new names", async () => {
  const observed = {
    type: "observed-data",
    id: `observed-data--${uuid(1)}`,
    created: AT,
    modified: AT,
    first_observed: AT,
    last_observed: AT,
    number_observed: 1,
    objects: {
      0: {
        type: "file",
        name: "x.exe",
        hashes: { MD5: "a".repeat(32) },
        created: AT,
        parent_directory_ref: "1",
      },
      1: { type: "directory", path: "C:\\" },
      2: { type: "network-traffic", dst_ref: "3", protocols: ["tcp"] },
      3: { type: "ipv4-addr", value: "8.8.8.8" },
      4: { type: "file", parent_directory_ref: "9" },
    },
  };
  const objects = [
    observed,
    {
      type: "indicator",
      id: `indicator--${uuid(2)}`,
      created: AT,
      modified: AT,
      labels: ["anomalous-activity"],
      valid_from: AT,
      pattern: "[file:created = 'x:created'] START '2026-01-01T00:00:00Z' STOP '2026-02-01T00:00:00Z'",
    },
    { type: "malware", id: `malware--${uuid(3)}`, created: AT, modified: AT, name: "m", labels: ["trojan"] },
  ];
  const { of, refused, format } = await read(
    json({ type: "bundle", id: `bundle--${uuid(0)}`, spec_version: "2.0", objects }),
  );
  assert.equal(format, "stix-2.0");
  assert.deepEqual(
    refused.map((fault) => fault.path),
    ["objects.0.objects.4"],
  );
  const [file] = of("file");
  assert.deepEqual([file.ctime, file.parent_directory_ref], [AT, of("directory")[0].id]);
  assert.equal(of("network-traffic")[0].dst_ref, of("ipv4-addr")[0].id);
  assert.equal(
    of("ipv4-addr")[0].id,
    derivedIdentifier({ type: "ipv4-addr", value: "8.8.8.8" }),
    "the identifier that every producer derives",
  );
  assert.equal(of("observed-data")[0].object_refs.length, 4);
  assert.deepEqual(
    [of("indicator")[0].indicator_types, of("malware")[0].malware_types, of("malware")[0].is_family],
    [["anomalous-activity"], ["trojan"], false],
  );
  assert.equal(
    convertPattern20(
      "[file:created = 'file:created'] START '2026-01-01T00:00:00Z' STOP '2026-02-01T00:00:00Z'",
    ),
    "[file:ctime = 'file:created'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'",
  );
});

test("STIX 2.0: a process and what else has no derived identifier comes in under the same one each time", async () => {
  const observed = (at: number) => ({
    type: "observed-data",
    id: `observed-data--${uuid(at)}`,
    created: AT,
    modified: AT,
    first_observed: AT,
    last_observed: AT,
    number_observed: 1,
    objects: {
      0: { type: "process", pid: 7, name: "cmd.exe", arguments: ["/c", "whoami"], binary_ref: "1" },
      1: { type: "file", name: "cmd.exe" },
      2: { type: "email-message", is_multipart: false },
    },
  });
  const file = json({
    type: "bundle",
    id: `bundle--${uuid(0)}`,
    spec_version: "2.0",
    objects: [observed(1), observed(2)],
  });
  const { of, refused, objects } = await read(file);
  assert.deepEqual(refused, []);
  const [one, other] = of("process");
  assert.deepEqual([one.command_line, one.image_ref], ["cmd.exe /c whoami", of("file")[0].id]);
  assert.notEqual(one.id, other.id, "two sights are two processes");
  assert.deepEqual(
    of("observed-data").map((each) => each.object_refs.length),
    [3, 3],
  );
  const again = await read(file);
  assert.deepEqual(
    again.objects.map((each) => each.id),
    objects.map((each) => each.id),
  );
});

test("MISP: rules, samples, keys, subjects, words, links and analysts' reports all find their place", async () => {
  const id = (at: number) => `5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d5d${String(at).padStart(2, "0")}`;
  const attribute = (at: number, type: string, value: string, more: object = {}) => ({
    uuid: id(at),
    type,
    value,
    to_ids: true,
    timestamp: "1763856000",
    ...more,
  });
  const sigma = "title: A rule of ours\nlogsource: { product: windows }\n";
  const attributes = [
    attribute(1, "sigma", sigma),
    attribute(2, "yara", "rule Odd_One { condition: true }"),
    attribute(3, "malware-sample", `發票.exe|${"b".repeat(32)}`),
    attribute(4, "regkey|value", "HKLM\\Software\\X|evil.exe"),
    attribute(5, "email-subject", "緊急 invoice"),
    attribute(6, "x509-fingerprint-sha1", "A".repeat(40)),
    attribute(7, "ip-dst", "198.51.100.0/24"),
    attribute(8, "text", "seen at a dam", { to_ids: false }),
    attribute(9, "link", "https://blog.example/post", { to_ids: false }),
    attribute(10, "windows-scheduled-task", "t"),
    attribute(11, "text", "taken back", { deleted: true }),
  ];
  const event = {
    uuid: id(0),
    info: "x",
    timestamp: "1763856000",
    Attribute: attributes,
    EventReport: [
      { uuid: id(20), name: "What we saw", content: "# Facts" },
      { uuid: id(21), name: "Old", content: "wrong", deleted: true },
    ],
  };
  const { of, refused, format } = await read(json({ Event: event }));
  assert.equal(format, "misp-event");
  assert.deepEqual(
    refused.map(({ path, why }) => `${path} ${why}`),
    ["Event.Attribute.9.type no-counterpart", "Event.Attribute.10.type no-counterpart"],
  );
  assert.deepEqual(
    of("indicator").map(({ pattern_type, name, pattern }) => [pattern_type, name, pattern]),
    [
      ["sigma", "A rule of ours", sigma],
      ["yara", "Odd_One", "rule Odd_One { condition: true }"],
      ["stix", `發票.exe|${"b".repeat(32)}`, `[file:hashes.MD5 = '${"b".repeat(32)}']`],
      [
        "stix",
        "HKLM\\Software\\X|evil.exe",
        "[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\X' AND windows-registry-key:values[*].data = 'evil.exe']",
      ],
      ["stix", "緊急 invoice", "[email-message:subject = '緊急 invoice']"],
      ["stix", "A".repeat(40), `[x509-certificate:hashes.'SHA-1' = '${"A".repeat(40)}']`],
      ["stix", "198.51.100.0/24", "[ipv4-addr:value ISSUBSET '198.51.100.0/24']"],
    ],
  );
  assert.deepEqual([of("file")[0].name, of("file")[0].hashes], ["發票.exe", { MD5: "b".repeat(32) }]);
  const [report] = of("report");
  assert.deepEqual(report.external_references, [
    { source_name: "misp link", url: "https://blog.example/post" },
  ]);
  assert.deepEqual(
    of("note").map((note) => [note.id, note.abstract, note.content, note.object_refs]),
    [
      [`note--${id(8)}`, undefined, "seen at a dam", [report.id]],
      [`note--${id(20)}`, "What we saw", "# Facts", [report.id]],
    ],
  );
  // The same attributes as a search of MISP answers them: no event, no report.
  const searched = await read(json({ response: { Attribute: attributes.slice(0, 7) } }));
  assert.equal(searched.format, "misp-event");
  assert.deepEqual([searched.of("indicator").length, searched.of("report"), searched.refused], [7, [], []]);
});

test("MISP: galaxies, sightings, objects and references become relations", async () => {
  const id = (at: number) => `5f7c1a2e-3d84-4b6a-8c11-0a9e2b7d4c${String(at).padStart(2, "0")}`;
  const event = {
    uuid: id(0),
    info: "x",
    timestamp: "1763856000",
    Tag: [{ name: "tlp:green" }, { name: "type:OSINT" }],
    Galaxy: [
      {
        GalaxyCluster: [
          { type: "mitre-attack-pattern", value: "Phishing - T1566", meta: { external_id: ["T1566"] } },
          { type: "sector", value: "Water" },
        ],
      },
    ],
    Attribute: [
      {
        uuid: id(1),
        type: "domain",
        value: "evil.example",
        to_ids: true,
        Galaxy: [{ GalaxyCluster: [{ type: "ransomware", value: "Locker" }] }],
        Sighting: [
          { type: "0", date_sighting: "1763856100" },
          { type: "0", date_sighting: "1763856200" },
          { type: "1", date_sighting: "1763856300" },
        ],
      },
    ],
    Object: [
      {
        uuid: id(2),
        name: "file",
        Attribute: [
          { type: "filename", value: "x.exe", to_ids: true },
          { type: "sha256", value: "c".repeat(64), to_ids: true },
        ],
        ObjectReference: [
          { uuid: id(4), referenced_uuid: id(1), relationship_type: "Communicates with" },
          { referenced_uuid: id(3) },
        ],
      },
    ],
  };
  const { of, refused } = await read(json({ Event: event }));
  assert.deepEqual(
    refused.map((fault) => fault.path),
    ["Event.Object.0.ObjectReference.1"],
  );
  assert.deepEqual(of("report")[0].labels, ["type:OSINT", "sector:Water"]);
  assert.equal(of("attack-pattern")[0].external_references[0].external_id, "T1566");
  assert.deepEqual(
    [of("sighting")[0].count, of("sighting")[0].first_seen, of("opinion")[0].opinion],
    [2, "2025-11-23T00:01:40.000Z", "disagree"],
  );
  assert.equal(of("grouping")[0].object_refs.length, 2);
  assert.deepEqual(
    of("relationship").map((each) => [each.relationship_type, each.source_ref, each.target_ref]),
    [
      ["indicates", `indicator--${id(1)}`, of("malware")[0].id],
      ["communicates-with", `grouping--${id(2)}`, `indicator--${id(1)}`],
    ],
  );
});

const advisory = (more: object = {}, document: object = {}) =>
  json({
    document: {
      category: "csaf_security_advisory",
      csaf_version: "2.0",
      title: "PLC",
      publisher: { category: "vendor", name: "Vendor", namespace: "https://vendor.example" },
      tracking: {
        id: "V-1",
        status: "final",
        version: "1",
        initial_release_date: AT,
        current_release_date: AT,
        revision_history: [{ date: AT, number: "1", summary: "first" }],
      },
      distribution: { tlp: { label: "WHITE" } },
      ...document,
    },
    product_tree: {
      branches: [
        {
          category: "vendor",
          name: "Vendor",
          branches: [
            {
              category: "product_name",
              name: "PLC",
              branches: [
                {
                  category: "product_version",
                  name: "1.0",
                  product: {
                    product_id: "P1",
                    name: "Vendor PLC 1.0",
                    product_identification_helper: { cpe: "cpe:2.3:h:vendor:plc:1.0:*:*:*:*:*:*:*" },
                  },
                },
              ],
            },
          ],
        },
      ],
    },
    vulnerabilities: [
      {
        cve: "CVE-2026-1000",
        cwe: { id: "CWE-79", name: "x" },
        scores: [
          {
            products: ["P1"],
            cvss_v3: {
              version: "3.1",
              baseScore: 9.8,
              baseSeverity: "CRITICAL",
              vectorString: "CVSS:3.1/AV:N",
            },
          },
        ],
        threats: [{ category: "exploit_status", details: "已遭利用" }],
        product_status: { known_affected: ["P1"], ...more },
        remediations: [
          {
            category: "vendor_fix",
            details: "Update to 1.1",
            product_ids: ["P1"],
            url: "https://vendor.example/fix",
          },
        ],
      },
    ],
  });

test("CSAF: products, statuses, scores and remediations; the mandatory tests name their path", async () => {
  const { of, refused, objects, format } = await read(advisory());
  assert.deepEqual([format, refused], ["csaf", []]);
  assert.ok(objects.every((each) => each.tlp === "clear"));
  const [vulnerability] = of("vulnerability");
  assert.match(vulnerability.description, /CVSS 3\.1 9\.8 CRITICAL/);
  assert.match(vulnerability.description, /exploit_status: 已遭利用/);
  assert.deepEqual([vulnerability.name, vulnerability.labels], ["CVE-2026-1000", ["CWE-79"]]);
  assert.deepEqual([of("software")[0].vendor, of("software")[0].version], ["Vendor", "1.0"]);
  assert.deepEqual(
    of("relationship")
      .map((each) => [each.relationship_type, each.description])
      .sort(),
    [
      ["mitigates", undefined],
      ["related-to", "known_affected"],
    ],
  );
  const wrong = await read(advisory({ fixed: ["P1", "P9"] }));
  assert.deepEqual(
    wrong.refused.map((fault) => fault.path),
    ["vulnerabilities.0.product_status.fixed.0", "vulnerabilities.0.product_status.fixed.1"],
  );
  const none = await read(advisory({}, { tracking: {}, title: "" }));
  assert.deepEqual(none.objects, []);
  assert.ok(none.refused.some((fault) => fault.path === "document.tracking.revision_history"));
  assert.ok(none.refused.some((fault) => fault.path === "document.title"));
  const draft = await read(
    advisory({}, { csaf_version: "2.1", distribution: { tlp: { label: "AMBER+STRICT" } } }),
  );
  assert.ok(draft.objects.some((each) => each.tlp === "amber+strict"));
});

test("RSS and Atom: a report for each entry; no entity but XML's own is taken, a broken feed keeps what came before", async () => {
  const item = (title: string, body: string) =>
    `<item><title>${title}</title><link>https://news.example/${title}</link><description><![CDATA[${body}]]></description></item>`;
  const rss = (inner: string, head = "") =>
    `<?xml version="1.0"?>${head}<rss version="2.0"><channel>${inner}</channel></rss>`;
  const { of, refused } = await read(rss(item("A", "<p>evil[.]example T1190</p>") + item("B", "nothing")));
  assert.deepEqual(refused, []);
  assert.deepEqual(
    of("report").map((each) => [each.name, each.object_refs.length]),
    [
      ["A", 2],
      ["B", 1],
    ],
  );
  assert.ok(
    of("report")[0].external_references.some(
      (each: { external_id?: string }) => each.external_id === "T1190",
    ),
  );
  const bomb = await read(
    rss(
      `${item("A", "x")}<item><title>&lol;</title></item>`,
      '<!DOCTYPE rss [<!ENTITY lol "lollol"><!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ),
    "rss",
  );
  assert.equal(bomb.of("report").length, 1);
  assert.ok(bomb.refused.length > 0 && !json(bomb.objects).includes("lollol"));
  const deep = await read(rss(`<a>`.repeat(5000)), "rss");
  assert.match(deep.refused[0]?.message ?? "", /more than 100/);
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><id>urn:1</id><link rel="alternate" href="https://news.example/1"/><updated>2026-11-02T00:00:00Z</updated><summary>8.8.8.8</summary></entry></feed>`;
  const entry = (await read(atom)).of("report")[0];
  assert.deepEqual([entry.name, entry.published], ["A", "2026-11-02T00:00:00.000Z"]);
});

/** A PDF of one page with these lines, as the smallest writer would make it. */
function pdf(lines: readonly string[]): Buffer {
  const text = lines
    .map((line, at) => `BT /F1 12 Tf 50 ${700 - at * 20} Td (${line.replace(/[()\\]/g, "\\$&")}) Tj ET`)
    .join("\n");
  const parts = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let out = "%PDF-1.4\n";
  const offsets = parts.map((part, at) => {
    const offset = out.length;
    out += `${at + 1} 0 obj\n${part}\nendobj\n`;
    return String(offset).padStart(10, "0");
  });
  const xref = out.length;
  out += `xref\n0 6\n0000000000 65535 f \n${offsets.map((offset) => `${offset} 00000 n \n`).join("")}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF`;
  return Buffer.from(out);
}

test("PDF: the indicators of its text, with page and line; what is none is refused", async () => {
  const { of, refused, format } = await read(
    pdf(["See hxxps://evil[.]example/a and CVE-2024-3400", "bad[.]- here, T0831"]),
  );
  assert.equal(format, "pdf");
  assert.deepEqual(
    of("indicator").map((each) => each.name),
    ["https://evil.example/a"],
  );
  assert.equal(of("vulnerability")[0].name, "CVE-2024-3400");
  assert.equal(of("report")[0].external_references[0].external_id, "T0831");
  assert.match(refused[0]?.path ?? "", /^page 1, line 2$/);
  const broken = await read(Buffer.from(`%PDF-1.7\n${"x".repeat(1000)}`));
  assert.match(broken.refused[0]?.message ?? "", /not a PDF/);
});

test("tables: columns by their headings, by a mapping, with other delimiters, and lists of abuse.ch's kind", async () => {
  const csv = await read(
    "ioc;type;tlp;confidence;first_seen;tags\nevil.example;domain;TLP:CLEAR;80;2026-10-01 08:00;apt,water\n8.8.8.8;;;;;\n",
  );
  const [first] = csv.of("indicator");
  assert.deepEqual(
    [first.name, first.confidence, first.created, first.labels],
    ["evil.example", 80, "2026-10-01T08:00:00.000Z", ["apt", "water"]],
  );
  assert.deepEqual(
    csv.objects.filter((each) => each.type === "indicator").map((each) => each.tlp),
    ["clear", "amber"],
  );
  const odd = await read(
    "序號,惡意IP位址,連接埠,首次發現時間,威脅類型,可信度\n1,203[.]0[.]113[.]45:8443,8443,115/11/20 08:30,釣魚,80%\n2,evil[.]example,,115/11/21,,高\n",
  );
  assert.deepEqual(
    odd.of("indicator").map((each) => [each.name, each.created, each.labels, each.confidence]),
    [
      ["203.0.113.45", "2026-11-20T08:30:00.000Z", ["釣魚"], 80],
      ["evil.example", "2026-11-21T00:00:00.000Z", undefined, 85],
    ],
  );
  const ports = await read(
    "203.0.113.45:8443\n[2001:db8::1]:443\nhxxp://evil[.]example:8080/a\nevil.example:443,c2\n",
  );
  assert.deepEqual(
    ports.of("indicator").map((each) => each.name),
    ["203.0.113.45", "2001:db8::1", "http://evil.example:8080/a", "evil.example"],
    "the first line of a list of addresses with ports is no header",
  );
  assert.deepEqual(ports.refused, []);
  const mapped = await read("a|8.8.8.8|x\nb|8.8.4.4|y", "csv", {
    csv: { delimiter: "|", header: false, columns: ["comment", "value", ""] },
  });
  assert.deepEqual(
    mapped.of("indicator").map((each) => [each.name, each.description]),
    [
      ["8.8.8.8", "a"],
      ["8.8.4.4", "b"],
    ],
  );
  const abuse = await read(
    '################\n# first_seen_utc,dst_ip,dst_port\n"2026-10-01 08:00:00","8.8.8.8","443"\n',
  );
  assert.deepEqual([abuse.format, abuse.of("indicator")[0].created], ["csv", "2026-10-01T08:00:00.000Z"]);
  const big5 = await read(
    Buffer.concat([
      Buffer.from("value,comment\n8.8.8.8,"),
      Buffer.from([0xa4, 0xa4, 0xa4, 0xe5]),
      Buffer.from("\n"),
    ]),
  );
  assert.equal(big5.of("indicator")[0].description, "中文");
});
