import type { Fault } from "../../../core/problem.ts";
import { type IndicatorValue, readIndicator } from "../model.ts";
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
  options: ImportOptions & {
    readonly html?: boolean;
    /** What to call the report where the text has no title. */
    readonly title?: string;
    /** How the place of a line is told; `line 7` unless told. */
    readonly place?: (line: number) => string;
  },
): Imported {
  const objects: StixObject[] = [];
  const refused: Fault[] = [];
  const techniques = new Set<string>();
  const said = { at: options.now, tlp: options.tlp };
  const place = options.place ?? ((line: number) => `line ${line}`);
  const plain = options.html === true ? textOfHtml(text) : text;
  plain.split("\n").forEach((line, at) => {
    for (const [technique] of line.matchAll(TECHNIQUE)) techniques.add(technique);
    for (const [word, wasDefanged] of words(line)) {
      const cve = word.toUpperCase();
      if (CVE.test(cve)) objects.push(vulnerabilityObject(cve, said, options));
      else {
        const found = indicatorIn(word, wasDefanged);
        if (found !== undefined) objects.push(...indicatorObjects(found, said, options));
        else if (wasDefanged)
          refused.push({ path: place(at + 1), message: `no indicator: ${word.slice(0, 80)}` });
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
