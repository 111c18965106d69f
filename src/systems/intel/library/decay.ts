import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { VALUE_KINDS, type Value, ValueKind } from "./model.ts";
import type { Decay } from "./rules.ts";

const Speed = z.object({ lifetime: z.number().positive(), speed: z.number().positive() });
const Decays = z.strictObject({
  values: z.partialRecord(ValueKind, Speed),
  types: z.record(z.string(), Speed),
});
export type Decays = z.infer<typeof Decays>;

/** The speeds that come with the product. Throws ZodError or YAMLParseError on a file that holds none. */
export function loadDecays(
  file: URL = new URL("../../../../content/taxonomies/decay.yml", import.meta.url),
): Decays {
  return Decays.parse(parse(readFileSync(file, "utf8")));
}

/** How fast an object loses its worth: by the shortest-lived of its values, else by its type; null = it does not. */
export function decayOf(decays: Decays, type: string, values: readonly Value[]): Decay | null {
  // In the order of the kinds, so that of two that live as long one decides, however the values stand.
  const speeds = VALUE_KINDS.flatMap((kind) => {
    const speed = decays.values[kind];
    return speed !== undefined && values.some((value) => value.kind === kind) ? [speed] : [];
  });
  const [first, ...others] = speeds;
  if (first !== undefined && !(type in LASTING))
    return others.reduce((shortest, each) => (each.lifetime < shortest.lifetime ? each : shortest), first);
  return Object.hasOwn(decays.types, type) ? (decays.types[type] ?? null) : null;
}

/** What bears values, as references to elsewhere, and yet does not age with them. */
const LASTING = { report: true, note: true, "attack-pattern": true, malware: true, tool: true };
