import { StateTag, type Tone, useLanguage, useOrgName, useTexts } from "../../../web/kit.ts";
import type { IntelState, Recipient } from "../model.ts";

export const ITEMS = "/api/v1/intel/items";
export const RELEASED = "/api/v1/intel/released";

const TONES: Readonly<Record<IntelState, Tone>> = {
  draft: "quiet",
  "in-review": "waiting",
  approved: "active",
  released: "done",
  withdrawn: "bad",
};

export function ItemState({ state }: { readonly state: IntelState }) {
  const t = useTexts("intel");
  return <StateTag tone={TONES[state]}>{t(`state.${state}`)}</StateTag>;
}

/** A recipient in words: an organisation's name, a sector, everyone. */
export function useRecipientName(): (recipient: Recipient) => string {
  const t = useTexts("intel");
  const orgName = useOrgName();
  const [language] = useLanguage();
  return (recipient) => {
    if (recipient.kind === "organisation") return orgName(recipient.id, language) ?? recipient.id;
    if (recipient.kind === "sector")
      return t("recipient.sector", { sector: t(`kit:sector.${recipient.sector}`) });
    return t("recipient.everyone");
  };
}
