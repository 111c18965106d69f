import { Go, Section, Shown, useGet, useTexts } from "../../../web/kit.ts";
import type { LogSearches } from "../stix/model.ts";
import { LIBRARY } from "./library-parts.tsx";

type Part = LogSearches["items"][number]["left"][number];

function useParts(): (parts: readonly Part[]) => string {
  const t = useTexts("library");
  return (parts) =>
    parts
      .map(({ why, part }) => (why === "test" ? part : t(`searches.left.${why}`, { part })))
      .join(t("kit:comma"));
}

/** What the object says, as searches of the logs: the query goes into the address of the log search. */
export function LogSearchLinks({ id }: { readonly id: string }) {
  const t = useTexts("library");
  const partsText = useParts();
  const got = useGet<LogSearches>(`${LIBRARY}/${id}/searches`);
  return (
    <Section title={t("searches")}>
      <Shown of={got}>
        {({ items, more, fault }) => (
          <>
            {fault !== null && (
              <p>
                {t(`searches.fault.${fault.why}`, { detail: fault.detail, parts: partsText(fault.left) })}
                {fault.why === "syntax" && <span lang="en">{fault.detail}</span>}
              </p>
            )}
            {fault === null && items.length === 0 && <p className="muted">{t("searches.none")}</p>}
            <ul>
              {items.map(({ query, left }) => (
                <li key={JSON.stringify(query)}>
                  <Go to={`/logs?${new URLSearchParams(query)}`}>{t("searches.open")}</Go>{" "}
                  {Object.entries(query).map(([name, value]) => (
                    <span key={name}>
                      <span className="muted">{t(`searches.by.${name}`)}</span>{" "}
                      <span className="mono wrap">{value}</span>{" "}
                    </span>
                  ))}
                  {left.length > 0 && (
                    <div className="muted small">{t("searches.left", { parts: partsText(left) })}</div>
                  )}
                </li>
              ))}
            </ul>
            {more && <p className="muted">{t("searches.more")}</p>}
          </>
        )}
      </Shown>
    </Section>
  );
}
