import { csvRows } from "./csv-rows.ts";
import { type COLUMN_MEANINGS, type CsvMapping, SEVERAL_COLUMNS } from "./model.ts";
import { readListed } from "./value.ts";

export type Meaning = (typeof COLUMN_MEANINGS)[number];

/** What people and products call their columns, without blanks and marks, in lower case. */
const HEADINGS: ReadonlyMap<string, Meaning> = new Map(
  (
    [
      [
        "value",
        `value indicator indicators indicatorvalue ioc iocs iocvalue observable observablevalue ip ips ipaddr ipaddress ipv4 ipv6
        srcip dstip sourceip destinationip destip domain domainname fqdn hostname host url uri link hash filehash md5 sha1
        sha256 sha256hash sha1hash md5hash email emailaddress sender c2 cve cveid artifact 值 指標 入侵指標 指標值 觀測值 位址 ip位址
        惡意ip 惡意位址 惡意ip位址 來源ip 目的ip 來源位址 目的位址 網域 網域名稱 域名 惡意網域 中繼站 惡意中繼站 網址 惡意網址 連結
        雜湊 雜湊值 檔案雜湊 檔案雜湊值 惡意程式雜湊值 電子郵件 郵件 郵件地址 寄件者 弱點編號`,
      ],
      ["type", "type indicatortype ioctype observabletype valuetype 類型 類別 種類 指標類型 型態"],
      [
        "comment",
        `comment comments description desc note notes remark remarks details threat threatname malware family signature
        context 說明 描述 備註 註解 內容 威脅 威脅名稱 惡意程式 惡意程式名稱 家族`,
      ],
      ["tlp", "tlp marking 分享標示 分享等級 燈號"],
      ["confidence", "confidence confidencelevel confidencescore 信心 信心值 信心度 可信度"],
      [
        "seen",
        `date time datetime timestamp seen firstseen firstseenutc lastseen dateadded added created createdat detected reported
        日期 時間 日期時間 發現日期 發現時間 首次發現 首次發現時間 首次發現日期 偵測時間 最後發現時間 通報時間 通報日期 建立時間 更新時間`,
      ],
      ["uuid", "uuid"],
      ["to_ids", "toids ids 用於偵測"],
      [
        "tags",
        "tags tag labels label threattype attacktype 標籤 標記 威脅類型 威脅類別 威脅種類 攻擊類型 攻擊手法",
      ],
    ] as const
  ).flatMap(([meaning, names]) => names.split(/\s+/).map((name) => [name, meaning] as const)),
);

/** What a heading says; of words that are not known, whether they speak of a value. */
function meaningOf(heading: string): Meaning | undefined {
  const plain = heading
    .normalize("NFKC")
    .trim()
    .toLowerCase()
    .replaceAll(/\(.*?\)|[\s_\-./:："'#]/g, "");
  return HEADINGS.get(plain) ?? (VALUES.test(plain) && plain.length <= 24 ? "value" : undefined);
}

const VALUES =
  /^(?:src|dst|source|destination|dest|remote|client|server|c2|malicious|bad|host|attacker|file)?(?:ip|ipaddress|domain|url|md5|sha1|sha256|hash)(?:s|hash|value)?$|^(?:惡意|可疑|中繼站|黑名單).*(?:ip|位址|網域|網址|雜湊值?)$|(?:ip位址|網域名稱|雜湊值)$/;

const DELIMITERS = [",", "\t", ";", "|"] as const;
const LOOKED_AT = 30;

/** A line that is none of the table. */
export function isRemark(line: string): boolean {
  return line.startsWith("#") || /^;(?:\s|$|;)/.test(line);
}

/** The rows of the table, without remarks and what is empty; `most` are cut at most. */
export function tableRows(text: string, delimiter: string, most?: number): ReturnType<typeof csvRows> {
  return csvRows(text, delimiter, most).filter(
    ({ cells }) => !isRemarkRow(cells, delimiter) && cells.join("").trim() !== "",
  );
}

/** Semicolons cut a remark that begins with one, too. */
function isRemarkRow([first = "", second = ""]: readonly string[], delimiter: string): boolean {
  return isRemark(first.trim()) || (delimiter === ";" && first === "" && /^\s/.test(second));
}

/** Which delimiter, whether there is a header, and what its columns are, by the first lines. */
export function guessMapping(head: string): CsvMapping {
  const remarks = head.split("\n", 200).filter((line) => line.startsWith("#"));
  const tables = DELIMITERS.map((delimiter) => ({ delimiter, rows: rowsOf(head, delimiter) }));
  const [table] = tables.sort((one, other) => evenness(other.rows) - evenness(one.rows));
  const { delimiter, rows } = table ?? { delimiter: ",", rows: [] };
  const [first = []] = rows;
  const header = headings(first) > 0;
  // abuse.ch writes its header as the last remark.
  const remark = remarks
    .map((line) => rowsOf(line.replace(/^#+/, ""), ",")[0] ?? [])
    .find((cells) => headings(cells) > 1);
  const named = header ? first : (remark ?? []);
  if (named.length > 0) return { delimiter, header, columns: meanings(named) };
  // Nobody named the columns: those that hold indicators in most rows are values, and a first row that holds none is a header.
  const body = rows.slice(0, LOOKED_AT);
  const width = Math.max(1, ...body.map((cells) => cells.length));
  const holds = (cell: string | undefined) => cell !== undefined && readListed(cell.trim()) !== undefined;
  const counted = Array.from({ length: width }, (_, at) => body.filter((cells) => holds(cells[at])).length);
  const values = counted.map((count) => count > 0 && count * 2 >= body.length - 1);
  if (!values.includes(true)) values[0] = true;
  const unnamed = body.length > 1 && width > 1 && !first.some(holds);
  return {
    delimiter,
    header: unnamed && body.slice(1).some((cells) => cells.some(holds)),
    columns: values.map((isValue) => (isValue ? "value" : "")),
  };
}

function rowsOf(text: string, delimiter: string): string[][] {
  return tableRows(text, delimiter, LOOKED_AT + 20).map(({ cells }) => cells);
}

/** How well a delimiter cuts: rows of several cells, as many in each as in the first. */
function evenness(rows: readonly string[][]): number {
  const width = rows[0]?.length ?? 0;
  if (width < 2) return 0;
  return (rows.filter((cells) => cells.length === width).length / rows.length) * 10 + Math.min(width, 9) / 10;
}

function headings(cells: readonly string[]): number {
  // A row of values is no header, whatever else is in it.
  if (cells.some((cell) => readListed(cell.trim()) !== undefined)) return 0;
  const known = cells.map(meaningOf);
  return known.includes("value") ? known.filter((meaning) => meaning !== undefined).length : 0;
}

function meanings(cells: readonly string[]): CsvMapping["columns"] {
  const seen = new Set<Meaning>();
  return cells.slice(0, 200).map((cell) => {
    const meaning = meaningOf(cell);
    if (meaning === undefined || (seen.has(meaning) && !SEVERAL_COLUMNS.has(meaning))) return "";
    seen.add(meaning);
    return meaning;
  });
}
