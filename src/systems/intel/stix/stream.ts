import { jsonFaultAt } from "../../../core/json-fault.ts";
import { type Reason, type ReasonFacts, reasonText } from "../reasons/model.ts";
import { isJsonObject } from "./json.ts";
import type { StixFinding } from "./property.ts";
import { ruleName } from "./sections.ts";
import { checkBundleItself, checkMember, MarkingGraph, validate } from "./validate.ts";

/** A judged document of any size. Of very many findings the first are kept and the rest is counted. */
export interface Judgement {
  readonly valid: boolean;
  readonly errors: readonly StixFinding[];
  readonly warnings: readonly StixFinding[];
  readonly moreErrors: number;
  readonly moreWarnings: number;
}

/** Up to here a document is read whole; a longer one object by object. */
const WHOLE = 16 * 2 ** 20;
/** A single object longer than this is refused by itself. */
const LARGEST_OBJECT = 16 * 2 ** 20;
const KEPT = 1000;

/**
 * Judges a document as it comes, in bounded memory: a bundle or a list may have any size, each object is read, judged and
 * let go. What is wrong with one object, be it no JSON, leaves the rest judged.
 */
export async function validateStream(chunks: AsyncIterable<Uint8Array>): Promise<Judgement> {
  const kept = new KeptFindings();
  const begun: Uint8Array[] = [];
  let size = 0;
  let reader: ElementReader | undefined;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (reader === undefined && size > WHOLE) {
      reader = new ElementReader(kept);
      for (const each of begun.splice(0)) reader.read(each);
    }
    if (reader === undefined) begun.push(chunk);
    else reader.read(chunk);
  }
  if (reader !== undefined) reader.end();
  else judgeWhole(Buffer.concat(begun), kept);
  return kept.judgement();
}

function judgeWhole(bytes: Buffer, kept: KeptFindings): void {
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    const reader = new ElementReader(kept);
    reader.read(Buffer.from(text));
    reader.end();
    if (kept.count === 0) kept.add(noJson("", text));
    return;
  }
  kept.add(...validate(document));
}

function noJson(path: string, text: string): StixFinding {
  const at = jsonFaultAt(text);
  return found(path === "" ? "$" : path, "json", "json", { at: at + 1 });
}

function found(path: string, rule: string, why: Reason, facts: ReasonFacts = {}): StixFinding {
  return { level: "must", path, rule: ruleName(rule, ""), why, facts, message: reasonText(why, facts) };
}

class KeptFindings {
  private readonly errors: StixFinding[] = [];
  private readonly warnings: StixFinding[] = [];
  private all = { must: 0, should: 0 };

  add(...findings: StixFinding[]): void {
    for (const finding of findings) {
      this.all[finding.level]++;
      const list = finding.level === "must" ? this.errors : this.warnings;
      if (list.length < KEPT) list.push(finding);
    }
  }

  get count(): number {
    return this.all.must;
  }

  judgement(): Judgement {
    return {
      valid: this.all.must === 0,
      errors: this.errors,
      warnings: this.warnings,
      moreErrors: this.all.must - this.errors.length,
      moreWarnings: this.all.should - this.warnings.length,
    };
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Bytes of a part of the document, up to a limit; what is beyond is counted and let go. */
class Part {
  private parts: Uint8Array[] = [];
  size = 0;

  take(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size <= LARGEST_OBJECT) this.parts.push(Uint8Array.from(bytes));
    else this.parts = [];
  }

  /** The text, or undefined where it was too long. */
  close(): string | undefined {
    const text = this.size > LARGEST_OBJECT ? undefined : Buffer.concat(this.parts).toString("utf8");
    [this.parts, this.size] = [[], 0];
    return text;
  }
}

/** Finds the elements of `objects`, or of the list that the document is, by counting brackets: one pass, no recursion. */
class ElementReader {
  private readonly kept: KeptFindings;
  private readonly markings = new MarkingGraph();
  private readonly shell = new Part();
  private readonly element = new Part();
  private depth = 0;
  /** Depth of the list whose elements are judged; 0 outside it. */
  private inside = 0;
  private text = false;
  private escaped = false;
  private keyStart = "";
  private key = "";
  private list = false;
  private elements = 0;

  constructor(kept: KeptFindings) {
    this.kept = kept;
  }

  read(chunk: Uint8Array): void {
    let from = 0;
    let keyFrom = this.text && this.depth === 1 && !this.list ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.text) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) {
          this.text = false;
          if (keyFrom >= 0) {
            const rest = Buffer.from(chunk.subarray(keyFrom, at)).toString("latin1");
            [this.key, keyFrom] = [(this.keyStart + rest).slice(0, 40), -1];
            this.keyStart = "";
          }
        }
        continue;
      }
      if (byte === QUOTE) {
        this.text = true;
        if (this.depth === 1 && !this.list) keyFrom = at + 1;
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        this.depth++;
        const root = this.depth === 1 && byte === OPEN_LIST;
        if (root) this.list = true;
        if (
          this.inside === 0 &&
          byte === OPEN_LIST &&
          (root || (this.depth === 2 && this.key === "objects"))
        ) {
          this.inside = this.depth;
          this.shell.take(chunk.subarray(from, at + 1));
          from = at + 1;
        }
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
        if (this.inside > 0 && this.depth === this.inside) {
          // A stray brace does not end the list: its element is no JSON, and the next is looked at.
          if (byte === CLOSE_OBJECT) continue;
          this.element.take(chunk.subarray(from, at));
          this.judge();
          [this.inside, from] = [0, at];
        }
        this.depth--;
      } else if (byte === COMMA && this.inside > 0 && this.depth === this.inside) {
        this.element.take(chunk.subarray(from, at));
        this.judge();
        from = at + 1;
      }
    }
    if (keyFrom >= 0) this.keyStart += Buffer.from(chunk.subarray(keyFrom)).toString("latin1").slice(0, 40);
    (this.inside > 0 ? this.element : this.shell).take(chunk.subarray(from));
  }

  end(): void {
    if (this.depth !== 0 || this.text) this.kept.add(found("$", "json", "json-cut"));
    if (this.list) return;
    const text = this.shell.close();
    if (text === undefined) {
      this.refuse("$", "size-document");
      return;
    }
    const shell = parsed(text);
    if (shell === undefined) {
      if (this.depth === 0) this.kept.add(noJson("", text));
    } else if (!isJsonObject(shell) || shell["type"] !== "bundle") {
      this.refuse("type", "size-document");
    } else {
      const findings: StixFinding[] = [];
      checkBundleItself(shell, findings);
      this.kept.add(...findings);
    }
  }

  private judge(): void {
    const path = this.list ? `${this.elements}` : `objects.${this.elements}`;
    const text = this.element.close();
    if (text === undefined) {
      this.elements++;
      this.refuse(path, "size", { bytes: LARGEST_OBJECT });
      return;
    }
    if (text.trim() === "") return;
    this.elements++;
    const value = parsed(text);
    const findings: StixFinding[] = [];
    if (value === undefined) findings.push(noJson(path, text));
    else checkMember(value, path, findings, this.markings);
    this.kept.add(...findings);
  }

  private refuse(path: string, why: Reason, facts: ReasonFacts = {}): void {
    this.kept.add(found(path, "size", why, facts));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
