import { Button } from "antd";
import { useState } from "react";
import { api, Copyable, Go, ListPage, StateTag, Time, taipei, useAct, useTexts } from "../../../web/kit.ts";
import { type AuditLine, auditText, nameOf, pageOf } from "./audit-words.ts";

interface AuditReport {
  readonly rows: number;
  readonly checkpoints: number;
  readonly faults: readonly { readonly seq: number; readonly message: string }[];
}

/** Who did what to which thing; the chain can be verified from end to end. */
export default function AuditPage() {
  const t = useTexts("members");
  const [report, setReport] = useState<AuditReport>();
  const words = (kind: "did" | "by" | "detail", word: string) => {
    const text = auditText(kind, word);
    return text === undefined ? undefined : t(text);
  };
  const actorOf = ({ actor }: AuditLine) =>
    (actor.kind === "job" ? words("by", actor.name) : undefined) ?? actor.name;
  const told = (row: AuditLine) =>
    Object.entries(row.detail).flatMap(([key, value]) => {
      const label = words("detail", key);
      if (
        label === undefined ||
        value === nameOf(row) ||
        (typeof value !== "string" && typeof value !== "number")
      )
        return [];
      return `${label} ${key === "until" || key === "lockedUntil" ? taipei(String(value)) : value}`;
    });
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
          width: 180,
          render: (row) => (
            <Copyable text={row.actor.name} filter={{ to: "/audit", name: "actor" }}>
              {actorOf(row)}
            </Copyable>
          ),
          text: (row) => row.actor.name,
        },
        {
          key: "action",
          label: t("audit.action"),
          phone: "title",
          render: (row) => (
            <Copyable text={row.action} filter={{ to: "/audit", name: "action" }}>
              {words("did", row.action)}
            </Copyable>
          ),
          text: (row) => row.action,
        },
        {
          key: "subject",
          label: t("audit.subject"),
          render: (row) => {
            const page = pageOf(row);
            const name = <span className="mono">{nameOf(row)}</span>;
            return (
              <Copyable text={row.subject} filter={{ to: "/audit", name: "subject" }}>
                {page === undefined ? name : <Go to={page}>{name}</Go>}
              </Copyable>
            );
          },
          text: (row) => row.subject,
        },
        {
          key: "detail",
          label: t("audit.detail"),
          render: (row) => (
            <span className="small" title={JSON.stringify(row.detail)}>
              {told(row).join(t("kit:comma"))}
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
