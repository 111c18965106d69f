import { ListPage, StateTag, Time, useLanguage, useOrgName, useSession, useTexts } from "../../../web/kit.ts";
import type { LogRecord } from "../model.ts";
import { Cut, Ends, endText, LOGS, OutcomeTag, useProducts, withoutStamp } from "./log-parts.tsx";
import { LogShape } from "./log-shape.tsx";

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
      top={(query) => <LogShape query={query} />}
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
          width: 120,
          render: (row) =>
            row.parsed ? (
              <Cut>{products.get(row.parser) ?? row.parser}</Cut>
            ) : (
              <StateTag tone="waiting">{t("log.parsed.false")}</StateTag>
            ),
          text: (row) => row.parser,
        },
        {
          key: "action",
          label: t("log.action"),
          width: 140,
          render: (row) => <Cut>{row.action}</Cut>,
          text: (row) => row.action,
        },
        {
          key: "outcome",
          label: t("log.outcome"),
          width: 70,
          render: (row) => <OutcomeTag outcome={row.outcome} />,
          text: (row) => row.outcome,
        },
        {
          key: "ends",
          label: `${t("log.from-address")} → ${t("log.to-address")}`,
          width: 180,
          render: (row) => <Ends of={row} />,
        },
        {
          key: "from",
          label: t("log.from-address"),
          exportOnly: true,
          render: (row) => endText(row.sourceIp, row.sourcePort),
          text: (row) => endText(row.sourceIp, row.sourcePort),
        },
        {
          key: "to",
          label: t("log.to-address"),
          exportOnly: true,
          render: (row) => endText(row.destinationIp, row.destinationPort),
          text: (row) => endText(row.destinationIp, row.destinationPort),
        },
        {
          key: "original",
          label: t("log.original"),
          phone: "title",
          render: (row) => (
            <span className="mono small" title={row.original}>
              {withoutStamp(row.original)}
            </span>
          ),
          text: (row) => row.original,
        },
        {
          key: "rules",
          label: t("log.rules"),
          width: 140,
          render: (row) => <Cut>{row.rules.join(t("kit:comma"))}</Cut>,
          text: (row) => row.rules.join("; "),
        },
        {
          key: "source",
          label: t("log.source"),
          width: 140,
          phone: "hidden",
          render: (row) => (
            <>
              <Cut>{row.source}</Cut>
              <span className="muted small">
                <Cut>{orgName(row.orgId, language) ?? row.orgId.slice(0, 8)}</Cut>
              </span>
            </>
          ),
          text: (row) => row.source,
        },
        {
          key: "org",
          label: t("log.org"),
          exportOnly: true,
          render: (row) => orgName(row.orgId, language) ?? row.orgId,
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
