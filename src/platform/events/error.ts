/**
 * The events store refused. `reason` is ClickHouse's own name (`UNKNOWN_TABLE`, `SYNTAX_ERROR`, `TIMEOUT_EXCEEDED`,
 * `MEMORY_LIMIT_EXCEEDED`...) or one of ours: `BAD_NAME`, `BAD_PARAMETER`, `BAD_BATCH`, `CLOSED`, `LOCKED`, `UNREACHABLE`.
 */
export class EventStoreError extends Error {
  override readonly name = "EventStoreError";
  readonly reason: string;

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super(`${reason}: ${message}`, options);
    this.reason = reason;
  }
}

const LONGEST = 600;

/** What an engine threw, under ClickHouse's name for it. */
export function eventStoreError(thrown: unknown): EventStoreError {
  if (thrown instanceof EventStoreError) return thrown;
  const message = messageOf(thrown);
  const code = /^Code: (\d{1,6})/.exec(message)?.[1];
  const unnamed = code === undefined ? "UNREACHABLE" : `CODE_${code}`;
  const text = withoutRow(message.replace(/^Code: \d{1,6}\. DB::Exception: /, "")).slice(0, LONGEST);
  return new EventStoreError(parsedName(thrown) ?? trailingName(message) ?? unnamed, text.trim());
}

/** A refused connection to several addresses has no message of its own. */
function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.message !== "") return thrown.message;
  return "code" in thrown ? String(thrown.code) : thrown.name;
}

/** A parser's complaint quotes the record it stopped in; a record may hold anything and does not belong in a log. */
function withoutRow(text: string): string {
  const from = text.indexOf("before: '");
  if (from < 0) return text;
  const to = text.lastIndexOf("': (");
  return `${text.slice(0, from)}before the rest of the record${to < from ? "" : text.slice(to + 1)}`;
}

/** The ClickHouse client parses the server's answer and leaves the name in `type`. */
function parsedName(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("type" in thrown)) return undefined;
  return typeof thrown.type === "string" && thrown.type !== "" ? thrown.type : undefined;
}

/** The engine ends its message with the name in brackets. */
function trailingName(message: string): string | undefined {
  return /\(([A-Z][A-Z0-9_]{3,60})\)\s*$/.exec(message.slice(-200))?.[1];
}
