const LF = 10;
const SPACE = 32;
const ZERO = 48;
const NINE = 57;
/** Messages of up to 10 MB; more digits are something else, seconds since 1970 perhaps. */
const LONGEST_COUNT = 7;
/** What a month begins with: `2026 Nov 25 10:11:12` is the date of a line, no count of 2026 bytes. */
const MONTHS = new Set(Buffer.from("JFMASOND"));
const YEAR = /^20\d\d$/;

/** One syslog message off a stream; `cut` when it was longer than allowed and its end is lost. */
export interface Framed {
  readonly bytes: Uint8Array;
  readonly cut: boolean;
}

/**
 * Finds the messages in a TCP stream of syslog (RFC 6587): `123 <13>...` with its length in front, or ended by LF or NUL
 * (its section 3.4.2), told apart message by message. Holds at most one message of `maxBytes`; what is longer is cut there and read past.
 */
export class SyslogFraming {
  readonly #maxBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Bytes of an octet-counted message that are still to come; undefined between messages or in one ended by LF. */
  #counted: number | undefined;
  #digits = "";
  #state: "start" | "count" | "year" | "counted" | "line" = "start";
  #cut = false;
  /** The next NUL of the chunk, or -1: looked for once, since most chunks have none. */
  #nul = -1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes; answers the messages that they complete, without what ends them, never empty. */
  push(chunk: Uint8Array): Framed[] {
    const found: Framed[] = [];
    this.#nul = chunk.indexOf(0);
    let at = 0;
    while (at < chunk.length) {
      const code = chunk[at] ?? 0;
      if (this.#state === "start") {
        if (code === LF || code === 0 || code === 13) at++;
        else this.#state = code > ZERO && code <= NINE ? "count" : "line";
      } else if (this.#state === "count") {
        at = this.#readCount(chunk, at);
      } else if (this.#state === "year") {
        if (MONTHS.has(code)) this.#asLine(" ");
        else this.#asCount();
      } else if (this.#state === "counted") {
        at = this.#readCounted(chunk, at, found);
      } else {
        at = this.#readLine(chunk, at, found);
      }
    }
    return found;
  }

  /** The message that the stream broke off in; one ended by LF is whole without it. */
  end(): Framed[] {
    const found: Framed[] = [];
    if (this.#state === "count" || this.#state === "year") this.#keep(Buffer.from(this.#digits));
    if (this.#heldBytes > 0) {
      this.#cut ||= this.#state === "counted";
      this.#give(found);
    }
    return found;
  }

  #readCount(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length) {
      const code = chunk[at] ?? 0;
      if (code >= ZERO && code <= NINE && this.#digits.length < LONGEST_COUNT) {
        this.#digits += String.fromCharCode(code);
        at++;
      } else if (code === SPACE) {
        if (YEAR.test(this.#digits)) this.#state = "year";
        else this.#asCount();
        return at + 1;
      } else {
        // Digits that no space follows are the beginning of a line, a date perhaps.
        this.#asLine("");
        return at;
      }
    }
    return at;
  }

  #asCount(): void {
    this.#counted = Number(this.#digits);
    this.#digits = "";
    this.#state = "counted";
  }

  #asLine(behind: string): void {
    this.#keep(Buffer.from(this.#digits + behind));
    this.#digits = "";
    this.#state = "line";
  }

  #readCounted(chunk: Uint8Array, from: number, found: Framed[]): number {
    const left = this.#counted ?? 0;
    const end = Math.min(chunk.length, from + left);
    this.#keep(chunk.subarray(from, end));
    this.#counted = left - (end - from);
    if (this.#counted === 0) this.#give(found);
    return end;
  }

  #readLine(chunk: Uint8Array, from: number, found: Framed[]): number {
    const lf = chunk.indexOf(LF, from);
    if (this.#nul >= 0 && this.#nul < from) this.#nul = chunk.indexOf(0, from);
    const end = this.#nul >= 0 && (lf < 0 || this.#nul < lf) ? this.#nul : lf;
    this.#keep(chunk.subarray(from, end < 0 ? chunk.length : end));
    if (end < 0) return chunk.length;
    this.#give(found);
    return end + 1;
  }

  #keep(piece: Uint8Array): void {
    const room = this.#maxBytes - this.#heldBytes;
    if (piece.length > room) this.#cut = true;
    const kept = piece.length > room ? piece.subarray(0, room) : piece;
    if (kept.length === 0) return;
    this.#held.push(kept);
    this.#heldBytes += kept.length;
  }

  #give(found: Framed[]): void {
    const bytes = trimmed(Buffer.concat(this.#held));
    if (bytes.length > 0) found.push({ bytes, cut: this.#cut });
    this.#held = [];
    this.#heldBytes = 0;
    this.#counted = undefined;
    this.#cut = false;
    this.#state = "start";
  }
}

/** Without what senders put at the end: LF, CR and NUL. */
export function trimmed(bytes: Buffer): Uint8Array {
  let end = bytes.length;
  while (end > 0 && [LF, 13, 0].includes(bytes[end - 1] ?? 1)) end--;
  return bytes.subarray(0, end);
}
