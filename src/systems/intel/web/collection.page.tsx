import {
  DetailPage,
  Empty,
  Section,
  Shown,
  SmallTable,
  StateTag,
  Time,
  useGet,
  useLanguage,
  useOrgName,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { CollectionFetches } from "../peers/model.ts";

/** One of the node's own collections: who fetched from it, when, and how far. */
export default function CollectionPage() {
  const got = useGet<CollectionFetches>(`/api/v1/peers/collections/${useParam("id")}/fetches`, {
    every: 10_000,
  });
  return <Shown of={got}>{(fetches) => <Fetches of={fetches} />}</Shown>;
}

function Fetches({ of: { collection, items } }: { readonly of: CollectionFetches }) {
  const t = useTexts("intel");
  const orgName = useOrgName();
  const [language] = useLanguage();
  return (
    <DetailPage
      back={{ to: "/collections", label: t("collections.nav") }}
      title={collection.title}
      tags={
        <StateTag tone={collection.takesPushes ? "active" : "quiet"}>
          {t(collection.takesPushes ? "collections.write" : "collections.readonly")}
        </StateTag>
      }
      facts={[
        { label: t("collections.alias"), value: collection.alias, copy: collection.alias },
        { label: "ID", value: collection.id, copy: collection.id },
        { label: t("collections.objects"), value: collection.objects.toLocaleString("en") },
        {
          label: t("collections.last"),
          value: collection.lastAddedAt === null ? null : <Time at={collection.lastAddedAt} />,
        },
      ]}
    >
      <Section title={t("fetches")} side={<span className="muted">{items.length.toLocaleString("en")}</span>}>
        {items.length === 0 ? (
          <Empty title={t("fetches.none")} />
        ) : (
          <SmallTable
            heads={[
              t("fetches.org"),
              t("fetches.key"),
              t("fetches.last"),
              t("fetches.objects"),
              t("fetches.reached"),
              t("fetches.state"),
            ]}
          >
            {items.map((each) => (
              <tr key={each.actorId}>
                <td>{orgName(each.orgId, language) ?? each.orgId}</td>
                <td>{each.actorName}</td>
                <td>
                  <Time at={each.lastAt} />
                </td>
                <td>{each.objects.toLocaleString("en")}</td>
                <td>{each.reachedAt === null ? "–" : <Time at={each.reachedAt} />}</td>
                <td>
                  <StateTag tone={each.complete ? "done" : "active"}>
                    {t(each.complete ? "fetches.complete" : "fetches.more")}
                  </StateTag>
                </td>
              </tr>
            ))}
          </SmallTable>
        )}
      </Section>
    </DetailPage>
  );
}
