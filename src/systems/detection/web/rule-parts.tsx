import { StateTag, type Tone, useLanguage, useTexts } from "../../../web/kit.ts";
import type { Rule } from "../model.ts";

export const RULES = "/api/v1/rules";

const TONES: Readonly<Record<Rule["state"], Tone>> = { active: "done", silent: "quiet", unmapped: "waiting" };

export function RuleStateTag({ rule }: { readonly rule: Pick<Rule, "state"> }) {
  const t = useTexts("detection");
  return <StateTag tone={TONES[rule.state]}>{t(`rule.state.${rule.state}`)}</StateTag>;
}

/** The rule's title in the language of the screen; public sets have an English one only. */
export function useRuleTitle(): (rule: Pick<Rule, "title" | "titleZh">) => string {
  const [language] = useLanguage();
  return (rule) => (language === "zh" ? (rule.titleZh ?? rule.title) : rule.title);
}
