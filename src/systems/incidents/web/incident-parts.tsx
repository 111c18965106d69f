import { StateTag, TimeLeft, type Tone, taipei, useLanguage, useTexts } from "../../../web/kit.ts";
import type { ClockShown, Incident, IncidentDetail, IncidentState } from "../model.ts";

export const INCIDENTS = "/api/v1/incidents";

const TONES: Readonly<Record<IncidentState, Tone>> = {
  reported: "waiting",
  "under-review": "active",
  handling: "active",
  recovered: "done",
  closed: "quiet",
};

export function IncidentStateTag({ state }: { readonly state: IncidentState }) {
  const t = useTexts("incidents");
  return <StateTag tone={TONES[state]}>{t(`state.${state}`)}</StateTag>;
}

/** Words of the duty pack in the language of the screen. */
export function useWords(): (words: { readonly zh: string; readonly en: string }) => string {
  const [language] = useLanguage();
  return (words) => (language === "zh" ? words.zh : words.en);
}

/** 剩 22 分鐘 and what is owed; a dash when nothing is. */
export function NextDue({ incident }: { readonly incident: Pick<Incident, "next"> }) {
  const t = useTexts("incidents");
  const words = useWords();
  if (incident.next === null) return <span className="muted">{t("due.none")}</span>;
  return (
    <span className="row wrap">
      <TimeLeft due={incident.next.dueAt} />
      <span className="small">{words(incident.next.names)}</span>
    </span>
  );
}

/** The name of a level by the incident's own duty pack. */
export function useLevelName(incident: Pick<IncidentDetail, "levelNames">): (level: unknown) => string {
  const words = useWords();
  return (level) => {
    const named = incident.levelNames[String(level)];
    return named === undefined ? String(level) : words(named);
  };
}

/** `11-24 14:05` in Asia/Taipei: the year stands beside the awareness. */
const shortTime = (at: string) => taipei(at).slice(5);

/** Every deadline of the incident: what is open first, by its end. */
export function Clocks({ of }: { readonly of: readonly ClockShown[] }) {
  const t = useTexts("incidents");
  const words = useWords();
  const open = (clock: ClockShown) => (clock.doneAt === undefined ? 0 : 1);
  const sorted = [...of].sort((a, b) => open(a) - open(b) || (a.dueAt < b.dueAt ? -1 : 1));
  return (
    <ul className="plain clock-blocks">
      {sorted.map((clock) => {
        const name = words(clock.names);
        return (
          <li key={`${clock.duty} ${clock.n}`} className="clock-block">
            <div className="clock-line">
              <strong>{clock.n > 1 ? t("clock.again", { name, n: clock.n }) : name}</strong>
              <TimeLeft due={clock.dueAt} done={clock.doneAt} />
            </div>
            <div className="clock-line muted small">
              <span>{t("clock.owed", { who: t(`clock.by.${clock.owedBy}`) })}</span>
              <span className="time">
                {clock.doneAt === undefined
                  ? t("clock.due", { at: shortTime(clock.dueAt) })
                  : t("clock.done", { at: shortTime(clock.doneAt) })}
              </span>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
