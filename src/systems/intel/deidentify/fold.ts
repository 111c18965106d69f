/** A text brought to one form, with the way back: `from[i]`..`to[i]` is what unit `i` was in the original. */
export interface Folded {
  readonly text: string;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** What stays one unit: a defanged dot or at sign, a Hangul syllable in parts, a letter with its marks. */
const CHUNK =
  /\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\[at\]|\(at\)|\[@\]|\[:\]|[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]?|\P{M}[\p{M}\uff9e\uff9f]*|\p{M}+/giu;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const SEPARATORS = /[\s\-‐‑‒–—―_.·・‧•'’`´\\]/u;

/** Width, case and compatibility forms folded (NFKC, then case), 臺 as 台, defanged text armed, invisible letters gone. */
export function foldText(text: string): Folded {
  return foldWith(text, foldChunk);
}

/** As `foldText`, and without what people put between the parts of a name: spaces, dots, hyphens. */
export function foldName(text: string): Folded {
  return foldWith(text, (chunk) => withoutSeparators(foldChunk(chunk)));
}

/** As `foldText`, digits only. */
export function foldDigits(text: string): Folded {
  return foldWith(text, (chunk) => {
    const folded = foldChunk(chunk);
    return /^[\s\-‐‑‒–—().+]*$/u.test(folded) ? "" : folded;
  });
}

function foldWith(text: string, fold: (chunk: string) => string): Folded {
  const from: number[] = [];
  const to: number[] = [];
  let folded = "";
  for (const match of text.matchAll(CHUNK)) {
    const part = fold(match[0]);
    folded += part;
    for (let at = 0; at < part.length; at++) {
      from.push(match.index);
      to.push(match.index + match[0].length);
    }
  }
  return { text: folded, from, to };
}

function foldChunk(chunk: string): string {
  if (chunk.length >= 3) {
    if (/^[[({](?:\.|dot)[\])}]$/i.test(chunk)) return ".";
    if (/^[[(](?:at|@)[\])]$/i.test(chunk)) return "@";
    if (chunk === "[:]") return ":";
  }
  const visible = chunk.replace(INVISIBLE, "").normalize("NFKC");
  return visible.toUpperCase().toLowerCase().normalize("NFKC").replaceAll("臺", "台");
}

function withoutSeparators(text: string): string {
  return [...text].filter((letter) => !SEPARATORS.test(letter)).join("");
}
