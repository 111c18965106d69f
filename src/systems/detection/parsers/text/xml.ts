import { table } from "./table.ts";
/** An element without elements in it: its name, its attributes as they are written, its text. */
export interface Leaf {
  readonly name: string;
  readonly attributes: string;
  readonly text: string;
}

const ENTITIES = table<string>({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" });

function unescaped(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(#x[\da-fA-F]{1,6}|#\d{1,7}|[a-z]{2,4});/g, (whole, name: string) => {
    if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
    const code = name[1] === "x" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Every leaf of an XML text in one pass, with empty ones; no document type, no entities of its own. */
export function* leaves(xml: string): Generator<Leaf> {
  let name = "";
  let attributes = "";
  let from = -1;
  let at = xml.indexOf("<");
  while (at >= 0) {
    const close = xml.indexOf(">", at);
    if (close < 0) return;
    const first = xml[at + 1];
    if (first === "/") {
      if (from >= 0 && xml.startsWith(name, at + 2))
        yield { name, attributes, text: unescaped(xml.slice(from, at)) };
      from = -1;
    } else if (first !== "?" && first !== "!") {
      const empty = xml[close - 1] === "/";
      const tag = xml.slice(at + 1, empty ? close - 1 : close);
      const space = tag.search(/\s/);
      name = space < 0 ? tag : tag.slice(0, space);
      attributes = space < 0 ? "" : tag.slice(space + 1);
      from = empty ? -1 : close + 1;
      if (empty) yield { name, attributes, text: "" };
    }
    at = xml.indexOf("<", close);
  }
}

/** The value of an attribute, in either kind of quotes. */
export function attributeOf(attributes: string, name: string): string | undefined {
  const at = attributes.indexOf(`${name}=`);
  if (at < 0 || (at > 0 && attributes[at - 1] !== " ")) return undefined;
  const quote = attributes[at + name.length + 1];
  if (quote !== '"' && quote !== "'") return undefined;
  const start = at + name.length + 2;
  const end = attributes.indexOf(quote, start);
  return end < 0 ? undefined : unescaped(attributes.slice(start, end));
}
