/** Numbers that stand with a text, alone or several, so that half a million texts stay small. */
export type Numbers = number | readonly number[];

/** Finds the numbers of a text. */
export interface Texts {
  numbersOf(text: string): Numbers | undefined;
}

/** Texts while they are gathered. */
export class TextMap implements Texts {
  readonly #texts = new Map<string, number | number[]>();

  /** A number that stands with the text already is not added again. */
  add(text: string, number: number): void {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, number);
    else if (typeof known !== "number") {
      if (!known.includes(number)) known.push(number);
    } else if (known !== number) this.#texts.set(text, [known, number]);
  }

  numbersOf(text: string): Numbers | undefined {
    return this.#texts.get(text);
  }

  /** The same in memory that threads share. */
  image(): TextImage {
    let [unitCount, numberCount] = [0, 0];
    for (const [text, of] of this.#texts) {
      unitCount += text.length;
      numberCount += typeof of === "number" ? 1 : of.length;
    }
    const count = this.#texts.size;
    const slots = shared32(2 ** Math.ceil(Math.log2(Math.max(FIRST_SLOTS, count * 2))));
    const units = new Uint16Array(new SharedArrayBuffer(unitCount * 2));
    const [unitStarts, numbers, numberStarts] = [
      shared32(count + 1),
      shared32(numberCount),
      shared32(count + 1),
    ];
    let [at, unit, place] = [0, 0, 0];
    for (const [text, of] of this.#texts) {
      unitStarts[at] = unit;
      numberStarts[at] = place;
      for (let index = 0; index < text.length; index++) units[unit++] = text.charCodeAt(index);
      for (const number of typeof of === "number" ? [of] : of) numbers[place++] = number;
      let slot = hashOf(text) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = ++at;
    }
    unitStarts[count] = unit;
    numberStarts[count] = place;
    return { slots, units, unitStarts, numbers, numberStarts };
  }
}

/** Texts in shared memory: handing it on to a thread copies nothing, and nobody changes it. */
export interface TextImage {
  /** Open addressing: number of a text and 1. */
  readonly slots: Uint32Array;
  /** UTF-16 code units, one text after the other; where each begins, and where the last ends. */
  readonly units: Uint16Array;
  readonly unitStarts: Uint32Array;
  /** The same for what stands with each. */
  readonly numbers: Uint32Array;
  readonly numberStarts: Uint32Array;
}

/** Asks an image. */
export class TextTable implements Texts {
  readonly #image: TextImage;
  readonly #mask: number;

  constructor(image: TextImage) {
    this.#image = image;
    this.#mask = image.slots.length - 1;
  }

  numbersOf(text: string): Numbers | undefined {
    const { slots, numbers, numberStarts } = this.#image;
    let slot = hashOf(text) & this.#mask;
    for (let next = slots[slot] ?? 0; next !== 0; next = slots[slot] ?? 0) {
      if (this.#holds(next - 1, text))
        return [...numbers.subarray(numberStarts[next - 1], numberStarts[next])];
      slot = (slot + 1) & this.#mask;
    }
    return undefined;
  }

  #holds(number: number, text: string): boolean {
    const { units, unitStarts } = this.#image;
    const from = unitStarts[number] ?? 0;
    if ((unitStarts[number + 1] ?? 0) - from !== text.length) return false;
    for (let at = 0; at < text.length; at++) if (units[from + at] !== text.charCodeAt(at)) return false;
    return true;
  }
}

const FIRST_SLOTS = 1024;

function shared32(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(length * 4));
}

/** FNV-1a over UTF-16 code units, mixed once more as MurmurHash3 ends, since the lowest bits choose the slot. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
