import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import {
  LevelTag,
  ListPage,
  Time,
  useGo,
  useLanguage,
  useMay,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { INCIDENT_STATES, type Incident } from "../model.ts";
import { INCIDENTS, IncidentStateTag, NextDue } from "./incident-parts.tsx";

const OPEN = INCIDENT_STATES.filter((state) => state !== "closed").join(",");

/** Incidents; the clock that ends first stands on top. */
export default function IncidentsPage() {
  const t = useTexts("incidents");
  const go = useGo();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const { orgs } = useSession();
  const mayReport = useMay("incidents:report");
  const report = (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => go("/incidents/new")}>
      {t("report")}
    </Button>
  );
  return (
    <ListPage<Incident>
      name="incidents"
      title={t("nav.incidents")}
      path={INCIDENTS}
      id={(row) => row.id}
      open={(row) => `/incidents/${row.id}`}
      search="q"
      topics={["incidents."]}
      columns={[
        {
          key: "due",
          label: t("due"),
          width: 240,
          phone: "line",
          render: (row) => <NextDue incident={row} />,
          text: (row) => row.next?.dueAt,
        },
        {
          key: "level",
          label: t("level"),
          width: 96,
          phone: "side",
          render: (row) => <LevelTag level={row.level} />,
          text: (row) => row.level,
        },
        {
          key: "number",
          label: t("number"),
          width: 140,
          render: (row) => <span className="mono">{row.number}</span>,
          text: (row) => row.number,
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
          width: 190,
          render: (row) => <IncidentStateTag state={row.state} />,
          text: (row) => t(`state.${row.state}`),
        },
        {
          key: "org",
          label: t("org"),
          width: 150,
          render: (row) =>
            orgName(row.orgId, language) ?? <span className="mono">{row.orgId.slice(0, 8)}</span>,
          text: (row) => orgName(row.orgId, language) ?? row.orgId,
        },
        {
          key: "reported",
          label: t("reported"),
          width: 140,
          phone: "hidden",
          render: (row) => <Time at={row.reportedAt} />,
          text: (row) => row.reportedAt,
        },
      ]}
      filters={[
        {
          name: "state",
          label: t("state"),
          kind: "choices",
          options: INCIDENT_STATES.map((value) => ({ value, label: t(`state.${value}`) })),
        },
        {
          name: "level",
          label: t("level"),
          kind: "choices",
          options: ["4", "3", "2", "1"].map((value) => ({ value, label: t("kit:level", { level: value }) })),
        },
        {
          name: "org",
          label: t("org"),
          kind: "choice",
          options: orgs.map(({ id, name, nameEn }) => ({
            value: id,
            label: language === "en" && nameEn ? nameEn : name,
          })),
        },
        { name: "overdue", label: t("overdue.only"), kind: "flag" },
        { name: "from", label: t("from"), kind: "instant" },
        { name: "to", label: t("to"), kind: "instant" },
        {
          name: "sort",
          label: t("sort"),
          kind: "choice",
          options: ["due", "reported"].map((value) => ({ value, label: t(`sort.${value}`) })),
        },
      ]}
      views={[
        { name: t("view.open"), filters: { state: OPEN } },
        { name: t("view.overdue"), filters: { overdue: "true" } },
        { name: t("view.review"), filters: { state: "reported,under-review" } },
        { name: t("view.major"), filters: { state: OPEN, level: "3,4" } },
      ]}
      side={mayReport ? report : undefined}
      empty={{
        title: t("list.none"),
        advice: t("list.none.advice"),
        ...(mayReport ? { act: report } : {}),
      }}
    />
  );
}
