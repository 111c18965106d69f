import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { IndicatorValue } from "../model.ts";
import { bundleOf, producerIdentity, releaseObjects } from "../stix/build.ts";
import type { Json } from "../stix/json.ts";
import { deidentifyIndicators, deidentifyText } from "./deidentify.ts";
import { leaks } from "./leaks.ts";
import { matcherOf, NO_SECRETS, type Secrets } from "./secrets.ts";

const SECRETS: Secrets = {
  names: ["臺灣山水自來水股份有限公司", "Shanshui Water Co., Ltd.", "SSW"],
  people: ["王小明", "Hsiao-Ming Wang"],
  emails: ["wang@shanshui.example.tw"],
  phones: ["02-2345-6789", "0912-345-678"],
  hosts: ["scada-01", "shanshui.example.tw"],
  networks: ["203.0.113.0/24", "2001:db8:77::/48"],
};
const matcher = matcherOf(SECRETS);
const clean = (text: string) => deidentifyText(text, matcher, "description").text;

test("I6: names go in every spelling", () => {
  for (const text of [
    "臺灣山水自來水股份有限公司",
    "台灣山水自來水股份有限公司",
    "台灣山水自來水",
    "臺 灣 山 水 自 來 水",
    "SHANSHUI WATER",
    "Ｓｈａｎｓｈｕｉ　Ｗａｔｅｒ",
    "shanshui-water",
    "Shan\u200bshui Wa\u00adter",
    "xshanshuiwaterx",
  ]) {
    assert.match(clean(`受害單位 ${text} 通報`), /\[機關\]/, text);
    assert.doesNotMatch(clean(`受害單位 ${text} 通報`), /山|shui|ｓｈｕｉ/iu, text);
  }
  const office = matcherOf({ ...NO_SECRETS, names: ["石門水庫管理中心", "水利署"] });
  assert.equal(deidentifyText("石門水庫與水利", office, "title").text, "[機關]與水利");
  assert.equal(clean("SSW 與 ssw01 的主機"), "[機關] 與 [機關]01 的主機");
  assert.equal(clean("the class wasswept away"), "the class wasswept away");
});

test("I6: people go with their titles, given names and in either order", () => {
  assert.equal(clean("王小明、王工程師、小明回報"), "[人員]、[人員]、[人員]回報");
  const account = matcherOf({ ...NO_SECRETS, people: ["admin"] });
  assert.equal(
    deidentifyText("Admin 與 admin01、administrator", account, "title").text,
    "[人員] 與 [人員]01、administrator",
  );
  assert.equal(clean("Wang, Hsiao Ming / WANG Hsiao-Ming / hsiaoming.wang"), "[人員] / [人員] / [人員]");
});

test("I6: mail, phones and identity numbers go, also in full width and defanged", () => {
  assert.equal(
    clean("請洽 foo.bar@other.example 或 ｗａｎｇ＠ｓｈａｎｓｈｕｉ．ｅｘａｍｐｌｅ．ｔｗ"),
    "請洽 [電子郵件] 或 [電子郵件]",
  );
  assert.equal(clean("a[at]b[.]example"), "[電子郵件]");
  for (const phone of [
    "02-2345-6789",
    "(02)2345-6789#123",
    "（０２）２３４５－６７８９ 分機 12",
    "+886-2-2345-6789",
    "0987654321",
    "0987-654-321",
    "+886 987 654 321",
    "037-123456",
    "0800-123-456",
  ]) {
    assert.equal(clean(`電話:${phone}。`), "電話:[電話]。", phone);
  }
  assert.equal(
    clean("證號 A123456789 與 Ａ１２３４５６７８９，AX12345678 "),
    "證號 [證號] 與 [證號]，AX12345678 ",
  );
});

test("I6: inside addresses and hosts go; the attacker's stay", () => {
  assert.equal(
    clean(
      "10.1.2.3 172.20.0.1/16 192.168[.]1[.]5 169.254.1.1 100.64.9.9 fd00::1 fe80::1%eth0 ::ffff:10.0.0.9",
    ),
    "[內部位址] [內部位址] [內部位址] [內部位址] [內部位址] [內部位址] [內部位址]%eth0 [內部位址]",
  );
  assert.equal(
    clean("203.0.113.77 2001:db8:77::5 source:fd00::1"),
    "[內部位址] [內部位址] sour[內部位址]".replace("sour[", "source:["),
  );
  const outside =
    "198.51.100.7 2001:db8:1::fd00:1 evil.example 172.32.0.1 11.0.0.1 2026-11-23 08:00:00 v1.2.3 8.8.8.8:53";
  assert.equal(clean(outside), outside);
  assert.equal(
    clean("scada-01 hmi.plant.local dc1.shanshui.example.tw \\\\FILESRV\\share"),
    "[內部主機] [內部主機] [內部主機] \\\\[內部主機]\\share",
  );
});

test("I6: credentials and user names in paths go, the rest of the path stays", () => {
  assert.equal(clean("https://bob:pw@evil.example/x"), "https://[帳密]@evil.example/x");
  assert.equal(clean("C:\\Users\\bob lee\\Desktop\\a.exe"), "C:\\Users\\[使用者]\\Desktop\\a.exe");
  assert.equal(
    clean("C:\\Users\\Public\\a.exe 與 /home/bob/.ssh 與 file:///home/eve/x"),
    "C:\\Users\\Public\\a.exe 與 /home/[使用者]/.ssh 與 file:///home/[使用者]/x",
  );
  assert.equal(clean("https://evil.example/home/index.php"), "https://evil.example/home/index.php");
});

test("I6: encoding hides nothing", () => {
  assert.equal(clean(`GET /?u=${encodeURIComponent("王小明")} end`), "GET [已移除] end");
  assert.equal(clean("\\u738b\\u5c0f\\u660e &#29579;&#23567;&#26126;"), "[已移除] [已移除]");
});

test("I6: what was taken out is told with its place; a name equal to our own word cannot stay in it", () => {
  assert.deepEqual(deidentifyText("王小明 10.0.0.1", matcher, "title").removed, [
    { kind: "person", where: "title", before: "王小明", after: "[人員]" },
    { kind: "internal-address", where: "title", before: "10.0.0.1", after: "[內部位址]" },
  ]);
  const awkward = matcherOf({ ...NO_SECRETS, names: ["機關"] });
  assert.equal(deidentifyText("某機關", awkward, "title").text, "某[■]");
});

test("I6: the organisation's own indicators go, the attacker's stay", () => {
  const indicators: IndicatorValue[] = [
    { type: "ipv4", value: "198.51.100.7" },
    { type: "ipv4", value: "10.0.0.7" },
    { type: "ipv4", value: "203.0.113.9" },
    { type: "domain", value: "evil.example" },
    { type: "domain", value: "dc1.shanshui.example.tw" },
    { type: "url", value: "https://u:p@evil.example/a" },
    { type: "url", value: "http://167772161/a" },
    { type: "url", value: "https://evil.example/?m=wang@shanshui.example.tw" },
    { type: "url", value: "http://intranet/x" },
    { type: "email", value: "phish@evil.example" },
    { type: "email", value: "wang@shanshui.example.tw" },
    { type: "sha256", value: "a".repeat(64) },
  ];
  const { indicators: kept, removed } = deidentifyIndicators(indicators, matcher);
  assert.deepEqual(
    kept.map((each) => each.value),
    ["198.51.100.7", "evil.example", "https://evil.example/a", "phish@evil.example", "a".repeat(64)],
  );
  assert.deepEqual(
    removed.map((each) => each.where),
    ["1", "2", "4", "5", "6", "7", "8", "10"].map((at) => `indicators.${at}`),
  );
});

test("I6: the gate names the path and the kind, and looks into patterns", () => {
  const document: Json = {
    type: "indicator",
    id: "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    pattern: "[url:value = 'http://evil.example/C:\\\\Users\\\\bob\\\\x']",
    x: ["ok", { deep: "王小明" }],
  };
  assert.deepEqual(leaks(document, matcher), [
    { path: "pattern", message: "user-path" },
    { path: "x.1.deep", message: "person" },
  ]);
});

/** An oracle that shares nothing with the detectors. */
function plainForm(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("臺", "台")
    .replace(/[\s\-_.·()\u200b]/gu, "");
}

const han = fc
  .array(fc.constantFrom(..."山水電力林陳王李中華石門翡翠德基曾文局廠站"), { minLength: 2, maxLength: 6 })
  .map((all) => all.join(""));
const latin = fc.stringMatching(/^[a-z]{4,9}( [a-z]{3,8})?$/);
const planted: fc.Arbitrary<Secrets> = fc.record({
  names: fc.array(fc.oneof(han, latin), { minLength: 1, maxLength: 3 }),
  people: fc.array(fc.oneof(han, fc.stringMatching(/^[a-z]{4,9} [a-z]{3,8}$/)), { maxLength: 2 }),
  emails: fc.array(fc.stringMatching(/^[a-z]{1,8}(\.[a-z]{1,5})?@[a-z]{3,8}\.example$/), { maxLength: 2 }),
  phones: fc.array(fc.stringMatching(/^0[2-9]\d{7,8}$/), { maxLength: 2 }),
  hosts: fc.array(fc.stringMatching(/^[a-z]{4,8}-\d\d$/), { maxLength: 2 }),
  networks: fc.constant([]),
});
const disguise: fc.Arbitrary<(text: string) => string> = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toUpperCase(),
  (text: string) => text.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  (text: string) => [...text].join("\u200b"),
  (text: string) => `${text}${text}`,
);
const insideAddress = fc
  .tuple(fc.constantFrom("10", "192.168", "172.16"), fc.nat(255), fc.nat(255))
  .map(([net, a, b]) => (net === "10" ? `10.${a}.${b}.1` : `${net}.${a}.${b}`));

test("I6: no planted secret survives in any string of the document", () => {
  fc.assert(
    fc.property(
      planted,
      fc.array(fc.tuple(fc.nat(99), disguise, fc.constantFrom("", " ", "：", "（", "x", "的", "/", "=")), {
        minLength: 1,
        maxLength: 12,
      }),
      insideAddress,
      (secrets, pieces, address) => {
        const all = Object.values(secrets).flat();
        const words = pieces.map(
          ([at, change, glue]) => `${glue}${change(all[at % all.length] ?? "")}${glue}`,
        );
        const text = `自 198.51.100.7 攻擊 ${words.join("")} 來源 ${address}。`;
        const ready = matcherOf(secrets);
        const title = deidentifyText(words[0] ?? "", ready, "title").text;
        const description = deidentifyText(text, ready, "description").text;
        const urls: IndicatorValue[] = words.map((word) => ({
          type: "url",
          value: `https://evil.example/?q=${encodeURIComponent(word)}`,
        }));
        const { indicators } = deidentifyIndicators(
          [...urls, { type: "ipv4", value: "198.51.100.7" }, { type: "ipv4", value: address }],
          ready,
        );
        const now = "2026-11-23T00:00:00.000Z";
        const producer = producerIdentity({
          id: "identity--f431f809-377b-45e0-aa1c-6a4751cae5ff",
          created: now,
          modified: now,
          name: "ISAC",
          sectors: [],
        });
        const objects = releaseObjects(
          { kind: "INT", tlp: "amber", title: title === "" ? "-" : title, description, indicators },
          producer,
          now,
        );
        const document: Json = JSON.parse(bundleOf(objects.map((each) => JSON.stringify(each))).text);
        assert.deepEqual(leaks(document, ready, { publicIds: new Set([producer.id]) }), []);
        const free = [title, description, ...indicators.map((each) => decodeURIComponent(each.value))].map(
          plainForm,
        );
        for (const secret of all)
          assert.ok(
            !free.some((each) => each.includes(plainForm(secret))),
            `${secret} in ${free.join(" | ")}`,
          );
        assert.ok(!description.includes(address));
        assert.ok(description.includes("198.51.100.7"));
        assert.equal(indicators.filter((each) => each.type === "ipv4").length, 1);
      },
    ),
    { numRuns: 400 },
  );
});
