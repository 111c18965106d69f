import { z } from "zod";

/** Query of every list: how many and from where. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(400).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** A page of a list; `next` is the cursor of the following page, absent on the last; `total` counts all that match. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().optional(), total: z.number().int() });
}

export interface Page<Item> {
  items: Item[];
  next?: string | undefined;
  total: number;
}
