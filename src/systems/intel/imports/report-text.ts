import type { Fault } from "../../../core/problem.ts";
import { type IndicatorValue, readIndicator } from "../model.ts";
import type { StixObject } from "../stix/object.ts";
import {
  CVE,
  type Imported,
  type ImportOptions,
  indicatorObjects,
  once,
  vulnerabilityObject,
} from "./imported.ts";

/** Endings of files, which would otherwise read as domains. */
const FILE_ENDINGS =
  /\.(?:exe|dll|sys|bat|cmd|ps1|vbs|js|jse|hta|lnk|msi|jar|py|sh|php|aspx?|jsp|html?|pdf|docx?|xlsx?|pptx?|rtf|txt|log|csv|json|xml|ya?ml|zip|rar|7z|gz|iso|img|png|jpe?g|gif|svg|tmp|dat|bin|cfg|conf|ini|md)$/i;

/** A name that somebody took the trouble to defang is meant as an indicator even where it looks like a file. */
const DEFANGED = /\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\[at\]|\[@\]|\(at\)|\[:\]|\[:\/\/\]|hxxp/gi;

const REFANGED: Readonly<Record<string, string>> = {
  "[.]": ".",
  "(.)": ".",
  "{.}": ".",
  "[dot]": ".",
  "(dot)": ".",
  "[at]": "@",
  "[@]": "@",
  "(at)": "@",
  "[:]": ":",
  "[://]": "://",
  hxxp: "http",
};

const BETWEEN = /[\s<>"'`|,;(){}[\]\\*、。，；「」『』（）【】《》]+/u;

/**
 * The indicators in a report of plain text or HTML: addresses, domains, URLs, mail addresses, hashes and CVE numbers,
 * also defanged. What was defanged and yet is none is refused with its line. HTML's tags, scripts and styles are left out.
 */
export function importReportText(
  text: string,
  options: ImportOptions & { readonly html?: boolean },
): Imported {
  const objects: StixObject[] = [];
  const refused: Fault[] = [];
  const said = { at: options.now, tlp: options.tlp };
  (options.html === true ? textOfHtml(text) : text).split("\n").forEach((line, at) => {
    for (const [word, wasDefanged] of words(line)) {
      const cve = word.toUpperCase();
      if (CVE.test(cve)) objects.push(vulnerabilityObject(cve, said, options));
      else {
        const found = indicatorIn(word, wasDefanged);
        if (found !== undefined) objects.push(...indicatorObjects(found, said, options));
        else if (wasDefanged)
          refused.push({ path: `line ${at + 1}`, message: `no indicator: ${word.slice(0, 80)}` });
      }
    }
  });
  return { objects: once(objects), refused };
}

/** The words of a line, refanged, and whether each had been defanged. */
function words(line: string): [string, boolean][] {
  // A mark that no text holds keeps the place where something was refanged.
  const marked = line
    .replaceAll("\u0001", "")
    .replace(DEFANGED, (found) => `\u0001${REFANGED[found.toLowerCase()] ?? found}`);
  const apart = marked.split(BETWEEN).flatMap((raw) => (raw.includes("://") ? [raw] : raw.split("=")));
  return apart.flatMap((raw): [string, boolean][] => {
    const word = trimmed(raw.replaceAll("\u0001", ""));
    return word === "" ? [] : [[word, raw.includes("\u0001")]];
  });
}

/** No indicator is longer. */
const LONGEST_WORD = 4000;

/** Without the marks of a sentence around it. */
function trimmed(word: string): string {
  let from = 0;
  let to = word.length;
  while (from < to && ".:!?-–—\"'".includes(word[from] ?? " ")) from++;
  while (to > from && ".:!?-–—\"'".includes(word[to - 1] ?? " ")) to--;
  return word.slice(from, to);
}

function indicatorIn(word: string, wasDefanged: boolean): IndicatorValue | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const read = readIndicator(
    /^\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}$/.test(word) ? (word.split(":")[0] ?? "") : word,
  );
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
  const host = readIndicator(hostname.replace(/^\[|\]$/g, ""));
  return ["http:", "https:", "ftp:"].includes(protocol) && host !== undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  shy: "",
};

/** Runs over the text once, whatever stands open in it. A tag inside a line is a gap, so that cells do not grow together. */
function textOfHtml(html: string): string {
  const lower = html.toLowerCase();
  let text = "";
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf("<", at);
    text += html.slice(at, open < 0 ? html.length : open);
    if (open < 0) break;
    const hidden = ["script", "style"].find((name) => lower.startsWith(`<${name}`, open));
    const closing = hidden === undefined ? ">" : `</${hidden}`;
    const start = lower.startsWith("<!--", open) ? "-->" : closing;
    const end = lower.indexOf(start, open + 1);
    if (end < 0) break;
    text += inline(lower, open) ? "" : " ".concat("\n".repeat(newlines(html, open, end)));
    at = end + (hidden === undefined ? start.length : 0);
  }
  return text.replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return Number.isInteger(code) && code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Tags that stand inside a word, as in `evil<b>[.]</b>example`. */
function inline(lower: string, open: number): boolean {
  return /^<\/?(?:b|i|em|strong|span|wbr|u|mark|code|font)[\s>/]/.test(lower.slice(open, open + 12));
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
