import { Button } from "antd";
import { ListPage, Time, TlpTag, useGo, useMay, useTexts } from "../../../web/kit.ts";
import type { TaxonomyRow } from "../taxonomies/model.ts";
import { TAXONOMIES } from "./tag-parts.tsx";

/** The vocabularies for tags. */
export default function TaxonomiesPage() {
  const t = useTexts("lists");
  const go = useGo();
  const mayWrite = useMay("intel:write");
  const count = (key: "predicates" | "values") => ({
    key,
    label: t(`taxonomy.${key}`),
    width: 90,
    align: "end" as const,
    render: (row: TaxonomyRow) => row[key].toLocaleString("en"),
    text: (row: TaxonomyRow) => row[key],
  });
  const bringIn = <Button onClick={() => go("/intel/import")}>{t("taxonomy.import")}</Button>;
  return (
    <ListPage<TaxonomyRow>
      name="taxonomies"
      title={t("taxonomy.nav")}
      path={TAXONOMIES}
      id={(row) => row.namespace}
      open={(row) => `/taxonomies/${encodeURIComponent(row.namespace)}`}
      search="q"
      topics={["intel.imported", "intel.import-undone"]}
      columns={[
        {
          key: "namespace",
          label: t("taxonomy.namespace"),
          width: 220,
          render: (row) => <span className="mono wrap">{row.namespace}</span>,
          text: (row) => row.namespace,
        },
        {
          key: "name",
          label: t("taxonomy.name"),
          phone: "title",
          render: (row) => (
            <>
              {row.name}
              {row.description !== "" && <div className="muted small lists-two">{row.description}</div>}
            </>
          ),
          text: (row) => row.name,
        },
        count("predicates"),
        count("values"),
        {
          key: "version",
          label: t("warning.version"),
          width: 90,
          align: "end",
          render: (row) => row.version,
          text: (row) => row.version,
        },
        {
          key: "tlp",
          label: t("taxonomy.tlp"),
          width: 130,
          phone: "side",
          render: (row) => <TlpTag tlp={row.tlp} />,
          text: (row) => row.tlp,
        },
        {
          key: "added",
          label: t("taxonomy.added"),
          width: 150,
          phone: "hidden",
          render: (row) => <Time at={row.addedAt} />,
          text: (row) => row.addedAt,
        },
      ]}
      side={mayWrite ? bringIn : undefined}
      empty={{
        title: t("taxonomy.none"),
        advice: t("taxonomy.none.advice"),
        ...(mayWrite ? { act: bringIn } : {}),
      }}
    />
  );
}
