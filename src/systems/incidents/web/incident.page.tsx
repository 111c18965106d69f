import { Button, Dropdown } from "antd";
import { useState } from "react";
import {
  api,
  CommentBox,
  Copyable,
  DetailPage,
  Empty,
  type Fact,
  Go,
  type KeyAct,
  LevelTag,
  Section,
  Shown,
  Time,
  TlpTag,
  taipei,
  useAct,
  useGet,
  useGo,
  useKeys,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Act, IncidentDetail } from "../model.ts";
import { ImpactFacts } from "./impact-facts.tsx";
import { IncidentDialogs, useIncidentAct } from "./incident-dialogs.tsx";
import { useMoments } from "./incident-moments.tsx";
import { Clocks, INCIDENTS, IncidentStateTag, useLevelName, useWords } from "./incident-parts.tsx";

const LIST = "/incidents";
const BY_DIALOG: readonly Act[] = ["note", "milestone", "add-indicators", "share", "extend", "reopen"];

function Indicators({ incident }: { readonly incident: IncidentDetail }) {
  const t = useTexts("incidents");
  return (
    <Section title={t("indicators")}>
      {incident.indicators.length === 0 ? (
        <Empty title={t("indicators.none")} />
      ) : (
        <ul className="plain">
          {incident.indicators.map(({ type, value, note, firstSeen, lastSeen }) => (
            <li key={`${type} ${value}`} className="row wrap">
              <span className="muted">{t(`indicator.${type}`)}</span>
              <Copyable text={value} filter={{ to: "/alerts", name: "entity" }} />
              <span className="muted small">
                {firstSeen === lastSeen ? (
                  <Time at={firstSeen} />
                ) : (
                  t("indicators.seen", { first: taipei(firstSeen), last: taipei(lastSeen) })
                )}
              </span>
              {note !== "" && <span className="small">{note}</span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** What this reader must do now: their own duty first, otherwise what is waited for. */
function useNext(incident: IncidentDetail, start: (act: Act) => void) {
  const t = useTexts("incidents");
  const go = useGo();
  const may = (act: Act) => incident.acts.includes(act);
  const dueOf = (owedBy: "reporter" | "authority") =>
    incident.clocks.find((clock) => clock.doneAt === undefined && clock.owedBy === owedBy)?.dueAt;
  const mine = { due: dueOf("reporter") };
  const theirs = { due: dueOf("authority") };
  const button = (label: string, run: () => void) => (
    <Button type="primary" onClick={run}>
      {label}
    </Button>
  );
  const page = `${LIST}/${incident.id}`;
  if (incident.state === "closed") return undefined;
  const unreviewed = incident.state === "reported" || incident.state === "under-review";
  if (unreviewed && may("review")) {
    return { text: t("next.review"), ...theirs, act: button(t("act.review"), () => start("review")) };
  }
  if (incident.facts.impacts.length === 0 && may("change-facts")) {
    return { text: t("next.facts"), ...mine, act: button(t("facts.fill"), () => go(`${page}/facts`)) };
  }
  if (unreviewed && incident.blocked.some((one) => one.code === "incidents.own-review")) {
    return { text: t("next.own-review"), ...theirs };
  }
  const toForward =
    incident.next?.duty === "forward" && incident.milestones.some((one) => one.notedBy === "authority");
  if (toForward && may("review") && may("milestone")) {
    return {
      text: t("next.forwardedAt"),
      ...theirs,
      act: button(t("act.forward"), () => start("milestone")),
    };
  }
  // Somebody who cannot review waits for the review first where that is the clock that ends first.
  if (unreviewed && incident.next?.owedBy === "authority") {
    const recover = <Button onClick={() => start("recover")}>{t("act.recover")}</Button>;
    return { text: t("next.wait-review"), ...theirs, ...(may("recover") ? { act: recover } : {}) };
  }
  if (may("recover"))
    return { text: t("next.recover"), ...mine, act: button(t("act.recover"), () => start("recover")) };
  if (may("close")) {
    return {
      text: t("next.close"),
      ...mine,
      act: button(t("act.close"), () => go(`${page}/closing-report`)),
    };
  }
  return unreviewed
    ? { text: t("next.wait-review"), ...theirs }
    : { text: t("next.follow"), due: incident.next?.dueAt };
}

/** What is known of it; what is not is left out. */
function useFacts(incident: IncidentDetail): Fact[] {
  const t = useTexts("incidents");
  const words = useWords();
  const { facts, occurredAt, channel, channelReason, alertIds } = incident;
  const all: Fact[] = [
    { label: t("number"), value: <span className="mono">{incident.number}</span>, copy: incident.number },
    { label: t("org"), value: incident.orgName === null ? incident.orgId : words(incident.orgName) },
    { label: t("occurred"), value: occurredAt === null ? null : <Time at={occurredAt} /> },
    { label: t("aware"), value: <Time at={incident.awareAt} /> },
    { label: t("reported"), value: <Time at={incident.reportedAt} /> },
    { label: t("reporter"), value: incident.reporter },
    {
      label: t("channel"),
      value:
        channel === "platform"
          ? null
          : `${t(`channel.${channel}`)}${t("kit:aside", { text: channelReason ?? "" })}`,
    },
    { label: t("people"), value: facts.people === undefined ? null : facts.people.toLocaleString("en") },
    { label: t("systems"), value: facts.systems.join(t("kit:comma")) },
    { label: t("pack"), value: words(incident.pack) },
    {
      label: t("alerts"),
      value:
        alertIds.length === 0
          ? null
          : alertIds.map((id) => (
              <div key={id}>
                <Go to={`/alerts/${id}`}>{t("alert.open")}</Go>
              </div>
            )),
    },
  ];
  return all.filter((fact) => fact.value !== null && fact.value !== "");
}

function IncidentView({ incident }: { readonly incident: IncidentDetail }) {
  const t = useTexts("incidents");
  const go = useGo();
  const levelName = useLevelName(incident);
  // A dialog speaks of the incident as it was when it opened: a decision never lands on facts that nobody saw.
  const [doing, setDoing] = useState<{ readonly act: Act; readonly seen: IncidentDetail }>();
  const start = (act: Act) => setDoing({ act, seen: incident });
  const moments = useMoments(incident);
  const may = (act: Act) => incident.acts.includes(act);
  const take = useIncidentAct(incident, "take", t("act.taken"));
  const comment = useAct(
    (text: string) => api.post<IncidentDetail>(`${INCIDENTS}/${incident.id}/comments`, { text }),
    { touches: [INCIDENTS] },
  );
  const next = useNext(incident, start);
  const page = `${LIST}/${incident.id}`;
  const keys: KeyAct[] = [
    { key: "u", label: t("nav.incidents"), run: () => go(LIST) },
    ...(may("comment")
      ? [{ key: "c", label: t("comment"), run: () => document.getElementById("comment")?.focus() }]
      : []),
    ...(may("review") ? [{ key: "r", label: t("act.review"), run: () => start("review") }] : []),
    ...(may("take") ? [{ key: "e", label: t("act.take"), run: () => void take.run({}) }] : []),
    ...(may("change-facts") ? [{ key: "f", label: t("facts.change"), run: () => go(`${page}/facts`) }] : []),
  ];
  useKeys(keys);
  const more = BY_DIALOG.filter(may).map((act) => ({
    key: act,
    label: t(act === "add-indicators" ? "indicators.add" : `act.${act}`),
    onClick: () => start(act),
  }));
  const facts = useFacts(incident);
  const differs = incident.proposed !== incident.level;
  return (
    <>
      <DetailPage
        back={{ to: LIST, label: t("nav.incidents") }}
        title={incident.title}
        tags={
          <>
            <LevelTag level={incident.level} />
            <IncidentStateTag state={incident.state} />
            <TlpTag tlp={incident.tlp} />
          </>
        }
        {...(differs ? { summary: t("level.proposed", { level: levelName(incident.proposed) }) } : {})}
        next={next}
        acts={
          <>
            {may("take") && (
              <Button loading={take.busy} onClick={() => void take.run({})}>
                {t("act.take")}
              </Button>
            )}
            {may("change-facts") && <Button onClick={() => go(`${page}/facts`)}>{t("facts.change")}</Button>}
            {more.length > 0 && (
              <Dropdown menu={{ items: more }} trigger={["click"]}>
                <Button>{t("act.more")}</Button>
              </Dropdown>
            )}
          </>
        }
        facts={facts}
        deadlines={
          <Section title={t("clocks")}>
            <Clocks of={incident.clocks} />
          </Section>
        }
        side={<Indicators incident={incident} />}
        timeline={moments}
        timelineTop={
          may("comment") ? (
            <CommentBox name={`incidents.${incident.id}`} send={(text) => comment.run(text)} />
          ) : undefined
        }
      >
        <ImpactFacts incident={incident} />
      </DetailPage>
      <IncidentDialogs
        incident={doing?.seen ?? incident}
        doing={doing?.act}
        close={() => setDoing(undefined)}
      />
    </>
  );
}

/** One incident: what must be done now, what happened, its facts and clocks. */
export default function IncidentPage() {
  const id = useParam("id");
  const got = useGet<IncidentDetail>(`${INCIDENTS}/${id}`, { topics: ["incidents."] });
  return <Shown of={got}>{(incident) => <IncidentView incident={incident} />}</Shown>;
}
