import type { Instant } from "../../../core/instant.ts";

export type EcsValue = string | number | boolean | readonly (string | number | boolean)[];

/**
 * One record of a log as a flat object: the keys are field names of the Elastic Common Schema 8 (`source.ip`,
 * `event.action`, `@timestamp`), what has no such name stands under the vendor (`fortinet.firewall.subtype`).
 * Ports, sizes and severities are numbers; `event.category` and `event.type` are lists.
 */
export type EcsRecord = Readonly<Record<string, EcsValue>>;

/** A record while a parser fills it. */
export type EcsDraft = Record<string, EcsValue>;

/** What a line does not say by itself. */
export interface ParseContext {
  /** When the line came in; gives the year to dates that have none. */
  readonly receivedAt: Instant;
  /** Minutes east of UTC for times without a zone; 480 (Asia/Taipei) unless told. */
  readonly zoneMinutes?: number;
  /** Name of the program in the line's syslog header, `named`, when it had one. */
  readonly program?: string;
}

export interface Parser {
  /** `fortigate`: also the folder's name and what `parser=` takes. */
  readonly id: string;
  /** For people: `Fortinet FortiGate`. */
  readonly product: string;
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
