import { Button } from "antd";
import { ListPage, useGo, useMay, useTexts } from "../../../web/kit.ts";
import { INDICATOR_TYPES } from "../model.ts";
import { WARNINGLIST_FORMS, type WarninglistRow } from "../warninglists/model.ts";
import { WarninglistCheck } from "./warninglist-check.tsx";
import { coversText, WARNINGLISTS, WarninglistState } from "./warninglist-parts.tsx";
import "./lists.css";

/** What is no indicator by itself: every list, and a box to check values against all of them. */
export default function WarninglistsPage() {
  const t = useTexts("lists");
  const go = useGo();
  const mayManage = useMay("platform:manage");
  return (
    <ListPage<WarninglistRow>
      name="warninglists"
      title={t("warning.nav")}
      path={WARNINGLISTS}
      id={(row) => row.key}
      open={(row) => `/warninglists/${row.key}`}
      search="q"
      top={<WarninglistCheck />}
      columns={[
        {
          key: "state",
          label: t("warning.state"),
          width: 100,
          phone: "side",
          render: (row) => <WarninglistState off={row.off} />,
          text: (row) => t(row.off ? "warning.off" : "warning.on"),
        },
        {
          key: "name",
          label: t("warning.name"),
          phone: "title",
          render: (row) => (
            <>
              {row.name}
              {row.description !== "" && <div className="muted small lists-two">{row.description}</div>}
            </>
          ),
          text: (row) => row.name,
        },
        {
          key: "description",
          label: t("warning.description"),
          exportOnly: true,
          render: (row) => row.description,
          text: (row) => row.description,
        },
        {
          key: "form",
          label: t("warning.form"),
          width: 110,
          render: (row) => t(`warning.form.${row.form}`),
          text: (row) => row.form,
        },
        {
          key: "covers",
          label: t("warning.covers"),
          width: 200,
          render: (row) => coversText(t, row),
          text: (row) => row.covers.join("; "),
        },
        {
          key: "entries",
          label: t("warning.entries"),
          width: 110,
          align: "end",
          render: (row) =>
            row.found === null
              ? row.entries.toLocaleString("en")
              : t("warning.found", {
                  found: row.found.toLocaleString("en"),
                  of: row.entries.toLocaleString("en"),
                }),
          text: (row) => row.entries,
        },
        {
          key: "version",
          label: t("warning.version"),
          width: 100,
          render: (row) => <span className="mono">{row.version ?? "–"}</span>,
          text: (row) => row.version,
        },
        {
          key: "origin",
          label: t("warning.origin"),
          width: 110,
          phone: "hidden",
          render: (row) => t(`warning.origin.${row.origin}`),
          text: (row) => row.origin,
        },
      ]}
      filters={[
        {
          name: "covers",
          label: t("warning.covers"),
          kind: "choice",
          options: INDICATOR_TYPES.map((value) => ({ value, label: t(`kind.${value}`) })),
        },
        {
          name: "form",
          label: t("warning.form"),
          kind: "choice",
          options: WARNINGLIST_FORMS.map((value) => ({ value, label: t(`warning.form.${value}`) })),
        },
        {
          name: "state",
          label: t("warning.state"),
          kind: "choice",
          options: ["on", "off"].map((value) => ({ value, label: t(`warning.${value}`) })),
        },
        { name: "entry", label: t("warning.with-entry"), kind: "text" },
      ]}
      views={[{ name: t("warning.view.off"), filters: { state: "off" } }]}
      side={
        mayManage ? <Button onClick={() => go("/warninglists/new")}>{t("warning.take")}</Button> : undefined
      }
      empty={{ title: t("warning.none"), advice: t("warning.none.advice") }}
    />
  );
}
