import {
  Copyable,
  Go,
  type Severity,
  SeverityTag,
  StateTag,
  Time,
  type Tone,
  useLanguage,
  useOrgName,
  useTexts,
} from "../../../web/kit.ts";
import type { Alert, AlertLevel, AlertState, Sight } from "../model.ts";
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

/** The log records of the time that an alert covers, as far as its main entity names them. */
export function logsOf(alert: Pick<Alert, "orgId" | "mainEntity" | "firstSeen" | "lastSeen">): string {
  const [kind = ""] = alert.mainEntity.split(" ", 1);
  const text = entityText(alert);
  const name = ["ip", "user", "domain"].includes(kind) ? kind : "q";
  return `/logs?${new URLSearchParams({
    // Times of the search are whole from the first to before the second.
    from: alert.firstSeen,
    to: new Date(Date.parse(alert.lastSeen) + 1_000).toISOString(),
    ...(text !== "" && { [name]: name === "q" ? `"${text}"` : text }),
  })}`;
}

/** Hosts, addresses and users that were seen together, in few columns. */
export function SightTable({ of }: { readonly of: readonly Sight[] }) {
  const t = useTexts("detection");
  const orgName = useOrgName();
  const [language] = useLanguage();
  const hasMember = of.some(({ memberId }) => memberId !== null);
  return (
    <div className="table-box table-auto">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("sight.host")}</th>
            <th scope="col">{t("sight.address")}</th>
            <th scope="col">{t("sight.user")}</th>
            {hasMember && <th scope="col">{t("alert.org")}</th>}
            <th scope="col">{t("alert.last")}</th>
            <th scope="col" className="end">
              {t("alert.count")}
            </th>
          </tr>
        </thead>
        <tbody>
          {of.map((sight) => (
            <tr key={JSON.stringify([sight.host, sight.address, sight.user, sight.memberId, sight.rest])}>
              <td>{sight.rest ? t("sight.rest") : <Named text={sight.host} />}</td>
              <td className="mono">
                <Named text={sight.address} />
              </td>
              <td>
                <Named text={sight.user} />
              </td>
              {hasMember && (
                <td>{sight.memberId === null ? "–" : (orgName(sight.memberId, language) ?? "–")}</td>
              )}
              <td>
                <Time at={sight.lastSeen} />
              </td>
              <td className="end">{sight.count.toLocaleString("en")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Named({ text }: { readonly text: string }) {
  return text === "" ? (
    <span className="muted">–</span>
  ) : (
    <Copyable text={text} filter={{ to: "/alerts", name: "entity" }} />
  );
}
