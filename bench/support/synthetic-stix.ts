import { uuidV5 } from "../../src/platform/crypto/digest.ts";
import { elementsOf } from "../../src/systems/intel/taxii/elements.ts";

const NAMESPACE = "5b0d3f0e-6c0f-4d0e-9a53-0d0b6f0a7c11";

/** The objects of a bundle over and over, each copy under ids of its own that still refer to each other. */
export function syntheticBundle(bundle: Buffer, count: number): Buffer {
  const texts = [...elementsOf(bundle).parts()].map((part) => part.text);
  const parts: string[] = [];
  for (let copy = 0; parts.length < count; copy++) {
    const ids = new Map<string, string>();
    const renamed = (id: string) => {
      const known = ids.get(id) ?? uuidV5(NAMESPACE, `${copy} ${id}`);
      ids.set(id, known);
      return known;
    };
    for (const text of texts.slice(0, count - parts.length)) {
      parts.push(
        text.replace(
          /--([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/g,
          (_, id: string) => `--${renamed(id)}`,
        ),
      );
    }
  }
  return Buffer.from(
    `{"type":"bundle","id":"bundle--${uuidV5(NAMESPACE, "all")}","objects":[${parts.join(",")}]}`,
  );
}
