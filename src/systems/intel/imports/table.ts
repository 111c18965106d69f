import type { Fault } from "../../../core/problem.ts";
import { TLP_LEVELS, type Tlp } from "../../../core/tlp.ts";
import { readIndicator } from "../model.ts";
import type { StixObject } from "../stix/object.ts";
import {
  CVE,
  type Imported,
  type ImportOptions,
  indicatorObjects,
  indicatorsOfMisp,
  once,
  vulnerabilityObject,
} from "./imported.ts";
import type { COLUMN_MEANINGS, CsvMapping, TableSample } from "./model.ts";

type Meaning = (typeof COLUMN_MEANINGS)[number];

/** What people and products call their columns. */
const HEADINGS: Readonly<Record<string, Meaning>> = Object.assign(Object.create(null), {
  value: "value",
  indicator: "value",
  ioc: "value",
  ioc_value: "value",
  observable: "value",
  ip: "value",
  dst_ip: "value",
  ip_address: "value",
  domain: "value",
  url: "value",
  hash: "value",
  sha256_hash: "value",
  指標: "value",
  入侵指標: "value",
  type: "type",
  類型: "type",
  comment: "comment",
  description: "comment",
  threat: "comment",
  說明: "comment",
  備註: "comment",
  tlp: "tlp",
  confidence: "confidence",
  信心: "confidence",
  date: "seen",
  first_seen: "seen",
  first_seen_utc: "seen",
  dateadded: "seen",
  日期: "seen",
  uuid: "uuid",
  to_ids: "to_ids",
  tags: "tags",
  標籤: "tags",
});

/** Which delimiter, whether there is a header, and what its columns are, by the first lines. */
export function guessMapping(head: string): CsvMapping {
  const lines = head.split("\n").filter((line) => line.trim() !== "");
  const first = lines.find((line) => !line.startsWith("#") && !line.startsWith(";")) ?? "";
  // abuse.ch writes its header as the last remark.
  const remark = lines
    .filter((line) => line.startsWith("#"))
    .find((line) => headingsOf(line.replace(/^#+/, ""), ",") > 1);
  const delimiter = ([",", "\t", ";", "|"] as const).reduce((best, each) =>
    first.split(each).length > first.split(best).length ? each : best,
  );
  const header = headingsOf(first, delimiter) > 0;
  const named = header ? first : (remark?.replace(/^#+/, "") ?? "");
  const seen = new Set<string>();
  const columns =
    named === ""
      ? []
      : cellsOf(named, delimiter).map((cell) => {
          const meaning = HEADINGS[cell.trim().toLowerCase()];
          if (meaning === undefined || seen.has(meaning)) return "" as const;
          seen.add(meaning);
          return meaning;
        });
  if (columns.includes("value")) return { delimiter, header, columns };
  const cells = cellsOf(first, delimiter);
  const at = cells.findIndex((cell) => readIndicator(cell.trim()) !== undefined);
  return {
    delimiter,
    header: false,
    columns: cells.map((_, column) => (column === Math.max(0, at) ? "value" : "")),
  };
}

function headingsOf(line: string, delimiter: string): number {
  const cells = cellsOf(line, delimiter).map((cell) => cell.trim().toLowerCase());
  return cells.some((cell) => HEADINGS[cell] === "value")
    ? cells.filter((cell) => HEADINGS[cell] !== undefined).length
    : 0;
}

function cellsOf(line: string, delimiter: string): string[] {
  return csvRows(line, delimiter)[0]?.cells ?? [];
}

const SAMPLE_ROWS = 12;
const SAMPLE_COLUMNS = 100;
const SAMPLE_CELL = 200;

/** The first rows of a table as a mapping cuts them, without remarks. */
export function sampleOf(head: string, mapping: CsvMapping): TableSample {
  const rows = csvRows(head, mapping.delimiter)
    .filter(({ cells }) => !(cells[0] ?? "").startsWith("#") && cells.join("").trim() !== "")
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
  const rows = csvRows(text, mapping.delimiter).filter(
    ({ cells }) => !(cells[0] ?? "").startsWith("#") && cells.join("").trim() !== "",
  );
  const at = new Map(mapping.columns.map((meaning, column) => [meaning, column]));
  const objects: StixObject[] = [];
  const refused: Fault[] = [];
  for (const { line, cells } of mapping.header ? rows.slice(1) : rows) {
    const cell = (meaning: Meaning) =>
      (cells[at.get(meaning) ?? (meaning === "value" && !at.has("value") ? 0 : -1)] ?? "").trim();
    const path = `line ${line}`;
    const value = cell("value");
    const said = {
      at: timeOf(cell("seen")) ?? options.now,
      tlp: tlpIn(cell("tlp")) ?? options.tlp,
      description: cell("comment"),
      labels: labelsOf(cell("tags")),
      confidence: confidenceOf(cell("confidence")),
    };
    const cve = value.toUpperCase();
    if (CVE.test(cve)) {
      objects.push(vulnerabilityObject(cve, said, options));
      continue;
    }
    const type = cell("type").toLowerCase();
    const single = readIndicator(value);
    const ofType = type === "" ? undefined : indicatorsOfMisp(type, value);
    const values = ofType ?? (single === undefined ? [] : [single]);
    if (values.length === 0) refused.push({ path, message: `no indicator: ${value.slice(0, 80)}` });
    const onlyContext = at.has("to_ids") && !["1", "true"].includes(cell("to_ids").toLowerCase());
    values.forEach((each, index) => {
      const uuid = index === 0 ? cell("uuid") : undefined;
      objects.push(...indicatorObjects(each, { ...said, uuid }, options, onlyContext));
    });
  }
  return { objects: once(objects), refused };
}

/** Seconds since 1970, a date, or a date and time in UTC. */
function timeOf(text: string): string | undefined {
  if (/^\d{9,11}$/.test(text)) return new Date(Number(text) * 1000).toISOString();
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?))?/.exec(text);
  if (match === null) return undefined;
  const time = new Date(`${match[1]}T${match[2] ?? "00:00"}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function tlpIn(text: string): Tlp | undefined {
  const word = text
    .toLowerCase()
    .replace(/^tlp[:\s]?/, "")
    .replace("white", "clear");
  return TLP_LEVELS.find((level) => level === word);
}

function confidenceOf(text: string): number | undefined {
  const number = Number(text);
  return /^\d{1,3}$/.test(text) && number <= 100 ? number : undefined;
}

function labelsOf(text: string): string[] {
  return text
    .split(/[;,|]/)
    .map((each) => each.trim().slice(0, 200))
    .filter((each) => each !== "")
    .slice(0, 50);
}

/** RFC 4180: quoted cells may hold delimiters, line ends and doubled quotes. `line` is where the row begins, from 1. */
export function csvRows(text: string, delimiter = ","): { line: number; cells: string[] }[] {
  const rows: { line: number; cells: string[] }[] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let began = 1;
  const endRow = () => {
    rows.push({ line: began, cells: [...cells, cell] });
    [cells, cell] = [[], ""];
  };
  for (let at = text.startsWith("\uFEFF") ? 1 : 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\n") line++;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at++;
      } else quoted = false;
    } else if (char === '"' && cell.trim() === "") [quoted, cell] = [true, ""];
    else if (char === delimiter) {
      cells.push(cell);
      cell = "";
    } else if (char === "\n") {
      endRow();
      began = line;
    } else if (char !== "\r") cell += char;
  }
  if (cell !== "" || cells.length > 0) endRow();
  return rows;
}
