import "./log-shape.css";
import { useState } from "react";
import {
  type Query,
  type Translate,
  taipei,
  useFilters,
  useGet,
  useLanguage,
  useOrgName,
  useTexts,
} from "../../../web/kit.ts";
import type { LogTimes, LogValues } from "../model.ts";
import { LOGS, useProducts } from "./log-parts.tsx";

/** The commonest values that can be asked for, and the filter that each narrows the search by. */
const FIELDS = [
  ["parser", "log.product", "parser"],
  ["action", "log.action", "action"],
  ["outcome", "log.outcome", "outcome"],
  ["sourceIp", "log.from-address", "ip"],
  ["destinationIp", "log.to-address", "ip"],
  ["user", "log.user", "user"],
  ["domain", "log.domain", "domain"],
  ["source", "log.source", "source"],
  ["org", "log.org", "org"],
] as const;
type FieldName = (typeof FIELDS)[number][0];

function stepWords(seconds: number, t: Translate): string {
  if (seconds % 86_400 === 0) return t("log.step.days", { count: seconds / 86_400 });
  if (seconds % 3_600 === 0) return t("log.step.hours", { count: seconds / 3_600 });
  if (seconds % 60 === 0) return t("log.step.minutes", { count: seconds / 60 });
  return t("log.step.seconds", { count: seconds });
}

/** How the matching records lie in time; a bar narrows the search to its span. */
function Times({ query }: { readonly query: Query }) {
  const t = useTexts("detection");
  const [, setFilters] = useFilters();
  const { data } = useGet<LogTimes>(`${LOGS}/times`, { query });
  const spans = data?.spans ?? [];
  const most = Math.max(1, ...spans.map(({ count }) => count));
  const step = data?.stepSeconds ?? 1;
  const end = (from: string) => new Date(Date.parse(from) + step * 1000).toISOString();
  const stamp = (at: string) => taipei(at, step < 60);
  const first = spans[0];
  const last = spans.at(-1);
  const narrow = (from: string) => setFilters({ from, to: end(from) });
  if (first === undefined || last === undefined) return <div className="log-times" aria-hidden="true" />;
  return (
    <figure className="log-times">
      <figcaption className="muted small">
        {t("log.times", { step: stepWords(step, t), most: most.toLocaleString("en") })}
      </figcaption>
      <svg
        className="log-bars"
        viewBox={`0 0 ${spans.length} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("log.times.label", { from: stamp(first.from), to: stamp(end(last.from)) })}
      >
        {spans.map(({ from, count, failures }, at) => {
          const height = count === 0 ? 0 : Math.max(3, (count / most) * 100);
          const failed = count === 0 ? 0 : (failures / count) * height;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the table below does the same by keyboard.
            <g key={from} className="log-bar" onClick={() => narrow(from)}>
              <title>
                {t("log.times.bar", { at: stamp(from), count: count.toLocaleString("en"), failures })}
              </title>
              <rect className="log-bar-back" x={at} y={0} width={1} height={100} />
              <rect x={at + 0.08} y={100 - height} width={0.84} height={height - failed} />
              <rect className="log-bar-failed" x={at + 0.08} y={100 - failed} width={0.84} height={failed} />
            </g>
          );
        })}
      </svg>
      <div className="log-axis muted small">
        <span>{stamp(first.from)}</span>
        <span>{stamp(end(last.from))}</span>
      </div>
      <details className="small">
        <summary>{t("log.times.table")}</summary>
        <table className="log-table">
          <thead>
            <tr>
              <th scope="col">{t("log.times.from")}</th>
              <th scope="col">{t("log.times.count")}</th>
              <th scope="col">{t("log.times.failures")}</th>
            </tr>
          </thead>
          <tbody>
            {spans
              .filter(({ count }) => count > 0)
              .map(({ from, count, failures }) => (
                <tr key={from}>
                  <td>
                    <button type="button" className="log-field mono" onClick={() => narrow(from)}>
                      {stamp(from)}
                    </button>
                  </td>
                  <td>{count.toLocaleString("en")}</td>
                  <td>{failures.toLocaleString("en")}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

function Values({ field, query }: { readonly field: FieldName; readonly query: Query }) {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const products = useProducts();
  const [, setFilters] = useFilters();
  const { data, problem } = useGet<LogValues>(`${LOGS}/values/${field}`, { query });
  const [, , filter] = FIELDS.find(([name]) => name === field) ?? FIELDS[0];
  const shown = (value: string): string => {
    if (field === "parser") return products.get(value) ?? value;
    if (field === "org") return orgName(value, language) ?? value;
    if (field === "outcome" && (value === "success" || value === "failure")) return t(`log.outcome.${value}`);
    return value;
  };
  if (problem !== undefined) return <p className="small">{t(`problem:${problem.code}`)}</p>;
  if (data === undefined) return <p className="muted small">{t("kit:loading")}</p>;
  if (data.values.length === 0) return <p className="muted small">{t("log.values.none")}</p>;
  return (
    <>
      <p className="muted small">
        {t("log.values.said", {
          shown: data.values.length,
          distinct: data.distinct.toLocaleString("en"),
          records: data.records.toLocaleString("en"),
        })}
      </p>
      <ol className="plain log-values">
        {data.values.map(({ value, count }) => (
          <li key={value}>
            <button type="button" className="log-value" onClick={() => setFilters({ [filter]: value })}>
              <span className="log-value-name" title={value}>
                {shown(value)}
              </span>
              <span className="log-value-bar" aria-hidden="true">
                <span style={{ width: `${(100 * count) / data.records}%` }} />
              </span>
              <span className="log-value-count">{count.toLocaleString("en")}</span>
              <span className="log-value-share muted">{((100 * count) / data.records).toFixed(1)}%</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

/** The matching records at a glance: when they happened, and the commonest values of a field, each a way to narrow. */
export function LogShape({ query }: { readonly query: Query }) {
  const t = useTexts("detection");
  const [field, setField] = useState<FieldName>();
  return (
    <section className="log-shape" aria-label={t("log.shape")}>
      <Times query={query} />
      <div className="log-fields">
        <span className="muted small">{t("log.values")}</span>
        {FIELDS.map(([name, label]) => (
          <button
            key={name}
            type="button"
            className={name === field ? "log-field log-field-on" : "log-field"}
            aria-expanded={name === field}
            onClick={() => setField(name === field ? undefined : name)}
          >
            {t(label)}
          </button>
        ))}
      </div>
      {field === undefined ? null : <Values field={field} query={query} />}
    </section>
  );
}
