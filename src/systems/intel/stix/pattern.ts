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

/** What is wrong with a pattern (STIX 2.1 section 9), with the place as a character position; nothing when it parses. */
export function patternFault(pattern: string): string | undefined {
  try {
    new PatternReader(tokensOf(pattern)).read();
    return undefined;
  } catch (error) {
    if (error instanceof PatternFault) return error.message;
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

/** Recursive descent over the grammar of section 9; it checks and keeps nothing. */
class PatternReader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  read(): void {
    this.observations();
    if (this.now.kind !== "end") this.refuse("an operator or the end");
  }

  private observations(): void {
    this.observation();
    while (this.word("AND") || this.word("OR") || this.word("FOLLOWEDBY")) this.observation();
  }

  private observation(): void {
    if (this.sign("(")) this.nested(() => this.observations(), ")");
    else {
      this.need("[");
      this.nested(() => this.comparisons(), "]");
    }
    while (this.qualifier());
  }

  private qualifier(): boolean {
    if (this.word("WITHIN")) {
      this.positive();
      if (!this.word("SECONDS")) this.refuse("SECONDS");
      return true;
    }
    if (this.word("REPEATS")) {
      this.positive(true);
      if (!this.word("TIMES")) this.refuse("TIMES");
      return true;
    }
    if (!this.word("START")) return false;
    this.time();
    if (!this.word("STOP")) this.refuse("STOP");
    this.time();
    return true;
  }

  private comparisons(): void {
    this.comparison();
    while (this.word("AND") || this.word("OR")) this.comparison();
  }

  private comparison(): void {
    if (this.sign("(")) {
      this.nested(() => this.comparisons(), ")");
      return;
    }
    if (this.word("EXISTS")) {
      this.objectPath();
      return;
    }
    const negated = this.word("NOT");
    if (negated && this.word("EXISTS")) {
      this.objectPath();
      return;
    }
    this.objectPath();
    this.word("NOT");
    if (this.word("IN")) this.set();
    else if (this.word("LIKE") || this.word("MATCHES") || this.word("ISSUBSET") || this.word("ISSUPERSET"))
      this.literal("string");
    else if (["=", "==", "!=", "<>", "<", "<=", ">", ">="].some((sign) => this.sign(sign))) this.literal();
    else this.refuse("a comparison");
  }

  /** `type:step.step[3].'quoted'`; names have 3 to 250 characters (sections 3.1 and 9.8). */
  private objectPath(): void {
    if (this.now.kind !== "word" || !/^[a-z0-9-]{3,250}$/.test(this.now.text))
      this.refuse("an object type of 3 to 250 characters");
    this.at++;
    this.need(":");
    this.step();
    for (;;) {
      if (this.sign(".")) this.step();
      else if (this.sign("[")) {
        this.position();
        this.need("]");
      } else return;
    }
  }

  private position(): void {
    if (this.sign("*")) return;
    if (this.now.kind !== "number" || !/^\d+$/.test(this.now.text)) this.refuse("a list position or *");
    this.at++;
  }

  private step(): void {
    if (this.now.kind === "string") {
      this.at++;
      return;
    }
    if (this.now.kind !== "word" || this.now.text.length < 3)
      this.refuse("a property name of at least 3 characters");
    this.at++;
  }

  private set(): void {
    this.need("(");
    do this.literal();
    while (this.sign(","));
    this.need(")");
  }

  private literal(only?: TokenKind): void {
    const { kind, text } = this.now;
    const fits =
      only === undefined
        ? kind === "string" || kind === "number" || kind === "typed" || text === "true" || text === "false"
        : kind === only;
    if (!fits) this.refuse(only === undefined ? "a value" : "a string");
    if (kind === "typed") this.typedValue(text);
    this.at++;
  }

  private typedValue(text: string): void {
    const inner = text.slice(2, -1);
    if (text.startsWith("t") && !isTimestamp(inner)) this.refuse("a timestamp in t'…'");
    if (text.startsWith("h") && !/^(?:[0-9a-f]{2})*$/i.test(inner)) this.refuse("hexadecimal digits in h'…'");
    if (text.startsWith("b") && !/^[A-Za-z0-9+/]*={0,2}$/.test(inner)) this.refuse("base64 in b'…'");
  }

  private time(): void {
    if (this.now.kind !== "typed" || !this.now.text.startsWith("t")) this.refuse("a timestamp t'…'");
    this.typedValue(this.take());
  }

  private positive(whole = false): void {
    if (this.now.kind !== "number" || Number(this.now.text) <= 0 || (whole && !/^\d+$/.test(this.now.text)))
      this.refuse("a number above 0");
    this.at++;
  }

  private nested(inside: () => void, closing: string): void {
    if (++this.depth > DEPTH) this.refuse(`at most ${DEPTH} levels of brackets`);
    inside();
    this.depth--;
    this.need(closing);
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
