import { isUtf8 } from "node:buffer";
import { jsonFaultAt } from "../../../core/json-fault.ts";
import { type Refusal, refusal } from "../reasons/model.ts";
import {
  BACKSLASH,
  BLANKS,
  CLOSES,
  COLON,
  COMMA,
  OPEN_LIST,
  OPENS,
  QUOTE,
  stringEnd,
} from "../stix/json-bytes.ts";

/** An element of a list in a JSON document: its text as it came, where its first byte is, how deep brackets stand in it. */
interface JsonPart {
  readonly text: string;
  readonly at: number;
  readonly depth: number;
  /** Its position in the list, from 0. */
  readonly index: number;
}

/** No object of any format needs more levels, or as many bytes. */
const DEPTH = 200;
const LARGEST = 16 * 2 ** 20;

/**
 * The elements of the list `member` of a JSON object, or of a JSON list, one after the other: one pass over the bytes
 * that counts brackets and never recurses, so that neither the length of the document nor any depth of nesting matters.
 * A broken element is a fault of its own and the rest goes on; so is what is wrong with the document around the list.
 */
export function* jsonParts(bytes: Buffer, member: string): Generator<JsonPart | Refusal> {
  const start = firstByte(bytes);
  const isList = bytes[start] === OPEN_LIST;
  const listDepth = isList ? 1 : 2;
  let depth = 0;
  let inList = false;
  let key: string | undefined;
  let from = -1;
  let deepest = 0;
  let index = 0;
  /** What stands around the list, to be read as a document of its own. */
  let around: [number, number][] = [];
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at);
      if (depth === 1 && !isList) key = bytes.toString("utf8", at + 1, end);
      at = end;
    } else if (OPENS.has(byte)) {
      depth++;
      if (inList) deepest = Math.max(deepest, depth - listDepth);
      else if (depth === listDepth && byte === OPEN_LIST && (isList || key === member)) {
        inList = true;
        around = [[start, at + 1]];
        [from, deepest, index] = [at + 1, 0, 0];
      }
    } else if (CLOSES.has(byte)) {
      depth--;
      if (inList && depth === listDepth - 1) {
        const part = partOf(bytes, from, at, deepest, index);
        if (part !== undefined) yield part;
        inList = false;
        around.push([at, bytes.length]);
      } else if (inList && depth < listDepth - 1) break;
    } else if (byte === COMMA && inList && depth === listDepth) {
      yield partOf(bytes, from, at, deepest, index) ??
        refusal(`${member}.${index}`, "json syntax", "nothing-here", { at: from });
      [from, deepest, index] = [at + 1, 0, index + 1];
    } else if (depth === 1 && byte !== COLON && !BLANKS.has(byte)) key = undefined;
  }
  if (inList) {
    yield refusal(`${member}.${index}`, "json syntax", "json-ends", { at: bytes.length });
    return;
  }
  const rest = Buffer.concat(around.map(([begin, end]) => bytes.subarray(begin, end))).toString("utf8");
  const fault = around.length === 0 || rest.length > LARGEST ? -1 : jsonFaultAt(rest);
  if (fault >= 0) yield refusal(member, "json syntax", "json-around", { at: fault + 1 });

  function partOf(all: Buffer, begin: number, end: number, deep: number, position: number) {
    while (begin < end && BLANKS.has(all[begin] ?? 0)) begin++;
    while (end > begin && BLANKS.has(all[end - 1] ?? 0)) end--;
    if (begin === end) return undefined;
    const path = `${member}.${position}`;
    if (end - begin > LARGEST) return refusal(path, "json size", "too-large", { bytes: LARGEST, at: begin });
    if (deep > DEPTH) return refusal(path, "json depth", "too-deep", { levels: DEPTH, at: begin });
    const slice = all.subarray(begin, end);
    if (!isUtf8(slice)) return refusal(path, "json utf-8", "not-utf8", { at: begin });
    return { text: slice.toString("utf8"), at: begin, depth: deep, index: position };
  }
}

/** The value of a part, or what is wrong with its text and at which byte of the file. */
export function partValue(part: JsonPart, member: string): { value: unknown } | Refusal {
  try {
    return { value: JSON.parse(part.text) };
  } catch {
    const at = part.at + Buffer.byteLength(part.text.slice(0, Math.max(0, jsonFaultAt(part.text))));
    return refusal(`${member}.${part.index}`, "json syntax", "json-byte", { at });
  }
}

/** A whole document of a format that is read at once; a fault names line, column or the depth. */
export function jsonDocument(bytes: Buffer): { value: unknown } | Refusal {
  if (!isUtf8(bytes)) return refusal("file", "json utf-8", "not-utf8", { at: firstByte(bytes) });
  const text = bytes.toString("utf8", firstByte(bytes));
  if (deeperThan(text, DEPTH)) return refusal("file", "json depth", "nesting", { levels: DEPTH });
  try {
    return { value: JSON.parse(text) };
  } catch {
    const at = jsonFaultAt(text);
    const lines = text.slice(0, Math.max(0, at)).split("\n");
    return refusal(`line ${lines.length}`, "json syntax", "json-column", {
      column: (lines.at(-1) ?? "").length + 1,
    });
  }
}

function deeperThan(text: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++)
        if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (OPENS.has(code)) {
      if (++depth > most) return true;
    } else if (CLOSES.has(code)) depth--;
  }
  return false;
}

/** Behind a byte order mark and blanks. */
export function firstByte(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && BLANKS.has(bytes[at] ?? 0)) at++;
  return at;
}
