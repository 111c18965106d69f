import type { Instant } from "../../../core/instant.ts";
import type { TimeZone } from "../../../core/time-zone.ts";

export type EcsValue = string | number | boolean | readonly (string | number | boolean)[];

/**
 * One record of a log as a flat object: the keys are field names of the Elastic Common Schema 8 (`source.ip`,
 * `event.action`, `@timestamp`), what has no such name stands under the vendor (`fortinet.firewall.subtype`).
 * Ports, sizes and severities are numbers; `event.category` and `event.type` are lists.
 */
export type EcsRecord = Readonly<Record<string, EcsValue>>;

/** A record while a parser fills it. A field may be there and undefined: `withoutGaps` takes such ones out. */
export type EcsDraft = Record<string, EcsValue>;

/**
 * A draft from a literal that names every field which the parser may write, those unknown yet as undefined. All records
 * of the parser then share one form in memory; for the products of which most lines come.
 */
export function draftFrom(fields: Record<string, EcsValue | undefined>): EcsDraft {
  return fields as EcsDraft;
}

/** What a line does not say by itself. */
export interface ParseContext {
  /** When the line came in; gives the year to dates that have none. */
  readonly receivedAt: Instant;
  /** Zone of the source, for times without one; Asia/Taipei unless told. */
  readonly zone?: TimeZone | undefined;
  /** Minutes east of UTC that the line itself or its format says; goes before `zone`. */
  readonly zoneMinutes?: number;
  /** Name of the program in the line's syslog header, `named`, when it had one. */
  readonly program?: string;
  /** What earlier lines of the same source said of the later ones; whoever reads a source keeps one for it. */
  readonly memory?: SourceMemory;
}

/** What a log's own header said: parsers of formats with one write it and read it, in the order of the lines. */
export interface SourceMemory {
  /** Names of `#Fields:` of a W3C extended log, in lower case. */
  w3cFields?: readonly string[];
  /** `#path` and `#fields` of a Zeek TSV log. */
  zeekPath?: string;
  zeekFields?: readonly string[];
}

/** What a line says of the event of several lines that it is part of. */
export interface Joint {
  /** Lines of one source and host with the same key are one event. */
  readonly key: string;
  /** None of its lines is to come any more. One that comes all the same still joins it. */
  readonly ended: boolean;
  /** The event's own time in milliseconds: once the host's lines are two seconds further, the event is over. */
  readonly at?: number | undefined;
  /** Lines that follow belong to the event whatever they look like, until one says otherwise; where in the event they are. */
  readonly holds?: string;
}

/** How a product writes one event as several lines. */
export interface Joins {
  /** Stands in every line by which such an event can begin; lines of a batch without it are never asked. */
  readonly mark: string;
  /**
   * The event of a message (the line's beginning without its syslog header), or nothing where it stands alone. `holding`
   * is the answer to the line before it where that `holds`. Cheap and strict; never throws.
   */
  joint(message: string, holding?: Joint): Joint | undefined;
  /** One event of all its messages in the order in which they came. Pure, never throws. */
  parse(messages: readonly string[], context: ParseContext): EcsDraft | undefined;
}

export interface Parser {
  /** `fortigate`: also the folder's name and what `parser=` takes. */
  readonly id: string;
  /** For people: `Fortinet FortiGate`. */
  readonly product: string;
  /** Every character that a message can begin with; any when absent. Spares `auto` the question. */
  readonly begins?: string;
  /** Programs in a syslog header of which every line is this product's. */
  readonly programs?: readonly string[];
  /** A format that any product may speak: asked last, and not against the others. */
  readonly generic?: true;
  /**
   * What `parse` makes of a whole line without a header that is this product's beyond doubt, and undefined for any other.
   * For the products of which most lines come: `auto` then asks nobody else, and a line is gone through once.
   */
  sure?(line: string, context: ParseContext): EcsDraft | undefined;
  /** The line is asked for before a syslog header is looked for, because its own date would be taken for one. */
  readonly whole?: true;
  /** For products that write one event as several lines. `parse` still reads what stands alone. */
  readonly joins?: Joins;
  /** Whether the message (the line without its syslog header) looks like this product; cheap, for `auto`. */
  accepts(message: string, context: ParseContext): boolean;
  /**
   * Pure, one pass, never throws. `undefined` when the message is not of this product after all. May leave
   * `@timestamp` out: the syslog header or the time of receipt stands in.
   */
  parse(message: string, context: ParseContext): EcsDraft | undefined;
}

/** Declares a parser; sample.log and expected.json lie beside it and one shared test runs every folder. */
export function defineParser(parser: Parser): Parser {
  return parser;
}
