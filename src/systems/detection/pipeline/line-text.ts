import type { NativeColumn } from "../../../platform/events/native.ts";
import { texts } from "../../../platform/events/native.ts";

/**
 * How a line is kept so that it packs well and yet comes back byte for byte: cut at blanks into words, one column for
 * each place, so that like stands by like; and what another column of the row holds already (an address, a name, the
 * time in the product's own writing) replaced by one control character that means that column. `ORIGINAL_SQL` puts
 * the line together again in the events store, so that a search sees whole lines.
 */

const WORDS = 16;
/**
 * Columns of the words of a line, the last of which holds the rest of the line. Each place has two: one for places
 * where few words come again and again, one for the others; the batch decides.
 */
export const FEW_COLUMNS = Array.from({ length: WORDS }, (_, at) => `word${at}`);
export const MANY_COLUMNS = Array.from({ length: WORDS }, (_, at) => `text${at}`);
/** Words of a place that are looked at, and how many may differ for the place to have few. */
const SAMPLE = 1_000;
const FEW = 200;

/** Columns whose text a line may hold. */
const TEXT_MARKS = {
  url: "\u0001",
  domain: "\u0002",
  source_ip: "\u0003",
  destination_ip: "\u0004",
  user: "\u0005",
  action: "\u0006",
  host: "\u0007",
  source_port: "\u0008",
  destination_port: "\u000e",
} as const;

/** The writings of the row's time: seconds since 1970, two forms of date and the clock at UTC+8, milliseconds. */
const TIME_MARKS = {
  epoch: "\u000f",
  isoDate: "\u0010",
  bindDate: "\u0011",
  clock: "\u0012",
  millis: "\u0013",
} as const;

/** In the column `url` the name of the column `domain`. */
const URL_DOMAIN = TEXT_MARKS.domain;

const ZONE = "'Etc/GMT-8'";
const TIME_SQL = {
  epoch: "toString(intDiv(toUnixTimestamp64Milli(time), 1000))",
  isoDate: `formatDateTime(time, '%Y-%m-%d', ${ZONE})`,
  bindDate: `formatDateTime(time, '%d-%b-%Y', ${ZONE})`,
  clock: `formatDateTime(time, '%H:%i:%S', ${ZONE})`,
  millis: "concat('.', leftPad(toString(toUnixTimestamp64Milli(time) % 1000), 3, '0'))",
} as const;

/** The URL as it is shown, over the columns of the table. */
export const URL_SQL = `replaceAll(url_text, ${charOf(URL_DOMAIN)}, domain)`;

/** What the column `url_text` holds of a URL: the URL with a mark for the row's domain. */
export function urlText(url: string, domain: string): string {
  const text = url.includes(URL_DOMAIN) ? url.replaceAll(URL_DOMAIN, "\ufffd") : url;
  const at = domain.length < SHORTEST ? -1 : text.indexOf(domain);
  return at < 0 ? text : text.slice(0, at) + URL_DOMAIN + text.slice(at + domain.length);
}

/** The line as it came, over the columns of the table. */
export const ORIGINAL_SQL = originalSql();

function charOf(mark: string): string {
  return `char(${mark.charCodeAt(0)})`;
}

function originalSql(): string {
  let sql = `arrayStringConcat(arraySlice([${FEW_COLUMNS.map((few, at) => `concat(${few}, ${MANY_COLUMNS[at]})`).join(", ")}], 1, words), ' ')`;
  for (const [column, mark] of Object.entries(TEXT_MARKS)) {
    const text = column === "url" ? "url_text" : column.endsWith("_port") ? `toString(${column})` : column;
    sql = `replaceAll(${sql}, ${charOf(mark)}, ${text})`;
  }
  for (const [form, mark] of Object.entries(TIME_MARKS))
    sql = `replaceAll(${sql}, ${charOf(mark)}, ${TIME_SQL[form as keyof typeof TIME_SQL]})`;
  return `if(words = 0, concat(word0, text0), ${sql})`;
}

/** What of a row a line may hold, as the row's columns hold it. */
export interface KnownTexts {
  readonly url: string;
  readonly domain: string;
  readonly source_ip: string;
  readonly destination_ip: string;
  readonly user: string;
  readonly action: string;
  readonly host: string;
  readonly source_port: number;
  readonly destination_port: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const ZONE_MILLIS = 8 * 3_600_000;
/** Times that the events store writes as this file does: 1971 to 2100. */
const FIRST_SECOND = 31_536_000;
const LAST_SECOND = 4_102_444_800;
const MARKS = [...Object.values(TEXT_MARKS), ...Object.values(TIME_MARKS)];
/** Places of the time's writings in the list of values. */
const EPOCH = Object.keys(TEXT_MARKS).length;
/** Shorter texts are found in the middle of others too often to be worth a mark. */
const SHORTEST = 2;
const MOST_MARKS = 24;

/** Cuts the lines of one batch. What it learns of a product's lines holds for the batch only: the same batch, the same words. */
export class LineTexts {
  readonly #words: string[][] = FEW_COLUMNS.map(() => []);
  readonly #counts: Uint8Array;
  readonly #plans = new Map<string, number[]>();
  readonly #values: string[] = MARKS.map(() => "");
  readonly #millis = Array.from({ length: 1000 }, (_, at) => `.${String(at).padStart(3, "0")}`);
  #rows = 0;
  #second = Number.NaN;
  #day = Number.NaN;
  #iso = "";

  constructor(rows: number) {
    this.#counts = new Uint8Array(rows);
  }

  /** `plain`: the line holds no control character but tabs. `parser` names lines that look alike. */
  add(line: string, plain: boolean, parser: string, known: KnownTexts): void {
    const at = this.#rows++;
    if (!plain) {
      this.#counts[at] = 0;
      for (const [place, words] of this.#words.entries()) words.push(place === 0 ? line : "");
      return;
    }
    this.#know(known);
    this.#counts[at] = this.#cut(this.#marked(line, parser));
  }

  /** The columns, their rows in the order given. */
  columns(order: Uint32Array): NativeColumn[] {
    const counts = {
      name: "words",
      type: "UInt8",
      bytes: Uint8Array.from(order, (at) => this.#counts[at] ?? 0),
    };
    return [
      counts,
      ...this.#words.flatMap((words, at) => {
        const name = (isFew(words) ? FEW_COLUMNS : MANY_COLUMNS)[at] ?? "";
        return words.some((word) => word !== "") ? [texts(name, inOrder(words, order))] : [];
      }),
    ];
  }

  /** Cuts at single blanks; more of them belong to the word that follows. Answers how many words there are. */
  #cut(text: string): number {
    const last = this.#words.length - 1;
    let from = 0;
    let count = 0;
    while (count < last) {
      let at = from;
      while (text.charCodeAt(at) === 32) at++;
      const end = text.indexOf(" ", at);
      if (end < 0) break;
      (this.#words[count++] as string[]).push(text.slice(from, end));
      from = end + 1;
    }
    (this.#words[count++] as string[]).push(text.slice(from));
    for (let at = count; at <= last; at++) (this.#words[at] as string[]).push("");
    return count;
  }

  /** The line with marks, by the plan of the lines before it; a line that does not follow it makes a new one. */
  #marked(line: string, parser: string): string {
    const values = this.#values;
    let key = parser;
    for (let at = 0; at < EPOCH; at++) if ((values[at] as string).length >= SHORTEST) key += MARKS[at];
    const plan = this.#plans.get(key);
    const text = plan === undefined ? undefined : follow(plan, line, values);
    if (text !== undefined) return text;
    const made = planOf(line, values);
    this.#plans.set(key, made);
    return follow(made, line, values) ?? line;
  }

  #know(known: KnownTexts): void {
    const values = this.#values;
    values[0] = known.url;
    values[1] = known.domain;
    values[2] = known.source_ip;
    values[3] = known.destination_ip;
    values[4] = known.user;
    values[5] = known.action;
    values[6] = known.host;
    values[7] = known.source_port > 0 ? String(known.source_port) : "";
    values[8] = known.destination_port > 0 ? String(known.destination_port) : "";
    const second = Math.floor(known.time / 1000);
    if (second !== this.#second) this.#tell(second);
    values[EPOCH + 4] = values[EPOCH] === "" ? "" : (this.#millis[known.time - second * 1000] ?? "");
  }

  #tell(second: number): void {
    const values = this.#values;
    this.#second = second;
    values.fill("", EPOCH);
    if (second < FIRST_SECOND || second > LAST_SECOND) return;
    values[EPOCH] = String(second);
    const local = second + ZONE_MILLIS / 1000;
    const day = Math.floor(local / 86_400);
    if (day !== this.#day) {
      this.#day = day;
      this.#iso = new Date(day * 86_400_000).toISOString().slice(0, 10);
    }
    const iso = this.#iso;
    values[EPOCH + 1] = iso;
    values[EPOCH + 2] = `${iso.slice(8)}-${MONTHS[Number(iso.slice(5, 7)) - 1]}-${iso.slice(0, 4)}`;
    const rest = local - day * 86_400;
    values[EPOCH + 3] = `${two(rest / 3600)}:${two((rest / 60) % 60)}:${two(rest % 60)}`;
  }
}

/** Values in another order. */
export function inOrder<T>(values: readonly T[], order: Uint32Array): T[] {
  const out: T[] = new Array(order.length);
  for (let at = 0; at < order.length; at++) out[at] = values[order[at] as number] as T;
  return out;
}

function isFew(words: readonly string[]): boolean {
  const seen = new Set<string>();
  const step = Math.max(1, Math.floor(words.length / SAMPLE));
  for (let at = 0; at < words.length; at += step) seen.add(words[at] as string);
  return seen.size <= FEW && seen.size * 5 <= Math.max(5, words.length);
}

function two(value: number): string {
  const whole = Math.floor(value);
  return whole < 10 ? `0${whole}` : String(whole);
}

function isWordCode(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 127
  );
}

/** Where `value` stands in the line from `from` on as a whole, not as part of a longer word or number. */
function wholeAt(line: string, value: string, from: number): number {
  for (let at = line.indexOf(value, from); at >= 0; at = line.indexOf(value, at + 1)) {
    const end = at + value.length;
    const open = at === 0 || !isWordCode(line.charCodeAt(at - 1)) || !isWordCode(value.charCodeAt(0));
    const shut =
      end === line.length ||
      !isWordCode(line.charCodeAt(end)) ||
      !isWordCode(value.charCodeAt(value.length - 1));
    if (open && shut) return at;
  }
  return -1;
}

function follow(plan: readonly number[], line: string, values: readonly string[]): string | undefined {
  let out = "";
  let from = 0;
  for (let step = 0; step < plan.length; step++) {
    const mark = plan[step] as number;
    const value = values[mark] as string;
    if (value.length < SHORTEST) return undefined;
    const at = wholeAt(line, value, from);
    if (at < 0) return undefined;
    out += line.slice(from, at) + MARKS[mark];
    from = at + value.length;
  }
  return out + line.slice(from);
}

/** What stands in the line from left to right; of what begins at one place the longest. */
function planOf(line: string, values: readonly string[]): number[] {
  const plan: number[] = [];
  let from = 0;
  while (plan.length < MOST_MARKS) {
    let best = -1;
    let bestAt = Number.POSITIVE_INFINITY;
    for (let mark = 0; mark < values.length; mark++) {
      const value = values[mark] as string;
      if (value.length < SHORTEST) continue;
      const at = wholeAt(line, value, from);
      const longer = at === bestAt && value.length > (values[best] as string).length;
      if (at >= 0 && (at < bestAt || longer)) {
        best = mark;
        bestAt = at;
      }
    }
    if (best < 0) break;
    plan.push(best);
    from = bestAt + (values[best] as string).length;
  }
  return plan;
}
