import {
  Go,
  Section,
  SeverityTag,
  SmallTable,
  StateTag,
  Time,
  taipei,
  useLanguage,
  useOrgName,
  useTexts,
} from "../../../web/kit.ts";
import type { TrialResult, TrialRule } from "../model.ts";
import { severityOf } from "./alert-parts.tsx";
import { RuleFaultList, useRuleTitle } from "./rule-parts.tsx";
import type { TrialState } from "./trial-run.ts";

const figure = (count: number) => count.toLocaleString("en");

/** How far a trial is, how it ended, and what became of each rule. */
export function TrialResults({ state }: { readonly state: TrialState }) {
  const { rules, done } = state;
  return (
    <>
      <Standing state={state} />
      {rules !== undefined && rules.warnings.length > 0 && (
        <div className="trial-warnings">
          <RuleFaultList faults={rules.warnings} most={20} />
        </div>
      )}
      {done !== undefined &&
        // What is tried stands above what it looks at.
        rules?.rules
          .toSorted((one, other) => Number(other.draft) - Number(one.draft) || rank(one) - rank(other))
          .map((rule) => {
            const result = done.results.find(({ ruleId }) => ruleId === rule.id);
            return result === undefined ? null : <Result key={rule.id} rule={rule} result={result} />;
          })}
    </>
  );
}

function rank({ kind }: TrialRule): number {
  return kind === "correlation" ? 0 : 1;
}

/** Where the trial stands, in one line that is read aloud when it changes. */
function Standing({ state }: { readonly state: TrialState }) {
  const t = useTexts("detection");
  const { running, stopped, rules, progress, done } = state;
  const total = figure(rules?.total ?? 0);
  const looked = progress?.looked ?? 0;
  const facts = { looked: figure(looked), total, matched: figure(progress?.matched ?? 0) };
  return (
    <div role="status" className="trial-standing">
      {running &&
        (rules === undefined ? (
          <p>{t("trial.starting")}</p>
        ) : (
          <>
            <progress max={Math.max(1, rules.total)} value={looked} aria-label={t("trial")} />
            <p>
              {t("trial.progress", {
                ...facts,
                reached: progress === undefined ? "–" : taipei(progress.reached, false),
              })}
            </p>
          </>
        ))}
      {stopped && <p>{t("trial.stopped", facts)}</p>}
      {done !== undefined && (
        <>
          <p>
            {done.total === 0
              ? t("trial.none-in-sight")
              : t("trial.done", { looked: figure(done.looked), seconds: done.seconds.toFixed(1) })}
          </p>
          {done.end !== "complete" && (
            <StateTag tone="waiting">
              {t(`trial.end.${done.end}`, {
                looked: figure(done.looked),
                total: figure(done.total),
                reached: taipei(done.reached, false),
              })}
            </StateTag>
          )}
          {done.leftOut > 0 && (
            <StateTag tone="waiting">{t("trial.left-out", { count: figure(done.leftOut) })}</StateTag>
          )}
        </>
      )}
    </div>
  );
}

function Result({ rule, result }: { readonly rule: TrialRule; readonly result: TrialResult }) {
  const t = useTexts("detection");
  const title = useRuleTitle();
  const correlates = rule.kind === "correlation";
  const { matched, silenced, known, days, hosts, distinctHosts, events, correlations } = result;
  const hostTitle =
    distinctHosts > hosts.length
      ? t("trial.hosts.most", { of: figure(distinctHosts), shown: hosts.length })
      : t("trial.hosts");
  return (
    <Section
      title={title(rule)}
      side={
        <span className="row wrap">
          <SeverityTag severity={severityOf(rule.level)} />
          <StateTag tone={matched > 0 ? "active" : "quiet"}>
            {t(correlates ? "trial.fired" : "trial.matched", { count: figure(matched) })}
          </StateTag>
          {!rule.draft && <StateTag tone="quiet">{t("trial.base")}</StateTag>}
          {rule.silent && <StateTag tone="quiet">{t("trial.silent")}</StateTag>}
        </span>
      }
    >
      {correlates && <p className="muted small">{t("trial.correlation")}</p>}
      <ul className="plain small">
        {silenced.map(({ name, count }) => (
          <li key={name}>{t("trial.silenced", { count: figure(count), title: name })}</li>
        ))}
        {known.map(({ name, count }) => (
          <li key={name}>{t("trial.known", { count: figure(count), list: name })}</li>
        ))}
      </ul>
      {matched === 0 && events.length === 0 && <p className="muted">{t("trial.none")}</p>}
      {matched > 0 && (
        <div className="trial-counts">
          <Bars title={t("trial.days")} head={t("trial.day")} counts={days} times={correlates} />
          <Bars
            title={correlates ? t("trial.groups") : hostTitle}
            head={t(correlates ? "trial.group" : "trial.host")}
            counts={hosts}
            times={correlates}
          />
        </div>
      )}
      {events.length > 0 && <Events events={events} />}
      {correlations.length > 0 && <Correlations of={correlations} />}
    </Section>
  );
}

/** Numbers by name with a bar beside each, so that they are read and compared at once. */
function Bars({
  title,
  head,
  counts,
  times,
}: {
  readonly title: string;
  readonly head: string;
  readonly counts: TrialResult["days"];
  readonly times: boolean;
}) {
  const t = useTexts("detection");
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return (
    <div>
      <h3>{title}</h3>
      <SmallTable heads={[head, t(times ? "trial.times" : "trial.count")]}>
        {counts.map(({ name, count }) => (
          <tr key={name}>
            <td className="mono wrap">{name === "" ? t("trial.host.none") : name}</td>
            <td>
              <span className="trial-bar" aria-hidden="true">
                <span style={{ width: `${(count / most) * 100}%` }} />
              </span>{" "}
              {figure(count)}
            </td>
          </tr>
        ))}
      </SmallTable>
    </div>
  );
}

function Events({ events }: { readonly events: TrialResult["events"] }) {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  return (
    <>
      <h3>{t("trial.events", { count: events.length })}</h3>
      <SmallTable heads={[t("trial.event.time"), t("trial.event.why"), t("trial.event.original")]}>
        {events.map((event) => (
          <tr key={event.eventId}>
            <td>
              <Go to={`/logs/${event.eventId}`}>
                <Time at={event.time} seconds />
              </Go>
              <div className="muted small">
                {orgName(event.orgId, language) ?? event.orgId.slice(0, 8)} · {event.host || event.source}
              </div>
            </td>
            <td>
              <ul className="plain small">
                {event.why.map(({ field, value }) => (
                  <li key={`${field} ${value}`} className="trial-why">
                    <code className="mono muted">{field}</code> <span className="mono">{value}</span>
                  </li>
                ))}
                {event.silencedBy.map((title) => (
                  <li key={title}>
                    <StateTag tone="quiet">{t("trial.event.silenced", { title })}</StateTag>
                  </li>
                ))}
                {event.known.map(({ field, value, list }) => (
                  <li key={`${field} ${value} ${list}`}>
                    <StateTag tone="waiting">{t("trial.event.known", { list })}</StateTag>{" "}
                    <span className="mono">{value}</span>
                  </li>
                ))}
              </ul>
            </td>
            <td className="mono small trial-original" lang="en">
              {event.original}
            </td>
          </tr>
        ))}
      </SmallTable>
    </>
  );
}

function Correlations({ of }: { readonly of: TrialResult["correlations"] }) {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  return (
    <>
      <h3>{t("trial.correlations", { count: of.length })}</h3>
      <SmallTable heads={[t("trial.event.time"), t("trial.group"), t("trial.correlation.events")]}>
        {of.map(({ orgId, firstAt, at, group, count, eventIds }) => (
          <tr key={`${at} ${JSON.stringify(group)} ${orgId}`}>
            <td>
              {t("trial.correlation.span", { from: taipei(firstAt, true), to: taipei(at, true) })}
              {orgId !== null && (
                <div className="muted small">{orgName(orgId, language) ?? orgId.slice(0, 8)}</div>
              )}
            </td>
            <td>
              <ul className="plain small">
                {Object.entries(group).map(([field, value]) => (
                  <li key={field} className="trial-why">
                    <code className="mono muted">{field}</code> <span className="mono">{value}</span>
                  </li>
                ))}
              </ul>
            </td>
            <td>
              {figure(count)}{" "}
              {eventIds.at(-1)?.match(/^[0-9a-f-]{36}$/) != null && (
                <Go to={`/logs/${eventIds.at(-1)}`}>{t("trial.correlation.open")}</Go>
              )}
            </td>
          </tr>
        ))}
      </SmallTable>
    </>
  );
}
