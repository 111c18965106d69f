import "./rule.css";
import { faultWords, StateTag, type Tone, useLanguage, useTexts } from "../../../web/kit.ts";
import type { Rule, RuleFault } from "../model.ts";

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

/** Faults of rule files, those of one rule together: which rule, where in its file, and why. */
export function RuleFaultList({
  faults,
  most,
}: {
  readonly faults: readonly RuleFault[];
  readonly most: number;
}) {
  const t = useTexts("detection");
  const shown = Map.groupBy(faults.slice(0, most), ({ file, rule }) => `${file} ${rule?.id} ${rule?.title}`);
  return (
    <>
      <ul className="plain rule-faults">
        {[...shown].map(([key, of]) => (
          <li key={key}>
            <div className="row wrap">
              <strong lang="en">{of[0]?.rule?.title || t("rule.faults.nameless")}</strong>
              {of[0]?.rule?.id != null && <span className="mono small muted">{of[0].rule.id}</span>}
            </div>
            <ul className="plain">
              {of.map((fault) => (
                <li key={`${fault.line} ${fault.path} ${fault.message}`} className="small">
                  <code className="mono">
                    {fault.file}:{fault.line}
                  </code>{" "}
                  {fault.path !== "" && <code className="mono muted">{fault.path}</code>} {faultWords(fault)}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {faults.length > most && (
        <p className="small muted">
          {t("rule.faults.more", { count: (faults.length - most).toLocaleString("en") })}
        </p>
      )}
    </>
  );
}
