const DOT = 46;
const COLON = 58;

/** Dotted decimal of four octets without leading zeros. */
export function isIpv4(text: string): boolean {
  const length = text.length;
  if (length < 7 || length > 15) return false;
  let octets = 0;
  let value = -1;
  let start = 0;
  for (let at = 0; at <= length; at++) {
    const code = at === length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (value < 0 || value > 255 || (at - start > 1 && text.charCodeAt(start) === 48)) return false;
      octets++;
      value = -1;
      start = at + 1;
    } else if (code >= 48 && code <= 57) {
      value = Math.max(value, 0) * 10 + code - 48;
    } else {
      return false;
    }
  }
  return octets === 4;
}

/** An IPv4 address as a number; 0 for 0.0.0.0 and for what is none. */
export function ipv4Number(text: string): number {
  const length = text.length;
  if (length < 7 || length > 15) return 0;
  let number = 0;
  let octets = 0;
  let value = -1;
  let start = 0;
  for (let at = 0; at <= length; at++) {
    const code = at === length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (value < 0 || value > 255 || (at - start > 1 && text.charCodeAt(start) === 48)) return 0;
      number = number * 256 + value;
      octets++;
      value = -1;
      start = at + 1;
    } else if (code >= 48 && code <= 57) {
      value = Math.max(value, 0) * 10 + code - 48;
    } else {
      return 0;
    }
  }
  return octets === 4 ? number : 0;
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

/** RFC 4291 text form, with `::`, an IPv4 tail and a `%zone` allowed. */
export function isIpv6(text: string): boolean {
  const percent = text.indexOf("%");
  if (percent === text.length - 1) return false;
  const end = percent < 0 ? text.length : percent;
  if (end < 2 || end > 45) return false;
  let groups = 0;
  let gap = false;
  let at = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = true;
    at = 2;
    if (at === end) return true;
  }
  while (at < end) {
    const start = at;
    while (at < end && isHex(text.charCodeAt(at))) at++;
    if (at < end && text.charCodeAt(at) === DOT) {
      if (!isIpv4(text.slice(start, end))) return false;
      groups += 2;
      return gap ? groups < 8 : groups === 8;
    }
    if (at === start || at - start > 4) return false;
    groups++;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON) return false;
    at++;
    if (at === end) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap) return false;
      gap = true;
      at++;
    }
  }
  return gap ? groups < 8 : groups === 8;
}

export function isIp(text: string): boolean {
  return isIpv4(text) || (text.includes(":") && isIpv6(text));
}

/** 0 to 65535 in digits only; `undefined` for anything else. */
export function portOf(text: string): number | undefined {
  const value = wholeOf(text);
  return value !== undefined && value <= 65_535 ? value : undefined;
}

/** A whole number of at most 15 digits, so that it is exact; `undefined` for anything else. */
export function wholeOf(text: string, from = 0, to = text.length): number | undefined {
  if (from >= to || to - from > 15) return undefined;
  let value = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at) - 48;
    if (code < 0 || code > 9) return undefined;
    value = value * 10 + code;
  }
  return value;
}
