import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from "yaml";
import type { Issues } from "./issue.ts";
import type { Reason } from "./model.ts";

/** YAML as plain values that remember their lines. */
export type Tree = TreeMap | TreeList | TreeScalar;

export interface TreeMap {
  readonly kind: "map";
  readonly line: number;
  /** The text has faults that leave the document readable; it is looked at for more of them, and not used. */
  readonly faulty?: boolean;
  readonly entries: readonly TreeEntry[];
}

export interface TreeEntry {
  readonly key: string;
  readonly line: number;
  readonly value: Tree;
}

export interface TreeList {
  readonly kind: "list";
  readonly line: number;
  readonly items: readonly Tree[];
}

export interface TreeScalar {
  readonly kind: "scalar";
  readonly line: number;
  readonly value: string | number | boolean | null;
  /** As it was written: `0x10` where `value` is 16. */
  readonly text: string;
}

const MAX_CHARS = 1_000_000;
const MAX_NODES = 50_000;
const MAX_DEPTH = 30;

/** Every document of a YAML text. What cannot be read is an issue and no document. */
export function readTrees(text: string, issues: Issues): Tree[] {
  if (text.length > MAX_CHARS) {
    issues.add(1, "file-long", { most: MAX_CHARS });
    return [];
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, stringKeys: false });
  if (!Array.isArray(documents)) return [];
  const trees: Tree[] = [];
  for (const document of documents) {
    const faulty = document.errors.length > 0;
    const told = document.errors.map(({ code, message, pos }) =>
      issues.add(lines.linePos(pos[0]).line, YAML_REASONS[code] ?? "yaml", { fault: message }),
    );
    if (document.contents === null) continue;
    // What was understood beside a fault of syntax says which rule it is, and no more.
    const further = faulty ? issues.aside() : issues;
    const tree = new Reader(document, lines, further).read(document.contents, 0);
    if (tree === undefined) continue;
    for (const issue of told) issue.rule = titleOf(tree);
    if (!faulty) trees.push(tree);
    else if (tree.kind === "map" && document.errors.every(({ code }) => code === "DUPLICATE_KEY"))
      trees.push({ ...tree, faulty });
  }
  return trees;
}

const YAML_REASONS: Readonly<Record<string, Reason>> = {
  DUPLICATE_KEY: "yaml-key-twice",
  BAD_INDENT: "yaml-indent",
  BLOCK_AS_IMPLICIT_KEY: "yaml-indent",
  MULTILINE_IMPLICIT_KEY: "yaml-indent",
  TAB_AS_INDENT: "yaml-tab",
  BAD_DQ_ESCAPE: "yaml-escape",
  MISSING_CHAR: "yaml-missing",
  UNEXPECTED_TOKEN: "yaml-unexpected",
  BAD_SCALAR_START: "yaml-scalar",
  BAD_ALIAS: "yaml-alias",
  TAG_RESOLVE_FAILED: "yaml-tag",
};

class Reader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #issues: Issues;
  #nodes = 0;

  constructor(document: Document, lines: LineCounter, issues: Issues) {
    this.#document = document;
    this.#lines = lines;
    this.#issues = issues;
  }

  read(node: Node, depth: number): Tree | undefined {
    const line = this.#lines.linePos(node.range?.[0] ?? 0).line;
    this.#nodes += 1;
    // Aliases of aliases grow without end; a rule needs neither this many values nor this depth.
    if (this.#nodes > MAX_NODES || depth > MAX_DEPTH) {
      if (this.#nodes !== Number.POSITIVE_INFINITY) this.#issues.add(line, "document-large");
      this.#nodes = Number.POSITIVE_INFINITY;
      return undefined;
    }
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined) return undefined;
      return this.read(target, depth + 1);
    }
    if (isMap<Node, Node | null>(node)) {
      const entries: TreeEntry[] = [];
      for (const pair of node.items) {
        const key = this.read(pair.key, depth + 1);
        const keyLine = key?.line ?? line;
        if (key?.kind !== "scalar") {
          this.#issues.add(keyLine, "key-text");
          continue;
        }
        const value = pair.value === null ? emptyScalar(keyLine) : this.read(pair.value, depth + 1);
        if (value !== undefined) entries.push({ key: key.text, line: keyLine, value });
      }
      return { kind: "map", line, entries };
    }
    if (isSeq<Node | null>(node)) {
      const items: Tree[] = [];
      for (const item of node.items) {
        const value = item === null ? emptyScalar(line) : this.read(item, depth + 1);
        if (value !== undefined) items.push(value);
      }
      return { kind: "list", line, items };
    }
    if (isScalar(node)) return scalar(node.value, node.source, line);
    this.#issues.add(line, "value");
    return undefined;
  }
}

function scalar(value: unknown, source: string | undefined, line: number): TreeScalar {
  if (value === null || value === undefined) return emptyScalar(line);
  if (typeof value === "string") return { kind: "scalar", line, value, text: value };
  if (typeof value === "number" || typeof value === "boolean") {
    return { kind: "scalar", line, value, text: source ?? String(value) };
  }
  return { kind: "scalar", line, value: source ?? String(value), text: source ?? String(value) };
}

function emptyScalar(line: number): TreeScalar {
  return { kind: "scalar", line, value: null, text: "" };
}

/** The rule that a document is, as far as it says. */
export function titleOf(tree: Tree): { id: string | null; title: string } | null {
  if (tree.kind !== "map") return null;
  const title = textOf(entryOf(tree, "title")?.value)?.trim() ?? "";
  const id = textOf(entryOf(tree, "id")?.value) ?? null;
  return title === "" && id === null ? null : { id, title };
}

export function entryOf(map: TreeMap, key: string): TreeEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** The text of a scalar that is neither null nor a map or list. */
export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === "scalar" && tree.value !== null ? tree.text : undefined;
}
