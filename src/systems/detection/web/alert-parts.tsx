import {
  Go,
  type Severity,
  SeverityTag,
  StateTag,
  type Tone,
  useLanguage,
  useTexts,
} from "../../../web/kit.ts";
import type { Alert, AlertLevel, AlertState } from "../model.ts";
import { isTactic } from "./tactic-texts.ts";

export const ALERTS = "/api/v1/alerts";

const TONES: Readonly<Record<AlertState, Tone>> = {
  new: "waiting",
  assigned: "active",
  raised: "done",
  closed: "quiet",
};

export function severityOf(level: AlertLevel): Severity {
  return level === "informational" ? "info" : level;
}

export function AlertSeverity({ alert }: { readonly alert: Pick<Alert, "level"> }) {
  return <SeverityTag severity={severityOf(alert.level)} />;
}

export function AlertStateTag({ alert }: { readonly alert: Pick<Alert, "state" | "reason"> }) {
  const t = useTexts("detection");
  return (
    <StateTag tone={TONES[alert.state]}>
      {t(`alert.state.${alert.state}`)}
      {alert.reason !== null && t("kit:aside", { text: t(`alert.reason.${alert.reason}`) })}
    </StateTag>
  );
}

/** The rule's title in the language of the screen. */
export function useAlertTitle(): (alert: Pick<Alert, "title" | "titleZh">) => string {
  const [language] = useLanguage();
  return (alert) => (language === "zh" ? (alert.titleZh ?? alert.title) : alert.title);
}

/** `ip 203.0.113.7` without its kind. */
export function entityText(alert: Pick<Alert, "mainEntity">): string {
  return alert.mainEntity.slice(alert.mainEntity.indexOf(" ") + 1);
}

/** Sigma's `attack.t0883` as ATT&CK writes it: T0883; `attack.initial_access` as `initial-access`. */
export function tagText(tag: string): string {
  const name = tag.startsWith("attack.") ? tag.slice("attack.".length) : tag;
  if (/^(?:[tsgm]|ta|cve[.-])\d[\d.-]*$/i.test(name)) return name.toUpperCase();
  return tag === name ? name : name.replaceAll("_", "-");
}

/** ATT&CK's tactics by name in the language of the screen, its techniques by id, led to what the library holds of them. */
export function AlertTags({ tags }: { readonly tags: readonly string[] }) {
  const t = useTexts("detection");
  return (
    <span className="row wrap">
      {tags.map((tag) => {
        const text = tagText(tag);
        if (/^T[A]?\d/.test(text)) {
          return (
            <Go key={tag} to={`/library?q=${encodeURIComponent(text)}`} className="mono">
              {text}
            </Go>
          );
        }
        return <span key={tag}>{isTactic(text) ? t(`tactic.${text}`) : text}</span>;
      })}
    </span>
  );
}
