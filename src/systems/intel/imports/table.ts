import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";
import { type Refusal, refusal } from "../reasons/model.ts";
import type { StixObject } from "../stix/object.ts";
import { guessMapping, type Meaning, tableRows } from "./columns.ts";
import {
  CVE,
  type Imported,
  type ImportOptions,
  indicatorObjects,
  indicatorsOfMisp,
  once,
  vulnerabilityObject,
} from "./imported.ts";
import type { CsvMapping, TableSample } from "./model.ts";
import { bareValue, readListed } from "./value.ts";

const SAMPLE_ROWS = 12;
const SAMPLE_COLUMNS = 100;
const SAMPLE_CELL = 200;

/** The first rows of a table as a mapping cuts them, without remarks. */
export function sampleOf(head: string, mapping: CsvMapping): TableSample {
  const rows = tableRows(head, mapping.delimiter)
    .slice(0, SAMPLE_ROWS)
    .map(({ line, cells }) => ({
      line,
      cells: cells.slice(0, SAMPLE_COLUMNS).map((cell) => cell.trim().slice(0, SAMPLE_CELL)),
    }));
  return { mapping, rows };
}

/**
 * A table of values, by a mapping of its columns (a MISP feed's CSV among them); without one the header says it, and a
 * bare list has the value in its first column. Lines that begin with `#` are remarks.
 */
export function importTable(
  text: string,
  options: ImportOptions,
  mapping: CsvMapping = guessMapping(text),
): Imported {
  const rows = tableRows(text, mapping.delimiter);
  const at = new Map<Meaning | "", number[]>();
  mapping.columns.forEach((meaning, column) => {
    at.set(meaning, [...(at.get(meaning) ?? []), column]);
  });
  if (!at.has("value")) at.set("value", [0]);
  const body = mapping.header ? rows.slice(1) : rows;
  const days = dayOrder(
    body.flatMap(({ cells }) => (at.get("seen") ?? []).map((column) => cells[column] ?? "")),
  );
  const objects: StixObject[] = [];
  const refused: Refusal[] = [];
  for (const { line, cells } of body) {
    const all = (meaning: Meaning) =>
      (at.get(meaning) ?? []).map((column) => (cells[column] ?? "").trim()).filter((cell) => cell !== "");
    const cell = (meaning: Meaning) => all(meaning)[0] ?? "";
    const said = {
      at: timeOf(cell("seen"), days) ?? options.now,
      tlp: tlpIn(cell("tlp")) ?? options.tlp,
      description: all("comment").join("\n").replaceAll("\r\n", "\n"),
      labels: labelsOf(all("tags").join(";")),
      confidence: confidenceOf(cell("confidence")),
    };
    const onlyContext = at.has("to_ids") && !["1", "true"].includes(cell("to_ids").toLowerCase());
    const written = cells.length === 1 ? all("value").map(bareValue) : all("value");
    if (written.length === 0)
      refused.push(refusal(`line ${line}`, "csv value", "no-indicator", { value: "" }));
    written.forEach((value, place) => {
      // Type and UUID are those of the row's first value; where several stand, each column is named.
      const path = written.length === 1 ? `line ${line}` : `line ${line}, value ${place + 1}`;
      const [type, uuid] = place === 0 ? [cell("type").toLowerCase(), cell("uuid")] : ["", undefined];
      const cve = value.toUpperCase();
      if (CVE.test(cve)) {
        objects.push(vulnerabilityObject(cve, said, options));
        return;
      }
      const single = readListed(value);
      const ofType = type === "" ? undefined : indicatorsOfMisp(type, value);
      const values = ofType ?? (single === undefined ? [] : [single]);
      if (values.length === 0)
        refused.push(refusal(path, "csv value", "no-indicator", { value: value.slice(0, 80) }));
      values.forEach((each, index) => {
        const own = index === 0 ? uuid : undefined;
        objects.push(...indicatorObjects(each, { ...said, uuid: own }, options, onlyContext));
      });
    });
  }
  return { objects: once(objects), refused };
}

/** Whether day or month stands first where a column of dates has both before the year: whichever is above 12 tells. */
function dayOrder(cells: readonly string[]): "dmy" | "mdy" {
  const pairs = cells.map((cell) => /^(\d{1,2})[./-](\d{1,2})[./-]\d{4}/.exec(cell.trim()));
  return pairs.some((pair) => Number(pair?.[2]) > 12) ? "mdy" : "dmy";
}

/**
 * Seconds since 1970, ISO 8601 with its zone, or a date with or without a time in UTC: year first, of the Republic of
 * China, too (114/11/25), or last.
 */
export function timeOf(text: string, days: "dmy" | "mdy" = "dmy"): string | undefined {
  if (/^\d{9,11}$/.test(text)) return instantOf(Number(text) * 1000);
  if (/^\d{12,14}$/.test(text)) return instantOf(Number(text));
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i.test(text))
    return instantOf(Date.parse(text));
  const match =
    /^(\d{1,4})[年./-](\d{1,2})[月./-](\d{1,4})日?(?:[T ]{1,2}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?Z?)?/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, one = "", two = "", three = "", hour = "0", minute = "0", second = "0"] = match;
  const yearFirst = one.length > 2;
  const year = Number(yearFirst ? one : three);
  const [month, day] = yearFirst ? [two, three] : days === "dmy" ? [two, one] : [one, two];
  if (!yearFirst && three.length !== 4) return undefined;
  const full = yearFirst && one.length === 3 ? year + 1911 : year;
  const date = [full, Number(month), Number(day)] as const;
  const at = Date.UTC(date[0], date[1] - 1, date[2], Number(hour), Number(minute), Number(second));
  const back = new Date(at);
  // A day that does not exist would be another one.
  const exists = back.getUTCMonth() + 1 === date[1] && back.getUTCDate() === date[2];
  return exists && full >= 1970 && full < 2200 ? instantOf(at) : undefined;
}

function instantOf(at: number): string | undefined {
  return Number.isNaN(at) || Math.abs(at) > 7e12 ? undefined : new Date(at).toISOString();
}

function tlpIn(text: string): Tlp | undefined {
  const word = text
    .toLowerCase()
    .replace(/^tlp[:\s]?/, "")
    .replace("white", "clear");
  return TLP_LEVELS.find((level) => level === word);
}

/** A number, perhaps of a hundred parts, or one of the words of STIX 2.1 appendix A. */
function confidenceOf(text: string): number | undefined {
  const word = CONFIDENCE.get(text.toLowerCase());
  const number = Number(text.replace(/\s?[%％]$/, ""));
  return word ?? (/^\d{1,3}(?:\s?[%％])?$/.test(text) && number <= 100 ? number : undefined);
}

const CONFIDENCE: ReadonlyMap<string, number> = new Map([
  ["none", 0],
  ["low", 15],
  ["低", 15],
  ["med", 50],
  ["medium", 50],
  ["中", 50],
  ["high", 85],
  ["高", 85],
]);

function labelsOf(text: string): string[] {
  return text
    .split(/[;,|]/)
    .map((each) => each.trim().slice(0, 200))
    .filter((each) => each !== "")
    .slice(0, 50);
}
