import { type Moment, type Tone, taipei, useTexts } from "../../../web/kit.ts";
import { ClosingReport, type IncidentDetail, type TimelineEvent, type TimelineKind } from "../model.ts";
import { useLevelName, useWords } from "./incident-parts.tsx";

const TONES: Partial<Record<TimelineKind, Tone>> = {
  reported: "waiting",
  "level-changed": "active",
  reviewed: "done",
  recovered: "done",
  closed: "done",
  "clock-near": "waiting",
  "clock-overdue": "bad",
};

const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** The timeline's sentences, newest first. */
export function useMoments(incident: IncidentDetail): Moment[] {
  const t = useTexts("incidents");
  const words = useWords();
  const levelName = useLevelName(incident);
  const named = ({ data }: TimelineEvent) => words({ zh: textOf(data.zh), en: textOf(data.en) });
  const what = (one: TimelineEvent): string => {
    const { data, kind } = one;
    switch (kind) {
      case "reported":
        return t("did.reported", { level: levelName(data.level) });
      case "level-changed":
        return t("did.level-changed", { from: levelName(data.from), to: levelName(data.to) });
      case "reviewed":
        return t("did.reviewed", { to: levelName(data.to) });
      case "indicators-added":
        return t("did.indicators-added", { count: Number(data.count) });
      case "extended":
        return t("did.extended", { name: named(one), until: taipei(textOf(data.until)) });
      case "milestone":
      case "clock-near":
      case "clock-overdue":
        return t(`did.${kind}`, { name: named(one) });
      default:
        return t(`did.${kind}`);
    }
  };
  return incident.timeline
    .map(
      (one): Moment => ({
        id: one.id,
        at: one.at,
        who: one.actor.kind === "job" ? t("did.by-job") : one.actor.name,
        what: what(one),
        body: bodyOf(one),
        tone: TONES[one.kind] ?? "quiet",
      }),
    )
    .toReversed();
}

function bodyOf(one: TimelineEvent) {
  if (one.kind === "closed") {
    const report = ClosingReport.safeParse(one.data.report);
    return report.success ? <ClosingParts report={report.data} /> : undefined;
  }
  return one.text === "" ? undefined : <p>{one.text}</p>;
}

function ClosingParts({ report }: { readonly report: ClosingReport }) {
  const t = useTexts("incidents");
  return (
    <dl className="facts">
      {ClosingReport.keyof().options.map((part) => (
        <div key={part}>
          <dt>{t(`closing.${part}`)}</dt>
          <dd>{report[part]}</dd>
        </div>
      ))}
    </dl>
  );
}
