import { useEffect, useState } from "react";
import { api, LevelTag, TimeLeft, useTexts } from "../../../web/kit.ts";
import type { ClockShown, Facts, IncidentDetail, Preview } from "../model.ts";
import { INCIDENTS, useWords } from "./incident-parts.tsx";

/** Long enough that a ticking hand is not answered at every tick. */
const PAUSE = 250;

interface LevelPreviewProps {
  readonly facts: Facts | undefined;
  readonly awareAt: string | undefined;
  /** The incident whose facts are changed: what was done for it stays done. */
  readonly incident?: IncidentDetail;
}

/** The clocks by the ticked facts, with what was done and extended so far, and what else is open. */
function clocksOf(preview: readonly ClockShown[], incident: IncidentDetail | undefined): ClockShown[] {
  if (incident === undefined) return [...preview];
  const same = (a: ClockShown, b: ClockShown) => a.duty === b.duty && a.n === b.n;
  const known = preview.map((clock) => {
    const now = incident.clocks.find((one) => same(one, clock));
    if (now === undefined) return clock;
    const extended = incident.extendable.includes(clock.duty) && now.dueAt > clock.dueAt;
    const dueAt = extended ? now.dueAt : clock.dueAt;
    return { ...clock, dueAt, ...(now.doneAt === undefined ? {} : { doneAt: now.doneAt }) };
  });
  const others = incident.clocks.filter(
    (one) => one.doneAt === undefined && !preview.some((clock) => same(one, clock)),
  );
  return [...known, ...others];
}

/** The level that the ticked facts give, why, and what will be owed until when; worked out by the node's own rules. */
export function LevelPreview({ facts, awareAt, incident }: LevelPreviewProps) {
  const t = useTexts("incidents");
  const words = useWords();
  const [preview, setPreview] = useState<Preview>();
  const [failed, setFailed] = useState(false);
  const asked = JSON.stringify({
    facts: {
      impacts: facts?.impacts ?? [],
      measures: facts?.measures ?? {},
      ...(facts?.people === undefined ? {} : { people: facts.people }),
    },
    ...(awareAt === undefined || Number.isNaN(Date.parse(awareAt)) ? {} : { awareAt }),
  });
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      api.post<Preview>(`${INCIDENTS}/preview`, JSON.parse(asked)).then(
        (answer) => {
          if (!current) return;
          setPreview(answer);
          setFailed(false);
        },
        () => current && setFailed(true),
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked]);
  const reportsAgain =
    preview !== undefined &&
    incident !== undefined &&
    preview.level !== incident.proposed &&
    preview.level !== incident.level;
  return (
    <section className="field" aria-live="polite" aria-label={t("level")}>
      {preview !== undefined && (
        <div className="stack">
          <p className="row wrap">
            <span>{t("level.now")}</span>
            <LevelTag level={preview.level} />
            <strong>{words(preview.levelName)}</strong>
            {preview.pack.draft && <span className="muted">{t("level.draft")}</span>}
          </p>
          <ul className="plain small">
            {preview.reasons.map((reason) => (
              <li key={reason.en}>
                {words(reason)}{" "}
                <span className="muted">{t("kit:aside", { text: t(`status.${reason.status}`) })}</span>
              </li>
            ))}
          </ul>
          {reportsAgain && <p className="small">{t("level.again")}</p>}
          <ul className="plain small">
            {clocksOf(preview.clocks, incident).map((clock) => (
              <li key={`${clock.duty} ${clock.n}`} className="row wrap">
                <span>
                  {clock.n > 1
                    ? t("clock.again", { name: words(clock.names), n: clock.n })
                    : words(clock.names)}
                </span>
                <TimeLeft due={clock.dueAt} done={clock.doneAt} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {failed && <p className="muted">{t("level.failed")}</p>}
    </section>
  );
}
