import { z } from "zod";

/** Character encodings of log lines by their names in the Encoding Standard; of the others none is met in logs, or its bytes are no lines. */
const ENCODINGS =
  `utf-8 big5 gb18030 gbk shift_jis euc-jp euc-kr utf-16le utf-16be windows-1250 windows-1251 windows-1252 windows-1253
   windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 windows-874 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4
   iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8-r koi8-u
   ibm866`.split(/\s+/);

/** What is read by its bytes alone, and needs no decoder. */
const UTF8 = "utf-8";

/** The name in the Encoding Standard of an encoding by one of its labels (`Big5-HKSCS`, `latin1`); undefined where there is none of ours. */
export function encodingOf(label: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(label);
    // The Encoding Standard takes ISO 8859-1 for the larger windows-1252.
    return ENCODINGS.includes(encoding) ? encoding : undefined;
  } catch {
    return undefined;
  }
}

/** The encoding whose decoder a label asks for; undefined for none and for UTF-8, which needs none. */
export function decodingOf(label: string | undefined): string | undefined {
  const encoding = label === undefined ? undefined : encodingOf(label);
  return encoding === UTF8 ? undefined : encoding;
}

/** Whether characters take two bytes each, so that a line feed does, too. */
export function isWide(encoding: string | undefined): boolean {
  return encoding === "utf-16le" || encoding === "utf-16be";
}

/** The encoding that a byte order mark names at the beginning of bytes, and how long it is. */
export function byteOrderMark(
  bytes: Uint8Array,
): { readonly encoding: string; readonly length: number } | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return { encoding: UTF8, length: 3 };
  if (first === 0xff && second === 0xfe) return { encoding: "utf-16le", length: 2 };
  return first === 0xfe && second === 0xff ? { encoding: "utf-16be", length: 2 } : undefined;
}

const KNOWN = `an encoding of the Encoding Standard: ${ENCODINGS.join(", ")}`;
const label = z.string().max(40);

/** Encoding of a file or body. */
export const EncodingName = label.refine((name) => encodingOf(name) !== undefined, KNOWN).optional();

/** Encoding of messages that come one by one: UTF-16 is none, since its bytes hold what ends a message. */
export const MessageEncodingName = label
  .refine(
    (name) => encodingOf(name) !== undefined && !isWide(encodingOf(name)),
    `${KNOWN}; not UTF-16, which is for files`,
  )
  .optional();

/** Text of bytes in an encoding; what is none in it becomes U+FFFD. */
export class LineDecoder {
  readonly #strict: TextDecoder;
  readonly #loose: TextDecoder;

  /** Throws RangeError for a label that is none. */
  constructor(encoding: string) {
    this.#strict = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
    this.#loose = new TextDecoder(encoding, { ignoreBOM: true });
  }

  /** `valid`: every byte was part of a character. */
  decode(bytes: Uint8Array): { readonly text: string; readonly valid: boolean } {
    try {
      return { text: this.#strict.decode(bytes), valid: true };
    } catch {
      return { text: this.#loose.decode(bytes), valid: false };
    }
  }
}
