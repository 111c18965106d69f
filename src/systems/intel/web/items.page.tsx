import { Button } from "antd";
import { TLP_LEVELS, tlpLabel } from "../../../core/tlp.ts";
import {
  ListPage,
  Time,
  TlpTag,
  useGo,
  useLanguage,
  useMay,
  useOrgName,
  useTexts,
} from "../../../web/kit.ts";
import { INTEL_KINDS, INTEL_STATES, type ItemRow } from "../model.ts";
import { ITEMS, ItemState, useRecipientName } from "./parts.tsx";

/** Items of the own organisations in every state. */
export default function ItemsPage() {
  const t = useTexts("intel");
  const go = useGo();
  const orgName = useOrgName();
  const [language] = useLanguage();
  const named = useRecipientName();
  const mayWrite = useMay("intel:write");
  const recipients = (row: ItemRow) => row.recipients.map(named).join("、");
  return (
    <ListPage<ItemRow>
      name="intel"
      title={t("nav.items")}
      path={ITEMS}
      id={(row) => row.id}
      open={(row) => `/intel/${row.id}`}
      search="q"
      topics={["intel."]}
      columns={[
        {
          key: "state",
          label: t("state"),
          width: 130,
          phone: "side",
          render: (row) => <ItemState state={row.state} />,
          text: (row) => row.state,
        },
        {
          key: "tlp",
          label: t("tlp"),
          width: 140,
          render: (row) => <TlpTag tlp={row.tlp} />,
          text: (row) => tlpLabel(row.tlp),
        },
        {
          key: "kind",
          label: t("kind"),
          width: 130,
          render: (row) => t(`kind.${row.kind}`),
          text: (row) => row.kind,
        },
        {
          key: "title",
          label: t("title"),
          phone: "title",
          render: (row) => row.title,
          text: (row) => row.title,
        },
        { key: "recipients", label: t("recipients"), render: recipients, text: recipients },
        {
          key: "indicators",
          label: t("indicators.count"),
          width: 80,
          align: "end",
          render: (row) => row.indicatorCount,
          text: (row) => row.indicatorCount,
        },
        {
          key: "removed",
          label: t("removed.count"),
          width: 80,
          align: "end",
          phone: "hidden",
          render: (row) => row.removedCount,
          text: (row) => row.removedCount,
        },
        {
          key: "org",
          label: t("org"),
          width: 160,
          phone: "hidden",
          render: (row) => orgName(row.orgId, language) ?? row.orgId,
          text: (row) => orgName(row.orgId) ?? row.orgId,
        },
        {
          key: "updated",
          label: t("updated"),
          width: 150,
          render: (row) => <Time at={row.updatedAt} />,
          text: (row) => row.updatedAt,
        },
      ]}
      filters={[
        {
          name: "state",
          label: t("state"),
          kind: "choice",
          options: INTEL_STATES.map((value) => ({ value, label: t(`state.${value}`) })),
        },
        {
          name: "kind",
          label: t("kind"),
          kind: "choice",
          options: INTEL_KINDS.map((value) => ({ value, label: t(`kind.${value}`) })),
        },
        {
          name: "tlp",
          label: t("tlp"),
          kind: "choice",
          options: TLP_LEVELS.map((value) => ({ value, label: tlpLabel(value) })),
        },
      ]}
      views={[
        { name: t("view.review"), filters: { state: "in-review" } },
        { name: t("view.released"), filters: { state: "released" } },
      ]}
      side={
        mayWrite ? (
          <Button type="primary" onClick={() => go("/intel/new")}>
            {t("new")}
          </Button>
        ) : undefined
      }
      empty={{ title: t("items.none"), advice: t("items.none.advice") }}
    />
  );
}
