import { RE2JS } from "re2js";
import type { Reason } from "../reasons/model.ts";

/** What is wrong with an expression, and at which of its characters, from 0. */
export interface ExpressionFault {
  readonly at: number;
  readonly why: Extract<Reason, `pattern-regex-${string}`>;
}

const FLAGS = /^[imsxnaAUJ^-]*[:)]/;
const NAMED = /^(?:P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')/;
const OTHER = /^(?:[:=!>|#]|<[=!]|P[=>]\w+\)|&\w+\)|[+-]?\d+\)|R\)|\(|C\d*\))/;

/**
 * Is it an expression of PCRE (STIX 2.1 section 9.6 asks for that)? One pass over its characters: brackets that do not
 * close, repetitions of nothing, ranges out of order. Back references and conditions are not followed.
 */
export function expressionFault(source: string): ExpressionFault | undefined {
  const open: number[] = [];
  let at = 0;
  /** May what comes next repeat what stands before? */
  let atom = false;
  while (at < source.length) {
    const from = at;
    const char = source[at++];
    if (char === "\\") {
      if (at >= source.length) return { at: from, why: "pattern-regex-escape" };
      if (source[at] === "Q") {
        const end = source.indexOf("\\E", at);
        at = end < 0 ? source.length : end + 2;
      } else if (source[at] === "x" && source[at + 1] === "{") {
        const end = /^x\{[0-9A-Fa-f]{1,8}\}/.exec(source.slice(at, at + 12));
        if (end === null) return { at: from, why: "pattern-regex-escape" };
        at += end[0].length;
      } else at++;
      atom = true;
    } else if (char === "[") {
      const end = classEnd(source, at);
      if (typeof end !== "number") return end ?? { at: from, why: "pattern-regex-class" };
      at = end;
      atom = true;
    } else if (char === "(") {
      if (source[at] === "?") {
        const rest = source.slice(at + 1, at + 300);
        const known = FLAGS.exec(rest) ?? NAMED.exec(rest) ?? OTHER.exec(rest);
        if (known === null) return { at: from, why: "pattern-regex-group" };
        if (rest.startsWith("#")) {
          const end = source.indexOf(")", at);
          if (end < 0) return { at: from, why: "pattern-regex-unclosed" };
          at = end + 1;
          continue;
        }
        // What the head of a group already closed, as in (?i).
        const closed = known[0].endsWith(")");
        at += 1 + (rest.startsWith("(") ? 0 : known[0].length);
        if (closed) {
          atom = !FLAGS.test(rest);
          continue;
        }
      } else if (source[at] === "*" && /^\*[A-Z_]+(?::[^)]*)?\)/.test(source.slice(at, at + 100))) {
        at = source.indexOf(")", at) + 1;
        continue;
      }
      open.push(from);
      atom = false;
    } else if (char === ")") {
      if (open.pop() === undefined) return { at: from, why: "pattern-regex-unmatched" };
      atom = true;
    } else if (char === "|") atom = false;
    else if (char === "*" || char === "+" || char === "?" || char === "{") {
      const counted = char === "{" ? /^\{(\d*)(,?)(\d*)\}/.exec(source.slice(from, from + 30)) : null;
      if (char === "{" && (counted === null || `${counted[1]}${counted[3]}` === "")) {
        atom = true;
        continue;
      }
      if (!atom) return { at: from, why: "pattern-regex-repeat" };
      if (counted !== null) {
        const [whole, least = "", , most = ""] = counted;
        if (Number(least) > 65_535 || Number(most) > 65_535) return { at: from, why: "pattern-regex-large" };
        if (most !== "" && Number(most) < Number(least)) return { at: from, why: "pattern-regex-order" };
        at = from + whole.length;
      }
      if (source[at] === "?" || source[at] === "+") at++;
      atom = false;
    } else atom = true;
  }
  const unclosed = open.pop();
  return unclosed === undefined ? undefined : { at: unclosed, why: "pattern-regex-unclosed" };
}

/** Behind the class that begins before `from`; a range out of order; nothing where it does not end. */
function classEnd(source: string, from: number): number | ExpressionFault | undefined {
  let at = source[from] === "^" ? from + 1 : from;
  let last: string | undefined;
  for (let first = true; at < source.length; first = false) {
    const char = source[at] ?? "";
    if (char === "]" && !first) return at + 1;
    if (char === "[" && /^\[[:.=][^\]]{0,40}[:.=]\]/.test(source.slice(at, at + 50))) {
      at = source.indexOf("]", at + 2) + 1;
      last = undefined;
      continue;
    }
    if (char === "\\") {
      // What an escape stands for is only compared where it is the character itself.
      last = /[^\w\s]/.test(source[at + 1] ?? "") ? source[at + 1] : undefined;
      at += 2;
      continue;
    }
    if (char === "-" && last !== undefined) {
      const to = source[at + 1] ?? "]";
      if (to !== "]" && to !== "\\" && to !== "[") {
        if (to < last) return { at, why: "pattern-regex-range" };
        at += 2;
        last = undefined;
        continue;
      }
    }
    last = char;
    at++;
  }
  return undefined;
}

const BEYOND: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, "lookaround"],
  [/\\[1-9]|\\k[<{']|\(\?P=/, "back references"],
  [/\(\?>|[*+?}]\+/, "atomic groups"],
  [/\(\?(?:R|&|P>|[+-]?\d)/, "recursion"],
  [/\(\?\(/, "conditions"],
];

/**
 * What of PCRE an expression needs that the engine here has not; nothing where it can be run. Ours takes time in
 * proportion to the text whatever the expression, which rules such things out.
 */
export function beyondEngine(source: string): string | undefined {
  try {
    RE2JS.compile(source, RE2JS.DOTALL);
    return undefined;
  } catch {
    return BEYOND.find(([form]) => form.test(source))?.[1] ?? "a form of PCRE";
  }
}
