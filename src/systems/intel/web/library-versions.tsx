import { Section, Time, TlpTag, useLanguage, useOrgName, useTexts } from "../../../web/kit.ts";
import type { ObjectDetail } from "../library/model.ts";
import { changesOf } from "./library-changes.ts";

/** Every version in sight, each with what it changed of the one before. */
export function Versions({ detail }: { readonly detail: ObjectDetail }) {
  const t = useTexts("library");
  const orgName = useOrgName();
  const [language] = useLanguage();
  return (
    <Section
      title={t("versions")}
      side={<span className="muted">{t("versions.count", { count: detail.versionCount })}</span>}
    >
      {detail.versions.map((version, at) => {
        const before = detail.versions[at + 1];
        const changes = before === undefined ? undefined : changesOf(before.document, version.document);
        return (
          <details
            key={`${version.version} ${version.addedAt} ${version.orgId}`}
            open={at === 0 && before !== undefined}
          >
            <summary>
              <Time at={version.version} /> <TlpTag tlp={version.tlp} />{" "}
              <span className="muted">{orgName(version.orgId, language) ?? version.orgId}</span>
            </summary>
            {changes === undefined ? (
              <p className="muted">{t("version.first")}</p>
            ) : changes.length === 0 ? (
              <p className="muted">{t("version.same")}</p>
            ) : (
              <div className="library-scroll">
                <table className="library-table">
                  <thead>
                    <tr>
                      <th>{t("property")}</th>
                      <th>{t("before")}</th>
                      <th>{t("after")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {changes.map(({ property, was, is }) => (
                      <tr key={property}>
                        <td className="mono">{property}</td>
                        <td className="wrap">{was}</td>
                        <td className="wrap">{is}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </details>
        );
      })}
    </Section>
  );
}
