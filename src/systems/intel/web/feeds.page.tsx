import { Button } from "antd";
import { ListPage, Time, useGo, useMay, useTexts } from "../../../web/kit.ts";
import { FEED_RESULTS, type Feed } from "../feeds/model.ts";
import { FEEDS, FeedResultTag, FeedStateTag } from "./import-parts.tsx";
import { useWhy } from "./refusal-parts.tsx";

/** Feeds, whether they run by themselves, and how they last went. */
export default function FeedsPage() {
  const t = useTexts("intel");
  const go = useGo();
  const why = useWhy();
  /** Why the last run failed, and how often it did since the last success. */
  const failureOf = ({ lastFailure, lastError, lastResult, failures }: Feed) => {
    if (lastResult !== "failed") return "";
    const told = lastFailure === null ? (lastError ?? "") : why(lastFailure);
    return failures > 1 ? t("feed.again", { told, count: failures }) : told;
  };
  const mayWrite = useMay("intel:write");
  return (
    <ListPage<Feed>
      name="intel-feeds"
      title={t("nav.feeds")}
      path={FEEDS}
      id={(row) => row.id}
      open={(row) => `/intel/feeds/${row.id}`}
      search="q"
      topics={["intel.imported"]}
      columns={[
        {
          key: "state",
          label: t("feed.state"),
          width: 100,
          phone: "side",
          render: (row) => <FeedStateTag feed={row} />,
          text: (row) => t(row.paused ? "feed.paused" : "feed.on"),
        },
        {
          key: "name",
          label: t("feed.name"),
          phone: "title",
          render: (row) => row.name,
          text: (row) => row.name,
        },
        {
          key: "url",
          label: t("feed.url"),
          phone: "hidden",
          render: (row) => <span className="mono cell-cut">{row.url}</span>,
          text: (row) => row.url,
        },
        {
          key: "reliability",
          label: t("import.reliability"),
          width: 150,
          render: (row) => t(`reliability.${row.reliability}`),
          text: (row) => row.reliability,
        },
        {
          key: "result",
          label: t("feed.result"),
          width: 120,
          render: (row) => <FeedResultTag feed={row} />,
          text: (row) => row.lastResult ?? "",
        },
        {
          key: "why",
          label: t("refused.why"),
          render: (row) => failureOf(row),
          text: failureOf,
        },
        {
          key: "last",
          label: t("feed.last"),
          width: 150,
          render: (row) => (row.lastRunAt === null ? "—" : <Time at={row.lastRunAt} />),
          text: (row) => row.lastRunAt ?? "",
        },
        {
          key: "next",
          label: t("feed.upcoming"),
          width: 150,
          render: (row) => (row.nextRunAt === null ? "—" : <Time at={row.nextRunAt} />),
          text: (row) => row.nextRunAt ?? "",
        },
      ]}
      filters={[
        {
          name: "result",
          label: t("feed.result"),
          kind: "choice",
          options: FEED_RESULTS.map((value) => ({ value, label: t(`feed.${value}`) })),
        },
        {
          name: "paused",
          label: t("feed.state"),
          kind: "choice",
          options: [
            { value: "true", label: t("feed.paused") },
            { value: "false", label: t("feed.on") },
          ],
        },
      ]}
      side={
        mayWrite ? (
          <Button type="primary" onClick={() => go("/intel/feeds/new")}>
            {t("feed.new")}
          </Button>
        ) : undefined
      }
      empty={{ title: t("feeds.none"), advice: t("feeds.none.advice") }}
    />
  );
}
