import type { Fault } from "../../../core/problem.ts";
import { readIndicator } from "../model.ts";
import type { StixObject } from "../stix/object.ts";
import { type Imported, type ImportOptions, indicatorObjects, indicatorsOfMisp, once } from "./imported.ts";

/**
 * A MISP feed as CSV: with a header that names `value`, and perhaps `type`, `uuid`, `comment`, `to_ids` and `date`
 * (seconds since 1970), or a bare list whose first column is the value. Lines that begin with `#` are remarks.
 */
export function importMispCsv(text: string, options: ImportOptions): Imported {
  const rows = csvRows(text).filter(
    ({ cells }) => !(cells[0] ?? "").startsWith("#") && cells.join("") !== "",
  );
  const header = rows[0]?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const named = header.includes("value");
  const objects: StixObject[] = [];
  const refused: Fault[] = [];
  for (const { line, cells } of named ? rows.slice(1) : rows) {
    const cell = (name: string) => (named ? (cells[header.indexOf(name)] ?? "").trim() : "");
    const value = named ? cell("value") : (cells[0] ?? "").trim();
    const type = cell("type");
    const single = type === "" ? readIndicator(value) : undefined;
    const values = type === "" ? (single === undefined ? [] : [single]) : indicatorsOfMisp(type, value);
    const path = `line ${line}`;
    if (values === undefined) refused.push({ path, message: `${type.slice(0, 60)} has no counterpart here` });
    else if (values.length === 0) refused.push({ path, message: `no indicator: ${value.slice(0, 80)}` });
    const seconds = Number(cell("date") || Number.NaN);
    const dated = Number.isInteger(seconds) && seconds > 0 && seconds < 8.64e12;
    const at = dated ? new Date(seconds * 1000).toISOString() : options.now;
    const onlyContext = header.includes("to_ids") && !["1", "true"].includes(cell("to_ids").toLowerCase());
    (values ?? []).forEach((each, index) => {
      const uuid = index === 0 ? cell("uuid") : undefined;
      const said = { at, tlp: options.tlp, uuid, description: cell("comment") };
      objects.push(...indicatorObjects(each, said, options, onlyContext));
    });
  }
  return { objects: once(objects), refused };
}

/** RFC 4180: quoted cells may hold commas, line ends and doubled quotes. `line` is where the row begins, from 1. */
function csvRows(text: string): { line: number; cells: string[] }[] {
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
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === ",") {
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
