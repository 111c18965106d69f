/** Words that stand in most English sentences and so find nothing. */
const EMPTY_WORDS = new Set(
  "a an and are as at be been but by can for from has have if in into is it its may not of on or such that the their then there these they this to was were which will with".split(
    " ",
  ),
);

/** A longer word is kept by its beginning; PostgreSQL takes lexemes of up to 2 KB. */
const LONGEST_WORD = 200;

const CJK = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]`;
/** A run of CJK, or a word of other letters and digits with what joins names, addresses and identifiers. */
const RUN = new RegExp(
  String.raw`(${CJK}+)|([[\p{L}\p{M}\p{N}_]--${CJK}]+(?:[.:\/@\\\-][[\p{L}\p{M}\p{N}_]--${CJK}]+)*)`,
  "gv",
);
const JOINTS = /[.:/@\\-]/;

/** A run of text as it is looked for: CJK as pairs of neighbours, other words whole and by their parts. */
export interface Run {
  readonly cjk: boolean;
  readonly text: string;
}

export function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  for (const [, cjk, word] of text.normalize("NFKC").toLowerCase().matchAll(RUN)) {
    if (cjk !== undefined) runs.push({ cjk: true, text: cjk });
    else if (word !== undefined) runs.push({ cjk: false, text: word.slice(0, LONGEST_WORD) });
  }
  return runs;
}

/** Neighbouring pairs of a CJK run, and its last character alone, so that each character begins a word. */
export function pairsOf(run: string): string[] {
  const characters = [...run];
  return characters.map((character, at) => character + (characters[at + 1] ?? ""));
}

/** The parts of a joined word, without those that say nothing. */
export function partsOf(word: string): string[] {
  return JOINTS.test(word) ? word.split(JOINTS).filter((part) => part !== "") : [word];
}

export function isEmptyWord(word: string): boolean {
  return EMPTY_WORDS.has(word);
}

/**
 * The words under which a text is found, in either script, without a dictionary: lower-cased words whole and by their
 * parts (`apt-41`, `apt`, `41`), and pairs of neighbouring CJK characters.
 */
export function addWords(text: string, words: Set<string>, most: number): void {
  for (const run of runsOf(text)) {
    if (words.size >= most) return;
    if (run.cjk) for (const pair of pairsOf(run.text)) words.add(pair);
    else {
      if (!EMPTY_WORDS.has(run.text)) words.add(run.text);
      const parts = partsOf(run.text);
      if (parts.length > 1) for (const part of parts) if (!EMPTY_WORDS.has(part)) words.add(part);
    }
  }
}
