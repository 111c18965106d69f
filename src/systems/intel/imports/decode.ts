import { isUtf8 } from "node:buffer";
import { type Refusal, refusal } from "../reasons/model.ts";

/** UTF-8, or UTF-16 with its mark, or Big5 as Taiwan's older systems write it; without the mark. */
export function decoded(bytes: Buffer): { text: string; refused: Refusal[] } {
  const label =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : "utf-8";
  if (label === "utf-8" && isUtf8(bytes))
    return { text: new TextDecoder("utf-8").decode(bytes), refused: [] };
  const tried = label === "utf-8" ? "big5" : label;
  const text = new TextDecoder(tried).decode(bytes).replaceAll("\0", "");
  const foreign = text.indexOf("\ufffd");
  if (foreign < 0) return { text, refused: [] };
  const line = text.slice(0, foreign).split("\n").length;
  return { text, refused: [refusal(`line ${line}`, "file text", "not-text")] };
}

/** The beginning of a file as text, up to the end of a line, so that no character is cut. */
export function headText(bytes: Buffer, most: number): string {
  if (bytes.length <= most) return decoded(bytes).text;
  const head = bytes.subarray(0, most);
  const wide = head[0] === 0xff || head[0] === 0xfe ? 2 : 1;
  const end = head.lastIndexOf(10);
  return decoded(end < 0 ? head : head.subarray(0, end + wide)).text;
}
