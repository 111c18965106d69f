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

/** The text of a value (of a list, its first), fit for a column. */
function columnText(value: EcsDraft[string] | undefined): string {
  const one = typeof value === "object" ? value[0] : value;
  if (one === undefined) return "";
  const text = typeof one === "string" ? one : String(one);
  // A lone surrogate would not come back from UTF-8.
  return text.length > LONGEST ? text.slice(0, LONGEST).toWellFormed() : text.toWellFormed();
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

/** The first of two fields that holds text. */
function textOf(record: EcsDraft, field: string, other: string): string {
  return columnText(record[field]) || columnText(record[other]);
}

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

/** The rows of the table `log_line` for one batch, column by column. Nothing that a record holds can make the store refuse them. */
export class LogRows {
  readonly #task: BatchTask;
  readonly #times: Float64Array;
  readonly #severities: Int16Array;
  readonly #ports: readonly [Uint16Array, Uint16Array];
  readonly #addresses: readonly [Uint32Array, Uint32Array];
  readonly #parsed: Uint8Array;
  readonly #lines: LineTexts;
  readonly #few: Readonly<Record<(typeof FEW_TEXTS)[number], FewTextColumn>>;
  readonly #urls: TextColumn;
  readonly #fields: TextColumn;
  /** Numbers of the senders and receivers seen, for the order of the rows. */
  readonly #sources = new Map<number, number>();
  readonly #destinations = new Map<number, number>();
  readonly #keys: Float64Array;
  readonly #rules: (readonly string[])[] = [];
  #rows = 0;

  /** `most`: rows there can be. */
  constructor(task: BatchTask, most: number) {
    this.#task = task;
    this.#times = new Float64Array(most);
    this.#keys = new Float64Array(most);
    this.#severities = new Int16Array(most);
    this.#ports = [new Uint16Array(most), new Uint16Array(most)];
    this.#addresses = [new Uint32Array(most), new Uint32Array(most)];
    this.#parsed = new Uint8Array(most);
    this.#lines = new LineTexts(most);
    this.#few = Object.fromEntries(FEW_TEXTS.map((name) => [name, new FewTextColumn(most)])) as Record<
      (typeof FEW_TEXTS)[number],
      FewTextColumn
    >;
    this.#urls = new TextColumn(most);
    this.#fields = new TextColumn(most);
  }

  get size(): number {
    return this.#rows;
  }

  add(line: RowLine): void {
    const { record, time } = line;
    const at = this.#rows++;
    const action = columnText(record["event.action"]);
    const source = textOf(record, "source.ip", "client.ip");
    const destination = textOf(record, "destination.ip", "server.ip");
    const user = textOf(record, "user.name", "source.user.name");
    const host = textOf(record, "observer.name", "host.name") || columnText(record["host.hostname"]);
    const domain =
      textOf(record, "dns.question.name", "url.domain") || columnText(record["destination.domain"]);
    const url = textOf(record, "url.full", "url.original");
    const sourcePort = Math.max(0, wholeUpTo(record["source.port"], 65_535));
    const destinationPort = Math.max(0, wholeUpTo(record["destination.port"], 65_535));
    const sourceNumber = ipv4Number(source);
    const destinationNumber = ipv4Number(destination);
    const few = this.#few;
    few.form.add(line.form);
    few.parser.add(line.parser);
    few.dataset.add(textOf(record, "event.dataset", "event.module"));
    few.action.add(action);
    few.outcome.add(columnText(record["event.outcome"]));
    few.source_other.add(sourceNumber === 0 ? source : "");
    few.destination_other.add(destinationNumber === 0 ? destination : "");
    few.user.add(user);
    few.host.add(host);
    const name = few.domain.add(domain);
    addUrl(this.#urls, url, domain);
    this.#fields.add(line.fields);
    this.#addresses[0][at] = sourceNumber;
    this.#addresses[1][at] = destinationNumber;
    const asked = domain === "" ? MOST_SEEN - 1 - numberOf(this.#destinations, destinationNumber) : name;
    this.#keys[at] =
      (Math.min(asked, MOST_SEEN - 1) * MOST_SEEN + numberOf(this.#sources, sourceNumber)) * MOST_ROWS + at;
    this.#rules.push(line.rules);
    this.#times[at] = time;
    this.#severities[at] = wholeUpTo(record["event.severity"], 255);
    this.#ports[0][at] = sourcePort;
    this.#ports[1][at] = destinationPort;
    this.#parsed[at] = line.parsed ? 1 : 0;
    this.#lines.add(line.original.toWellFormed(), line.plain, line.parser, {
      url,
      domain,
      source_ip: source,
      destination_ip: destination,
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
      wordsInOrder("source_ip4", this.#addresses[0], order),
      wordsInOrder("destination_ip4", this.#addresses[1], order),
      shortsInOrder("source_port", this.#ports[0], order),
      shortsInOrder("destination_port", this.#ports[1], order),
      ...FEW_TEXTS.map((name) => this.#few[name].column(name, order)),
      this.#urls.column("url_text", order),
      ...(this.#fields.isEmpty ? [] : [this.#fields.column("fields", order)]),
      textLists("rules", this.#rules, order),
      ...this.#lines.columns(order),
    ]);
    return { bytes, placeOf };
  }
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
