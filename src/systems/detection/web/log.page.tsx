import {
  DetailPage,
  type Fact,
  JsonView,
  Section,
  Shown,
  StateTag,
  Time,
  TlpTag,
  useGet,
  useGo,
  useKeys,
  useLanguage,
  useOrgName,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { LogDetail } from "../model.ts";
import { LogOriginal } from "./log-original.tsx";
import { endText, gistOf, LOGS, OutcomeTag, useProducts } from "./log-parts.tsx";

const SEARCH = "/logs";

function LogView({ record }: { readonly record: LogDetail }) {
  const t = useTexts("detection");
  const go = useGo();
  const orgName = useOrgName();
  const [language] = useLanguage();
  const products = useProducts();
  useKeys([{ key: "u", label: t("nav.logs"), run: () => go(SEARCH) }]);
  /** A fact that the search can be narrowed to. */
  const fact = (label: string, value: string, name?: string, copy = value): Fact => ({
    label: t(label),
    value,
    copy,
    ...(name !== undefined && value !== "" && { filter: { to: SEARCH, name } }),
  });
  const level = record.fields["log.level"];
  return (
    <DetailPage
      back={{ to: SEARCH, label: t("nav.logs") }}
      title={record.action === "" ? gistOf(record) : record.action}
      tags={
        <>
          <OutcomeTag outcome={record.outcome} />
          {!record.parsed && <StateTag tone="waiting">{t("log.parsed.false")}</StateTag>}
          <TlpTag tlp={record.tlp} />
        </>
      }
      {...(record.parsed ? {} : { summary: t("log.unparsed") })}
      facts={[
        { label: t("log.time"), value: <Time at={record.time} seconds /> },
        { label: t("log.received"), value: <Time at={record.receivedAt} seconds /> },
        fact("log.from-address", endText(record.sourceIp, record.sourcePort), "ip", record.sourceIp),
        fact(
          "log.to-address",
          endText(record.destinationIp, record.destinationPort),
          "ip",
          record.destinationIp,
        ),
        fact("log.user", record.user, "user"),
        fact("log.domain", record.domain, "domain"),
        fact("log.url", record.url),
        fact("log.host", record.host),
        { label: t("log.level"), value: typeof level === "string" ? level : "" },
        { label: t("log.rules"), value: record.rules.join(t("kit:comma")) },
        { label: t("log.product"), value: products.get(record.parser) ?? record.parser },
        fact("log.source", record.source, "source"),
        { label: t("log.org"), value: orgName(record.orgId, language) ?? record.orgId },
        fact("log.batch", record.batch),
      ]}
    >
      <LogOriginal record={record} />
      <Section title={t("log.fields")}>
        <JsonView value={record.fields} />
      </Section>
    </DetailPage>
  );
}

/** One log record: its line, its fields, and ways on from each. */
export default function LogPage() {
  const eventId = useParam("eventId");
  const got = useGet<LogDetail>(`${LOGS}/${eventId}`);
  return <Shown of={got}>{(record) => <LogView record={record} />}</Shown>;
}
