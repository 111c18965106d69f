import { z } from "zod";
import type { Fault } from "../../core/problem.ts";

/** The query of a route that declares none. */
export const NO_QUERY = z.object({});

/**
 * Parameters of an address that its route does not know: a filter that is mistyped and passed over would answer more
 * than was asked. A contract that is no plain object (`z.record`, `z.looseObject`) takes any: TAXII says by itself what
 * it refuses.
 */
export function unknownParameters(contract: z.ZodType, part: string, query: unknown): Fault[] {
  if (!(contract instanceof z.ZodObject) || contract.def.catchall !== undefined) return [];
  if (typeof query !== "object" || query === null) return [];
  const known = Object.keys(contract.shape);
  const told = known.length === 0 ? "no parameters" : known.toSorted().join(", ");
  return Object.keys(query)
    .filter((name) => !known.includes(name))
    .slice(0, MOST_FAULTS)
    .map((name) => ({
      path: `${part}.${name.slice(0, LONGEST_NAME)}`,
      message: `no parameter of this address, which takes ${told}`,
    }));
}

const MOST_FAULTS = 20;
const LONGEST_NAME = 100;
