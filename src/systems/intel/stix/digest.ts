import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { canonicalJson, type Json } from "./json.ts";

/** What an object says, whatever its spacing and order: SHA-256 (hex) over RFC 8785; over the text where I-JSON cannot say it. */
export function digestOf(object: Json, text: string): string {
  try {
    return sha256Hex(canonicalJson(object));
  } catch (error) {
    if (error instanceof RangeError) return sha256Hex(text);
    throw error;
  }
}
