import { CopyButton, Section, Time, useLanguage, useTexts } from "../../../web/kit.ts";
import { propertyNameOf, type Said, saidBy } from "./library-properties.ts";

const MOST_ITEMS = 30;

function Value({ of }: { readonly of: Said }) {
  const t = useTexts("library");
  if (of.kind === "time") return <Time at={of.at} />;
  if (of.kind === "truth") return t(of.holds ? "says.yes" : "says.no");
  if (of.kind === "code")
    return (
      <>
        <code className="mono wrap">{of.text}</code> <CopyButton text={of.text} />
      </>
    );
  if (of.kind === "text") return <span className="library-text">{of.text}</span>;
  const plain = of.items.every((item) => item.length <= 60);
  if (plain && of.items.length <= MOST_ITEMS) return <span className="wrap">{of.items.join("、")}</span>;
  return (
    <>
      {of.items.slice(0, MOST_ITEMS).map((item) => (
        <div key={item} className="mono wrap">
          {item}
        </div>
      ))}
      {of.items.length > MOST_ITEMS && (
        <div className="muted">{t("says.more", { count: of.items.length - MOST_ITEMS })}</div>
      )}
    </>
  );
}

/** What the object itself says: an indicator's pattern, a group's aliases, when a campaign was seen. */
export function Says({ properties }: { readonly properties: Readonly<Record<string, unknown>> }) {
  const t = useTexts("library");
  const [language] = useLanguage();
  const said = saidBy(properties);
  if (said.length === 0) return null;
  return (
    <Section title={t("says")}>
      <dl className="library-says">
        {said.map((each) => (
          <div key={each.name}>
            <dt title={each.name}>{propertyNameOf(each.name, language)}</dt>
            <dd>
              <Value of={each} />
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
