import { isUtf8 } from "node:buffer";
import { setImmediate as others } from "node:timers/promises";
import { jsonFaultAt } from "../../../core/json-fault.ts";
import { Problem } from "../../../core/problem.ts";
import { isJsonObject } from "../stix/json.ts";
import { type Elements, elementsOf } from "./elements.ts";
import { refusal, unprocessable } from "./envelope.ts";

/** Bytes of pushes that are held at once, over all callers. */
export class PushRoom {
  private readonly most: number;
  private held = 0;

  constructor(most: number) {
    this.most = most;
  }

  /**
   * Reads a body to its end and hands it over; it counts as held until `use` is done. Problem http.too-large as soon as
   * it is longer than `most` bytes, taxii.busy where others hold all there is.
   */
  async hold<T>(
    body: AsyncIterable<Uint8Array>,
    { most, announced }: { readonly most: number; readonly announced: string | undefined },
    use: (body: Buffer) => Promise<T>,
  ): Promise<T> {
    const tooLarge = () => new Problem("http.too-large", { detail: `at most ${most} bytes are taken` });
    const length = Number(announced ?? Number.NaN);
    if (length > most) throw tooLarge();
    let size = 0;
    try {
      const whole = length > 0 ? Buffer.allocUnsafeSlow(length) : undefined;
      const parts: Uint8Array[] = [];
      for await (const part of body) {
        if (this.held + part.length > this.most) throw new Problem("taxii.busy", { retryAfter: 10 });
        this.held += part.length;
        if (whole === undefined) parts.push(part);
        else whole.set(part.subarray(0, Math.max(0, whole.length - size)), size);
        size += part.length;
        if (size > most) throw tooLarge();
      }
      return await use(whole === undefined ? Buffer.concat(parts.splice(0)) : whole.subarray(0, size));
    } finally {
      this.held -= size;
    }
  }
}

/** So many bytes are looked at before others get their turn. */
const TURN = 4 * 2 ** 20;

/**
 * The objects of a pushed envelope (TAXII 2.1 section 3.7), verbatim. Problem http.invalid where the body is no JSON,
 * taxii.unprocessable where it is no envelope (section 5.5). However large it is, others get their turn meanwhile.
 */
export async function readPush(body: Buffer): Promise<Elements> {
  const elements = elementsOf(body);
  if (!isUtf8(body)) {
    const byte = utf8Length(body);
    const index = elements.holding(byte);
    throw refusal(index === undefined ? "body" : `objects.${index}`, `not UTF-8 at byte ${byte + 1}`);
  }
  const { shell } = elements;
  if (shell === undefined) {
    const text = body.toString("utf8");
    const value = parsed(text, "body");
    if (!isJsonObject(value)) throw unprocessable("body", "an envelope is wanted: an object with objects");
    throw unprocessable(
      "objects",
      value["objects"] === undefined ? "a list with at least one object is wanted" : "a list is wanted",
    );
  }
  const around = parsed(shell, "body");
  if (!isJsonObject(around)) throw unprocessable("body", "an envelope is wanted: an object with objects");
  // A later member of the same name that is no list takes the place of the list.
  if (!Array.isArray(around["objects"])) throw unprocessable("objects", "a list is wanted");
  if (elements.count === 0) throw unprocessable("objects", "a list with at least one object is wanted");
  let looked = 0;
  for (let index = 0; index < elements.count; index++) {
    const { text } = elements.at(index);
    parsed(text, `objects.${index}`);
    looked += text.length;
    if (looked > TURN) {
      looked = 0;
      await others();
    }
  }
  return elements;
}

const PIECE = 65_536;

/** How many bytes at the beginning are UTF-8: the place of the first fault where not all are. */
function utf8Length(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    let end = Math.min(bytes.length, at + PIECE);
    // A piece ends where a character ends.
    while (end < bytes.length && end > at + 1 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    if (!isUtf8(bytes.subarray(at, end))) break;
    at = end;
    if (at === bytes.length) return at;
  }
  for (;;) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (at >= bytes.length || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusal(
      path,
      text === "" ? "nothing stands here" : `not JSON at character ${jsonFaultAt(text) + 1}`,
    );
  }
}
