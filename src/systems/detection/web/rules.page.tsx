import { Button } from "antd";
import { useEffect, useState } from "react";
import {
  faultWords,
  Go,
  ListPage,
  SeverityTag,
  StateTag,
  Time,
  useGet,
  useGo,
  useMay,
  useTexts,
  useTouch,
} from "../../../web/kit.ts";
import {
  ALERT_LEVELS,
  RULE_KINDS,
  RULE_STATES,
  type RuleFault,
  type RuleFaults,
  type RuleWithYield,
} from "../model.ts";
import { severityOf } from "./alert-parts.tsx";
import { RULES, RuleFaultList, RuleStateTag, useRuleTitle } from "./rule-parts.tsx";

const SHOWN_FAULTS = 50;
const EVERY = 15_000;
const LOADING_EVERY = 2_000;

/** Whether changed rules are being read, and what of the folders is not at work, with its place. */
function Reading() {
  const t = useTexts("detection");
  const [isLoading, setIsLoading] = useState(false);
  const { data } = useGet<RuleFaults>(`${RULES}/faults`, { every: isLoading ? LOADING_EVERY : EVERY });
  const loading = data?.loading === true;
  const touch = useTouch();
  // The list is the old one until the new rules are there.
  useEffect(() => {
    if (isLoading && !loading) void touch([RULES]);
    setIsLoading(loading);
  }, [isLoading, loading, touch]);
  const items = data?.items ?? [];
  const of = (severity: RuleFault["severity"]) => items.filter((each) => each.severity === severity);
  const [faults, warnings] = [of("fault"), of("warning")];
  return (
    <>
      <p className="muted small" role="status">
        {loading ? (
          <StateTag tone="active">{t("rules.loading")}</StateTag>
        ) : (
          data?.loadedAt !== undefined && (
            <>
              {t("rules.loaded")} <Time at={data.loadedAt} ago />
            </>
          )
        )}
      </p>
      {faults.length > 0 && (
        <details>
          <summary>
            <StateTag tone="bad">{t("rule.faults", { count: faults.length.toLocaleString("en") })}</StateTag>
          </summary>
          <RuleFaultList faults={faults} most={SHOWN_FAULTS} />
        </details>
      )}
      {warnings.length > 0 && (
        <details>
          <summary>
            <StateTag tone="waiting">
              {t("rule.warnings", { count: warnings.length.toLocaleString("en") })}
            </StateTag>
          </summary>
          <RuleFaultList faults={warnings} most={SHOWN_FAULTS} />
          <Go to="/rules?state=unmapped">{t("rule.warnings.all")}</Go>
        </details>
      )}
    </>
  );
}

/** The rules at work. */
export default function RulesPage() {
  const t = useTexts("detection");
  const title = useRuleTitle();
  const go = useGo();
  const mayTry = useMay("logs:read");
  return (
    <ListPage<RuleWithYield>
      name="rules"
      title={t("nav.rules")}
      path={RULES}
      id={(row) => row.id}
      open={(row) => `/rules/${encodeURIComponent(row.id)}`}
      search="q"
      top={<Reading />}
      {...(mayTry && { side: <Button onClick={() => go("/rules/try")}>{t("trial.new")}</Button> })}
      columns={[
        {
          key: "level",
          label: t("rule.level"),
          width: 90,
          phone: "side",
          render: (row) => <SeverityTag severity={severityOf(row.level)} />,
          text: (row) => row.level,
        },
        {
          key: "title",
          label: t("rule.title"),
          phone: "title",
          render: (row) => (
            <>
              {title(row)}
              {row.warnings.map((warning) => (
                <div key={warning.path} className="small muted rule-warning">
                  {faultWords(warning)}
                </div>
              ))}
            </>
          ),
          text: title,
        },
        {
          key: "warnings",
          label: t("rule.warning"),
          exportOnly: true,
          render: () => null,
          text: (row) => row.warnings.map(faultWords).join("; "),
        },
        {
          key: "kind",
          label: t("rule.kind"),
          width: 170,
          render: (row) =>
            row.correlation === null
              ? t(`rule.kind.${row.kind}`)
              : `${t(`rule.kind.${row.kind}`)} · ${t(`rule.type.${row.correlation.type}`)}`,
          text: (row) => (row.correlation === null ? row.kind : `${row.kind} ${row.correlation.type}`),
        },
        {
          key: "state",
          label: t("rule.state"),
          width: 130,
          render: (row) => <RuleStateTag rule={row} />,
          text: (row) => row.state,
        },
        {
          key: "logSource",
          label: t("rule.log-source"),
          width: 240,
          // Of a correlation it would be its kind again.
          render: (row) => (row.correlation === null ? row.logSource : <span className="muted">–</span>),
          text: (row) => (row.correlation === null ? row.logSource : ""),
        },
        {
          key: "alerts",
          label: t("rule.alerts"),
          width: 120,
          align: "end",
          render: (row) => row.alerts.toLocaleString("en"),
          text: (row) => String(row.alerts),
        },
        {
          key: "matches",
          label: t("rule.matches"),
          width: 130,
          align: "end",
          render: (row) => row.matches.toLocaleString("en"),
          text: (row) => String(row.matches),
        },
        { key: "id", label: t("rule.id"), exportOnly: true, render: (row) => row.id, text: (row) => row.id },
        {
          key: "file",
          label: t("rule.file"),
          exportOnly: true,
          render: (row) => row.file,
          text: (row) => row.file,
        },
      ]}
      filters={[
        {
          name: "level",
          label: t("rule.level"),
          kind: "choice",
          options: ALERT_LEVELS.toReversed().map((value) => ({
            value,
            label: t(`kit:severity.${severityOf(value)}`),
          })),
        },
        {
          name: "kind",
          label: t("rule.kind"),
          kind: "choice",
          options: RULE_KINDS.map((value) => ({ value, label: t(`rule.kind.${value}`) })),
        },
        {
          name: "state",
          label: t("rule.state"),
          kind: "choice",
          options: RULE_STATES.map((value) => ({ value, label: t(`rule.state.${value}`) })),
        },
        { name: "logSource", label: t("rule.log-source"), kind: "text" },
        { name: "tag", label: t("rule.tag"), kind: "text" },
      ]}
      views={[
        { name: t("rule.view.correlation"), filters: { kind: "correlation" } },
        { name: t("rule.view.unmapped"), filters: { state: "unmapped" } },
      ]}
      empty={{ title: t("rules.none"), advice: t("rules.none.advice") }}
    />
  );
}
