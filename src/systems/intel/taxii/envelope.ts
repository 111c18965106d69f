import { isUtf8 } from "node:buffer";
import { jsonFaultAt } from "../../../core/json-fault.ts";
import { Problem } from "../../../core/problem.ts";
import { isJsonObject } from "../stix/json.ts";
import { type EnvelopePart, elementsOf } from "./elements.ts";

/** An envelope as an answer: its objects verbatim, and how it goes on. Problems http.invalid where the body is no JSON, taxii.unprocessable where it is no envelope. */
export function readEnvelopePage(body: Buffer): { parts: EnvelopePart[]; more: boolean; next?: string } {
  if (!isUtf8(body)) throw refusal("body", "not UTF-8");
  const text = body.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal("body", `not JSON at character ${jsonFaultAt(text) + 1}`);
  }
  if (!isJsonObject(value)) throw unprocessable("body", "an envelope is wanted: an object with objects");
  const { objects, more, next } = value;
  if (objects !== undefined && !Array.isArray(objects)) throw unprocessable("objects", "a list is wanted");
  return {
    parts: objects === undefined ? [] : [...elementsOf(body).parts()],
    more: more === true,
    ...(typeof next === "string" ? { next } : {}),
  };
}

export function unprocessable(path: string, message: string): Problem {
  return new Problem("taxii.unprocessable", { faults: [{ path, message }] });
}

export function refusal(path: string, message: string): Problem {
  return new Problem("http.invalid", { faults: [{ path, message }] });
}

const MOST_IN_ENVELOPE = 1000;

/** Documents in envelopes, verbatim, none larger than `most` bytes unless it holds a single one. */
export function* envelopes(documents: readonly string[], most: number): Generator<string> {
  let open: string[] = [];
  let size = 0;
  for (const document of documents) {
    const bytes = Buffer.byteLength(document) + 1;
    if (open.length > 0 && (open.length === MOST_IN_ENVELOPE || EMPTY_ENVELOPE + size + bytes > most)) {
      yield envelopeText(open);
      [open, size] = [[], 0];
    }
    open.push(document);
    size += bytes;
  }
  if (open.length > 0) yield envelopeText(open);
}

export function envelopeText(documents: readonly string[]): string {
  return `{"objects":[${documents.join(",")}]}`;
}

const EMPTY_ENVELOPE = envelopeText([]).length;
