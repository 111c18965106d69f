import { Button } from "antd";
import {
  DetailPage,
  type Fact,
  Go,
  Section,
  SeverityTag,
  Shown,
  StateTag,
  spanWords,
  useGet,
  useGo,
  useKeys,
  useMay,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { RuleDetail } from "../model.ts";
import { severityOf, tagText } from "./alert-parts.tsx";
import { RULES, RuleFaultList, RuleStateTag, useRuleTitle } from "./rule-parts.tsx";

const LIST = "/rules";

/** Rules by name, each led to. */
function RuleNames({
  of,
}: {
  readonly of: readonly { id: string; title: string; titleZh: string | null }[];
}) {
  const title = useRuleTitle();
  return (
    <ul className="plain">
      {of.map((rule) => (
        <li key={rule.id}>
          <Go to={`/rules/${encodeURIComponent(rule.id)}`}>{title(rule)}</Go>
        </li>
      ))}
    </ul>
  );
}

/** What a correlation rule asks, in words. */
function useCorrelationFacts(rule: RuleDetail): Fact[] {
  const t = useTexts("detection");
  const { correlation } = rule;
  if (correlation === null) return [];
  const { type, groupBy, fields, timespanSeconds, condition, generate } = correlation;
  const list = (names: readonly string[]) => <span className="mono">{names.join(t("kit:comma"))}</span>;
  return [
    { label: t("rule.type"), value: t(`rule.type.${type}`) },
    { label: t("rule.timespan"), value: spanWords(timespanSeconds * 1000, t) },
    { label: t("rule.group-by"), value: groupBy.length === 0 ? null : list(groupBy) },
    { label: t("rule.counted"), value: fields.length === 0 ? null : list(fields) },
    { label: t("rule.condition"), value: condition === "" ? t("rule.condition.all") : condition },
    { label: t("rule.generate"), value: t(`rule.generate.${generate}`) },
  ];
}

/** What a correlation rule waits for, so that nobody wonders why its alert comes later than the records. */
function Waits({ rule: { correlation, waits, across } }: { readonly rule: RuleDetail }) {
  const t = useTexts("detection");
  if (correlation === null || waits === null) return null;
  const words = (seconds: number) => spanWords(seconds * 1000, t);
  const facts = {
    span: words(correlation.timespanSeconds),
    lateness: words(waits.latenessSeconds),
    idle: words(waits.idleSeconds),
  };
  return (
    <Section title={t("rule.waits")}>
      <ul>
        {["span", across ? "lateness.across" : "lateness", "idle", "again"].map((name) => (
          <li key={name}>{t(`rule.waits.${name}`, facts)}</li>
        ))}
      </ul>
    </Section>
  );
}

function RuleView({ rule }: { readonly rule: RuleDetail }) {
  const t = useTexts("detection");
  const title = useRuleTitle();
  const go = useGo();
  const mayTry = useMay("logs:read");
  useKeys([{ key: "u", label: t("nav.rules"), run: () => go(LIST) }]);
  const correlation = useCorrelationFacts(rule);
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
      {...(mayTry && {
        acts: <Button onClick={() => go("/rules/try", { rule: rule.id })}>{t("trial.of")}</Button>,
      })}
      {...(advice.length > 0 && { summary: advice.join(" ") })}
      facts={[
        { label: t("rule.kind"), value: t(`rule.kind.${rule.kind}`) },
        ...correlation,
        ...(rule.correlation !== null
          ? []
          : [
              {
                label: t("rule.log-source"),
                value: rule.logSource,
                copy: rule.logSource,
                filter: { to: LIST, name: "logSource" },
              },
              {
                label: t("rule.taxonomy"),
                value: rule.taxonomy === "sigma" ? t("rule.taxonomy.sigma") : rule.taxonomy,
              },
            ]),
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
      {rule.warnings.length > 0 && (
        <Section title={t("rule.warning")}>
          <RuleFaultList faults={rule.warnings} most={rule.warnings.length} />
        </Section>
      )}
      {rule.correlation !== null && (
        <Section title={t("rule.looks-at")}>
          <RuleNames of={rule.correlation.rules} />
        </Section>
      )}
      <Waits rule={rule} />
      {rule.correlatedBy.length > 0 && (
        <Section title={t("rule.correlated-by")}>
          <RuleNames of={rule.correlatedBy} />
        </Section>
      )}
      {rule.related.length > 0 && (
        <Section title={t("rule.related")}>
          <ul className="plain">
            {rule.related.map(({ id, type, loaded }) => (
              <li key={type + id} className="row wrap">
                <span>{t(`rule.related.${type}`)}</span>
                {loaded ? (
                  <Go to={`/rules/${id}`} className="mono">
                    {id}
                  </Go>
                ) : (
                  <>
                    <span className="mono">{id}</span>
                    <span className="muted small">{t("rule.related.absent")}</span>
                  </>
                )}
              </li>
            ))}
          </ul>
        </Section>
      )}
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
