import { guessMapping, isRemark } from "./columns.ts";
import { headText } from "./decode.ts";
import { firstByte } from "./json-parts.ts";
import type { CsvMapping, ImportFormat } from "./model.ts";
import { bareValue, readListed } from "./value.ts";

/** What a file is by its content; its name only decides between Markdown's plain text and a table. */
export interface Detected {
  readonly format: ImportFormat;
  readonly csv?: CsvMapping;
}

const HEAD = 64 * 1024;

/** Nothing where the content is none of what can be read. */
export function detectFormat(bytes: Buffer): Detected | undefined {
  if (bytes.subarray(0, 1024).includes("%PDF-")) return { format: "pdf" };
  const start = firstByte(bytes);
  const wide = bytes[0] === 0xff || bytes[0] === 0xfe;
  const head = wide
    ? headText(bytes, HEAD)
    : bytes.toString("utf8", start, Math.min(bytes.length, start + HEAD));
  if (head === "" || head.includes("\0")) return undefined;
  if (head.startsWith("{") || head.startsWith("[")) return ofJson(head, bytes, start);
  if (head.startsWith("<")) {
    const lower = head.slice(0, 4096).toLowerCase();
    if (/<(?:rss|feed|rdf:rdf)[\s>]/.test(lower)) return { format: "rss" };
    return { format: "html" };
  }
  const firstLine = head.slice(0, head.search(/\r?\n|$/));
  if (/^"?cveID"?,"?vendorProject"?,/.test(firstLine)) return { format: "kev" };
  // Big5 and what else is no UTF-8 is read as text before its columns are looked at.
  const text = wide ? head : headText(bytes, HEAD).trimStart();
  return isTable(text) ? { format: "csv", csv: guessMapping(text) } : { format: "text" };
}

/** Members that only one format has, looked for at the beginning and, in small files, everywhere. */
function ofJson(head: string, bytes: Buffer, start: number): Detected | undefined {
  const has = (member: string, value = "") => {
    const wanted = new RegExp(`"${member}"\\s{0,20}:\\s{0,20}${value}`);
    return wanted.test(head) || (bytes.length < 16 * HEAD && wanted.test(bytes.toString("utf8", start)));
  };
  if (has("csaf_version")) return { format: "csaf" };
  if (has("vulnerabilities", "\\[") && has("cveID")) return { format: "kev" };
  if (has("Event", "\\{") || (has("response", "\\{") && has("Attribute", "\\[")))
    return { format: "misp-event" };
  if (has("namespace") && has("predicates", "\\[")) return { format: "misp-taxonomy" };
  if (
    has("uuid") &&
    has("type") &&
    ((has("category") && has("values", "\\[")) || (has("namespace") && has("icon")))
  )
    return { format: "misp-galaxy" };
  if (/^\{\s{0,20}"[0-9a-f-]{36}"\s{0,20}:\s{0,20}\{/.test(head) && has("timestamp"))
    return { format: "misp-feed" };
  if (has("spec_version", '"2\\.0"') && !has("spec_version", '"2\\.1"')) return { format: "stix-2.0" };
  if (has("objects", "[[{]") || has("id", '"[a-z0-9-]{1,60}--')) return { format: "stix-2.1" };
  return undefined;
}

/** A header that names a value, or lines most of which begin with an indicator. */
function isTable(head: string): boolean {
  const lines = head.split("\n").slice(0, 200);
  const kept = lines.map((line) => line.trim()).filter((line) => line !== "" && !isRemark(line));
  const [first] = kept;
  if (first === undefined)
    return lines.length > 0 && head.startsWith("#") && !head.startsWith("# ") && !head.startsWith("##");
  const { header, columns, delimiter } = guessMapping(head);
  const values = columns.flatMap((meaning, at) => (meaning === "value" ? [at] : []));
  // A header of known names makes a table of it, however its rows are cut.
  if (header && guessMapping(first).header) return true;
  const isRow = (line: string) => {
    const cells = line.split(delimiter);
    // Of a bare list the value stands first, perhaps with a word behind it.
    const said =
      cells.length > 1
        ? values.map((at) => cells[at] ?? "")
        : [line.split(/\s/, 1)[0] ?? "", bareValue(line)];
    return said.some((value) => readListed(unquoted(value)) !== undefined);
  };
  if (!isEven(kept, delimiter)) return false;
  return header || kept.filter(isRow).length * 10 >= kept.length * 6;
}

/** Whether the lines are cut into as many cells as each other; those of prose are not, however many addresses they name. */
function isEven(lines: readonly string[], delimiter: string): boolean {
  const widths = lines.filter((line) => !line.includes('"')).map((line) => line.split(delimiter).length);
  const counts = new Map<number, number>();
  for (const width of widths) counts.set(width, (counts.get(width) ?? 0) + 1);
  return widths.length === 0 || Math.max(...counts.values()) * 10 >= widths.length * 6;
}

function unquoted(cell: string): string {
  return cell.trim().replace(/^"|"$/g, "");
}
