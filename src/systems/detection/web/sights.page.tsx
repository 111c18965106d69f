import {
  Copyable,
  Go,
  ListPage,
  Time,
  useGet,
  useGo,
  useKeys,
  useLanguage,
  useOrgName,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { AlertDetail, Sight } from "../model.ts";
import { ALERTS, useAlertTitle } from "./alert-parts.tsx";

/** Every host, address and user that the events of one alert named together. */
export default function SightsPage() {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const orgName = useOrgName();
  const [language] = useLanguage();
  const go = useGo();
  const id = useParam("id");
  const { data: alert } = useGet<AlertDetail>(`${ALERTS}/${id}`);
  useKeys([{ key: "u", label: t("alert"), run: () => go(`/alerts/${id}`) }]);
  const named = (text: string) =>
    text === "" ? (
      <span className="muted">–</span>
    ) : (
      <Copyable text={text} filter={{ to: "/alerts", name: "entity" }} />
    );
  return (
    <ListPage<Sight>
      name="alert-sights"
      title={t("alert.sights")}
      path={`${ALERTS}/${id}/sights`}
      id={(row) => JSON.stringify([row.host, row.address, row.user, row.memberId, row.rest])}
      search="q"
      top={<Go to={`/alerts/${id}`}>{alert === undefined ? t("alert") : title(alert)}</Go>}
      columns={[
        {
          key: "host",
          label: t("sight.host"),
          phone: "title",
          render: (row) => (row.rest ? t("sight.rest") : named(row.host)),
          text: (row) => (row.rest ? t("sight.rest") : row.host),
        },
        {
          key: "address",
          label: t("sight.address"),
          width: 260,
          render: (row) => <span className="mono">{named(row.address)}</span>,
          text: (row) => row.address,
        },
        {
          key: "user",
          label: t("sight.user"),
          width: 200,
          render: (row) => named(row.user),
          text: (row) => row.user,
        },
        {
          key: "member",
          label: t("alert.org"),
          width: 160,
          render: (row) =>
            row.memberId === null ? (
              <span className="muted">–</span>
            ) : (
              (orgName(row.memberId, language) ?? row.memberId.slice(0, 8))
            ),
          text: (row) => (row.memberId === null ? "" : (orgName(row.memberId, language) ?? row.memberId)),
        },
        {
          key: "first",
          label: t("alert.first"),
          width: 150,
          render: (row) => <Time at={row.firstSeen} />,
          text: (row) => row.firstSeen,
        },
        {
          key: "last",
          label: t("alert.last"),
          width: 150,
          render: (row) => <Time at={row.lastSeen} />,
          text: (row) => row.lastSeen,
        },
        {
          key: "count",
          label: t("alert.count"),
          width: 90,
          align: "end",
          phone: "side",
          render: (row) => row.count.toLocaleString("en"),
          text: (row) => row.count,
        },
      ]}
      empty={{ title: t("sights.none"), advice: t("sights.none.advice") }}
    />
  );
}
