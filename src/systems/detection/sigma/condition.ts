import { type Facts, type Reason, reasonText } from "./model.ts";

/** A condition over search identifiers (specification 2.0, "Condition"). */
export type Condition =
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "search"; readonly name: string };

/** What is wrong with a condition, for its author. */
export class ConditionFault extends Error {
  override readonly name = "ConditionFault";
  readonly reason: Reason;
  readonly facts: Facts;

  constructor(reason: Reason, facts: Facts = {}) {
    super(reasonText(reason, facts));
    this.reason = reason;
    this.facts = facts;
  }
}

const TOKEN = /\s*([()|]|[^\s()|]+)/y;
const MAX_DEPTH = 60;

/** Reads `1 of selection* and not (a or b)` over the given identifiers. Throws ConditionFault with the reason. */
export function readCondition(text: string, identifiers: readonly string[]): Condition {
  return new ConditionReader(tokens(text), identifiers).whole();
}

function tokens(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) found.push(match[1] ?? "");
  return found;
}

class ConditionReader {
  readonly #tokens: readonly string[];
  readonly #identifiers: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly string[], identifiers: readonly string[]) {
    this.#tokens = tokens;
    this.#identifiers = identifiers;
  }

  whole(): Condition {
    if (this.#tokens.length === 0) throw new ConditionFault("condition-empty");
    const condition = this.#or();
    const rest = this.#tokens[this.#at];
    if (rest === "|") throw new ConditionFault("condition-pipe");
    if (rest !== undefined) throw new ConditionFault("condition-unexpected", { token: rest });
    return condition;
  }

  #or(): Condition {
    return this.#chain("or", () => this.#and());
  }

  #and(): Condition {
    return this.#chain("and", () => this.#not());
  }

  #chain(word: "and" | "or", next: () => Condition): Condition {
    const of = [next()];
    while (this.#word() === word) {
      this.#at += 1;
      of.push(next());
    }
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { kind: word, of };
  }

  #not(): Condition {
    if (this.#word() !== "not") return this.#term();
    this.#at += 1;
    return this.#deeper(() => ({ kind: "not", of: this.#not() }));
  }

  #term(): Condition {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new ConditionFault("condition-end");
    this.#at += 1;
    if (token === "(") {
      const inner = this.#deeper(() => this.#or());
      if (this.#tokens[this.#at] !== ")") throw new ConditionFault("condition-bracket");
      this.#at += 1;
      return inner;
    }
    const word = token.toLowerCase();
    if (token === ")" || token === "|" || word === "and" || word === "or") {
      throw new ConditionFault("condition-place", { token });
    }
    if (this.#word() === "of") return this.#quantified(word);
    if (!this.#identifiers.includes(token)) throw new ConditionFault("condition-name", { name: token });
    return { kind: "search", name: token };
  }

  #quantified(quantifier: string): Condition {
    if (quantifier !== "1" && quantifier !== "any" && quantifier !== "all") {
      throw new ConditionFault("condition-quantifier", { word: quantifier });
    }
    this.#at += 1;
    const pattern = this.#tokens[this.#at];
    if (pattern === undefined) throw new ConditionFault("condition-of", { word: quantifier });
    this.#at += 1;
    const names = this.#identifiers.filter((name) => covers(pattern, name));
    if (names.length === 0) throw new ConditionFault("condition-covers", { pattern });
    const of = names.map((name): Condition => ({ kind: "search", name }));
    return { kind: quantifier === "all" ? "and" : "or", of };
  }

  #word(): string | undefined {
    return this.#tokens[this.#at]?.toLowerCase();
  }

  #deeper(read: () => Condition): Condition {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ConditionFault("condition-deep", { most: MAX_DEPTH });
    const condition = read();
    this.#depth -= 1;
    return condition;
  }
}

/** Identifiers that begin with an underscore are reached only by a pattern that begins with one, too. */
function covers(pattern: string, name: string): boolean {
  if (pattern.toLowerCase() === "them") return !name.startsWith("_");
  if (name.startsWith("_") && !pattern.startsWith("_")) return false;
  const pieces = pattern.split("*");
  const [first = "", ...others] = pieces;
  if (others.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = others.pop() ?? "";
  let at = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
