import { useState } from "react";
import {
  ListPage,
  Time,
  useAct,
  useLanguage,
  useMay,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { Alert } from "../model.ts";
import { ALERT_LEVELS, ALERT_STATES } from "../model.ts";
import {
  AssignAlertsDialog,
  CloseAlertsDialog,
  CommentAlertsDialog,
  RaiseAlertsDialog,
  useBulk,
} from "./alert-dialogs.tsx";
import {
  ALERTS,
  AlertSeverity,
  AlertStateTag,
  entityText,
  severityOf,
  useAlertTitle,
} from "./alert-parts.tsx";

type Doing = "close" | "comment" | "assign" | "raise";

const isOpen = (alert: Alert) => alert.state === "new" || alert.state === "assigned";

/** The alert queue. */
export default function AlertsPage() {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const { orgs } = useSession();
  const mayReport = useMay("incidents:report");
  const [doing, setDoing] = useState<{
    readonly what: Doing;
    readonly alerts: readonly Alert[];
    /** Answers the list: true clears the marks. */
    readonly settle: (changed: boolean) => void;
  }>();
  const bulk = useBulk();
  const take = useAct((alerts: readonly Alert[]) =>
    bulk("assign", alerts, { to: "me" }, t("alert.assigned")),
  );
  const dialogFor = (what: Doing) => ({
    alerts: doing?.what === what ? doing.alerts : [],
    close: () => {
      doing?.settle(false);
      setDoing(undefined);
    },
    done: () => doing?.settle(true),
  });
  const start = (what: Doing) => (alerts: readonly Alert[]) => {
    return new Promise<boolean>((settle) => setDoing({ what, alerts, settle }));
  };
  const allOpen = (alerts: readonly Alert[]) => alerts.every(isOpen);
  // An incident belongs to one organisation.
  const oneOrg = (alerts: readonly Alert[]) => new Set(alerts.map((alert) => alert.orgId)).size === 1;
  return (
    <>
      <ListPage<Alert>
        name="alerts"
        title={t("nav.alerts")}
        path={ALERTS}
        id={(row) => row.id}
        open={(row) => `/alerts/${row.id}`}
        search="q"
        topics={["alerts.raised"]}
        columns={[
          {
            key: "level",
            label: t("alert.level"),
            width: 96,
            phone: "side",
            render: (row) => <AlertSeverity alert={row} />,
            text: (row) => row.level,
          },
          {
            key: "title",
            label: t("alert.title"),
            phone: "title",
            render: (row) => title(row),
            text: (row) => title(row),
          },
          {
            key: "entity",
            label: t("alert.entity"),
            width: 190,
            render: (row) => <span className="mono">{entityText(row)}</span>,
            text: (row) => entityText(row),
          },
          {
            key: "count",
            label: t("alert.count"),
            width: 76,
            align: "end",
            render: (row) => row.count.toLocaleString("en"),
            text: (row) => row.count,
          },
          {
            key: "first",
            label: t("alert.first"),
            width: 160,
            phone: "hidden",
            render: (row) => <Time at={row.firstSeen} seconds />,
            text: (row) => row.firstSeen,
          },
          {
            key: "last",
            label: t("alert.last"),
            width: 160,
            render: (row) => <Time at={row.lastSeen} seconds />,
            text: (row) => row.lastSeen,
          },
          {
            key: "state",
            label: t("alert.state"),
            width: 132,
            render: (row) => <AlertStateTag alert={row} />,
            text: (row) => row.state,
          },
          {
            key: "assignee",
            label: t("alert.assignee"),
            width: 110,
            render: (row) => row.assignee?.name ?? <span className="muted">–</span>,
            text: (row) => row.assignee?.name,
          },
          {
            key: "org",
            label: t("alert.org"),
            width: 150,
            render: (row) =>
              orgName(row.orgId, language) ?? <span className="mono">{row.orgId.slice(0, 8)}</span>,
            text: (row) => orgName(row.orgId, language) ?? row.orgId,
          },
        ]}
        filters={[
          {
            name: "state",
            label: t("alert.state"),
            kind: "choices",
            options: ALERT_STATES.map((value) => ({ value, label: t(`alert.state.${value}`) })),
          },
          {
            name: "level",
            label: t("alert.level"),
            kind: "choices",
            options: ALERT_LEVELS.toReversed().map((value) => ({
              value,
              label: t(`kit:severity.${severityOf(value)}`),
            })),
          },
          {
            name: "org",
            label: t("alert.org"),
            kind: "choice",
            options: orgs.map(({ id, name, nameEn }) => ({
              value: id,
              label: language === "en" && nameEn ? nameEn : name,
            })),
          },
          {
            name: "assignee",
            label: t("alert.assignee"),
            kind: "choice",
            options: ["me", "none"].map((value) => ({ value, label: t(`alert.assignee.${value}`) })),
          },
          { name: "entity", label: t("alert.value"), kind: "text" },
          { name: "rule", label: t("alert.rule"), kind: "text" },
          { name: "from", label: t("alert.from"), kind: "instant" },
          { name: "to", label: t("alert.to"), kind: "instant" },
          {
            name: "sort",
            label: t("alert.sort"),
            kind: "choice",
            options: ["newest", "severity"].map((value) => ({ value, label: t(`alert.sort.${value}`) })),
          },
        ]}
        views={[
          { name: t("alert.view.open"), filters: { state: "new,assigned" } },
          { name: t("alert.view.mine"), filters: { assignee: "me", state: "assigned" } },
          {
            name: t("alert.view.severe"),
            filters: { state: "new,assigned", level: "critical,high", sort: "severity" },
          },
        ]}
        acts={[
          {
            key: "e",
            label: t("alert.take"),
            needs: "alerts:work",
            when: allOpen,
            run: (rows) => take.run(rows),
          },
          { key: "a", label: t("alert.assign"), needs: "alerts:work", when: allOpen, run: start("assign") },
          { key: "c", label: t("alert.comment"), needs: "alerts:work", run: start("comment") },
          { key: "d", label: t("alert.close"), needs: "alerts:work", when: allOpen, run: start("close") },
          ...(mayReport
            ? [
                {
                  key: "r",
                  label: t("alert.raise"),
                  needs: "alerts:work" as const,
                  when: (rows: readonly Alert[]) => allOpen(rows) && oneOrg(rows),
                  run: start("raise"),
                },
              ]
            : []),
        ]}
        empty={{ title: t("alerts.none"), advice: t("alerts.none.advice") }}
      />
      <AssignAlertsDialog {...dialogFor("assign")} />
      <CommentAlertsDialog {...dialogFor("comment")} />
      <CloseAlertsDialog {...dialogFor("close")} />
      <RaiseAlertsDialog {...dialogFor("raise")} />
    </>
  );
}
