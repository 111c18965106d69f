import { type Refusal, refusal } from "../reasons/model.ts";
import { isJsonObject, isList, type JsonObject } from "../stix/json.ts";
import { type Bounds, type Found, judged, refusedAt } from "./found.ts";
import { firstByte, jsonDocument, jsonParts, partValue } from "./json-parts.ts";
import { convertStix20 } from "./stix-20.ts";

const MOST_MARKINGS = 10_000;

/**
 * A STIX bundle, a TAXII envelope, a list of objects or a single object. Each object is judged by itself and the rest
 * goes on. Marking definitions come last, when it is known that none of them marks itself through others.
 */
export function* readStix(bytes: Buffer, version: "2.0" | "2.1", bounds: Bounds): Generator<Found> {
  const markings: { value: JsonObject; text: string; path: string }[] = [];
  let parts = 0;
  for (const part of elementsOf(bytes)) {
    parts++;
    if ("message" in part) {
      yield refusedAt(part);
      continue;
    }
    const { path, text, value } = part;
    if (version === "2.0") {
      const converted = convertStix20(value);
      for (const each of converted.objects) yield judged(each, undefined, path, bounds);
      for (const each of converted.refused) yield refusedAt({ ...each, path: `${path}${each.path}` }, value);
    } else if (
      isJsonObject(value) &&
      value["type"] === "marking-definition" &&
      markings.length < MOST_MARKINGS
    )
      markings.push({ value, text, path });
    else yield judged(value, text, path, bounds);
  }
  const circle = circleOf(markings.map((each) => each.value));
  for (const { value, text, path } of markings) {
    if (circle.has(String(value["id"])))
      yield refusedAt(refusal(`${path}.object_marking_refs`, "7.2.1 marking-cycle", "marking-circle"), value);
    else yield judged(value, text, path, bounds);
  }
  if (parts === 0) yield refusedAt(refusal("objects", "8 type", "list-filled"));
}

function* elementsOf(bytes: Buffer): Generator<{ path: string; text: string; value: unknown } | Refusal> {
  let any = false;
  for (const part of jsonParts(bytes, "objects")) {
    any = true;
    if ("message" in part) {
      yield part;
      continue;
    }
    const read = partValue(part, "objects");
    yield "message" in read ? read : { path: `objects.${part.index}`, text: part.text, value: read.value };
  }
  if (any) return;
  // Not a list of objects: perhaps one by itself.
  const document = jsonDocument(bytes);
  if ("message" in document) yield document;
  else if (
    isJsonObject(document.value) &&
    document.value["type"] !== "bundle" &&
    document.value["id"] !== undefined
  )
    yield { path: "object", text: bytes.toString("utf8", firstByte(bytes)).trimEnd(), value: document.value };
}

/** The ids of markings that stand in a circle or mark by one that does. */
function circleOf(markings: readonly JsonObject[]): Set<string> {
  const marks = new Map<string, string[]>();
  for (const marking of markings) {
    const refs = marking["object_marking_refs"];
    const ids = refs !== undefined && isList(refs) ? refs.filter((ref) => typeof ref === "string") : [];
    marks.set(String(marking["id"]), ids);
  }
  // Whoever is marked by nothing of this file, or only by what is clear already, is in no circle.
  const waiting = new Map(
    [...marks].map(([id, refs]) => [id, new Set(refs.filter((ref) => marks.has(ref)))] as const),
  );
  const markedBy = new Map<string, string[]>();
  for (const [id, refs] of waiting)
    for (const ref of refs) markedBy.set(ref, [...(markedBy.get(ref) ?? []), id]);
  const clear = [...waiting].filter(([, refs]) => refs.size === 0).map(([id]) => id);
  for (let id = clear.pop(); id !== undefined; id = clear.pop()) {
    waiting.delete(id);
    for (const marked of markedBy.get(id) ?? []) {
      const refs = waiting.get(marked);
      refs?.delete(id);
      if (refs?.size === 0) clear.push(marked);
    }
  }
  return new Set(waiting.keys());
}
