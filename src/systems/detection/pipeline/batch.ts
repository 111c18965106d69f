import type { Instant } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import { DEFAULT_TIME_ZONE } from "../../../core/time-zone.ts";
import type { MatchedEvent } from "../alerts/index.ts";
import type { KnownCounts } from "../indicators/pass.ts";

/** Most lines of one batch: one insert, one part of the table. */
export const BATCH_LINES = 65_536;
/** A batch ends before it exceeds this, however few its lines are. */
export const BATCH_BYTES = 16 * 2 ** 20;

/** `lines`: log lines as they came; `ndjson`: one JSON object a line. */
export type BatchFormat = "lines" | "ndjson";

/** Lines of one batch, separated by LF, and where in the whole input they stood. */
export interface BatchLines {
  readonly bytes: Uint8Array;
  readonly format: BatchFormat;
  /** Number of its first line in the body or file, from 1. */
  readonly firstLine: number;
  /** How many lines that are not empty it holds, where its cutter counted them. */
  readonly lines?: number;
  /** Header lines (`#Fields:` of W3C, `#fields` of Zeek) that stood in the same input before the batch, between LF. */
  readonly header?: string | undefined;
  /** Whether its lines stand for messages of which some hold LF (`framed.ts`). */
  readonly framed?: boolean | undefined;
  /** Name in the Encoding Standard of what its lines are written in; UTF-8 when absent. */
  readonly encoding?: string | undefined;
}

/** What a worker needs to make rows and matches of a batch; the same task always gives the same answer. */
export interface BatchTask extends BatchLines {
  readonly orgId: OrgId;
  readonly source: string;
  /** Key of the batch: with the organisation it names the events. */
  readonly batch: string;
  readonly receivedAt: Instant;
  /** Parser id, or `auto`. */
  readonly parser: string;
  /** IANA name of the zone of times without one; Asia/Taipei when absent. */
  readonly timeZone?: string | undefined;
}

/** What of a task decides how its lines are read, as it is kept with their rows: `auto`, `squid@Europe/Berlin`. */
export function choiceOf({ parser, timeZone }: Pick<BatchTask, "parser" | "timeZone">): string {
  return timeZone === undefined || timeZone === DEFAULT_TIME_ZONE ? parser : `${parser}@${timeZone}`;
}

export function ofChoice(choice: string): { readonly parser: string; readonly timeZone: string | undefined } {
  const [parser = "", timeZone] = choice.split("@", 2);
  return { parser, timeZone };
}

/** Lines; several that are one event count each, so that their sender finds its number. */
export interface BatchCounts {
  readonly received: number;
  readonly parsed: number;
  readonly unparsed: number;
  /**
   * Lines whose bytes are no UTF-8, or no text in their source's encoding: shown with replacement characters, tagged
   * `invalid-utf8` (`invalid-big5`), and kept in base64.
   */
  readonly invalidUtf8: number;
}

export interface BatchResult {
  /** Rows of the table `log_line` as a block in the Native format. */
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly counts: BatchCounts;
  /** Each record with the line itself as `event.original`. */
  readonly matches: readonly MatchedEvent[];
  /** The newest own time among its events, at most that of receipt, in milliseconds; undefined where none has one. */
  readonly newest?: number;
  /** Values that met an indicator and that a warninglist knows, by the list. */
  readonly known?: KnownCounts;
}
