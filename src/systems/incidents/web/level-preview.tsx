import { useEffect, useState } from "react";
import { api, LevelTag, TimeLeft, useTexts } from "../../../web/kit.ts";
import type { Facts, Preview } from "../model.ts";
import { INCIDENTS, useWords } from "./incident-parts.tsx";

/** Long enough that a ticking hand is not answered at every tick. */
const PAUSE = 250;

interface LevelPreviewProps {
  readonly facts: Facts | undefined;
  readonly awareAt: string | undefined;
}

/** The level that the ticked facts give, why, and what will be owed until when; worked out by the node's own rules. */
export function LevelPreview({ facts, awareAt }: LevelPreviewProps) {
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
                {words(reason)} <span className="muted">（{t(`status.${reason.status}`)}）</span>
              </li>
            ))}
          </ul>
          <ul className="plain small">
            {preview.clocks.map((clock) => (
              <li key={`${clock.duty} ${clock.n}`} className="row wrap">
                <span>{words(clock.names)}</span>
                <TimeLeft due={clock.dueAt} />
              </li>
            ))}
          </ul>
        </div>
      )}
      {failed && <p className="muted">{t("level.failed")}</p>}
    </section>
  );
}
