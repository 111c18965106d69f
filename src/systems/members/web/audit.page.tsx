import { Button } from "antd";
import { useState } from "react";
import { api, Copyable, ListPage, StateTag, Time, useAct, useTexts } from "../../../web/kit.ts";

interface AuditLine {
  readonly seq: number;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

interface AuditReport {
  readonly rows: number;
  readonly checkpoints: number;
  readonly faults: readonly { readonly seq: number; readonly message: string }[];
}

/** Who did what to which thing; the chain can be verified from end to end. */
export default function AuditPage() {
  const t = useTexts("members");
  const [report, setReport] = useState<AuditReport>();
  const verify = useAct(() => api.post<AuditReport>("/api/v1/audit/verify"));
  return (
    <ListPage<AuditLine>
      name="audit"
      title={t("nav.audit")}
      path="/api/v1/audit"
      id={(row) => String(row.seq)}
      columns={[
        {
          key: "at",
          label: t("audit.at"),
          width: 170,
          phone: "side",
          render: (row) => <Time at={row.at} seconds />,
          text: (row) => row.at,
        },
        {
          key: "actor",
          label: t("audit.actor"),
          render: (row) => <Copyable text={row.actor.name} filter={{ to: "/audit", name: "actor" }} />,
          text: (row) => row.actor.name,
        },
        {
          key: "action",
          label: t("audit.action"),
          phone: "title",
          render: (row) => <Copyable text={row.action} filter={{ to: "/audit", name: "action" }} />,
          text: (row) => row.action,
        },
        {
          key: "subject",
          label: t("audit.subject"),
          render: (row) => <Copyable text={row.subject} filter={{ to: "/audit", name: "subject" }} />,
          text: (row) => row.subject,
        },
        {
          key: "detail",
          label: t("audit.detail"),
          render: (row) => (
            <span className="mono small">
              {Object.keys(row.detail).length === 0 ? "" : JSON.stringify(row.detail)}
            </span>
          ),
          text: (row) => JSON.stringify(row.detail),
        },
      ]}
      filters={[
        { name: "actor", label: t("audit.actor"), kind: "text" },
        { name: "action", label: t("audit.action"), kind: "text" },
        { name: "subject", label: t("audit.subject"), kind: "text" },
        { name: "from", label: t("audit.from"), kind: "instant" },
        { name: "to", label: t("audit.to"), kind: "instant" },
      ]}
      side={
        <Button size="small" loading={verify.busy} onClick={() => void verify.run(undefined).then(setReport)}>
          {t("audit.verify")}
        </Button>
      }
      top={
        report !== undefined && (
          <div role="status">
            {report.faults.length === 0 ? (
              <StateTag tone="done">
                {t("audit.verify.ok", {
                  rows: report.rows.toLocaleString("en"),
                  checkpoints: report.checkpoints,
                })}
              </StateTag>
            ) : (
              <>
                <StateTag tone="bad">{t("audit.verify.bad", { count: report.faults.length })}</StateTag>
                <ul>
                  {report.faults.slice(0, 20).map(({ seq, message }) => (
                    <li key={seq}>{t("audit.fault", { seq, message })}</li>
                  ))}
                </ul>
              </>
            )}
          </div>
        )
      }
      empty={{ title: t("audit.none") }}
    />
  );
}
