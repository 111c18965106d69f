import { Section, Time, TlpTag, useLanguage, useOrgName, useTexts } from "../../../web/kit.ts";
import type { ObjectDetail } from "../library/model.ts";

/** Who saw it, when and how often; of everything that is the same thing. */
export function Sightings({ of }: { readonly of: ObjectDetail["sightings"] }) {
  const t = useTexts("library");
  const orgName = useOrgName();
  const [language] = useLanguage();
  return (
    <Section title={t("sightings")}>
      {of.length === 0 ? (
        <p className="muted">{t("sightings.none")}</p>
      ) : (
        <ul>
          {of.map(({ id, count, firstSeen, lastSeen, tlp, orgId, text }) => (
            <li key={id}>
              {count === 0 ? t("sightings.not") : t("sightings.seen", { count: count.toLocaleString("en") })}{" "}
              {firstSeen !== null && firstSeen !== lastSeen && (
                <>
                  <Time at={firstSeen} />
                  {" – "}
                </>
              )}
              {lastSeen !== null && <Time at={lastSeen} />} <TlpTag tlp={tlp} />{" "}
              <span className="muted">{orgName(orgId, language) ?? orgId}</span>
              {text !== null && <span className="wrap"> {text}</span>}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
