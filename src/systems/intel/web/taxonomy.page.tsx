import { Input } from "antd";
import {
  CopyButton,
  DetailPage,
  Go,
  Section,
  Shown,
  SmallTable,
  Time,
  TlpTag,
  useFilters,
  useGet,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { TaxonomyDetail, TaxonomyTag } from "../taxonomies/model.ts";
import { objectPath } from "./library-parts.tsx";
import { TAXONOMIES, TagColour, tagPath } from "./tag-parts.tsx";

/** One taxonomy: its predicates with their values, and how often each tag is borne. */
export default function TaxonomyPage() {
  const namespace = useParam("namespace");
  const got = useGet<TaxonomyDetail>(`${TAXONOMIES}/${encodeURIComponent(namespace)}`);
  return <Shown of={got}>{(detail) => <View detail={detail} />}</Shown>;
}

function View({ detail }: { readonly detail: TaxonomyDetail }) {
  const t = useTexts("lists");
  const [filters, setFilters] = useFilters();
  const q = filters["q"] ?? "";
  const { row, references, predicates } = detail;
  const fits = ({ tag, expanded = "", description = "" }: TaxonomyTag) =>
    `${tag} ${expanded} ${description}`.toLowerCase().includes(q.trim().toLowerCase());
  const shown = predicates
    .map((predicate) => ({ ...predicate, tags: predicate.tags.filter(fits) }))
    .filter(({ tags }) => tags.length > 0);
  return (
    <DetailPage
      back={{ to: "/taxonomies", label: t("taxonomy.nav") }}
      title={row.name}
      tags={
        <>
          <span className="mono">{row.namespace}</span>
          <TlpTag tlp={row.tlp} />
          {row.exclusive && <span>{t("taxonomy.exclusive")}</span>}
        </>
      }
      summary={row.description === "" ? undefined : <p>{row.description}</p>}
      facts={[
        { label: t("taxonomy.predicates"), value: row.predicates },
        { label: t("taxonomy.values"), value: row.values.toLocaleString("en") },
        { label: t("warning.version"), value: row.version },
        { label: t("taxonomy.added"), value: <Time at={row.addedAt} /> },
        {
          label: t("taxonomy.references"),
          value:
            references.length === 0 ? null : (
              <ul className="plain">
                {references.map((url) => (
                  <li key={url} className="mono small wrap">
                    {url}
                  </li>
                ))}
              </ul>
            ),
        },
        {
          label: t("taxonomy.document"),
          value: <Go to={objectPath(row.id)}>{t("taxonomy.document.open")}</Go>,
        },
      ]}
    >
      <Input
        allowClear
        aria-label={t("taxonomy.search")}
        placeholder={t("taxonomy.search")}
        value={q}
        onChange={(event) => setFilters({ q: event.target.value })}
      />
      {shown.length === 0 && <p className="muted">{t("taxonomy.search.none")}</p>}
      {shown.map(({ value, expanded, description, exclusive, tags, colour }) => (
        <Section
          key={value}
          title={expanded ?? value}
          side={exclusive ? <span className="muted small">{t("taxonomy.exclusive")}</span> : undefined}
        >
          {description !== undefined && <p className="muted">{description}</p>}
          <SmallTable
            heads={[t("taxonomy.tag"), t("taxonomy.meaning"), t("taxonomy.number"), t("taxonomy.objects")]}
          >
            {tags.map((tag) => (
              <tr key={tag.tag}>
                <td>
                  <TagColour colour={tag.colour ?? colour} /> <span className="mono wrap">{tag.tag}</span>{" "}
                  <CopyButton text={tag.tag} />
                </td>
                <td>
                  {tag.expanded}
                  {tag.description !== undefined && (
                    <div className="muted small lists-text">{tag.description}</div>
                  )}
                </td>
                <td>{tag.numerical_value}</td>
                <td>
                  {tag.count === 0 ? (
                    <span className="muted">0</span>
                  ) : (
                    <Go to={tagPath(tag.tag)}>
                      {tag.count.toLocaleString("en")}
                      {tag.more && "+"}
                    </Go>
                  )}
                </td>
              </tr>
            ))}
          </SmallTable>
        </Section>
      ))}
    </DetailPage>
  );
}
