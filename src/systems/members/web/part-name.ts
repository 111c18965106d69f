import type { Translate } from "../../../web/kit.ts";

/** The name of a part of the node as GET /api/v1/platform tells it, in words. */
export function partName(part: string, t: Translate): string {
  const number = /^system-(\d+)$/.exec(part)?.[1];
  if (number !== undefined) return t("members:part.system", { number });
  return part === "records" || part === "events" ? t(`members:part.${part}`) : part;
}
