import { isIP } from "node:net";
import { REFANGED, refangedText } from "../defang.ts";
import type { IndicatorValue } from "../model.ts";
import { type Refusal, refusal } from "../reasons/model.ts";
import type { StixObject } from "../stix/object.ts";
import { textOfHtml, titleOfHtml } from "./html-text.ts";
import {
  CVE,
  type Imported,
  type ImportOptions,
  importedId,
  indicatorObjects,
  once,
  reportObject,
  vulnerabilityObject,
} from "./imported.ts";
import { readPublished } from "./value.ts";

/** Endings of files, which would otherwise read as domains. */
const FILE_ENDINGS =
  /\.(?:exe|dll|sys|drv|scr|cpl|ocx|bat|cmd|ps1|psm1|psd1|vbs|vbe|wsf|js|jse|jsx|tsx|hta|lnk|msi|msp|jar|class|war|py|pyc|sh|bash|php|aspx?|jspx?|cgi|html?|xhtml|css|map|pdf|docx?|docm|dotm|xlsx?|xlsm|xlsb|pptx?|pptm|odt|ods|odp|rtf|txt|log|csv|tsv|json|jsonl|ndjson|xml|ya?ml|toml|ini|cfg|conf|config|properties|zip|rar|7z|gz|tgz|tar|bz2|xz|cab|iso|img|vhdx?|vmdk|dmg|pkg|deb|rpm|apk|ipa|png|jpe?g|gif|bmp|ico|tiff?|webp|svg|mp[34]|avi|wav|tmp|dat|bin|bak|old|swp|db|sqlite|sql|mdb|dmp|pcap|pcapng|evtx?|etl|eml|msg|ics|pem|crt|cer|p12|pfx|yara?|rules|md|rst|hwp|hta|elf|so|dylib|service|timer|plist)$/i;

/** What no word of an address holds. */
const SIGN = String.raw`[^\s<>"'\u0060|,;(){}[\]\\*、。，；：！？…～·「」『』（）【】《》〈〉“”‘’]`;
/** A URL whose host is an IPv6 address in its brackets, perhaps put right. */
const BRACKETED = String.raw`\u0001?[a-z]{3,5}\u0001?:(?:\u0001?\/){2}\[[0-9a-f:.\u0001]{2,60}\]${SIGN}*`;
const BETWEEN = new RegExp(`${BRACKETED}|${SIGN}+`, "gu");
/** Where Chinese text meets an address without a space. A name of Chinese labels keeps its dots. */
const SCRIPTS = new RegExp(
  String.raw`(?<=[A-Za-z0-9/_-])(?=\p{Script=Han})|(?<=\p{Script=Han})(?=${REFANGED}?[A-Za-z0-9])`,
  "u",
);
/** Chinese that goes on as an address does: a part of a path before the next, a name before its ending. */
const GOES_ON = new RegExp(
  String.raw`^\p{Script=Han}[\p{Script=Han}_-]*(?:${REFANGED}?\.${REFANGED}?[A-Za-z0-9]|${REFANGED}?[/?=&#%](?:[\p{Script=Han}A-Za-z0-9%]|$))`,
  "u",
);
/** Top-level names in Chinese, behind which a sentence may go on without a space. */
const HAN_ENDINGS =
  /\.(?:台灣|台湾|中国|中國|香港|澳門|澳门|公司|网络|網絡|网址|新加坡|在线|中文网|商城|集团)/u;
/** What stands before a number that counts versions. */
const VERSION_BEFORE =
  /(?:\b(?:versions?|ver|v|build|release|firmware|rev(?:ision)?)\.?|版本|版號|版|韌體|韌體版本)\s*(?:[:：]|為|是|號)?\s*$/iu;

/**
 * The indicators in a report of plain text or HTML: addresses, domains, URLs, mail addresses, hashes and CVE numbers,
 * also defanged. What was defanged and yet is none is refused with its line. HTML's tags, scripts and styles are left out.
 */
export function importReportText(
  text: string,
  options: ImportOptions & {
    readonly html?: boolean;
    /** What to call the report where the text has no title. */
    readonly title?: string;
    /** How the place of a line is told; `line 7` unless told. */
    readonly place?: (line: number) => string;
  },
): Imported {
  const objects: StixObject[] = [];
  const refused: Refusal[] = [];
  const techniques = new Set<string>();
  const said = { at: options.now, tlp: options.tlp };
  const place = options.place ?? ((line: number) => `line ${line}`);
  const plain = options.html === true ? textOfHtml(text) : text;
  plain.split("\n").forEach((line, at) => {
    for (const [technique] of line.matchAll(TECHNIQUE)) techniques.add(technique);
    for (const { word, wasDefanged, isVersion } of words(line)) {
      const cve = word.toUpperCase();
      if (CVE.test(cve)) objects.push(vulnerabilityObject(cve, said, options));
      else {
        const found = isVersion ? undefined : indicatorIn(word, wasDefanged);
        if (found !== undefined) objects.push(...indicatorObjects(found, said, options));
        else if (wasDefanged)
          refused.push(refusal(place(at + 1), "text defanged", "no-indicator", { value: word.slice(0, 80) }));
      }
    }
  });
  const parts = once(objects);
  if (
    options.title === undefined ||
    (parts.length === 0 && techniques.size === 0) ||
    parts.length > MOST_REFS
  )
    return { objects: parts, refused };
  const name = ((options.html === true ? titleOfHtml(text) : headingOf(text)) || options.title).slice(0, 250);
  const report = reportObject(
    {
      ...said,
      id: importedId("report", options.createdBy, name),
      name,
      refs: parts.map((part) => part.id),
      references: [...techniques].map(attackReference),
    },
    options,
  );
  return { objects: [...parts, report], refused };
}

/** A report over more than this is a list, and every new entry would make the whole report new. */
const MOST_REFS = 2000;

/** An identifier of a technique of MITRE ATT&CK, `T1059.001`, `T0800`. */
const TECHNIQUE = /\bT\d{4}(?:\.\d{3})?\b/g;

export function attackReference(id: string) {
  return {
    source_name: "mitre-attack",
    external_id: id,
    url: `https://attack.mitre.org/techniques/${id.replace(".", "/")}/`,
  };
}

/** The first heading of Markdown. */
function headingOf(text: string): string {
  const line = text.split("\n", 50).find((each) => each.startsWith("# "));
  return line === undefined ? "" : line.slice(2).trim();
}

interface Word {
  readonly word: string;
  readonly wasDefanged: boolean;
  /** A number that counts versions, as in `version 1.2.3.4`, and no address. */
  readonly isVersion: boolean;
}

/** The words of a line, put right. */
function words(line: string): Word[] {
  const right = refangedText(line);
  return [...right.matchAll(BETWEEN)].flatMap((match) => {
    const [raw] = match;
    const before = right.slice(Math.max(0, match.index - 30), match.index);
    const behind = right.slice(match.index + raw.length, match.index + raw.length + 3);
    const parts = raw.includes("://") ? [raw] : raw.split("=");
    return parts.flatMap((part) => wordsIn(part, before, behind));
  });
}

function wordsIn(raw: string, before: string, behind: string): Word[] {
  const pieces = wholeUrls(raw.split(SCRIPTS));
  return pieces.flatMap((piece, at): Word[] => {
    const ending = HAN_ENDINGS.exec(piece);
    const inUrl =
      piece.includes("://") && /[/:?#]/.test(piece.charAt((ending?.index ?? 0) + (ending?.[0].length ?? 0)));
    const whole = ending === null || inUrl ? piece : piece.slice(0, ending.index + ending[0].length);
    const word = trimmed(whole.replaceAll(REFANGED, ""));
    if (word === "") return [];
    const wasDefanged = whole.includes(REFANGED);
    const said = pieces[at - 1] ?? before;
    const next = pieces[at + 1] ?? behind.trimStart();
    const isVersion =
      !wasDefanged &&
      /^v?\d+(?:\.\d+)+$/i.test(word) &&
      (/^v/i.test(word) || VERSION_BEFORE.test(said) || /^版/.test(next));
    return [{ word, wasDefanged, isVersion }];
  });
}

/**
 * Joins again what is one URL though Chinese stands in it: its host, and every part of its path that goes on. Chinese at
 * the end may as well be the sentence, and is left out.
 */
function wholeUrls(pieces: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [at, piece] of pieces.entries()) {
    const before = joined.at(-1) ?? "";
    const plain = before.length > LONGEST_WORD ? "" : before.replaceAll(REFANGED, "");
    const open = plain.includes("://") ? before : undefined;
    const begins = plain.endsWith("://");
    const last = pieces[at + 1] === undefined;
    const goesOn = GOES_ON.test(piece) && !(last && /[/?=&#%]$/.test(piece));
    // Behind Chinese that went on stands the rest of the URL.
    const rest = open !== undefined && /\p{Script=Han}$/u.test(open) && !piece.includes(":");
    if (open !== undefined && (begins || goesOn || rest)) joined[joined.length - 1] = open + piece;
    else joined.push(piece);
  }
  return joined;
}

/** No indicator is longer. */
const LONGEST_WORD = 4000;

/** Without the marks of a sentence around it. */
function trimmed(word: string): string {
  let from = 0;
  let to = word.length;
  const keeps = (at: number) => isIP(word.slice(from, to).split("/")[0] ?? "") === 6 && word[at] === ":";
  while (from < to && ".:!?-–—\"'".includes(word[from] ?? " ") && !keeps(from)) from++;
  while (to > from && ".:!?-–—\"'".includes(word[to - 1] ?? " ") && !keeps(to - 1)) to--;
  const bare = word.slice(from, to);
  return bare.endsWith("/") && !bare.includes("://") ? bare.replace(/\/+$/, "") : bare;
}

function indicatorIn(word: string, wasDefanged: boolean): IndicatorValue | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  // An address or a name before a port; and before a path, where somebody defanged it.
  if (/\/\d{1,3}$/.test(word)) {
    const network = readPublished(word);
    if (network?.type === "ipv4" || network?.type === "ipv6") return network;
  }
  const host = /^([^:/@]+)(?::\d{1,5})?(\/.*)?$/s.exec(word);
  const cut = host !== null && (host[2] === undefined || wasDefanged) ? (host[1] ?? word) : word;
  const read = readPublished(cut);
  if (read?.type === "url") return hasHost(read.value) ? read : undefined;
  if (read?.type !== "domain" || wasDefanged) return read;
  const ending = read.value.slice(read.value.lastIndexOf(".") + 1);
  return /^(?:\p{L}{2,}|xn--[a-z0-9-]+)$/u.test(ending) &&
    !FILE_ENDINGS.test(read.value) &&
    !/_/.test(read.value)
    ? read
    : undefined;
}

/** A URL of the web whose host is an address or has a dot. */
function hasHost(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const host = readPublished(hostname.replace(/^\[|\]$/g, ""));
  return ["http:", "https:", "ftp:"].includes(protocol) && host !== undefined;
}
