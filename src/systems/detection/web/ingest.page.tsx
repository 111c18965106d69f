import {
  ListPage,
  StateTag,
  Time,
  type Tone,
  useGo,
  useLanguage,
  useNow,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { IngestSource } from "../model.ts";

const DAY_MILLIS = 86_400_000;

type State = "flowing" | "silent" | "refused" | "unparsed";
const TONES: Readonly<Record<State, Tone>> = {
  flowing: "done",
  silent: "waiting",
  refused: "bad",
  unparsed: "waiting",
};

/** What ails a source, the worst first. */
function stateOf(source: IngestSource, now: number): State {
  const { lastSeen, lastErrorAt } = source;
  if (lastErrorAt !== null && (lastSeen === null || lastErrorAt >= lastSeen)) return "refused";
  if (lastSeen === null || now - Date.parse(lastSeen) > DAY_MILLIS) return "silent";
  return source.unparsed * 2 > source.received ? "unparsed" : "flowing";
}

function Count({ of, share }: { readonly of: number; readonly share?: number }) {
  const percent =
    share === undefined || share === 0 || of === 0 ? "" : ` (${((of / share) * 100).toFixed(1)}%)`;
  return (
    <>
      {of.toLocaleString("en")}
      <span className="muted">{percent}</span>
    </>
  );
}

/** How each source of logs does: what came, what was not understood, what was refused and why. */
export default function IngestPage() {
  const t = useTexts("detection");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const { orgs } = useSession();
  const now = useNow(60_000);
  const go = useGo();
  return (
    <ListPage<IngestSource>
      name="ingest"
      title={t("nav.ingest")}
      path="/api/v1/ingest/sources"
      id={(row) => `${row.orgId}/${row.name}`}
      columns={[
        {
          key: "state",
          label: t("source.state"),
          width: 130,
          phone: "side",
          render: (row) => {
            const state = stateOf(row, now);
            return <StateTag tone={TONES[state]}>{t(`source.state.${state}`)}</StateTag>;
          },
          text: (row) => stateOf(row, now),
        },
        {
          key: "name",
          label: t("source.name"),
          phone: "title",
          render: (row) => row.name,
          text: (row) => row.name,
        },
        {
          key: "org",
          label: t("log.org"),
          width: 150,
          render: (row) =>
            orgName(row.orgId, language) ?? <span className="mono">{row.orgId.slice(0, 8)}</span>,
          text: (row) => orgName(row.orgId, language) ?? row.orgId,
        },
        {
          key: "channel",
          label: t("source.channel"),
          width: 150,
          render: (row) => (
            <>
              {t(`source.channel.${row.channel}`)} <span className="mono muted">{row.address}</span>
            </>
          ),
          text: (row) => row.channel,
        },
        {
          key: "parser",
          label: t("log.parser"),
          width: 110,
          render: (row) => <span className="mono">{row.parser}</span>,
          text: (row) => row.parser,
        },
        {
          key: "last",
          label: t("source.last"),
          width: 150,
          render: (row) => <Time at={row.lastSeen} ago />,
          text: (row) => row.lastSeen,
        },
        {
          key: "received",
          label: t("source.received"),
          width: 110,
          align: "end",
          render: (row) => <Count of={row.received} />,
          text: (row) => row.received,
        },
        {
          key: "unparsed",
          label: t("source.unparsed"),
          width: 140,
          align: "end",
          render: (row) => <Count of={row.unparsed} share={row.received} />,
          text: (row) => row.unparsed,
        },
        {
          key: "refused",
          label: t("source.refused"),
          width: 90,
          align: "end",
          render: (row) => <Count of={row.refused} />,
          text: (row) => row.refused,
        },
        {
          key: "alerts",
          label: t("source.alerts"),
          width: 90,
          align: "end",
          render: (row) => <Count of={row.alerts} />,
          text: (row) => row.alerts,
        },
        {
          key: "error",
          label: t("source.error"),
          width: 260,
          phone: "hidden",
          render: (row) =>
            row.lastError === null ? (
              <span className="muted">–</span>
            ) : (
              <span title={row.lastError}>
                <Time at={row.lastErrorAt} /> {row.lastError}
              </span>
            ),
          text: (row) => row.lastError,
        },
      ]}
      filters={[
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
      ]}
      empty={{ title: t("sources.none"), advice: t("sources.none.advice") }}
    />
  );
}
