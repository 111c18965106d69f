/** A part of a description as ATT&CK and others write it: a small part of Markdown, and citations. */
export type Inline =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "strong"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  /** `(Citation: X)`: the name of one of the object's external references. */
  | { readonly kind: "citation"; readonly name: string };

export type Block =
  | { readonly kind: "paragraph"; readonly parts: readonly Inline[] }
  | { readonly kind: "heading"; readonly parts: readonly Inline[] }
  | { readonly kind: "list"; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: "code"; readonly text: string };

const CITATION = "(Citation: ";

/**
 * Reads a description into parts that a page shows as text: nothing of it ever becomes markup, and only addresses of http
 * and https become links. One pass; what is not understood stays as it is written.
 */
export function readDescription(text: string): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  let items: string[] = [];
  let code: string[] | undefined;
  const close = () => {
    if (paragraph.length > 0) blocks.push({ kind: "paragraph", parts: readInline(paragraph.join("\n")) });
    if (items.length > 0) blocks.push({ kind: "list", items: items.map(readInline) });
    [paragraph, items] = [[], []];
  };
  for (const line of text.replaceAll("\r\n", "\n").split("\n")) {
    // As CommonMark has it: behind the fence its language may stand, without a backtick.
    if (/^\s*```[^`]*$/.test(line)) {
      if (code === undefined) {
        close();
        code = [];
      } else {
        blocks.push({ kind: "code", text: code.join("\n") });
        code = undefined;
      }
      continue;
    }
    if (code !== undefined) {
      code.push(line);
      continue;
    }
    const plain = line.trim();
    const heading = /^#{1,6} /.exec(plain);
    if (plain === "") close();
    else if (heading !== null) {
      close();
      blocks.push({ kind: "heading", parts: readInline(plain.slice(heading[0].length)) });
    } else if (/^[*•-] /.test(plain)) {
      if (items.length === 0) close();
      items.push(plain.slice(2));
    } else if (items.length > 0) items.push(`${items.pop()} ${plain}`);
    else paragraph.push(plain);
  }
  if (code !== undefined) blocks.push({ kind: "code", text: code.join("\n") });
  close();
  return blocks;
}

function readInline(text: string): Inline[] {
  const parts: Inline[] = [];
  let plain = "";
  const add = (part: Inline) => {
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
    parts.push(part);
  };
  for (let at = 0; at < text.length; ) {
    const found = readPart(text, at);
    if (found === undefined) plain += text[at++];
    else {
      add(found.part);
      at = found.end;
    }
  }
  if (plain !== "") parts.push({ kind: "text", text: plain });
  return parts;
}

function readPart(text: string, at: number): { part: Inline; end: number } | undefined {
  const between = (open: string, close: string, most: number): { inner: string; end: number } | undefined => {
    if (!text.startsWith(open, at)) return undefined;
    const inner = text.slice(at + open.length, at + open.length + most);
    const length = inner.indexOf(close);
    return length < 1
      ? undefined
      : { inner: inner.slice(0, length), end: at + open.length + length + close.length };
  };
  const citation = between(CITATION, ")", 300);
  if (citation !== undefined)
    return { part: { kind: "citation", name: citation.inner.trim() }, end: citation.end };
  for (const [open, close, kind] of MARKS) {
    const found = between(open, close, 1000);
    if (found !== undefined) return { part: { kind, text: found.inner }, end: found.end };
  }
  const label = between("[", "](", 500);
  if (label === undefined || label.inner.includes("\n")) return undefined;
  const rest = text.slice(label.end, label.end + 2000);
  const length = rest.indexOf(")");
  const href = rest.slice(0, Math.max(0, length)).trim();
  if (!/^https?:\/\/[^\s]+$/i.test(href) || !URL.canParse(href)) return undefined;
  return { part: { kind: "link", text: label.inner, href }, end: label.end + length + 1 };
}

const MARKS = [
  ["<code>", "</code>", "code"],
  ["`", "`", "code"],
  ["**", "**", "strong"],
] as const;
