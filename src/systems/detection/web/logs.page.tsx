import { ListPage, StateTag, Time, useLanguage, useOrgName, useSession, useTexts } from "../../../web/kit.ts";
import type { LogRecord } from "../model.ts";
import { endText, gistOf, LOGS, Mono, OutcomeTag, useProducts } from "./log-parts.tsx";

/** Search over every log record in sight. */
export default function LogsPage() {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const { orgs } = useSession();
  const products = useProducts();
  return (
    <ListPage<LogRecord>
      name="logs"
      title={t("nav.logs")}
      path={LOGS}
      id={(row) => row.eventId}
      open={(row) => `/logs/${row.eventId}`}
      search="q"
      columns={[
        {
          key: "time",
          label: t("log.time"),
          width: 160,
          phone: "side",
          render: (row) => <Time at={row.time} seconds />,
          text: (row) => row.time,
        },
        {
          key: "product",
          label: t("log.product"),
          width: 140,
          render: (row) =>
            row.parsed ? (
              (products.get(row.parser) ?? row.parser)
            ) : (
              <StateTag tone="waiting">{t("log.parsed.false")}</StateTag>
            ),
          text: (row) => row.parser,
        },
        {
          key: "action",
          label: t("log.action"),
          width: 170,
          render: (row) => row.action || <span className="muted">–</span>,
          text: (row) => row.action,
        },
        {
          key: "outcome",
          label: t("log.outcome"),
          width: 90,
          render: (row) => <OutcomeTag outcome={row.outcome} />,
          text: (row) => row.outcome,
        },
        {
          key: "from",
          label: t("log.from-address"),
          width: 180,
          render: (row) => <Mono>{endText(row.sourceIp, row.sourcePort)}</Mono>,
          text: (row) => endText(row.sourceIp, row.sourcePort),
        },
        {
          key: "to",
          label: t("log.to-address"),
          width: 180,
          render: (row) => <Mono>{endText(row.destinationIp, row.destinationPort)}</Mono>,
          text: (row) => endText(row.destinationIp, row.destinationPort),
        },
        {
          key: "original",
          label: t("log.original"),
          phone: "title",
          render: (row) => (
            <span className="mono small" title={row.original}>
              {gistOf(row)}
            </span>
          ),
          text: (row) => row.original,
        },
        {
          key: "rules",
          label: t("log.rules"),
          width: 170,
          render: (row) => row.rules.join(t("kit:comma")) || <span className="muted">–</span>,
          text: (row) => row.rules.join("; "),
        },
        {
          key: "source",
          label: t("log.source"),
          width: 120,
          phone: "hidden",
          render: (row) => row.source,
          text: (row) => row.source,
        },
        {
          key: "org",
          label: t("log.org"),
          width: 140,
          phone: "hidden",
          render: (row) =>
            orgName(row.orgId, language) ?? <span className="mono">{row.orgId.slice(0, 8)}</span>,
          text: (row) => orgName(row.orgId, language) ?? row.orgId,
        },
      ]}
      filters={[
        { name: "from", label: t("log.from"), kind: "instant" },
        { name: "to", label: t("log.to"), kind: "instant" },
        { name: "ip", label: t("log.ip"), kind: "text" },
        {
          name: "parser",
          label: t("log.product"),
          kind: "choice",
          options: [...products].map(([value, label]) => ({ value, label })),
        },
        {
          name: "parsed",
          label: t("log.parsed"),
          kind: "choice",
          options: ["true", "false"].map((value) => ({ value, label: t(`log.parsed.${value}`) })),
        },
        {
          name: "outcome",
          label: t("log.outcome"),
          kind: "choice",
          options: ["success", "failure"].map((value) => ({ value, label: t(`log.outcome.${value}`) })),
        },
        { name: "action", label: t("log.action"), kind: "text" },
        { name: "user", label: t("log.user"), kind: "text" },
        { name: "domain", label: t("log.domain"), kind: "text" },
        { name: "source", label: t("log.source"), kind: "text" },
        {
          name: "org",
          label: t("log.org"),
          kind: "choice",
          options: orgs.map(({ id, name, nameEn }) => ({
            value: id,
            label: language === "en" && nameEn ? nameEn : name,
          })),
        },
      ]}
      views={[
        { name: t("log.view.unparsed"), filters: { parsed: "false" } },
        { name: t("log.view.failures"), filters: { outcome: "failure" } },
      ]}
      empty={{ title: t("logs.none"), advice: t("logs.none.advice") }}
    />
  );
}
