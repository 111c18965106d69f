import { DEFAULT_TIME_ZONE } from "../../../core/time-zone.ts";
import {
  Go,
  ListPage,
  Time,
  useGo,
  useLanguage,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { CHANNELS, type IngestSource, SOURCE_STATES } from "../model.ts";
import {
  Allowed,
  Count,
  EVERY,
  Hours,
  Lags,
  Refusal,
  refusalWords,
  SOURCES,
  SourceStateTag,
  Sum,
  stateOf,
  useSilenceDialog,
} from "./ingest-parts.tsx";

/** Where the lines of a source are that no parser took. */
function unparsedOf({ name, orgId }: IngestSource): string {
  return `/logs?${new URLSearchParams({ source: name, org: orgId, parsed: "false" })}`;
}

/** How each source of logs does: what came, what was not understood, lost or refused and why, how late and how silent. */
export default function IngestPage() {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const { orgs } = useSession();
  const go = useGo();
  const silence = useSilenceDialog();
  const exported = (key: keyof IngestSource, label: string) => ({
    key,
    label,
    exportOnly: true,
    render: () => null,
    text: (row: IngestSource) => row[key] as string | number | null,
  });
  return (
    <>
      <ListPage<IngestSource>
        name="ingest"
        title={t("nav.ingest")}
        path={SOURCES}
        id={(row) => `${row.orgId}/${row.name}`}
        search="q"
        every={EVERY}
        top={<Sum />}
        columns={[
          {
            key: "state",
            label: t("source.state"),
            width: 110,
            phone: "side",
            render: (row) => <SourceStateTag of={row} />,
            text: (row) => stateOf(row),
          },
          {
            key: "name",
            label: t("source.name"),
            phone: "title",
            render: (row) => (
              <>
                <Go to={`/logs?${new URLSearchParams({ source: row.name, org: row.orgId })}`}>{row.name}</Go>
                <span className="cell-two muted small">
                  {orgName(row.orgId, language) ?? row.orgId.slice(0, 8)}
                </span>
                <Refusal of={row} />
              </>
            ),
            text: (row) => row.name,
          },
          {
            key: "channel",
            label: t("source.channel"),
            width: 150,
            render: (row) => (
              <>
                {t(`source.channel.${row.channel}`)} <span className="mono small">{row.parser}</span>
                {row.timeZone !== DEFAULT_TIME_ZONE && (
                  <span className="cell-two muted small" title={t("source.zone.why")}>
                    {row.timeZone}
                  </span>
                )}
                <span className="cell-two mono muted small">{row.address}</span>
              </>
            ),
            text: (row) => row.channel,
          },
          {
            key: "last",
            label: t("source.last"),
            width: 130,
            render: (row) => (
              <>
                <Time at={row.lastSeen} ago />
                <Lags of={row} />
              </>
            ),
            text: (row) => row.lastSeen,
          },
          {
            key: "hours",
            label: t("source.hours"),
            width: 116,
            render: (row) => <Hours of={row.hours} />,
          },
          {
            key: "received",
            label: t("source.received"),
            width: 110,
            align: "end",
            render: (row) => (
              <>
                <Count of={row.received} />
                <span className="cell-two muted small">
                  {t("source.of-parsed", { count: row.parsed.toLocaleString("en") })}
                </span>
              </>
            ),
            text: (row) => row.received,
          },
          {
            key: "unparsed",
            label: t("source.unparsed"),
            width: 110,
            align: "end",
            render: (row) =>
              row.unparsed === 0 ? (
                <Count of={0} />
              ) : (
                <Go to={unparsedOf(row)}>
                  <Count of={row.unparsed} share={row.received} />
                </Go>
              ),
            text: (row) => row.unparsed,
          },
          {
            key: "lost",
            label: t("source.lost"),
            width: 120,
            align: "end",
            render: (row) => (
              <>
                <Count of={row.refused} /> / <Count of={row.dropped} />
                {row.cut > 0 && (
                  <span className="cell-two muted small" title={t("source.cut.why")}>
                    {t("source.of-cut", { count: row.cut.toLocaleString("en") })}
                  </span>
                )}
                {row.spooled > 0 && (
                  <span className="cell-two muted small">
                    {t("source.of-spooled", { count: row.spooled.toLocaleString("en") })}
                  </span>
                )}
                {row.late > 0 && (
                  <span className="cell-two muted small">
                    {t("source.of-late", { count: row.late.toLocaleString("en") })}
                  </span>
                )}
              </>
            ),
          },
          {
            key: "alerts",
            label: t("source.alerts"),
            width: 64,
            align: "end",
            render: (row) => <Count of={row.alerts} />,
            text: (row) => row.alerts,
          },
          {
            key: "silence",
            label: t("source.silence"),
            width: 120,
            render: (row) => <Allowed of={row} />,
            text: (row) => row.silentAfterMinutes,
          },
          { ...exported("orgId", t("log.org")), text: (row) => orgName(row.orgId, language) ?? row.orgId },
          exported("parser", t("log.parser")),
          exported("timeZone", t("source.zone")),
          exported("address", t("source.address")),
          exported("parsed", t("source.parsed")),
          exported("refused", t("source.refused")),
          exported("cut", t("source.cut")),
          exported("dropped", t("source.dropped")),
          exported("spooled", t("source.spooled")),
          exported("late", t("source.late")),
          exported("storeLag", t("source.lag.store.seconds")),
          exported("eventLag", t("source.lag.event.seconds")),
          exported("silentSince", t("source.silent-since")),
          { ...exported("lastError", t("source.error")), text: (row) => refusalWords(row, t) },
          exported("lastErrorAt", t("source.error.at")),
        ]}
        filters={[
          {
            name: "state",
            label: t("source.state"),
            kind: "choice",
            options: SOURCE_STATES.map((value) => ({ value, label: t(`source.has.${value}`) })),
          },
          {
            name: "channel",
            label: t("source.channel"),
            kind: "choice",
            options: CHANNELS.map((value) => ({ value, label: t(`source.channel.${value}`) })),
          },
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
        views={[{ name: t("source.state.silent"), filters: { state: "silent" } }]}
        acts={[
          {
            key: "l",
            label: t("source.see"),
            needs: "logs:read",
            when: (rows) => rows.length === 1,
            run: ([row]) => row !== undefined && go("/logs", { source: row.name, org: row.orgId }),
          },
          {
            key: "p",
            label: t("source.see-unparsed"),
            needs: "logs:read",
            when: (rows) => rows.length === 1 && rows.every((row) => row.unparsed > 0),
            run: ([row]) =>
              row !== undefined && go("/logs", { source: row.name, org: row.orgId, parsed: "false" }),
          },
          {
            key: "s",
            label: t("source.silence.set"),
            needs: "alerts:work",
            when: (rows) => rows.length === 1,
            run: ([row]) => {
              if (row !== undefined) silence.ask(row);
            },
          },
        ]}
        empty={{ title: t("sources.none"), advice: t("sources.none.advice") }}
      />
      {silence.dialog}
    </>
  );
}
