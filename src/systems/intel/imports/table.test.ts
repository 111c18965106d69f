import assert from "node:assert/strict";
import { test } from "node:test";
import { guessMapping } from "./columns.ts";
import { headText } from "./decode.ts";
import { detectFormat } from "./detect.ts";
import { importTable, timeOf } from "./table.ts";

const options = {
  createdBy: "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
  tlp: "amber",
  now: "2026-11-23T00:00:00.000Z",
} as const;

const taken = (text: string, mapping = guessMapping(text)) => {
  const { objects, refused } = importTable(text, options, mapping);
  const indicators = objects.filter(({ type }) => type === "indicator");
  return { names: indicators.map((object) => object["name"]), indicators, refused };
};

/** Text as Big5, of the few characters that the tests need. */
const BIG5: Readonly<Record<string, number>> = {
  網: 0xbaf4,
  址: 0xa77d,
  說: 0xbba1,
  明: 0xa9fa,
  惡: 0xb463,
  意: 0xb74e,
};
const big5 = (text: string) =>
  Buffer.from(
    [...text].flatMap((char) => {
      const code = BIG5[char] ?? char.charCodeAt(0);
      return code > 255 ? [code >> 8, code & 255] : [code];
    }),
  );

test("two columns of values lose none, each refusal names its own", () => {
  const text = "value,value,comment,comment\n198.51.100.1,evil.com,one,two\nbad,evil.net,,\n";
  const { names, indicators, refused } = taken(text);
  assert.deepEqual(guessMapping(text).columns, ["value", "value", "comment", "comment"]);
  assert.deepEqual(names, ["198.51.100.1", "evil.com", "evil.net"]);
  assert.equal(indicators[0]?.["description"], "one\ntwo");
  assert.deepEqual(
    refused.map(({ path, why }) => `${path} ${why}`),
    ["line 3, value 1 no-indicator"],
  );
  assert.deepEqual(
    taken("IP,Domain,MD5\n198.51.100.1,evil.com,\n,,d41d8cd98f00b204e9800998ecf8427e\n").names,
    ["198.51.100.1", "evil.com", "d41d8cd98f00b204e9800998ecf8427e"],
  );
});

test("semicolons, tabs and bars, with Chinese or no headings", () => {
  const files: readonly [string, string, boolean, readonly string[]][] = [
    ["惡意 IP;說明\n198.51.100.1;掃描\n198.51.100.2;撞庫\n", ";", true, ["value", "comment"]],
    [
      "編號\t網域名稱\t發現日期\t備註\n1\tevil.com\t2026/11/25\t釣魚\n",
      "\t",
      true,
      ["", "value", "seen", "comment"],
    ],
    ["序號|中繼站網址|信心值\n1|http://evil.com/a|80\n", "|", true, ["", "value", "confidence"]],
    ["1;198.51.100.1;evil.com\n2;198.51.100.2;evil.net\n", ";", false, ["", "value", "value"]],
    ["甲;乙\n198.51.100.1;x\n198.51.100.2;y\n", ";", true, ["value", ""]],
    ["src_ip,dst_ip,relationship\n198.51.100.1,198.51.100.2,x\n", ",", true, ["value", "value", ""]],
  ];
  for (const [text, delimiter, header, columns] of files) {
    assert.deepEqual(guessMapping(text), { delimiter, header, columns }, text);
    assert.equal(detectFormat(Buffer.from(text))?.format, "csv", text);
  }
});

test("marks of byte order, UTF-16 and Big5, quoted line ends", () => {
  const text = '網址,說明\r\nhttp://evil.com/a,"一,\r\n二 ""三"""\r\n';
  for (const bytes of [
    Buffer.from(`\uFEFF${text}`),
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]),
  ]) {
    const detected = detectFormat(bytes);
    assert.deepEqual([detected?.format, detected?.csv?.columns], ["csv", ["value", "comment"]]);
    const { indicators } = taken(headText(bytes, bytes.length));
    assert.equal(indicators[0]?.["description"], '一,\n二 "三"');
  }
  const old = big5("惡意網址;說明\nhttp://evil.com/b;明\n");
  assert.deepEqual(detectFormat(old)?.csv, { delimiter: ";", header: true, columns: ["value", "comment"] });
  assert.equal(taken(headText(old, old.length)).indicators[0]?.["description"], "明");
});

test("a cut head is cut between lines, so that no character of it is broken", () => {
  const text = `值\n${"網域.example\n".repeat(100)}`;
  assert.doesNotMatch(headText(Buffer.from(text), 105), /\ufffd/);
});

test("dates as people write them", () => {
  const dates: readonly [string, string | undefined][] = [
    ["1763856000", "2025-11-23T00:00:00.000Z"],
    ["1763856000000", "2025-11-23T00:00:00.000Z"],
    ["2026-11-25", "2026-11-25T00:00:00.000Z"],
    ["2026/1/5 8:09", "2026-01-05T08:09:00.000Z"],
    ["2026-11-25T08:00:00+08:00", "2026-11-25T00:00:00.000Z"],
    ["2026-11-25 08:00:01", "2026-11-25T08:00:01.000Z"],
    ["25/11/2026", "2026-11-25T00:00:00.000Z"],
    ["05.04.2026 23:59:59", "2026-04-05T23:59:59.000Z"],
    ["115/11/25", "2026-11-25T00:00:00.000Z"],
    ["2026年11月25日", "2026-11-25T00:00:00.000Z"],
    ["2026-02-30", undefined],
    ["31/31/2026", undefined],
    ["soon", undefined],
  ];
  for (const [text, at] of dates) assert.equal(timeOf(text), at, text);
  const { indicators } = taken("ip,date\n198.51.100.1,11/02/2026\n198.51.100.2,11/25/2026\n");
  assert.deepEqual(
    indicators.map((object) => object["created"]),
    ["2026-11-02T00:00:00.000Z", "2026-11-25T00:00:00.000Z"],
    "one day above 12 tells where the month stands",
  );
});

test("a table without a value in a row says so at its line", () => {
  assert.deepEqual(
    taken("ip,note\n,x\n198.51.100.1,y\n").refused.map(({ path, rule }) => `${path} ${rule}`),
    ["line 2 csv value"],
  );
});

test("lists of networks come in as they are published, remarks and all", () => {
  const drop =
    "; Some List 2026/11/24 - (c) 2026\n; Expires: never\n192.0.2.0/24 ; X1\n198.51.100.64/26 ; X2\n2001:db8:5::/48 ; X3\n";
  assert.equal(detectFormat(Buffer.from(drop))?.format, "csv");
  const { names, indicators, refused } = taken(drop);
  assert.deepEqual(names, ["192.0.2.0/24", "198.51.100.64/26", "2001:db8:5::/48"]);
  assert.deepEqual(
    indicators.map((object) => object["pattern"]),
    [
      "[ipv4-addr:value ISSUBSET '192.0.2.0/24']",
      "[ipv4-addr:value ISSUBSET '198.51.100.64/26']",
      "[ipv6-addr:value ISSUBSET '2001:db8:5::/48']",
    ],
  );
  assert.deepEqual(refused, []);
  // One address alone is that address; half the net is no indicator.
  const { names: single, refused: wide } = taken("ip\n192.0.2.1/32\n0.0.0.0/1\n192.0.2.0/33\n");
  assert.deepEqual(single, ["192.0.2.1"]);
  assert.deepEqual(
    wide.map(({ path }) => path),
    ["line 3", "line 4"],
  );
});

test("hosts files name what they block, and a bare list may have remarks behind its values", () => {
  const hosts =
    "# blocked\n0.0.0.0 evil.com\n127.0.0.1 evil.net # seen twice\n::1 evil.org\n0.0.0.0 evil.info\n";
  assert.equal(detectFormat(Buffer.from(hosts))?.format, "csv");
  assert.deepEqual(taken(hosts).names, ["evil.com", "evil.net", "evil.org", "evil.info"]);
  assert.deepEqual(taken("198.51.100.1 # scanner\n198.51.100.2\n").names, ["198.51.100.1", "198.51.100.2"]);
});

test("prose that names many addresses between commas is no table", () => {
  const report =
    "Report of the week\nSeen: 198.51.100.1, 198.51.100.2, 198.51.100.3\nand evil.com, evil.net\nalso 198.51.100.9, evil.org, evil.info, and more\n";
  assert.equal(detectFormat(Buffer.from(report))?.format, "text");
  // A table of known headings is one, though commas stand in its remarks.
  const ragged = "ip,comment\n198.51.100.1,a, b and c\n198.51.100.2,d\n198.51.100.3,e, f\n";
  assert.equal(detectFormat(Buffer.from(ragged))?.format, "csv");
});
