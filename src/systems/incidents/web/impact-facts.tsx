import { Empty, Section, useTexts } from "../../../web/kit.ts";
import type { IncidentDetail } from "../model.ts";
import { useWords } from "./incident-parts.tsx";

/** Why the level: the cell of the table, and how sure its source is. */
export function ReasonLine({ reason }: { readonly reason: IncidentDetail["reasons"][number] }) {
  const t = useTexts("incidents");
  const words = useWords();
  return (
    <>
      {words(reason)}{" "}
      <span className="muted small">{t("kit:aside", { text: t(`status.${reason.status}`) })}</span>
    </>
  );
}

/** What was hit and how badly, and why that is this level. */
export function ImpactFacts({ incident }: { readonly incident: IncidentDetail }) {
  const t = useTexts("incidents");
  const { impacts, narrative } = incident.facts;
  return (
    <Section title={t("facts.impact")}>
      {impacts.length === 0 ? (
        <Empty title={t("facts.none")} />
      ) : (
        <ul className="plain">
          {impacts.map((impact) => (
            <li key={impact.business} className="row wrap">
              <strong>{t(`business.${impact.business}`)}</strong>
              {impact.leak !== "none" && <span>{`${t("leak")}：${t(`degree.${impact.leak}`)}`}</span>}
              {impact.tampering !== "none" && (
                <span>{`${t("tampering")}：${t(`degree.${impact.tampering}`)}`}</span>
              )}
              {impact.outage !== "none" && <span>{`${t("outage")}：${t(`outage.${impact.outage}`)}`}</span>}
            </li>
          ))}
        </ul>
      )}
      <p className="muted small">{t("level.reasons")}</p>
      <ul className="plain small">
        {incident.reasons.map((reason) => (
          <li key={reason.en}>
            <ReasonLine reason={reason} />
          </li>
        ))}
      </ul>
      {narrative !== "" && <div className="moment-body">{narrative}</div>}
    </Section>
  );
}
