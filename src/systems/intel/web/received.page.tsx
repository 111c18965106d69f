import { tlpLabel } from "../../../core/tlp.ts";
import { ListPage, StateTag, Time, TlpTag, useTexts } from "../../../web/kit.ts";
import { INTEL_KINDS, type Released } from "../model.ts";
import { RELEASED } from "./parts.tsx";

/** What was released to the person's organisation. */
export default function ReceivedPage() {
  const t = useTexts("intel");
  return (
    <ListPage<Released>
      name="intel.received"
      title={t("nav.received")}
      path={RELEASED}
      id={(row) => row.id}
      open={(row) => `/intel/received/${row.id}`}
      search="q"
      topics={["intel.released", "intel.withdrawn"]}
      columns={[
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
        {
          key: "state",
          label: t("state"),
          width: 120,
          phone: "side",
          render: (row) =>
            row.withdrawnAt === null ? null : <StateTag tone="bad">{t("state.withdrawn")}</StateTag>,
          text: (row) => (row.withdrawnAt === null ? "" : t("state.withdrawn")),
        },
        {
          key: "released",
          label: t("released"),
          width: 150,
          render: (row) => <Time at={row.releasedAt} />,
          text: (row) => row.releasedAt,
        },
      ]}
      filters={[
        {
          name: "kind",
          label: t("kind"),
          kind: "choice",
          options: INTEL_KINDS.map((value) => ({ value, label: t(`kind.${value}`) })),
        },
      ]}
      empty={{ title: t("received.none"), advice: t("received.none.advice") }}
    />
  );
}
