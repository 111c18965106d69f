const FORM = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?Z$/;

/** A STIX timestamp (STIX 2.1 section 2.16): RFC 3339 in UTC with `Z`, any number of digits of a second, a real day. */
export function isTimestamp(text: string): boolean {
  const parts = FORM.exec(text);
  if (parts === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59) return false;
  if (day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) return false;
  return second <= 59 || (second === 60 && minute === 59);
}

/**
 * A text that sorts as the instant does, whatever the number of its fractional digits: without `Z` and trailing
 * zeros. Equal instants have equal keys. Throws RangeError on what is no timestamp.
 */
export function timestampKey(text: string): string {
  const parts = FORM.exec(text);
  if (parts === null) throw new RangeError(`not a timestamp: ${text.slice(0, 40)}`);
  const fraction = (parts[7] ?? "").replace(/0+$/, "");
  const whole = text.slice(0, 19);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
