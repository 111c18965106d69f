const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  shy: "",
};

/** Runs over the text once, whatever stands open in it. A tag inside a line is a gap, so that cells do not grow together. */
export function textOfHtml(html: string): string {
  const lower = html.toLowerCase();
  let text = "";
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf("<", at);
    text += html.slice(at, open < 0 ? html.length : open);
    if (open < 0) break;
    const hidden = ["script", "style"].find((name) => lower.startsWith(`<${name}`, open));
    const closing = hidden === undefined ? ">" : `</${hidden}`;
    const start = lower.startsWith("<!--", open) ? "-->" : closing;
    const end = lower.indexOf(start, open + 1);
    if (end < 0) break;
    text += inline(lower, open) ? "" : " ".concat("\n".repeat(newlines(html, open, end)));
    at = end + (hidden === undefined ? start.length : 0);
  }
  return text.replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return Number.isInteger(code) && code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Tags that stand inside a word, as in `evil<b>[.]</b>example`. */
function inline(lower: string, open: number): boolean {
  return /^<\/?(?:b|i|em|strong|span|wbr|u|mark|code|font)[\s>/]/.test(lower.slice(open, open + 12));
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** The page's own title, on one line. */
export function titleOfHtml(html: string): string {
  const from = html.search(/<title[\s>]/i);
  if (from < 0) return "";
  const end = html.slice(from, from + 2000).search(/<\/title/i);
  return textOfHtml(html.slice(from, from + Math.max(0, end)))
    .split(/\s+/)
    .join(" ")
    .trim();
}
