import { bytesInOrder, type NativeColumn, numbers } from "../../../platform/events/native.ts";
import { TextColumn } from "../../../platform/events/native-text.ts";

/**
 * How a line is kept so that it packs well and yet comes back byte for byte: cut at blanks into words, one column for
 * each place, so that like stands by like; and what another column of the row holds already (an address, a name, the
 * time in the product's own writing) replaced by one control character that means that column. `ORIGINAL_SQL` puts
 * the line together again in the events store, so that a search sees whole lines.
 */

const WORDS = 16;
/**
 * Columns of the words of a line, the last of which holds the rest of the line. Each place has three, and the batch
 * decides: one for places where few words come again and again, one for whole numbers (1 more than they are; the blanks
 * before them are in the first), one for the others.
 */
export const FEW_COLUMNS = Array.from({ length: WORDS }, (_, at) => `word${at}`);
export const MANY_COLUMNS = Array.from({ length: WORDS }, (_, at) => `text${at}`);
export const NUMBER_COLUMNS = Array.from({ length: WORDS }, (_, at) => `number${at}`);
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

/** Writes what the column `url_text` holds of a URL: the URL with a mark for the row's domain. */
export function addUrl(column: TextColumn, url: string, domain: string): void {
  const text = url.includes(URL_DOMAIN) ? url.replaceAll(URL_DOMAIN, "\ufffd") : url;
  const at = domain.length < SHORTEST ? -1 : text.indexOf(domain);
  if (at >= 0) {
    column.append(text, 0, at);
    column.put(URL_DOMAIN.charCodeAt(0));
    column.append(text, at + domain.length, text.length);
  } else column.append(text, 0, text.length);
  column.end();
}

/** The line as it came, over the columns of the table. */
export const ORIGINAL_SQL = originalSql();

function numberSql(at: number): string {
  return `if(number${at} = 0, '', toString(number${at} - 1))`;
}

function charOf(mark: string): string {
  return `char(${mark.charCodeAt(0)})`;
}

function originalSql(): string {
  let sql = `arrayStringConcat(arraySlice([${FEW_COLUMNS.map((few, at) => `concat(${few}, ${MANY_COLUMNS[at]}, ${numberSql(at)})`).join(", ")}], 1, words), ' ')`;
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
const MARK_CODES = MARKS.map((mark) => mark.charCodeAt(0));
/** Places of the time's writings in the list of values. */
const EPOCH = Object.keys(TEXT_MARKS).length;
/** Shorter texts are found in the middle of others too often to be worth a mark. */
const SHORTEST = 2;
const MOST_MARKS = 24;

/** Cuts the lines of one batch. What it learns of a product's lines holds for the batch only: the same batch, the same words. */
export class LineTexts {
  readonly #words: readonly TextColumn[] = FEW_COLUMNS.map(() => new TextColumn(0));
  #counts = new Uint8Array(0);
  readonly #plans = new Map<string, Map<number, readonly number[]>>();
  readonly #values: string[] = MARKS.map(() => "");
  readonly #millis = Array.from({ length: 1000 }, (_, at) => `.${String(at).padStart(3, "0")}`);
  /** Where the steps of a plan stand in the line. */
  readonly #found = new Int32Array(MOST_MARKS);
  #rows = 0;
  #second = Number.NaN;
  #day = Number.NaN;
  #iso = "";
  /** What the last line went by. */
  #lastParser = "";
  #lastThere = -1;
  #lastPlans: Map<number, readonly number[]> | undefined;
  #lastPlan: readonly number[] | undefined;
  /** Word under way, and whether it has begun after its leading blanks. */
  #word = 0;
  #begun = false;

  /** Makes it empty for a batch of at most `rows` lines, and forgets what it has learnt. */
  clear(rows: number): void {
    if (rows > this.#counts.length) this.#counts = new Uint8Array(rows);
    else this.#counts.fill(0);
    for (const words of this.#words) words.clear(rows);
    this.#plans.clear();
    this.#lastParser = "";
    this.#lastThere = -1;
    this.#lastPlans = undefined;
    this.#lastPlan = undefined;
    this.#rows = 0;
  }

  /** `plain`: the line holds no control character but tabs. `parser` names lines that look alike. */
  add(line: string, plain: boolean, parser: string, known: KnownTexts): void {
    const at = this.#rows++;
    this.#word = 0;
    this.#begun = false;
    if (plain) {
      this.#know(known);
      const plan = this.#planFor(line, parser);
      let from = 0;
      for (let step = 0; step < plan.length; step++) {
        const mark = plan[step] as number;
        const start = this.#found[step] as number;
        if (start > from) this.#write(line, from, start);
        this.#begun = true;
        (this.#words[this.#word] as TextColumn).put(MARK_CODES[mark] as number);
        from = start + (this.#values[mark] as string).length;
      }
      this.#write(line, from, line.length);
      this.#counts[at] = this.#word + 1;
    } else (this.#words[0] as TextColumn).append(line, 0, line.length);
    for (let word = 0; word <= this.#word; word++) (this.#words[word] as TextColumn).endAt(at);
  }

  /** The columns, their rows in the order given. */
  columns(order: Uint32Array): NativeColumn[] {
    const counts = bytesInOrder("words", this.#counts, order);
    const kept = this.#words.flatMap((words, at) => {
      if (words.isEmpty) return [];
      words.fill(this.#rows);
      const variety = words.variety(SAMPLE);
      const few = variety <= FEW && variety * 5 <= Math.max(5, this.#rows);
      const whole = few ? undefined : words.numbers(order);
      if (whole !== undefined) {
        const same = whole.numbers.map((_, row) => row);
        return [
          whole.pads.column(FEW_COLUMNS[at] ?? "", same),
          whole.rest.column(MANY_COLUMNS[at] ?? "", same),
          numbers(NUMBER_COLUMNS[at] ?? "", whole.numbers),
        ];
      }
      const column = few ? words.fewColumn(FEW_COLUMNS[at] ?? "", order) : undefined;
      return [column ?? words.column(MANY_COLUMNS[at] ?? "", order)];
    });
    return [counts, ...kept];
  }

  /** Cuts at single blanks; more of them belong to the word that follows. */
  #write(line: string, from: number, to: number): void {
    const last = this.#words.length - 1;
    let at = from;
    while (at < to) {
      const words = this.#words[this.#word] as TextColumn;
      if (this.#word === last) {
        words.append(line, at, to);
        return;
      }
      const stop = words.appendWord(line, at, to, this.#begun);
      if (stop === to) {
        this.#begun = this.#begun || line.charCodeAt(to - 1) !== 32;
        return;
      }
      this.#word++;
      this.#begun = false;
      at = stop + 1;
    }
  }

  /** The plan of the lines before it; a line that does not follow it makes a new one. */
  #planFor(line: string, parser: string): readonly number[] {
    let there = 0;
    for (let at = 0; at < EPOCH; at++) if ((this.#values[at] as string).length >= SHORTEST) there |= 1 << at;
    if (there !== this.#lastThere || parser !== this.#lastParser) {
      this.#lastThere = there;
      this.#lastParser = parser;
      this.#lastPlans = this.#plans.get(parser);
      if (this.#lastPlans === undefined) {
        this.#lastPlans = new Map();
        this.#plans.set(parser, this.#lastPlans);
      }
      this.#lastPlan = this.#lastPlans.get(there);
    }
    const plan = this.#lastPlan;
    if (plan !== undefined && this.#follows(plan, line)) return plan;
    const made = planOf(line, this.#values);
    this.#lastPlans?.set(there, made);
    this.#lastPlan = made;
    this.#follows(made, line);
    return made;
  }

  #follows(plan: readonly number[], line: string): boolean {
    let from = 0;
    for (let step = 0; step < plan.length; step++) {
      const value = this.#values[plan[step] as number] as string;
      const at = value.length < SHORTEST ? -1 : wholeAt(line, value, from);
      if (at < 0) return false;
      this.#found[step] = at;
      from = at + value.length;
    }
    return true;
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

function two(value: number): string {
  const whole = Math.floor(value);
  return whole < 10 ? `0${whole}` : String(whole);
}

/** A letter, a digit or anything beyond ASCII. */
export function isWordCode(code: number): boolean {
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
