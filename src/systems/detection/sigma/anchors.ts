const MOST_ANCHORS = 3;
const MOST_WORDS = 200;
const LONGEST = 6;

/**
 * A few short texts of which at least one is in every word: `::` for `lsadump::sam` and `sekurlsa::logon`. A text without
 * any of them holds no word, which the engine's own search finds out faster than an automaton. Undefined where the words
 * have too little in common.
 */
export function anchorsOf(words: readonly string[]): readonly string[] | undefined {
  if (words.length > MOST_WORDS) return undefined;
  const anchors: string[] = [];
  let rest = words;
  while (rest.length > 0) {
    if (anchors.length === MOST_ANCHORS) return undefined;
    const best = commonest(rest);
    if (best === undefined) return undefined;
    anchors.push(best);
    rest = rest.filter((word) => !word.includes(best));
  }
  return anchors;
}

function commonest(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of words)
    for (const piece of piecesOf(word)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  let best: string | undefined;
  let most = 0;
  for (const [piece, count] of counts) {
    // Among equally common ones the longer is found by chance less often.
    const worth = count + piece.length / 100;
    if (worth > most) [best, most] = [piece, worth];
  }
  return best;
}

function piecesOf(word: string): Set<string> {
  const pieces = new Set<string>();
  for (let length = Math.min(2, word.length); length <= Math.min(LONGEST, word.length); length++) {
    for (let at = 0; at + length <= word.length; at++) pieces.add(word.slice(at, at + length));
  }
  return pieces;
}
