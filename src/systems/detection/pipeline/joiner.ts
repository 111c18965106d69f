import { joiningParsers, type ParserChoice } from "../parsers/line.ts";
import type { Joint, ParseContext } from "../parsers/parser.ts";
import { readHeader } from "../parsers/syslog/header.ts";
import { linesOf } from "./line-ends.ts";

/** Lines and bytes of one event at most; what goes beyond begins another. */
const MOST_LINES = 4_096;
const MOST_BYTES = 2 ** 20;
/** An event is over when its host's lines are so much further in time, as Linux' own reader of audit logs has it ... */
const OVER_MILLIS = 2_000;
/** ... or when so many lines of the source came after its last. */
const OVER_LINES = 512;
/** A batch ends at most so many lines earlier, so that no event is divided. */
const MOST_BACK = 8_192;

/** As much of a line as tells its event; a header of syslog stands in it, too. */
const HEAD = 512;
/** Of a header only the host and the program are looked at. */
const ANY_TIME: ParseContext = { receivedAt: "2026-01-01T00:00:00.000Z" };

/** The lines of one event among those that a joiner was given. */
export interface Group {
  /** Number of its first and its last line, from 0. */
  readonly first: number;
  readonly last: number;
}

interface OpenGroup extends Group {
  last: number;
  lines: number;
  bytes: number;
  ended: boolean;
  readonly stream: string;
  readonly at: number | undefined;
}

interface Holding {
  readonly parser: string;
  readonly joint: Joint;
}

/** Whether any line among the bytes can be part of an event of several; quick, so that other lines cost nothing. */
export function mayJoin(bytes: Uint8Array, choice: ParserChoice): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return joiningParsers(choice).some(({ joins }) => buffer.includes(joins.mark, 0, "latin1"));
}

/**
 * Tells which lines of a source belong together, however those of several events lie among one another. It knows only
 * the lines it is given: the same lines always give the same groups.
 */
export class Joiner {
  readonly #parsers: ReturnType<typeof joiningParsers>;
  readonly #groups: OpenGroup[] = [];
  /** By stream, parser and key: the group that the next such line joins. */
  readonly #open = new Map<string, OpenGroup>();
  /** By stream: the event that takes the next lines whatever they say. */
  readonly #holding = new Map<string, Holding>();
  readonly #newest = new Map<string, number>();
  #lines = 0;

  constructor(choice: ParserChoice) {
    this.#parsers = joiningParsers(choice);
  }

  /** The group of the next line, or undefined where it stands alone. */
  take(line: Buffer): Group | undefined {
    const place = this.#lines++;
    const head = line.toString("latin1", 0, HEAD);
    const marked = this.#parsers.some(({ joins }) => head.includes(joins.mark));
    if (!marked && this.#holding.size === 0) return undefined;
    // What an event without headers holds may look like a header, and belongs to it all the same.
    const headed = this.#holding.has("") ? undefined : readHeader(head, ANY_TIME);
    const stream = headed?.found ? `${headed.fields["host.name"] ?? ""}\n${headed.program ?? ""}` : "";
    const message = (headed?.message ?? head).replace(/\r$/, "");
    const before = this.#holding.get(stream);
    for (const { id, joins } of this.#parsers) {
      if (before === undefined ? !head.includes(joins.mark) : before.parser !== id) continue;
      const joint = joins.joint(message, before?.joint);
      if (joint !== undefined) return this.#join({ stream, parser: id, joint, before }, place, line.length);
    }
    return undefined;
  }

  #join(
    found: { stream: string; parser: string; joint: Joint; before: Holding | undefined },
    place: number,
    bytes: number,
  ): Group {
    const { stream, parser, joint, before } = found;
    const key = `${stream}\n${parser}\n${joint.key}`;
    if (before !== undefined && before.joint.key !== joint.key) {
      // It broke off: another began where its lines were due.
      const broken = this.#open.get(`${stream}\n${parser}\n${before.joint.key}`);
      if (broken !== undefined) broken.ended = true;
    }
    if (joint.holds === undefined) this.#holding.delete(stream);
    else this.#holding.set(stream, { parser, joint });
    if (joint.at !== undefined && joint.at > (this.#newest.get(stream) ?? 0))
      this.#newest.set(stream, joint.at);
    let group = this.#open.get(key);
    if (group === undefined || group.lines >= MOST_LINES || group.bytes + bytes > MOST_BYTES) {
      const { at } = joint;
      group = { first: place, last: place, lines: 0, bytes: 0, ended: false, stream, at };
      this.#open.set(key, group);
      this.#groups.push(group);
    }
    group.last = place;
    group.lines++;
    group.bytes += bytes + 1;
    group.ended ||= joint.ended;
    return group;
  }

  /** The groups to which lines may belong that are still to come. */
  unfinished(): Group[] {
    return [...this.#open.values()].filter(({ ended, last, at, stream }) => {
      if (ended || this.#lines - last > OVER_LINES) return false;
      return at === undefined || (this.#newest.get(stream) ?? at) - at < OVER_MILLIS;
    });
  }

  /** How many of the lines may go without the rest, so that no event is divided; all where that would be too few. */
  wholeLines(): number {
    let end = this.unfinished().reduce((least, { first }) => Math.min(least, first), this.#lines);
    if (end === this.#lines) return end;
    for (const { first, last } of this.#groups.toSorted((a, b) => b.last - a.last)) {
      if (last < end) break;
      end = Math.min(end, first);
    }
    return this.#lines - end > MOST_BACK ? this.#lines : end;
  }
}

/** Of lines that others follow: how many bytes make whole events. 0 where all are of one that is not over. */
export function wholeEvents(bytes: Uint8Array, choice: ParserChoice): number {
  if (!mayJoin(bytes, choice)) return bytes.length;
  const joiner = new Joiner(choice);
  const begins: number[] = [];
  for (const { line, from } of linesOf(bytes)) {
    begins.push(from);
    joiner.take(line);
  }
  return begins[joiner.wholeLines()] ?? bytes.length;
}
