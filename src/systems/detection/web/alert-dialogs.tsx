import { Modal, Select } from "antd";
import { useState } from "react";
import { z } from "zod";
import { type Tlp, tlpOfRank, tlpRank } from "../../../core/tlp.ts";
import {
  api,
  FormBody,
  ReasonDialog,
  serverNow,
  TextField,
  TimeField,
  toast,
  useAct,
  useForm,
  useGet,
  useGo,
  useLanguage,
  useOrgName,
  useTexts,
  useTouch,
} from "../../../web/kit.ts";
import type { Alert, Assignee, BulkResult } from "../model.ts";
import { CLOSE_REASONS } from "../model.ts";
import { ALERTS, useAlertTitle } from "./alert-parts.tsx";

const NAMED = 5;

/** The alerts that an act is about, in words; the first few by name. */
function useWhat(alerts: readonly Alert[]): string[] {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const lines = alerts.slice(0, NAMED).map((alert) =>
    t("alert.what", {
      title: title(alert),
      org: orgName(alert.orgId, language) ?? alert.orgId,
      count: alert.count.toLocaleString("en"),
    }),
  );
  return alerts.length > NAMED ? [...lines, t("alert.what.more", { count: alerts.length - NAMED })] : lines;
}

/** Sends one act on many alerts and tells how it went; false when nothing was changed. */
export function useBulk(): (
  path: string,
  alerts: readonly Alert[],
  body: object,
  done: string,
) => Promise<boolean> {
  const t = useTexts("detection");
  const { run } = useAct(
    ({ path, body }: { path: string; body: object }) => api.post<BulkResult>(`${ALERTS}/${path}`, body),
    { touches: [ALERTS] },
  );
  return async (path, alerts, body, done) => {
    const chosen = alerts.map(({ id, version }) => ({ id, version }));
    const result = await run({ path, body: { alerts: chosen, ...body } });
    if (result === undefined) return false;
    const [first] = result.refused;
    if (first === undefined) toast.done(done);
    else {
      const counts = { done: result.done.length, refused: result.refused.length };
      toast.done(t("alert.some-refused", { ...counts, why: t(`problem:${first.code}`) }));
    }
    return result.done.length > 0;
  };
}

interface DialogProps {
  /** Empty: the dialog is shut. */
  readonly alerts: readonly Alert[];
  readonly close: () => void;
  /** Called before it closes when something was changed. */
  readonly done?: () => void;
}

/** Tells the page of a change; what was not changed keeps the dialog open. */
function told(changed: boolean, done: (() => void) | undefined): boolean {
  if (changed) done?.();
  return changed;
}

export function CloseAlertsDialog({ alerts, close, done }: DialogProps) {
  const t = useTexts("detection");
  const what = useWhat(alerts);
  const bulk = useBulk();
  return (
    <ReasonDialog
      open={alerts.length > 0}
      title={t("alert.close")}
      what={what}
      reasons={CLOSE_REASONS.map((value) => ({ value, label: t(`alert.reason.${value}`) }))}
      text="optional"
      label={t("alert.close.text")}
      confirm={t("alert.close")}
      send={async ({ reason, text }) =>
        told(await bulk("close", alerts, { reason, text }, t("alert.closed")), done)
      }
      close={close}
    />
  );
}

export function CommentAlertsDialog({ alerts, close, done }: DialogProps) {
  const t = useTexts("detection");
  const what = useWhat(alerts);
  const { run } = useAct(
    async (text: string) => {
      for (const { id } of alerts) await api.post(`${ALERTS}/${id}/comments`, { text });
      return true;
    },
    { done: t("alert.commented"), touches: [ALERTS] },
  );
  return (
    <ReasonDialog
      open={alerts.length > 0}
      title={t("alert.comment")}
      what={what}
      text="needed"
      confirm={t("alert.comment")}
      send={async ({ text }) => told((await run(text)) ?? false, done)}
      close={close}
    />
  );
}

export function AssignAlertsDialog({ alerts, close, done }: DialogProps) {
  const open = alerts.length > 0;
  const t = useTexts("detection");
  const what = useWhat(alerts);
  const bulk = useBulk();
  const [to, setTo] = useState("me");
  const people = useGet<readonly Assignee[]>(`${ALERTS}/assignees`, { when: open });
  const options = [
    { value: "me", label: t("alert.assignee.me") },
    { value: "none", label: t("alert.assignee.none") },
    ...(people.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <ReasonDialog
      open={open}
      title={t("alert.assign")}
      what={[
        ...what,
        <div key="to" className="stack">
          <span className="field-label">{t("alert.assign.to")}</span>
          <Select
            aria-label={t("alert.assign.to")}
            showSearch={{ optionFilterProp: "label" }}
            options={options}
            value={to}
            onChange={setTo}
          />
        </div>,
      ]}
      text="none"
      confirm={t("alert.assign")}
      send={async () => {
        const words = t(to === "none" ? "alert.released" : "alert.assigned");
        return told(await bulk("assign", alerts, { to }, words), done);
      }}
      close={close}
    />
  );
}

const Raise = z.object({ title: z.string().trim().min(1).max(200), awareAt: z.iso.datetime() });
type Raise = z.infer<typeof Raise>;

function RaiseForm({ alerts, close, done }: DialogProps) {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const what = useWhat(alerts);
  const go = useGo();
  const touch = useTouch();
  const [first] = alerts;
  const form = useForm<Raise>({
    name: `alerts.raise.${alerts
      .map((alert) => alert.id)
      .join(".")
      .slice(0, 100)}`,
    schema: Raise,
    initial: { title: first === undefined ? "" : title(first), awareAt: new Date(serverNow()).toISOString() },
  });
  // An incident may not be marked lower than what it is made of.
  const tlp: Tlp = tlpOfRank(Math.max(tlpRank("amber"), ...alerts.map((alert) => tlpRank(alert.tlp))));
  return (
    <FormBody
      form={form}
      submit={t("alert.raise.send")}
      cancel={close}
      send={(values) =>
        api.post<{ id: string }>("/api/v1/incidents", {
          ...values,
          tlp,
          orgId: first?.orgId,
          alertIds: alerts.map((alert) => alert.id),
        })
      }
      done={(incident) => {
        void touch([ALERTS, "/api/v1/incidents"]);
        done?.();
        close();
        go(`/incidents/${incident.id}`);
      }}
    >
      <p className="muted">{t("alert.raise.lead")}</p>
      <p>
        <strong>{t("alert.raise.level")}</strong>
      </p>
      <ul className="plain">
        {what.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <TextField form={form} name="title" label={t("alert.raise.title")} required />
      <TimeField
        form={form}
        name="awareAt"
        label={t("alert.raise.aware")}
        why={t("alert.raise.aware.why")}
        required
      />
    </FormBody>
  );
}

export function RaiseAlertsDialog(props: DialogProps) {
  const t = useTexts("detection");
  return (
    <Modal
      open={props.alerts.length > 0}
      title={t("alert.raise")}
      footer={null}
      destroyOnHidden
      onCancel={props.close}
    >
      <RaiseForm {...props} />
    </Modal>
  );
}
