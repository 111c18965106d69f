import { useTexts } from "../../../web/kit.ts";
import type { ValueWarning } from "../model.ts";

/** The list that warns, and of a network how much of the list lies in it. */
export function useListWords(): (warning: Omit<ValueWarning, "value">) => string {
  const t = useTexts("intel");
  return ({ list, entry = "", inside }) => {
    if (inside === undefined) return list;
    if (inside === 1) return t("warned.inside.one", { list, entry });
    return t("warned.inside", { list, entry, count: inside.toLocaleString("en") });
  };
}
