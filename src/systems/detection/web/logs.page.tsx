import { ColumnHeightOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import {
  type Column,
  kept,
  ListPage,
  Time,
  useKeys,
  useLanguage,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { LogRecord } from "../model.ts";
import { Cut, Ends, endText, Line, LOGS, OutcomeTag, useProducts, What } from "./log-parts.tsx";
import { LogShape } from "./log-shape.tsx";

/** Where this device keeps whether lines are shown whole. */
const WHOLE = "logs.whole";

/** A column that only the export has: on the screen it stands within another. */
function unseen(key: string, label: string, text: (row: LogRecord) => string): Column<LogRecord> {
  return { key, label, exportOnly: true, render: text, text };
}

/** Search over every log record in sight. */
export default function LogsPage() {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const { orgs } = useSession();
  const products = useProducts();
  const [whole, setWhole] = useState(kept.read(WHOLE) === "true");
  const turn = () => {
    kept.write(WHOLE, String(!whole));
    setWhole(!whole);
  };
  useKeys([{ key: "w", label: t("log.whole"), run: turn }]);
  const nameOf = (row: LogRecord) => orgName(row.orgId, language) ?? row.orgId.slice(0, 8);
  return (
    <ListPage<LogRecord>
      name="logs"
      title={t("nav.logs")}
      path={LOGS}
      id={(row) => row.eventId}
      open={(row) => `/logs/${row.eventId}`}
      search="q"
      side={
        <Button
          type="text"
          icon={<ColumnHeightOutlined aria-hidden="true" />}
          aria-pressed={whole}
          onClick={turn}
        >
          {t("log.whole")} <kbd className="kbd">w</kbd>
        </Button>
      }
      exportQuery={{ bytes: "true" }}
      top={(query) => <LogShape query={query} />}
      columns={[
        {
          key: "time",
          label: `${t("log.time")}${t("kit:comma")}${t("log.source")}`,
          width: 170,
          phone: "side",
          render: (row) => (
            <>
              <Time at={row.time} seconds />
              <span className="muted small log-source">
                <Cut>{[row.source, nameOf(row)].join(" · ")}</Cut>
              </span>
            </>
          ),
          text: (row) => row.time,
        },
        {
          key: "action",
          label: `${t("log.action")}${t("kit:comma")}${t("log.product")}`,
          width: 150,
          phone: "title",
          render: (row) => <What of={row} product={products.get(row.parser) ?? row.parser} />,
          text: (row) => row.action,
        },
        {
          key: "outcome",
          label: t("log.outcome"),
          width: 72,
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
          key: "original",
          label: t("log.original"),
          wide: true,
          render: (row) => <Line of={row} whole={whole} />,
          text: (row) => row.original,
        },
        unseen("bytes", t("log.base64"), (row) => row.originalBase64 ?? ""),
        unseen("product", t("log.product"), (row) => row.parser),
        unseen("from", t("log.from-address"), (row) => endText(row.sourceIp, row.sourcePort)),
        unseen("to", t("log.to-address"), (row) => endText(row.destinationIp, row.destinationPort)),
        unseen("rules", t("log.rules"), (row) => row.rules.join("; ")),
        unseen("source", t("log.source"), (row) => row.source),
        unseen("org", t("log.org"), nameOf),
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
