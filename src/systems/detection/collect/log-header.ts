const HASH = 35;
/** Longest header line, and most of them, that are carried on. */
const LONGEST = 4_096;
const MOST = 8;
/** Most characters of a carried header; it must fit an HTTP header. */
const LARGEST = 8_192;

/** The first words by which a format opens its header: what was said before no longer holds. */
const OPENING = ["#Software:", "#separator"];

/**
 * The header of a log (W3C extended, Zeek) as far as it was read: it holds for all lines that follow, also for those of
 * later batches. It follows from the bytes alone, so that a batch that is sent or tried again has the same one.
 */
export class LogHeader {
  #lines = new Map<string, string>();

  constructor(carried?: string | undefined) {
    for (const line of (carried ?? "").split("\n")) if (line !== "") this.#keep(line);
  }

  /** Takes a line's bytes; those that do not begin with `#` change nothing. */
  read(pieces: readonly Uint8Array[]): void {
    const first = pieces.find((piece) => piece.length > 0);
    if (first?.[0] !== HASH) return;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (length <= LONGEST) this.#keep(Buffer.concat(pieces).toString("utf8").trimEnd());
  }

  /** The lines in force, between LF; undefined when there are none. */
  get text(): string | undefined {
    const text = [...this.#lines.values()].join("\n");
    return text === "" || text.length > LARGEST ? undefined : text;
  }

  #keep(line: string): void {
    const word = line.split(/[ \t]/, 1)[0] ?? "";
    if (OPENING.includes(word)) this.#lines.clear();
    if (this.#lines.size < MOST || this.#lines.has(word)) this.#lines.set(word, line);
  }
}

/** The header in force behind bytes that begin with a line, where `before` was in force; empty when there is none. */
export function headerBehind(before: string | undefined, bytes: Buffer): string {
  const header = new LogHeader(before);
  for (let at = bytes[0] === HASH ? 0 : nextHash(bytes, 0); at >= 0; at = nextHash(bytes, at)) {
    const end = bytes.indexOf("\n", at);
    header.read([bytes.subarray(at, end < 0 ? bytes.length : end)]);
  }
  return header.text ?? "";
}

/** Where the next line that begins with `#` does, or -1. */
function nextHash(bytes: Buffer, from: number): number {
  const found = bytes.indexOf("\n#", from);
  return found < 0 ? -1 : found + 1;
}

const NAME = "log-header";

/** The HTTP header by which a sender that cuts a log into several bodies says what stood before this one. */
export function requestHeader(header: string | undefined): Record<string, string> {
  return header === undefined ? {} : { [NAME]: Buffer.from(header, "utf8").toString("base64url") };
}

export function headerOfRequest(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  const given = headers[NAME];
  const text = typeof given === "string" ? Buffer.from(given, "base64url").toString("utf8") : "";
  return text.startsWith("#") && text.length <= LARGEST ? text : undefined;
}
