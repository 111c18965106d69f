import type { Word } from "./leaf.ts";
import { folded } from "./pattern.ts";

const MOST_HINTS = 64;
/** Folds to no ASCII letter, and yet a regular expression without case takes it for an s. */
const LONG_S = "\u017f";

/**
 * Words of which at least one is, case folded, in every text that the expression (RE2 syntax) finds itself in: `cmd` and
 * `pwsh` of `(cmd|pwsh)\.exe\s+/c`. Undefined where none can be told. Leaves out rather than guesses.
 */
export function regexHints(source: string, insensitive: boolean): readonly Word[] | undefined {
  if (source.includes("\\Q")) return undefined;
  const loose = insensitive || /\(\?[a-zA-Z]*i/.test(source);
  const texts = new HintReader(source, loose).whole();
  if (texts === undefined || texts.length > MOST_HINTS) return undefined;
  const words = [...new Set(texts.map(folded)), ...(loose ? [LONG_S] : [])];
  return words.map((text) => ({ how: "contains", text }));
}

/** What is known of a part: `needs` is a list of words of which one must be there, `literal` the char that it is. */
interface Part {
  readonly needs?: readonly string[] | undefined;
  readonly literal?: string;
}

class HintReader {
  readonly #chars: readonly string[];
  readonly #loose: boolean;
  #at = 0;

  constructor(source: string, loose: boolean) {
    this.#chars = [...source];
    this.#loose = loose;
  }

  whole(): readonly string[] | undefined {
    const needs = this.#alternatives();
    return this.#at < this.#chars.length ? undefined : needs;
  }

  #alternatives(): readonly string[] | undefined {
    const all: string[] = [];
    let known = true;
    do {
      const needs = this.#sequence();
      if (needs === undefined) known = false;
      else all.push(...needs);
    } while (this.#take("|"));
    return known ? all : undefined;
  }

  #sequence(): readonly string[] | undefined {
    let best: readonly string[] | undefined;
    let run = "";
    const offer = (needs: readonly string[] | undefined) => {
      if (needs !== undefined && worth(needs) > worth(best)) best = needs;
    };
    const endRun = () => {
      if (run !== "") offer([run]);
      run = "";
    };
    while (this.#at < this.#chars.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const part = this.#part();
      const times = this.#quantifier();
      if (part.literal !== undefined && times !== "optional") run += part.literal;
      if (part.literal === undefined || times !== "once") endRun();
      if (times !== "optional") offer(part.needs);
    }
    endRun();
    return best;
  }

  #part(): Part {
    const char = this.#chars[this.#at++] ?? "";
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return this.#class();
      case "\\":
        return this.#escape();
      case ".":
      case "^":
      case "$":
        return {};
      default:
        return this.#literal(char);
    }
  }

  #literal(char: string): Part {
    const plain = this.#loose ? char <= "\x7f" : char.isWellFormed();
    return plain ? { literal: char } : {};
  }

  #group(): Part {
    if (this.#take("?")) {
      while (
        this.#at < this.#chars.length &&
        this.#peek() !== ":" &&
        this.#peek() !== ")" &&
        this.#peek() !== ">"
      )
        this.#at += 1;
      // Flags alone, `(?i)`, are no part of the text.
      if (this.#take(")")) return {};
      this.#at += 1;
    }
    const needs = this.#alternatives();
    this.#take(")");
    return { needs };
  }

  #class(): Part {
    this.#take("^");
    this.#take("]");
    while (this.#at < this.#chars.length && this.#peek() !== "]") {
      const char = this.#chars[this.#at++];
      if (char === "\\") this.#at += 1;
      else if (char === "[" && this.#peek() === ":") {
        while (this.#at < this.#chars.length && this.#peek() !== "]") this.#at += 1;
        this.#at += 1;
      }
    }
    this.#at += 1;
    return {};
  }

  #escape(): Part {
    const char = this.#chars[this.#at++] ?? "";
    if (!/[\p{L}\p{N}]/u.test(char)) return this.#literal(char);
    if ((char === "x" || char === "p" || char === "P") && this.#take("{")) {
      while (this.#at < this.#chars.length && this.#peek() !== "}") this.#at += 1;
      this.#at += 1;
    } else if (char === "x") this.#at += 2;
    else if (char === "p" || char === "P") this.#at += 1;
    else if (/\d/.test(char)) while (/^\d$/.test(this.#peek())) this.#at += 1;
    return {};
  }

  #quantifier(): "once" | "more" | "optional" {
    let found = false;
    let none = false;
    for (;;) {
      const written = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})/.exec(
        this.#chars.slice(this.#at, this.#at + 12).join(""),
      );
      if (written === null) return none ? "optional" : found ? "more" : "once";
      this.#at += written[0].length;
      found = true;
      // A "?" after another quantifier only makes it lazy; to call it optional loses a hint and nothing else.
      none ||= written[0] === "*" || written[0] === "?" || Number(written[1] ?? 1) === 0;
    }
  }

  #peek(): string {
    return this.#chars[this.#at] ?? "";
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }
}

/** The shortest of the words decides; of equally long ones fewer are better. */
function worth(needs: readonly string[] | undefined): number {
  if (needs === undefined || needs.length === 0) return 0;
  return Math.min(...needs.map((text) => text.length)) - needs.length / 1000;
}
