/** Bytes that the dense part of an automaton may take: about what a core's own cache holds. */
const DENSE_BYTES = 500_000;

/**
 * Aho and Corasick's automaton ("Efficient string matching", 1975) over UTF-16 units. States are numbered by depth. The
 * shallow ones, in which nearly every character of a text is read, are rows of one dense table; the many deep ones only
 * know their children and their longest suffix.
 */
export class Automaton<T> {
  /** Class 0 is every character that is in no word. */
  readonly #classes: Uint16Array;
  readonly #width: number;
  readonly #dense: number;
  /** Below `#limit` a state is the place of its row, from there on `#limit` plus its number less `#dense`. */
  readonly #limit: number;
  /** Next state; its complement where a word ends in it. */
  readonly #next: Int32Array;
  /** Children of a state are numbered one after the other, from here to the first child of the following state. */
  readonly #child: Int32Array;
  readonly #label: Uint16Array;
  readonly #suffix: Int32Array;
  readonly #found: (readonly T[] | undefined)[];
  /** The last search in which a state's finds were told: a word that stands in a text often is told once. */
  readonly #toldAt: Float64Array;
  #search = 0;

  /** Words must not be empty. */
  constructor(words: ReadonlyMap<string, readonly T[]>, denseBytes = DENSE_BYTES) {
    const { classes, width } = classesOf(words.keys());
    const tree = treeOf(words, classes);
    const states = tree.label.length;
    this.#classes = classes;
    this.#width = width;
    this.#dense = Math.max(1, Math.min(states, Math.floor(denseBytes / 4 / width)));
    this.#limit = this.#dense * width;
    this.#child = tree.child;
    this.#label = tree.label;
    this.#found = tree.found;
    this.#suffix = new Int32Array(states);
    this.#next = new Int32Array(this.#limit);
    this.#toldAt = new Float64Array(states);
    this.#complete();
  }

  /** Gives every state its suffix, its inherited finds and, if it is shallow, its row; level by level. */
  #complete(): void {
    const [child, label, suffix, found, width] = [
      this.#child,
      this.#label,
      this.#suffix,
      this.#found,
      this.#width,
    ];
    for (let state = 0; state < label.length; state++) {
      const back = suffix[state] ?? 0;
      if (state > 0 && state < this.#dense) {
        this.#next.copyWithin(state * width, back * width, (back + 1) * width);
      }
      const end = child[state + 1] ?? 0;
      for (let to = child[state] ?? 0; to < end; to++) {
        const edge = label[to] ?? 0;
        suffix[to] = state === 0 ? 0 : this.#step(back, edge);
        // The suffix is shallower, so that it has all its finds already.
        const inherited = found[suffix[to] ?? 0];
        if (inherited !== undefined) found[to] = [...(found[to] ?? []), ...inherited];
        const code = to < this.#dense ? to * width : this.#limit + to - this.#dense;
        if (state < this.#dense) this.#next[state * width + edge] = found[to] === undefined ? code : ~code;
      }
    }
  }

  #step(from: number, edge: number): number {
    for (let state = from; ; state = this.#suffix[state] ?? 0) {
      if (state < this.#dense) {
        const code = this.#next[state * this.#width + edge] ?? 0;
        return this.#numberOf(code < 0 ? ~code : code);
      }
      const to = this.#childOf(state, edge);
      if (to >= 0) return to;
    }
  }

  #childOf(state: number, edge: number): number {
    const end = this.#child[state + 1] as number;
    for (let to = this.#child[state] as number; to < end; to++) if (this.#label[to] === edge) return to;
    return -1;
  }

  #numberOf(code: number): number {
    return code < this.#limit ? code / this.#width : code - this.#limit + this.#dense;
  }

  /** Tells of the words in the text, each at least once. */
  search(text: string, tell: (values: readonly T[]) => void): void {
    const next = this.#next;
    const classes = this.#classes;
    const known = classes.length;
    const limit = this.#limit;
    this.#search += 1;
    let code = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      const edge = char < known ? (classes[char] as number) : 0;
      if (code < limit) {
        code = next[code + edge] as number;
        if (code >>> 0 < limit) continue;
      } else code = this.#deeper(code, edge);
      if (code >= 0) continue;
      code = ~code;
      this.#report(this.#numberOf(code), tell);
    }
  }

  #deeper(code: number, edge: number): number {
    for (let state = this.#numberOf(code); ; state = this.#suffix[state] as number) {
      if (state < this.#dense) return this.#next[state * this.#width + edge] as number;
      const to = this.#childOf(state, edge);
      if (to < 0) continue;
      const reached = this.#limit + to - this.#dense;
      return this.#found[to] === undefined ? reached : ~reached;
    }
  }

  #report(state: number, tell: (values: readonly T[]) => void): void {
    if (this.#toldAt[state] === this.#search) return;
    this.#toldAt[state] = this.#search;
    const values = this.#found[state];
    if (values !== undefined) tell(values);
  }
}

function classesOf(words: Iterable<string>): { classes: Uint16Array; width: number } {
  const codes = new Set<number>();
  for (const word of words) for (let at = 0; at < word.length; at++) codes.add(word.charCodeAt(at));
  let highest = 0;
  for (const code of codes) highest = Math.max(highest, code);
  const classes = new Uint16Array(highest + 1);
  let width = 1;
  for (const code of codes) classes[code] = width++;
  return { classes, width };
}

/** The tree of all words, numbered level by level: each state is a run of the sorted words that begin alike. */
function treeOf<T>(words: ReadonlyMap<string, readonly T[]>, classes: Uint16Array) {
  const sorted = [...words.keys()].sort((a, b) => (a < b ? -1 : 1));
  const [from, to, depth, child, label] = [[0], [sorted.length], [0], [] as number[], [0]];
  const found: (readonly T[] | undefined)[] = [];
  for (let state = 0; state < from.length; state++) {
    const [end, at] = [to[state] ?? 0, depth[state] ?? 0];
    let first = from[state] ?? 0;
    child.push(from.length);
    const own = sorted[first];
    found.push(own?.length === at ? words.get(own) : undefined);
    if (own?.length === at) first += 1;
    while (first < end) {
      const code = sorted[first]?.charCodeAt(at) ?? 0;
      let last = first + 1;
      while (last < end && sorted[last]?.charCodeAt(at) === code) last += 1;
      from.push(first);
      to.push(last);
      depth.push(at + 1);
      label.push(classes[code] ?? 0);
      first = last;
    }
  }
  child.push(from.length);
  return { child: Int32Array.from(child), label: Uint16Array.from(label), found };
}

/** Words that a text begins with, or, with `backwards`, ends with. */
export class Ends<T> {
  readonly #root: EndNode<T> = { next: new Map(), values: undefined };
  readonly #backwards: boolean;

  constructor(words: ReadonlyMap<string, readonly T[]>, backwards: boolean) {
    this.#backwards = backwards;
    for (const [word, values] of words) {
      let node = this.#root;
      for (let at = 0; at < word.length; at++) {
        const code = word.charCodeAt(backwards ? word.length - 1 - at : at);
        let to = node.next.get(code);
        if (to === undefined) {
          to = { next: new Map(), values: undefined };
          node.next.set(code, to);
        }
        node = to;
      }
      node.values = values;
    }
  }

  search(text: string, tell: (values: readonly T[]) => void): void {
    let node: EndNode<T> | undefined = this.#root;
    for (let at = 0; at < text.length; at++) {
      node = node.next.get(text.charCodeAt(this.#backwards ? text.length - 1 - at : at));
      if (node === undefined) return;
      if (node.values !== undefined) tell(node.values);
    }
  }
}

interface EndNode<T> {
  readonly next: Map<number, EndNode<T>>;
  values: readonly T[] | undefined;
}
