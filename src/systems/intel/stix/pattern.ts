import { type Reason, type ReasonFacts, reasonText } from "../reasons/model.ts";
import type {
  Comparison,
  ObjectPath,
  Observation,
  Operator,
  PathStep,
  PatternValue,
} from "./pattern-tree.ts";
import { beyondEngine, expressionFault } from "./pcre.ts";
import { isTimestamp } from "./timestamp.ts";

type TokenKind = "word" | "string" | "number" | "typed" | "sign" | "end";
interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s+|\/\*[\s\S]*?\*\/|\/\/[^\r\n]*|([thb]'(?:[^'\\]|\\['\\])*')|('(?:[^'\\]|\\['\\])*')|([+-]?(?:\d*\.\d+|0|[1-9]\d*)(?![A-Za-z0-9_]))|([A-Za-z_][A-Za-z0-9_-]*)|(==|!=|<>|<=|>=|[=<>[\]():.,*])/gsy;
/** A string in which a backslash stands where it must not. */
const ESCAPE_FAULT = /[thb]?'(?:[^'\\]|\\['\\])*\\/sy;

/** More levels of brackets than any pattern needs; a deeper one is refused instead of exhausting the stack. */
const DEPTH = 200;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$/;

class PatternFault extends Error {
  readonly why: Reason;
  readonly facts: ReasonFacts;

  constructor(why: Reason, facts: ReasonFacts) {
    super(reasonText(why, facts));
    this.why = why;
    this.facts = facts;
  }
}

const SIGNS: readonly (readonly [string, Operator])[] = [
  ["=", "="],
  ["==", "="],
  ["!=", "!="],
  ["<>", "!="],
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
];

/** Between the quotes; a backslash makes a quote or another backslash stand for itself. */
function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** What is wrong with a pattern (STIX 2.1 section 9), with the place as a character position; nothing when it parses. */
export function patternFault(pattern: string): string | undefined {
  const read = readPattern(pattern);
  return "fault" in read ? read.fault : undefined;
}

/** A pattern that parses; `beyond` names what of its regular expressions the matcher here cannot run. */
export interface ReadPattern {
  readonly tree: Observation;
  readonly beyond: readonly string[];
}

export interface UnreadPattern {
  /** In English, with the place. */
  readonly fault: string;
  readonly why: Reason;
  readonly facts: ReasonFacts;
}

/** A pattern as a tree, or what is wrong with it. */
export function readPattern(pattern: string): ReadPattern | UnreadPattern {
  try {
    const reader = new PatternReader(tokensOf(pattern));
    return { tree: reader.read(), beyond: reader.beyond };
  } catch (error) {
    if (error instanceof PatternFault) return { fault: error.message, why: error.why, facts: error.facts };
    throw error;
  }
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < pattern.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(pattern);
    if (match === null) {
      ESCAPE_FAULT.lastIndex = at;
      const begun = ESCAPE_FAULT.exec(pattern)?.[0].length ?? 0;
      const isEscape = begun > 0 && at + begun < pattern.length;
      throw new PatternFault(isEscape ? "pattern-escape" : "pattern-token", { at: at + Math.max(begun, 1) });
    }
    const [text, typed, string, number, word, sign] = match;
    if (typed !== undefined) tokens.push({ kind: "typed", text, at });
    else if (string !== undefined) tokens.push({ kind: "string", text, at });
    else if (number !== undefined) tokens.push({ kind: "number", text, at });
    else if (word !== undefined) tokens.push({ kind: "word", text, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", text, at });
    at += text.length;
  }
  tokens.push({ kind: "end", text: "the end", at: pattern.length });
  return tokens;
}

/** Recursive descent over the grammar of section 9, as strict as the one that OASIS publishes. */
class PatternReader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;
  readonly beyond: string[] = [];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  read(): Observation {
    const tree = this.observations();
    if (this.now.kind !== "end") this.refuse("pattern-operator");
    return tree;
  }

  private observations(): Observation {
    return this.joined("FOLLOWEDBY", "followed-by", () =>
      this.joined("OR", "or", () => this.joined("AND", "and", () => this.observation())),
    );
  }

  private joined<Kind extends string, Part>(
    word: string,
    kind: Kind,
    part: () => Part,
  ): Part | { kind: Kind; parts: Part[] } {
    const first = part();
    const parts = [first];
    while (this.word(word)) parts.push(part());
    return parts.length === 1 ? first : { kind, parts };
  }

  private observation(): Observation {
    let tree: Observation;
    if (this.sign("(")) tree = this.nested(() => this.observations(), ")");
    else {
      this.need("[");
      tree = { kind: "one", comparison: this.nested(() => this.comparisons(), "]") };
    }
    for (let qualifiers = 0; ; qualifiers++) {
      const next = this.qualified(tree);
      if (next === undefined) return tree;
      if (qualifiers === DEPTH) this.refuse("pattern-qualifiers", { levels: DEPTH });
      tree = next;
    }
  }

  private qualified(of: Observation): Observation | undefined {
    if (this.word("WITHIN")) {
      const seconds = this.positive();
      this.keyword("SECONDS");
      return { kind: "within", of, seconds };
    }
    if (this.word("REPEATS")) {
      const times = this.positive(true);
      this.keyword("TIMES");
      return { kind: "repeats", of, times };
    }
    if (!this.word("START")) return undefined;
    const start = this.time();
    this.keyword("STOP");
    return { kind: "between", of, start, stop: this.time() };
  }

  private comparisons(): Comparison {
    return this.joined("OR", "or", () => this.joined("AND", "and", () => this.comparison()));
  }

  private comparison(): Comparison {
    if (this.sign("(")) return this.nested(() => this.comparisons(), ")");
    if (this.word("EXISTS")) return { kind: "exists", path: this.objectPath(), negated: false };
    if (this.word("NOT")) {
      this.keyword("EXISTS");
      return { kind: "exists", path: this.objectPath(), negated: true };
    }
    const path = this.objectPath();
    const negated = this.word("NOT");
    if (this.word("IN")) return { kind: "test", path, negated, operator: "IN", values: this.set() };
    for (const operator of ["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"] as const) {
      if (!this.word(operator)) continue;
      if (operator === "MATCHES") this.expression();
      return { kind: "test", path, negated, operator, values: [this.literal("string")] };
    }
    for (const [sign, operator] of SIGNS) {
      if (!this.sign(sign)) continue;
      const { at, kind } = this.now;
      const value = this.literal();
      if (value.kind === "boolean" && operator !== "=" && operator !== "!=" && kind === "word")
        throw new PatternFault("pattern-no-order", { at: at + 1 });
      return { kind: "test", path, negated, operator, values: [value] };
    }
    this.refuse("pattern-comparison");
  }

  /** Section 9.6: what MATCHES compares with is an expression of PCRE. */
  private expression(): void {
    const { kind, text, at } = this.now;
    if (kind !== "string") return;
    const source = unquoted(text);
    const fault = expressionFault(source);
    if (fault === undefined) {
      const beyond = beyondEngine(source);
      if (beyond !== undefined) this.beyond.push(beyond);
      return;
    }
    // Each escape before it makes the pattern one character longer than the expression.
    let place = 1;
    for (let read = 0; read < fault.at; read++) place += text[place] === "\\" ? 2 : 1;
    throw new PatternFault(fault.why, { at: at + place + 1 });
  }

  /** `type:step.step[3].'quoted'`: a type and a property with lawful names (section 3.1), then properties and keys. */
  private objectPath(): ObjectPath {
    if (this.now.kind !== "word" || !/^[a-z0-9-]{3,250}$/.test(this.now.text)) this.refuse("pattern-type");
    const type = this.take();
    this.need(":");
    const { kind, text } = this.tokens[this.at] ?? this.now;
    const name = kind === "string" ? unquoted(text) : kind === "word" ? text : "";
    if (!/^[a-z0-9_]{3,250}$/.test(name)) this.refuse("pattern-property");
    const steps: PathStep[] = [this.step()];
    for (;;) {
      if (this.sign(".")) steps.push(this.step());
      else if (this.sign("[")) {
        steps.push(this.position());
        this.need("]");
      } else return { type, steps };
    }
  }

  private position(): PathStep {
    if (this.sign("*")) return { any: true };
    if (this.now.kind !== "number" || !/^\d+$/.test(this.now.text)) this.refuse("pattern-position");
    return Number(this.take());
  }

  private step(): string {
    if (this.now.kind === "string") return unquoted(this.take());
    if (this.now.kind !== "word" || this.now.text.length > 250) this.refuse("pattern-step");
    if (this.now.text.includes("-")) this.refuse("pattern-quote");
    return this.take();
  }

  private set(): PatternValue[] {
    const values: PatternValue[] = [];
    this.need("(");
    if (this.sign(")")) return values;
    do values.push(this.literal());
    while (this.sign(","));
    this.need(")");
    return values;
  }

  private literal(only?: TokenKind): PatternValue {
    const { kind, text } = this.now;
    const fits =
      only === undefined
        ? kind === "string" || kind === "number" || kind === "typed" || text === "true" || text === "false"
        : kind === only;
    if (!fits) this.refuse(only === undefined ? "pattern-value" : "pattern-string");
    const value = this.valueOf(kind, text);
    this.at++;
    return value;
  }

  private valueOf(kind: TokenKind, text: string): PatternValue {
    if (kind === "string") return { kind: "text", text: unquoted(text) };
    if (kind === "number") return { kind: "number", number: Number(text) };
    if (kind !== "typed") return { kind: "boolean", truth: text === "true" };
    this.typedValue(text);
    const inner = text.slice(2, -1);
    if (text.startsWith("t")) return { kind: "time", text: inner };
    return { kind: "bytes", bytes: Buffer.from(inner, text.startsWith("h") ? "hex" : "base64") };
  }

  private typedValue(text: string): void {
    const inner = text.slice(2, -1);
    if (text.startsWith("t") && !isTimestamp(inner)) this.refuse("pattern-time");
    if (text.startsWith("h") && !/^(?:[0-9a-f]{2})*$/i.test(inner)) this.refuse("pattern-hex");
    if (text.startsWith("b") && !BASE64.test(inner)) this.refuse("pattern-base64");
  }

  private time(): string {
    const { kind, text } = this.now;
    if (kind !== "typed" || !text.startsWith("t")) this.refuse("pattern-time");
    this.typedValue(text);
    return this.take().slice(2, -1);
  }

  private positive(whole = false): number {
    const { kind, text } = this.now;
    if (kind !== "number" || Number(text) <= 0 || (whole && !/^\+?\d+$/.test(text)))
      this.refuse("pattern-positive");
    return Number(this.take());
  }

  private nested<Tree>(inside: () => Tree, closing: string): Tree {
    if (++this.depth > DEPTH) this.refuse("pattern-depth", { levels: DEPTH });
    const tree = inside();
    this.depth--;
    this.need(closing);
    return tree;
  }

  private get now(): Token {
    return this.tokens[this.at] ?? { kind: "end", text: "the end", at: 0 };
  }

  private take(): string {
    const { text } = this.now;
    this.at++;
    return text;
  }

  private word(text: string): boolean {
    return this.skip("word", text);
  }

  private sign(text: string): boolean {
    return this.skip("sign", text);
  }

  private skip(kind: TokenKind, text: string): boolean {
    if (this.now.kind !== kind || this.now.text !== text) return false;
    this.at++;
    return true;
  }

  private need(sign: string): void {
    if (!this.sign(sign)) this.refuse("pattern-sign", { sign });
  }

  private keyword(word: string): void {
    if (!this.word(word)) this.refuse("pattern-sign", { sign: word });
  }

  private refuse(why: Reason, facts: ReasonFacts = {}): never {
    const { at, text } = this.now;
    throw new PatternFault(why, { at: at + 1, found: text.slice(0, 40), ...facts });
  }
}
