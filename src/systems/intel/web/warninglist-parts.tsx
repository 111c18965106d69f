import { StateTag, type Translate, useTexts } from "../../../web/kit.ts";
import type { WarninglistRow } from "../warninglists/model.ts";

export const WARNINGLISTS = "/api/v1/intel/warninglists";

export function WarninglistState({ off }: { readonly off: boolean }) {
  const t = useTexts("lists");
  return <StateTag tone={off ? "quiet" : "done"}>{t(off ? "warning.off" : "warning.on")}</StateTag>;
}

export function coversText(t: Translate, { covers }: Pick<WarninglistRow, "covers">): string {
  return covers.length === 8
    ? t("warning.covers.all")
    : covers.map((type) => t(`kind.${type}`)).join(t("kit:comma"));
}
