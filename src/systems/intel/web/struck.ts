/** A piece of a text; `out`: it does not leave. */
export interface Piece {
  readonly text: string;
  readonly out: boolean;
}

/** The text cut at every place of the words that were taken out of it, the longest word first. */
export function piecesOf(text: string, words: readonly string[]): Piece[] {
  const sorted = [...new Set(words)].filter((word) => word !== "").sort((a, b) => b.length - a.length);
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const found = sorted.find((word) => text.startsWith(word, at));
    if (found === undefined) {
      at++;
      continue;
    }
    if (at > from) pieces.push({ text: text.slice(from, at), out: false });
    pieces.push({ text: found, out: true });
    at += found.length;
    from = at;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), out: false });
  return pieces;
}
