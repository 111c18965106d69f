import { ListPage, StateTag, Time, useTexts } from "../../../web/kit.ts";
import type { OwnCollection } from "../peers/model.ts";

/** The node's own TAXII collections and what is in each. */
export default function CollectionsPage() {
  const t = useTexts("intel");
  return (
    <ListPage<OwnCollection>
      name="intel.collections"
      title={t("collections.nav")}
      path="/api/v1/peers/collections"
      id={(row) => row.id}
      open={(row) => `/collections/${row.id}`}
      columns={[
        {
          key: "title",
          label: t("collections.title"),
          phone: "title",
          render: (row) => <strong>{row.title}</strong>,
          text: (row) => row.title,
        },
        {
          key: "alias",
          label: t("collections.alias"),
          width: 160,
          render: (row) => <span className="mono">{row.alias}</span>,
          text: (row) => row.alias,
        },
        {
          key: "use",
          label: t("collections.use"),
          width: 150,
          phone: "side",
          render: (row) => (
            <StateTag tone={row.takesPushes ? "active" : "quiet"}>
              {t(row.takesPushes ? "collections.write" : "collections.readonly")}
            </StateTag>
          ),
          text: (row) => String(row.takesPushes),
        },
        {
          key: "objects",
          label: t("collections.objects"),
          width: 110,
          render: (row) => row.objects.toLocaleString("en"),
          text: (row) => String(row.objects),
        },
        {
          key: "last",
          label: t("collections.last"),
          width: 150,
          render: (row) => (row.lastAddedAt === null ? "–" : <Time at={row.lastAddedAt} />),
          text: (row) => row.lastAddedAt,
        },
      ]}
      empty={{ title: t("collections.none"), advice: t("collections.none.advice") }}
    />
  );
}
