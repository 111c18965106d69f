import { Button } from "antd";
import { tlpLabel } from "../../../core/tlp.ts";
import { ListPage, Time, TlpTag, useGo, useMay, useTexts } from "../../../web/kit.ts";
import { IMPORT_FORMATS, IMPORT_STATES, type Import } from "../imports/model.ts";
import { byName, IMPORTS, ImportStateTag, sourceName } from "./import-parts.tsx";

/** Every import of the own organisations. */
export default function ImportsPage() {
  const t = useTexts("intel");
  const go = useGo();
  const mayWrite = useMay("intel:write");
  const count = (key: "new" | "known" | "refused") => ({
    key,
    label: t(`imports.${key}`),
    width: 80,
    align: "end" as const,
    render: (row: Import) => row.counts[key].toLocaleString("en"),
    text: (row: Import) => row.counts[key],
  });
  return (
    <ListPage<Import>
      name="intel-imports"
      title={t("nav.imports")}
      path={IMPORTS}
      id={(row) => row.id}
      open={(row) => `/intel/imports/${row.id}`}
      search="q"
      topics={["intel.imported", "intel.import-undone"]}
      columns={[
        {
          key: "state",
          label: t("imports.state"),
          width: 110,
          phone: "side",
          render: (row) => <ImportStateTag state={row.state} />,
          text: (row) => t(`imported.${row.state}`),
        },
        {
          key: "file",
          label: t("imports.file"),
          phone: "title",
          render: (row) => row.fileName,
          text: (row) => row.fileName,
        },
        {
          key: "source",
          label: t("imports.source"),
          render: (row) => sourceName(t, row.source.name),
          text: (row) => sourceName(t, row.source.name),
        },
        {
          key: "format",
          label: t("imports.format"),
          width: 130,
          render: (row) => t(`format.${row.format}`),
          text: (row) => row.format,
        },
        {
          key: "tlp",
          label: t("tlp"),
          width: 140,
          phone: "hidden",
          render: (row) => <TlpTag tlp={row.tlp} />,
          text: (row) => tlpLabel(row.tlp),
        },
        count("new"),
        count("known"),
        count("refused"),
        {
          key: "by",
          label: t("imports.by"),
          width: 120,
          phone: "hidden",
          render: (row) => byName(t, row.by),
          text: (row) => byName(t, row.by),
        },
        {
          key: "at",
          label: t("imports.at"),
          width: 150,
          render: (row) => <Time at={row.at} />,
          text: (row) => row.at,
        },
      ]}
      filters={[
        {
          name: "state",
          label: t("imports.state"),
          kind: "choice",
          options: IMPORT_STATES.map((value) => ({ value, label: t(`imported.${value}`) })),
        },
        {
          name: "format",
          label: t("imports.format"),
          kind: "choice",
          options: IMPORT_FORMATS.map((value) => ({ value, label: t(`format.${value}`) })),
        },
        { name: "source", label: t("imports.source"), kind: "text" },
      ]}
      views={[
        { name: t("imports.view.open"), filters: { state: "previewed" } },
        { name: t("imports.view.failed"), filters: { state: "failed" } },
      ]}
      side={
        mayWrite ? (
          <Button type="primary" onClick={() => go("/intel/import")}>
            {t("nav.import")}
          </Button>
        ) : undefined
      }
      empty={{ title: t("imports.none"), advice: t("imports.none.advice") }}
    />
  );
}
