import { millis } from "../../../core/instant.ts";
import { tlpRank } from "../../../core/tlp.ts";
import {
  bytesInOrder,
  instants,
  nativeBlock,
  nullableBytes,
  numbers,
  repeated,
  repeatedInstant,
  shortsInOrder,
  textLists,
  uuidBytes,
  wordsInOrder,
} from "../../../platform/events/native.ts";
import { FewTextColumn, repeatedText, TextColumn } from "../../../platform/events/native-text.ts";
import type { EcsDraft } from "../parsers/parser.ts";
import { ipv4Number } from "../parsers/text/address.ts";
import { type BatchFormat, type BatchTask, choiceOf } from "./batch.ts";
import type { BatchMark } from "./event-id.ts";
import { addUrl, LineTexts } from "./line-text.ts";
import { LOG_TLP } from "./log-table.ts";

/** Longest text of a column that people filter by; the record itself keeps the whole. */
const LONGEST = 2_000;

/** The text of a value (of a list, its first), no longer than a column takes. */
function columnText(value: EcsDraft[string] | undefined): string {
  const one = typeof value === "object" ? value[0] : value;
  if (one === undefined) return "";
  const text = typeof one === "string" ? one : String(one);
  return text.length > LONGEST ? text.slice(0, LONGEST) : text;
}

/** Columns of text whose values come again and again, and the name asked for, which tells the order of the rows. */
const FEW_TEXTS = [
  "form",
  "parser",
  "dataset",
  "action",
  "outcome",
  "source_other",
  "destination_other",
  "user",
  "host",
  "domain",
] as const;

function wholeUpTo(value: EcsDraft[string] | undefined, most: number): number {
  if (value === undefined) return -1;
  const number = Number(value);
  return Number.isInteger(number) && number >= 0 && number <= most ? number : -1;
}

/** What of a line goes into its row. */
export interface RowLine {
  readonly parser: string;
  readonly parsed: boolean;
  readonly record: EcsDraft;
  /** Its `@timestamp` in milliseconds. */
  readonly time: number;
  readonly original: string;
  /** What `original` is. */
  readonly form: BatchFormat;
  /** Whether `original` holds no control character but tabs. */
  readonly plain: boolean;
  readonly rules: readonly string[];
  /** The record as JSON where it cannot be made anew from the line, else empty. */
  readonly fields: string;
}

/** Rows of a batch for which memory is kept for the next one. */
const MOST_KEPT = 2 ** 17;

/**
 * The rows of the table `log_line` for one batch after the other, column by column, in the memory of the one before: a
 * batch fills megabytes, which cost as much to get and to give back as to fill. Nothing that a record holds can make
 * the store refuse them.
 */
export class LogRows {
  #task: BatchTask | undefined;
  /** Rows there is room for. */
  #room = 0;
  #times = new Float64Array(0);
  #keys = new Float64Array(0);
  #severities = new Int16Array(0);
  #sourcePorts = new Uint16Array(0);
  #destinationPorts = new Uint16Array(0);
  #sourceAddresses = new Uint32Array(0);
  #destinationAddresses = new Uint32Array(0);
  #parsed = new Uint8Array(0);
  readonly #lines = new LineTexts();
  readonly #few = Object.fromEntries(FEW_TEXTS.map((name) => [name, new FewTextColumn(0)])) as Readonly<
    Record<(typeof FEW_TEXTS)[number], FewTextColumn>
  >;
  readonly #urls = new TextColumn(0);
  readonly #fields = new TextColumn(0);
  /** Numbers of the senders and receivers seen, for the order of the rows. */
  readonly #sources = new Map<number, number>();
  readonly #destinations = new Map<number, number>();
  #rules: (readonly string[])[] = [];
  #rows = 0;

  /** Makes it empty for a batch of at most `most` rows. What was begun before and has no block is let go. */
  begin(task: BatchTask, most: number): void {
    this.#task = task;
    if (most > this.#room || this.#room > MOST_KEPT) this.#makeRoom(most);
    this.#lines.clear(most);
    for (const name of FEW_TEXTS) this.#few[name].clear(most);
    this.#urls.clear(most);
    this.#fields.clear(most);
    this.#sources.clear();
    this.#destinations.clear();
    this.#rules = [];
    this.#rows = 0;
  }

  #makeRoom(rows: number): void {
    this.#room = rows;
    this.#times = new Float64Array(rows);
    this.#keys = new Float64Array(rows);
    this.#severities = new Int16Array(rows);
    this.#sourcePorts = new Uint16Array(rows);
    this.#destinationPorts = new Uint16Array(rows);
    this.#sourceAddresses = new Uint32Array(rows);
    this.#destinationAddresses = new Uint32Array(rows);
    this.#parsed = new Uint8Array(rows);
  }

  get size(): number {
    return this.#rows;
  }

  add(line: RowLine): void {
    const { record, time } = line;
    const at = this.#rows++;
    const few = this.#few;
    const sourceText = columnText(record["source.ip"]) || columnText(record["client.ip"]);
    const destinationText = columnText(record["destination.ip"]) || columnText(record["server.ip"]);
    const sourceNumber = ipv4Number(sourceText);
    const destinationNumber = ipv4Number(destinationText);
    few.form.add(line.form);
    few.parser.add(line.parser);
    few.dataset.add(columnText(record["event.dataset"]) || columnText(record["event.module"]));
    few.outcome.add(columnText(record["event.outcome"]));
    const action = kept(few.action, columnText(record["event.action"]));
    const otherSource = kept(few.source_other, sourceNumber === 0 ? sourceText : "");
    const otherDestination = kept(few.destination_other, destinationNumber === 0 ? destinationText : "");
    const user = kept(few.user, columnText(record["user.name"]) || columnText(record["source.user.name"]));
    const host = kept(
      few.host,
      columnText(record["observer.name"]) ||
        columnText(record["host.name"]) ||
        columnText(record["host.hostname"]),
    );
    const name = few.domain.add(
      columnText(record["dns.question.name"]) ||
        columnText(record["url.domain"]) ||
        columnText(record["destination.domain"]),
    );
    const domain = few.domain.textOf(name);
    const url = (columnText(record["url.full"]) || columnText(record["url.original"])).toWellFormed();
    const sourcePort = Math.max(0, wholeUpTo(record["source.port"], 65_535));
    const destinationPort = Math.max(0, wholeUpTo(record["destination.port"], 65_535));
    addUrl(this.#urls, url, domain);
    this.#fields.add(line.fields);
    this.#sourceAddresses[at] = sourceNumber;
    this.#destinationAddresses[at] = destinationNumber;
    const asked = domain === "" ? MOST_SEEN - 1 - numberOf(this.#destinations, destinationNumber) : name;
    this.#keys[at] =
      (Math.min(asked, MOST_SEEN - 1) * MOST_SEEN + numberOf(this.#sources, sourceNumber)) * MOST_ROWS + at;
    this.#rules.push(line.rules);
    this.#times[at] = time;
    this.#severities[at] = wholeUpTo(record["event.severity"], 255);
    this.#sourcePorts[at] = sourcePort;
    this.#destinationPorts[at] = destinationPort;
    this.#parsed[at] = line.parsed ? 1 : 0;
    this.#lines.add(line.original.toWellFormed(), line.plain, line.parser, {
      url,
      domain,
      source_ip: sourceNumber === 0 ? otherSource : sourceText,
      destination_ip: destinationNumber === 0 ? otherDestination : destinationText,
      user,
      action,
      host,
      source_port: sourcePort,
      destination_port: destinationPort,
      time,
    });
  }

  /**
   * The block of them all, ready for the events store. Its rows are ordered by the name asked for and by who asked, and
   * else as they came, so that what goes together stands together; `placeOf[n]` is the place of the nth row added.
   */
  block(mark: BatchMark): { readonly bytes: Uint8Array<ArrayBuffer>; readonly placeOf: Uint32Array } {
    const task = this.#task;
    if (task === undefined) throw new Error("a block needs a batch");
    const rows = this.#rows;
    const keys = this.#keys.subarray(0, rows).sort();
    const order = new Uint32Array(rows);
    const placeOf = new Uint32Array(rows);
    const places = new Uint32Array(rows);
    for (let place = 0; place < rows; place++) {
      const at = (keys[place] as number) % MOST_ROWS;
      order[place] = at;
      placeOf[at] = place;
      places[place] = place;
    }
    const [high, low] = [new DataView(new ArrayBuffer(8)), new DataView(new ArrayBuffer(4))];
    high.setBigUint64(0, mark.high, true);
    low.setUint32(0, mark.low, true);
    const bytes = nativeBlock(rows, [
      instants("time", this.#times, order),
      repeatedInstant("received_at", rows, millis(task.receivedAt)),
      repeated("org_id", "UUID", rows, uuidBytes(task.orgId)),
      repeated("tlp", "UInt8", rows, Uint8Array.of(tlpRank(LOG_TLP))),
      repeatedText("source", rows, task.source),
      repeatedText("batch", rows, task.batch),
      repeated("batch_high", "UInt64", rows, new Uint8Array(high.buffer)),
      repeated("batch_low", "UInt32", rows, new Uint8Array(low.buffer)),
      numbers("place", places),
      repeatedText("choice", rows, choiceOf(task)),
      bytesInOrder("parsed", this.#parsed, order),
      nullableBytes("severity", this.#severities, order),
      wordsInOrder("source_ip4", this.#sourceAddresses, order),
      wordsInOrder("destination_ip4", this.#destinationAddresses, order),
      shortsInOrder("source_port", this.#sourcePorts, order),
      shortsInOrder("destination_port", this.#destinationPorts, order),
      ...FEW_TEXTS.map((name) => this.#few[name].column(name, order)),
      this.#urls.column("url_text", order),
      ...(this.#fields.isEmpty ? [] : [this.#fields.column("fields", order)]),
      textLists("rules", this.#rules, order),
      ...this.#lines.columns(order),
    ]);
    return { bytes, placeOf };
  }
}

/** Adds the text and answers it as the column keeps it: fit for UTF-8, the same string for the same text. */
function kept(column: FewTextColumn, text: string): string {
  return column.textOf(column.add(text));
}

/** Rows of a batch and different names in it that the order's number has room for: 53 bits in all. */
const MOST_ROWS = 2 ** 18;
const MOST_SEEN = 2 ** 17;

function numberOf(seen: Map<number, number>, value: number): number {
  const known = seen.get(value);
  if (known !== undefined) return known;
  const number = Math.min(seen.size, MOST_SEEN - 1);
  seen.set(value, number);
  return number;
}
