import type {
  Comparison,
  ObjectPath,
  Observation,
  Operator,
  PathStep,
  PatternValue,
} from "./pattern-tree.ts";
import { isTimestamp } from "./timestamp.ts";

type TokenKind = "word" | "string" | "number" | "typed" | "sign" | "end";
interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const TOKEN =
  /\s+|\/\*[\s\S]*?\*\/|\/\/[^\r\n]*|([thb]'(?:[^'\\]|\\.)*')|('(?:[^'\\]|\\.)*')|([+-]?(?:\d+\.\d+|\.\d+|\d+)(?![A-Za-z0-9_]))|([A-Za-z_][A-Za-z0-9_-]*)|(==|!=|<>|<=|>=|[=<>[\]():.,*])/gsy;

/** More levels of brackets than any pattern needs; a deeper one is refused instead of exhausting the stack. */
const DEPTH = 200;

class PatternFault extends Error {}

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

/** Between the quotes; a backslash makes the next character stand for itself. */
function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** What is wrong with a pattern (STIX 2.1 section 9), with the place as a character position; nothing when it parses. */
export function patternFault(pattern: string): string | undefined {
  const read = readPattern(pattern);
  return "fault" in read ? read.fault : undefined;
}

/** A pattern as a tree, or what is wrong with it. */
export function readPattern(pattern: string): { readonly tree: Observation } | { readonly fault: string } {
  try {
    return { tree: new PatternReader(tokensOf(pattern)).read() };
  } catch (error) {
    if (error instanceof PatternFault) return { fault: error.message };
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
    if (match === null)
      throw new PatternFault(`character ${at + 1}: nothing of the pattern language begins here`);
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

/** Recursive descent over the grammar of section 9. */
class PatternReader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  read(): Observation {
    const tree = this.observations();
    if (this.now.kind !== "end") this.refuse("an operator or the end");
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
      if (qualifiers === DEPTH) this.refuse(`at most ${DEPTH} qualifiers in a row`);
      tree = next;
    }
  }

  private qualified(of: Observation): Observation | undefined {
    if (this.word("WITHIN")) {
      const seconds = this.positive();
      if (!this.word("SECONDS")) this.refuse("SECONDS");
      return { kind: "within", of, seconds };
    }
    if (this.word("REPEATS")) {
      const times = this.positive(true);
      if (!this.word("TIMES")) this.refuse("TIMES");
      return { kind: "repeats", of, times };
    }
    if (!this.word("START")) return undefined;
    const start = this.time();
    if (!this.word("STOP")) this.refuse("STOP");
    return { kind: "between", of, start, stop: this.time() };
  }

  private comparisons(): Comparison {
    return this.joined("OR", "or", () => this.joined("AND", "and", () => this.comparison()));
  }

  private comparison(): Comparison {
    if (this.sign("(")) return this.nested(() => this.comparisons(), ")");
    if (this.word("EXISTS")) return { kind: "exists", path: this.objectPath(), negated: false };
    const before = this.word("NOT");
    if (before && this.word("EXISTS")) return { kind: "exists", path: this.objectPath(), negated: true };
    const path = this.objectPath();
    const negated = this.word("NOT") !== before;
    if (this.word("IN")) return { kind: "test", path, negated, operator: "IN", values: this.set() };
    for (const operator of ["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"] as const) {
      if (this.word(operator))
        return { kind: "test", path, negated, operator, values: [this.literal("string")] };
    }
    for (const [sign, operator] of SIGNS) {
      if (this.sign(sign)) return { kind: "test", path, negated, operator, values: [this.literal()] };
    }
    this.refuse("a comparison");
  }

  /** `type:step.step[3].'quoted'`; names have 3 to 250 characters (sections 3.1 and 9.8). */
  private objectPath(): ObjectPath {
    if (this.now.kind !== "word" || !/^[a-z0-9-]{3,250}$/.test(this.now.text))
      this.refuse("an object type of 3 to 250 characters");
    const type = this.take();
    this.need(":");
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
    if (this.now.kind !== "number" || !/^\d+$/.test(this.now.text)) this.refuse("a list position or *");
    return Number(this.take());
  }

  private step(): string {
    if (this.now.kind === "string") return unquoted(this.take());
    if (this.now.kind !== "word" || this.now.text.length < 3)
      this.refuse("a property name of at least 3 characters");
    return this.take();
  }

  private set(): PatternValue[] {
    const values: PatternValue[] = [];
    this.need("(");
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
    if (!fits) this.refuse(only === undefined ? "a value" : "a string");
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
    if (text.startsWith("t") && !isTimestamp(inner)) this.refuse("a timestamp in t'…'");
    if (text.startsWith("h") && !/^(?:[0-9a-f]{2})*$/i.test(inner)) this.refuse("hexadecimal digits in h'…'");
    if (text.startsWith("b") && !/^[A-Za-z0-9+/]*={0,2}$/.test(inner)) this.refuse("base64 in b'…'");
  }

  private time(): string {
    if (this.now.kind !== "typed" || !this.now.text.startsWith("t")) this.refuse("a timestamp t'…'");
    const text = this.take();
    this.typedValue(text);
    return text.slice(2, -1);
  }

  private positive(whole = false): number {
    if (this.now.kind !== "number" || Number(this.now.text) <= 0 || (whole && !/^\d+$/.test(this.now.text)))
      this.refuse("a number above 0");
    return Number(this.take());
  }

  private nested<Tree>(inside: () => Tree, closing: string): Tree {
    if (++this.depth > DEPTH) this.refuse(`at most ${DEPTH} levels of brackets`);
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
    if (!this.sign(sign)) this.refuse(sign);
  }

  private refuse(wanted: string): never {
    throw new PatternFault(
      `character ${this.now.at + 1}: ${wanted} is wanted, not ${this.now.text.slice(0, 40)}`,
    );
  }
}
