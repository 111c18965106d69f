import "./rule.css";
import { Button, Input, Select } from "antd";
import { useEffect, useId, useState } from "react";
import {
  download,
  Failed,
  faultWords,
  kept,
  Loading,
  serverNow,
  useFilters,
  useGet,
  useKeys,
  useLanguage,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { RuleDetail } from "../model.ts";
import { RULES } from "./rule-parts.tsx";
import { TrialResults } from "./trial-results.tsx";
import { useTrial } from "./trial-run.ts";

const DRAFT = "rule-draft";
const HOUR = 3_600_000;
const SPANS = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const;
type SpanName = keyof typeof SPANS | "own";

const EXAMPLE = `title: Denied connection to a control protocol
status: experimental
level: medium
logsource:
  category: firewall
detection:
  selection:
    action: deny
    dst_port:
      - 502
      - 20000
  condition: selection
`;

/** The text of a rule at work, or the draft that was left on this device. */
function useDraft(ruleId: string | undefined) {
  const got = useGet<RuleDetail>(`${RULES}/${encodeURIComponent(ruleId ?? "")}`, {
    when: ruleId !== undefined,
  });
  const [text, setText] = useState(() => (ruleId === undefined ? (kept.read(DRAFT) ?? "") : ""));
  const source = got.data?.source;
  useEffect(() => {
    if (source !== undefined) setText(source);
  }, [source]);
  const change = (next: string) => {
    setText(next);
    kept.write(DRAFT, next);
  };
  return { text, change, got };
}

/** A time as people in Taiwan type it, without a zone. */
const wall = (at: number) => new Date(at + 8 * HOUR).toISOString().slice(0, 16);
const instant = (text: string) => {
  const at = Date.parse(`${text}:00+08:00`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
};

/** Writing a draft of a rule and trying it on stored records. */
export default function TrialPage() {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const [{ rule, span: asked, org = "", from = "", to = "" }, setFilters] = useFilters();
  const { orgs } = useSession();
  const { text, change, got } = useDraft(rule);
  const { state, run, stop } = useTrial();
  const id = useId();
  const span: SpanName =
    asked === "own" || (asked !== undefined && asked in SPANS) ? (asked as SpanName) : "day";
  const choose = (name: SpanName) => {
    const now = serverNow();
    setFilters(
      name === "own"
        ? { span: name, from: wall(now - SPANS.day), to: wall(now) }
        : { span: name, from: "", to: "" },
    );
  };
  const own = { from: instant(from), to: instant(to) };
  const ready = text.trim() !== "" && (span !== "own" || (own.from !== undefined && own.to !== undefined));
  const begin = () => {
    if (!ready || state.running) return;
    const now = serverNow();
    const between =
      span === "own"
        ? { from: own.from ?? "", to: own.to ?? "" }
        : { from: new Date(now - SPANS[span]).toISOString(), to: new Date(now).toISOString() };
    void run({ text, ...between, ...(org !== "" && { org }) });
  };
  useKeys([{ key: "r", label: t("trial.run"), run: begin }]);
  const faults = state.problem?.code === "http.invalid" ? state.problem.faults : [];
  return (
    <div className="page">
      <header className="title-row">
        <h1>{t("trial")}</h1>
      </header>
      <p className="muted">{t("trial.summary")}</p>
      {rule !== undefined && got.loading && <Loading />}
      {rule !== undefined && got.problem !== undefined && <Failed problem={got.problem} again={got.again} />}
      <div className="stack trial-form">
        <label className="field-label" htmlFor={`${id}draft`}>
          {t("trial.draft")}
        </label>
        <Input.TextArea
          id={`${id}draft`}
          className="mono trial-draft"
          lang="en"
          spellCheck={false}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) begin();
          }}
          autoSize={{ minRows: 12, maxRows: 30 }}
          aria-describedby={`${id}why`}
          aria-invalid={faults.length > 0}
        />
        <p id={`${id}why`} className="muted small">
          {t("trial.draft.why")}
        </p>
        {faults.length > 0 && (
          <div role="alert" className="trial-faults">
            <strong>{t("trial.faults", { count: faults.length })}</strong>
            <ul>
              {faults.map((fault) => {
                const [line = "", place = ""] = fault.path.split(": ", 2);
                return (
                  <li key={fault.path + fault.message}>
                    {t("trial.line", { line })} {place !== "" && <code className="mono">{place}</code>}{" "}
                    {faultWords(fault)}
                  </li>
                );
              })}
            </ul>
          </div>
        )}
        <div className="row wrap trial-choices">
          <label htmlFor={`${id}span`}>{t("trial.span")}</label>
          <Select<SpanName>
            id={`${id}span`}
            value={span}
            onChange={choose}
            style={{ width: 150 }}
            options={[...(Object.keys(SPANS) as SpanName[]), "own" as const].map((value) => ({
              value,
              label: t(`trial.span.${value}`),
            }))}
          />
          {span === "own" && (
            <>
              <label htmlFor={`${id}from`}>{t("trial.from")}</label>
              <Input
                id={`${id}from`}
                type="datetime-local"
                value={from}
                onChange={(event) => setFilters({ from: event.target.value })}
                style={{ width: 200 }}
              />
              <label htmlFor={`${id}to`}>{t("trial.to")}</label>
              <Input
                id={`${id}to`}
                type="datetime-local"
                value={to}
                onChange={(event) => setFilters({ to: event.target.value })}
                style={{ width: 200 }}
              />
            </>
          )}
          {orgs.length > 1 && (
            <>
              <label htmlFor={`${id}org`}>{t("trial.org")}</label>
              <Select
                id={`${id}org`}
                value={org}
                onChange={(value) => setFilters({ org: value })}
                style={{ minWidth: 180 }}
                options={[
                  { value: "", label: t("trial.org.all") },
                  ...orgs.map(({ id: value, name, nameEn }) => ({
                    value,
                    label: language === "en" && nameEn ? nameEn : name,
                  })),
                ]}
              />
            </>
          )}
        </div>
        <div className="row wrap">
          {state.running ? (
            <Button danger onClick={stop}>
              {t("trial.stop")}
            </Button>
          ) : (
            <Button type="primary" disabled={!ready} onClick={begin}>
              {t("trial.run")}
            </Button>
          )}
          {text.trim() === "" ? (
            <Button onClick={() => change(EXAMPLE)}>{t("trial.example")}</Button>
          ) : (
            <Button onClick={() => download("rule.yml", text, "application/yaml")}>{t("trial.save")}</Button>
          )}
        </div>
      </div>
      {state.problem !== undefined && faults.length === 0 && <Failed problem={state.problem} again={begin} />}
      <TrialResults state={state} />
    </div>
  );
}
