import { Button } from "antd";
import { useState } from "react";
import {
  api,
  CommentBox,
  Copyable,
  DetailPage,
  Empty,
  Go,
  JsonView,
  type KeyAct,
  type ListAnswer,
  type Moment,
  Section,
  Shown,
  Time,
  TlpTag,
  useAct,
  useGet,
  useGo,
  useKeys,
  useLanguage,
  useMay,
  useOrgName,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Alert, AlertComment, AlertDetail, RuleDetail, SampleEvent, Sight } from "../model.ts";
import { AssignAlertsDialog, CloseAlertsDialog, RaiseAlertsDialog } from "./alert-dialogs.tsx";
import {
  ALERTS,
  AlertSeverity,
  AlertStateTag,
  AlertTags,
  entityText,
  logsOf,
  SightTable,
  tagText,
  useAlertTitle,
} from "./alert-parts.tsx";
import { OriginalText } from "./log-original.tsx";

const QUEUE = "/alerts";
const FIRST_SIGHTS = 10;
/** Words for what a correlation says of itself. */
const CORRELATION = {
  "correlation.events": "alert.why.events",
  "correlation.value": "alert.why.value",
} as const;

function Events({ alert }: { readonly alert: AlertDetail }) {
  const t = useTexts("detection");
  const counts = { shown: alert.sample.length, count: alert.count.toLocaleString("en") };
  const isCorrelation = alert.sample.some(({ why }) => why.some(({ field }) => field in CORRELATION));
  const said = t(isCorrelation ? "alert.events.correlated" : "alert.events.of", counts);
  return (
    <Section title={t("alert.events")} side={<span className="muted">{said}</span>}>
      <ol className="plain stack">
        {alert.sample.map((event) => (
          <li key={event.eventId} className="stack-tight">
            <EventLine event={event} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

/** The members in an alert across organisations: who made it fire, and whom it saw beside them when it fired again. */
function Members({ events }: { readonly events: readonly SampleEvent[] }) {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const fired = events
    .filter(({ why }) => why.some(({ field }) => field === "correlation.events"))
    .toSorted((one, other) => (one.at < other.at ? -1 : 1))
    .map(({ record }) => [record["organization.id"] ?? []].flat().map(String));
  const [first = [], ...again] = fired;
  const later = [...new Set(again.flat())].filter((id) => !first.includes(id));
  if (first.length + later.length === 0) return null;
  const names = (ids: readonly string[]) => ids.map((id) => orgName(id, language) ?? id).join(t("kit:comma"));
  return (
    <Section title={t("alert.members")}>
      {first.length > 0 && <p>{t("alert.members.first", { names: names(first) })}</p>}
      {later.length > 0 && <p>{t("alert.members.later", { names: names(later) })}</p>}
      <p className="muted small">{t("alert.members.sight")}</p>
    </Section>
  );
}

function EventLine({ event }: { readonly event: SampleEvent }) {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const text = event.record["event.original"] ?? event.record["message"];
  // A correlation names the records that it saw together by their ids.
  const together = event.why.filter(({ field }) => field === "event.id");
  return (
    <>
      <div className="row wrap">
        <Time at={event.at} seconds />
        {event.why
          .filter(({ field }) => field !== "event.id")
          .map(({ field, value }) => (
            <span key={field + value} className="small">
              <span className="muted">
                {field in CORRELATION ? t(CORRELATION[field as keyof typeof CORRELATION]) : field}
              </span>{" "}
              <Copyable text={value}>
                {field === "organization.id" ? (orgName(value, language) ?? value) : value}
              </Copyable>
            </span>
          ))}
        {together.length > 0 && (
          <span className="small row wrap">
            <span className="muted">{t("alert.why.together")}</span>
            {together.map(({ value }, at) => (
              <Go key={value} to={`/logs/${encodeURIComponent(value)}`}>
                {t("alert.why.record", { n: at + 1 })}
              </Go>
            ))}
          </span>
        )}
      </div>
      {typeof text === "string" && <OriginalText text={text} bytes={event.originalBase64} />}
      <details>
        <summary className="muted small">{t("alert.event.whole")}</summary>
        <JsonView value={event.record} />
      </details>
    </>
  );
}

/** Whom the events spoke of together: the first few, and where all of them stand. */
function Sights({ alert }: { readonly alert: AlertDetail }) {
  const t = useTexts("detection");
  const got = useGet<ListAnswer<Sight>>(`${ALERTS}/${alert.id}/sights`, {
    query: { limit: FIRST_SIGHTS },
    topics: ["alerts."],
  });
  const { items = [], total = 0 } = got.data ?? {};
  // One that names nobody says nothing that the events below do not say.
  if (items.every((sight) => sight.host + sight.address + sight.user === "")) return null;
  return (
    <Section
      title={t("alert.sights")}
      side={
        <Go to={`/alerts/${alert.id}/sights`}>
          {t("alert.sights.all", { count: total.toLocaleString("en") })}
        </Go>
      }
    >
      <SightTable of={items} />
    </Section>
  );
}

/** Ways out of an alert: into the logs of its time, into the alerts of the rules that a correlation looked at. */
function Leads({ alert }: { readonly alert: AlertDetail }) {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const mayReadLogs = useMay("logs:read");
  const mayReadRules = useMay("rules:read");
  const isCorrelation = alert.sample.some(({ why }) => why.some(({ field }) => field in CORRELATION));
  const rule = useGet<RuleDetail>(`/api/v1/rules/${encodeURIComponent(alert.ruleId)}`, {
    when: isCorrelation && mayReadRules,
  });
  const sources = rule.data?.correlation?.rules ?? [];
  const span = { from: alert.firstSeen, to: new Date(Date.parse(alert.lastSeen) + 1_000).toISOString() };
  const entity = entityText(alert);
  if (!mayReadLogs && sources.length === 0) return null;
  return (
    <Section title={t("alert.leads")}>
      <ul className="plain">
        {mayReadLogs && (
          <li>
            <Go to={logsOf(alert)}>{t("alert.leads.logs")}</Go>
          </li>
        )}
        {sources.map((source) => (
          <li key={source.id} className="row wrap">
            <Go to={`/rules/${encodeURIComponent(source.id)}`}>{title(source)}</Go>
            <Go
              className="small"
              to={`/alerts?${new URLSearchParams({ rule: source.id, ...span, ...(entity !== "" && { entity }) })}`}
            >
              {t("alert.leads.alerts")}
            </Go>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Indicators({ alert }: { readonly alert: AlertDetail }) {
  const t = useTexts("detection");
  return (
    <Section title={t("alert.indicators")}>
      {alert.indicators.length === 0 ? (
        <Empty title={t("alert.indicators.none")} />
      ) : (
        <ul className="plain">
          {alert.indicators.map(({ type, value, internal }) => (
            <li key={`${type} ${value}`} className="row wrap">
              <span className="muted">{t(`alert.indicator.${type}`)}</span>
              <Copyable text={value} filter={{ to: QUEUE, name: "entity" }} />
              {internal && <span className="muted small">{t("alert.indicator.internal")}</span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function useMoments(alert: AlertDetail): Moment[] {
  const t = useTexts("detection");
  const detailOf = (comment: AlertComment) =>
    comment.act === "closed" ? t(`alert.reason.${comment.detail ?? ""}`) : (comment.detail ?? "");
  const said = alert.comments.map(
    (comment): Moment => ({
      id: comment.id,
      at: comment.at,
      who: comment.by.name,
      what: t(`alert.did.${comment.act}`, { detail: detailOf(comment) }),
      body: comment.text === "" ? undefined : <p>{comment.text}</p>,
      tone: comment.act === "closed" || comment.act === "raised" ? "done" : "quiet",
    }),
  );
  const made: Moment = { id: "made", at: alert.raisedAt, what: t("alert.did.made"), tone: "waiting" };
  return [...said.toReversed(), made];
}

function useNext(alert: AlertDetail, take: () => void) {
  const t = useTexts("detection");
  const mayWork = useMay("alerts:work");
  if (alert.state === "closed") return undefined;
  if (alert.state === "raised") {
    const link = <Go to={`/incidents/${alert.incidentId}`}>{t("alert.open-incident")}</Go>;
    return { text: t("alert.next.raised"), act: link };
  }
  if (alert.state === "assigned") return { text: t("alert.next.work", { name: alert.assignee?.name ?? "" }) };
  const act = (
    <Button type="primary" onClick={take}>
      {t("alert.take")}
    </Button>
  );
  return { text: t("alert.next.take"), ...(mayWork ? { act } : {}) };
}

function AlertView({ alert }: { readonly alert: AlertDetail }) {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const go = useGo();
  const orgName = useOrgName();
  const [language] = useLanguage();
  const [doing, setDoing] = useState<"close" | "assign" | "raise">();
  const path = `${ALERTS}/${alert.id}`;
  const touches = [ALERTS];
  const { version } = alert;
  const take = useAct(() => api.post<Alert>(`${path}/assign`, { version, to: "me" }), {
    done: t("alert.assigned"),
    touches,
  });
  const reopen = useAct(() => api.post<Alert>(`${path}/reopen`, { version }), {
    done: t("alert.reopened"),
    touches,
  });
  const comment = useAct((text: string) => api.post<AlertComment>(`${path}/comments`, { text }), { touches });
  const mayWork = useMay("alerts:work");
  const mayReport = useMay("incidents:report");
  // A sight of an indicator is no rule of a file.
  const mayReadRules = useMay("rules:read") && !alert.ruleId.startsWith("indicator:");
  const open = mayWork && (alert.state === "new" || alert.state === "assigned");
  const moments = useMoments(alert);
  const next = useNext(alert, () => void take.run(undefined));
  const keys: KeyAct[] = open
    ? [
        { key: "e", label: t("alert.take"), run: () => void take.run(undefined) },
        { key: "a", label: t("alert.assign"), run: () => setDoing("assign") },
        { key: "d", label: t("alert.close"), run: () => setDoing("close") },
        { key: "c", label: t("alert.comment"), run: () => document.getElementById("comment")?.focus() },
        ...(mayReport ? [{ key: "r", label: t("alert.raise"), run: () => setDoing("raise") }] : []),
      ]
    : [];
  useKeys([...keys, { key: "u", label: t("nav.alerts"), run: () => go(QUEUE) }]);
  const shown = (what: typeof doing) => (doing === what ? [alert] : []);
  const entity = entityText(alert);
  const tags = alert.tags.map(tagText).join(" ");
  return (
    <>
      <DetailPage
        back={{ to: QUEUE, label: t("nav.alerts") }}
        title={title(alert)}
        tags={
          <>
            <AlertSeverity alert={alert} />
            <AlertStateTag alert={alert} />
            <TlpTag tlp={alert.tlp} />
          </>
        }
        {...(alert.reasonText ? { summary: alert.reasonText } : {})}
        next={next}
        acts={
          <>
            {open && mayReport && (
              <Button
                type={next?.act === undefined ? "primary" : "default"}
                onClick={() => setDoing("raise")}
              >
                {t("alert.raise")}
              </Button>
            )}
            {open && <Button onClick={() => setDoing("assign")}>{t("alert.assign")}</Button>}
            {open && <Button onClick={() => setDoing("close")}>{t("alert.close")}</Button>}
            {mayWork && alert.state === "closed" && (
              <Button loading={reopen.busy} onClick={() => void reopen.run(undefined)}>
                {t("alert.reopen")}
              </Button>
            )}
          </>
        }
        facts={[
          {
            label: t("alert.entity"),
            value: entity,
            copy: entity,
            ...(entity === "" ? {} : { filter: { to: QUEUE, name: "entity" } }),
          },
          { label: t("alert.count"), value: alert.count.toLocaleString("en") },
          { label: t("alert.first"), value: <Time at={alert.firstSeen} seconds /> },
          { label: t("alert.last"), value: <Time at={alert.lastSeen} seconds /> },
          { label: t("alert.raised"), value: <Time at={alert.raisedAt} seconds /> },
          { label: t("alert.assignee"), value: alert.assignee?.name },
          { label: t("alert.org"), value: orgName(alert.orgId, language) ?? alert.orgId },
          {
            label: t("alert.rule"),
            value: mayReadRules ? (
              <Go to={`/rules/${encodeURIComponent(alert.ruleId)}`}>{title(alert)}</Go>
            ) : (
              title(alert)
            ),
            copy: alert.ruleId,
            filter: { to: QUEUE, name: "rule" },
          },
          { label: t("alert.tags"), value: tags === "" ? null : <AlertTags tags={alert.tags} />, copy: tags },
          {
            label: t("alert.incident"),
            value:
              alert.incidentId === null ? null : (
                <Go to={`/incidents/${alert.incidentId}`}>{t("alert.open-incident")}</Go>
              ),
          },
        ]}
        side={<Indicators alert={alert} />}
        timeline={moments}
        timelineTop={
          mayWork ? <CommentBox name={`alerts.${alert.id}`} send={(text) => comment.run(text)} /> : undefined
        }
      >
        <Leads alert={alert} />
        <Members events={alert.sample} />
        <Sights alert={alert} />
        <Events alert={alert} />
      </DetailPage>
      <AssignAlertsDialog alerts={shown("assign")} close={() => setDoing(undefined)} />
      <CloseAlertsDialog alerts={shown("close")} close={() => setDoing(undefined)} />
      <RaiseAlertsDialog alerts={shown("raise")} close={() => setDoing(undefined)} />
    </>
  );
}

/** One alert: what matched and why, what was done, what must be done now. */
export default function AlertPage() {
  const id = useParam("id");
  const got = useGet<AlertDetail>(`${ALERTS}/${id}`, { topics: ["alerts."] });
  return <Shown of={got}>{(alert) => <AlertView alert={alert} />}</Shown>;
}
