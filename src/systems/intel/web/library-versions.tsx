import { Section, StateTag, Time, TlpTag, useLanguage, useOrgName, useTexts } from "../../../web/kit.ts";
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
        // Other content of one version is held against what is shown of that version, not against the version before.
        const before = version.conflicts
          ? detail.versions.find((each) => each.version === version.version)
          : detail.versions.slice(at + 1).find((each) => !each.conflicts);
        const changes = before === undefined ? undefined : changesOf(before.document, version.document);
        return (
          <details
            key={`${version.version} ${version.addedAt} ${version.orgId}`}
            open={(at === 0 && before !== undefined) || version.conflicts}
          >
            <summary>
              <Time at={version.version} /> <TlpTag tlp={version.tlp} />{" "}
              <span className="muted">{orgName(version.orgId, language) ?? version.orgId}</span>{" "}
              {version.toldBy.length > 0 && (
                <span className="muted">{t("version.by", { names: version.toldBy.join("、") })}</span>
              )}{" "}
              {version.conflicts && <StateTag tone="waiting">{t("version.conflict")}</StateTag>}
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
