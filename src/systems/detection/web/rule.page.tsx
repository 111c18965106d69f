import "./rule.css";
import {
  DetailPage,
  Section,
  SeverityTag,
  Shown,
  StateTag,
  useGet,
  useGo,
  useKeys,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { RuleDetail } from "../model.ts";
import { severityOf, tagText } from "./alert-parts.tsx";
import { RULES, RuleStateTag, useRuleTitle } from "./rule-parts.tsx";

const LIST = "/rules";

function RuleView({ rule }: { readonly rule: RuleDetail }) {
  const t = useTexts("detection");
  const title = useRuleTitle();
  const go = useGo();
  useKeys([{ key: "u", label: t("nav.rules"), run: () => go(LIST) }]);
  const advice = [
    ...(rule.state === "active" ? [] : [t(`rule.state.${rule.state}.advice`)]),
    ...(rule.across ? [t("rule.across.advice")] : []),
  ];
  return (
    <DetailPage
      back={{ to: LIST, label: t("nav.rules") }}
      title={title(rule)}
      tags={
        <>
          <SeverityTag severity={severityOf(rule.level)} />
          <RuleStateTag rule={rule} />
          {rule.across && <StateTag tone="active">{t("rule.across")}</StateTag>}
        </>
      }
      {...(advice.length > 0 && { summary: advice.join(" ") })}
      facts={[
        { label: t("rule.kind"), value: t(`rule.kind.${rule.kind}`) },
        {
          label: t("rule.log-source"),
          value: rule.logSource,
          copy: rule.logSource,
          filter: { to: LIST, name: "logSource" },
        },
        { label: t("rule.status"), value: rule.status },
        { label: t("rule.tag"), value: rule.tags.map(tagText).join(t("kit:comma")) },
        {
          label: t("rule.alerts"),
          value: String(rule.alerts),
          copy: rule.id,
          filter: { to: "/alerts", name: "rule" },
        },
        { label: t("rule.matches"), value: String(rule.matches) },
        { label: t("rule.file"), value: `${rule.file}:${rule.line}` },
        { label: t("rule.id"), value: rule.id, copy: rule.id },
      ]}
    >
      <Section title={t("rule.source")}>
        <pre className="mono small rule-source" lang="en">
          {rule.source}
        </pre>
      </Section>
    </DetailPage>
  );
}

/** One rule: what it is, what it led to, its text. */
export default function RulePage() {
  const id = useParam("id");
  const got = useGet<RuleDetail>(`${RULES}/${encodeURIComponent(id)}`);
  return <Shown of={got}>{(rule) => <RuleView rule={rule} />}</Shown>;
}
