import type { Word } from "./leaf.ts";
import { folded } from "./pattern.ts";

const MOST_HINTS = 64;
/** Folds to no ASCII letter, and yet a regular expression without case takes it for an s. */
const LONG_S = "\u017f";

/** What every text has that an expression finds itself in. */
export interface RegexHints {
  /** Words of which at least one is in it, case folded; undefined where none can be told. */
  readonly words: readonly Word[] | undefined;
  /** It is no shorter, in UTF-16 code units. */
  readonly shortest: number;
}

/**
 * What can be told of the texts that the expression (RE2 syntax) finds itself in: of `(cmd|pwsh)\.exe\s+/c` the words
 * `cmd` and `pwsh`, and ten characters. Leaves out rather than guesses.
 */
export function regexHints(source: string, insensitive: boolean): RegexHints {
  if (source.includes("\\Q")) return { words: undefined, shortest: 0 };
  const loose = insensitive || /\(\?[a-zA-Z]*i/.test(source);
  const { needs, shortest } = new HintReader(source, loose).whole();
  if (needs === undefined || needs.length > MOST_HINTS) return { words: undefined, shortest };
  const words = [...new Set(needs.map(folded)), ...(loose ? [LONG_S] : [])];
  return { words: words.map((text) => ({ how: "contains", text })), shortest };
}

/**
 * What is known of a part: `needs` is a list of words of which one must be there, `literal` the char that it is,
 * `shortest` how many chars it takes at least.
 */
interface Part {
  readonly needs?: readonly string[] | undefined;
  readonly literal?: string;
  readonly shortest: number;
}

const NOTHING: Part = { shortest: 0 };
const ANY_CHAR: Part = { shortest: 1 };

class HintReader {
  readonly #chars: readonly string[];
  readonly #loose: boolean;
  #at = 0;

  constructor(source: string, loose: boolean) {
    this.#chars = [...source];
    this.#loose = loose;
  }

  whole(): Part {
    const all = this.#alternatives();
    return this.#at < this.#chars.length ? NOTHING : all;
  }

  #alternatives(): Part {
    const all: string[] = [];
    let known = true;
    let shortest = Number.POSITIVE_INFINITY;
    do {
      const one = this.#sequence();
      if (one.needs === undefined) known = false;
      else all.push(...one.needs);
      shortest = Math.min(shortest, one.shortest);
    } while (this.#take("|"));
    return { needs: known ? all : undefined, shortest };
  }

  #sequence(): Part {
    let best: readonly string[] | undefined;
    let run = "";
    let shortest = 0;
    const offer = (needs: readonly string[] | undefined) => {
      if (needs !== undefined && worth(needs) > worth(best)) best = needs;
    };
    const endRun = () => {
      if (run !== "") offer([run]);
      run = "";
    };
    while (this.#at < this.#chars.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const part = this.#part();
      const { least, once } = this.#times();
      shortest += least * part.shortest;
      if (part.literal !== undefined && least > 0) run += part.literal;
      if (part.literal === undefined || !once) endRun();
      if (least > 0) offer(part.needs);
    }
    endRun();
    return { needs: best, shortest };
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
        return ANY_CHAR;
      case "^":
      case "$":
        return NOTHING;
      default:
        return this.#literal(char);
    }
  }

  #literal(char: string): Part {
    const plain = this.#loose ? char <= "\x7f" : char.isWellFormed();
    return plain ? { literal: char, shortest: 1 } : ANY_CHAR;
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
      if (this.#take(")")) return NOTHING;
      this.#at += 1;
    }
    const all = this.#alternatives();
    this.#take(")");
    return all;
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
    return ANY_CHAR;
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
    // Others may stand for a place between characters, as `\b` does.
    return "dDsSwW".includes(char) ? ANY_CHAR : NOTHING;
  }

  /** How often at least the part before comes, and whether it has no quantifier at all. */
  #times(): { readonly least: number; readonly once: boolean } {
    let once = true;
    let least = 1;
    for (;;) {
      const written = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})/.exec(
        this.#chars.slice(this.#at, this.#at + 12).join(""),
      );
      if (written === null) return { least, once };
      this.#at += written[0].length;
      once = false;
      // A "?" after another quantifier only makes it lazy; to call it optional loses a hint and nothing else.
      least *= written[0] === "*" || written[0] === "?" ? 0 : Number(written[1] ?? 1);
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
