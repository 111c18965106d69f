import { Modal } from "antd";
import type { ReactNode } from "react";
import { z } from "zod";
import {
  api,
  ChoiceField,
  ConfirmDialog,
  FormBody,
  ReasonDialog,
  serverNow,
  TextField,
  TimeField,
  toast,
  useAct,
  useForm,
  useGo,
  useTexts,
} from "../../../web/kit.ts";
import { type Act, AddIndicators, type IncidentDetail } from "../model.ts";
import { IndicatorsField } from "./facts-fields.tsx";
import { ReasonLine } from "./impact-facts.tsx";
import { INCIDENTS, useLevelName, useWords } from "./incident-parts.tsx";

export interface DialogProps {
  readonly incident: IncidentDetail;
  /** Which act is being done; the others stay closed. */
  readonly doing: Act | undefined;
  readonly close: () => void;
}

/** One act on the incident: sends it with the version on the screen and fetches anew. */
export function useIncidentAct(incident: IncidentDetail, path: string, done: string) {
  const touches = [INCIDENTS];
  return useAct(
    (body: object) =>
      api.post<IncidentDetail>(`${INCIDENTS}/${incident.id}/${path}`, { version: incident.version, ...body }),
    { done, touches },
  );
}

function ReviewDialog({ incident, doing, close }: DialogProps) {
  const t = useTexts("incidents");
  const levelName = useLevelName(incident);
  const act = useIncidentAct(incident, "review", t("review.done"));
  const levels = Object.keys(incident.levelNames).map(Number).sort();
  return (
    <ReasonDialog
      open={doing === "review"}
      title={t("act.review")}
      what={[
        t("review.what", { number: incident.number }),
        ...incident.reasons.map((reason) => <ReasonLine key={reason.en} reason={reason} />),
      ]}
      reasons={levels.map((level) => ({
        value: String(level),
        label: t(level === incident.level ? "review.agree" : "review.change", { level: levelName(level) }),
      }))}
      reasonLabel={t("review.result")}
      text="needed"
      label={t("review.grounds")}
      confirm={t("act.review")}
      send={async ({ reason, text }) => {
        const level = Number(reason);
        const decided = level === incident.level ? { decision: "agree" } : { decision: "change", level };
        return (await act.run({ ...decided, grounds: text })) !== undefined;
      }}
      close={close}
    />
  );
}

function WordsDialog({
  incident,
  doing,
  close,
  act: name,
  path,
  what,
  label,
  done,
  body,
}: DialogProps & {
  readonly act: Act;
  readonly path: string;
  readonly what: string;
  readonly label: string;
  readonly done: string;
  readonly body: (text: string) => object;
}) {
  const t = useTexts("incidents");
  const act = useIncidentAct(incident, path, done);
  return (
    <ReasonDialog
      open={doing === name}
      title={t(`act.${name}`)}
      what={[what]}
      text="needed"
      label={label}
      confirm={t(`act.${name}`)}
      send={async ({ text }) => (await act.run(body(text))) !== undefined}
      close={close}
    />
  );
}

const Milestone = z.object({ milestone: z.string().min(1), at: z.iso.datetime(), note: z.string() });
type Milestone = z.infer<typeof Milestone>;

function MilestoneForm({ incident, close }: DialogProps) {
  const t = useTexts("incidents");
  const words = useWords();
  const act = useIncidentAct(incident, "milestones", t("act.milestone.done"));
  const form = useForm<Milestone>({
    name: `incidents.milestone.${incident.id}`,
    schema: Milestone,
    initial: {
      milestone: incident.milestones.find(({ begun }) => begun)?.id ?? "",
      at: new Date(Math.floor(serverNow() / 60_000) * 60_000).toISOString(),
      note: "",
    },
  });
  return (
    <FormBody
      form={form}
      submit={t("act.milestone")}
      cancel={close}
      send={(values) => act.run(values)}
      done={(answer) => answer !== undefined && close()}
    >
      <ChoiceField
        form={form}
        name="milestone"
        label={t("milestone.which")}
        required
        options={incident.milestones.map((one) => ({
          value: one.id,
          label: words(one),
          ...(one.begun ? {} : { disabled: true, why: t("milestone.not-yet") }),
        }))}
      />
      <TimeField form={form} name="at" label={t("milestone.at")} required />
      <TextField form={form} name="note" label={t("milestone.note")} rows={2} />
    </FormBody>
  );
}

const Extension = z.object({
  duty: z.string().min(1),
  until: z.iso.datetime(),
  grounds: z.string().trim().min(1).max(5_000),
});
type Extension = z.infer<typeof Extension>;

function ExtendForm({ incident, close }: DialogProps) {
  const t = useTexts("incidents");
  const words = useWords();
  const act = useIncidentAct(incident, "extensions", t("act.extended"));
  const open = incident.clocks.filter(
    (clock) => clock.doneAt === undefined && incident.extendable.includes(clock.duty),
  );
  const form = useForm<Extension>({
    name: `incidents.extend.${incident.id}`,
    schema: Extension,
    initial: {
      duty: open[0]?.duty ?? "",
      ...(open[0] === undefined ? {} : { until: open[0].dueAt }),
      grounds: "",
    },
  });
  return (
    <FormBody
      form={form}
      submit={t("act.extend")}
      cancel={close}
      send={(values) => act.run(values)}
      done={(answer) => answer !== undefined && close()}
    >
      <p className="muted">{t("extend.what", { number: incident.number })}</p>
      <ChoiceField
        form={form}
        name="duty"
        label={t("extend.duty")}
        required
        options={open.map((clock) => ({ value: clock.duty, label: words(clock.names) }))}
      />
      <TimeField form={form} name="until" label={t("extend.until")} required />
      <TextField form={form} name="grounds" label={t("extend.grounds")} required rows={2} />
    </FormBody>
  );
}

type Added = z.infer<typeof AddIndicators>;

function IndicatorsForm({ incident, close }: DialogProps) {
  const t = useTexts("incidents");
  const act = useIncidentAct(incident, "indicators", t("indicators.added"));
  const form = useForm<Added>({
    name: `incidents.indicators.${incident.id}`,
    schema: AddIndicators,
    initial: { version: incident.version, indicators: [] },
  });
  return (
    <FormBody
      form={form}
      submit={t("indicators.add")}
      cancel={close}
      send={({ indicators }) => act.run({ indicators })}
      done={(answer) => answer !== undefined && close()}
    >
      <IndicatorsField form={form} />
    </FormBody>
  );
}

function ShareDialog({ incident, doing, close }: DialogProps) {
  const t = useTexts("incidents");
  const go = useGo();
  const act = useAct(() => api.post<{ itemId: string }>(`${INCIDENTS}/${incident.id}/share`), {
    touches: [INCIDENTS, "/api/v1/intel"],
  });
  return (
    <ConfirmDialog
      open={doing === "share"}
      title={t("act.share")}
      what={[t("act.share.what"), t("act.share.then")]}
      confirm={t("act.share")}
      send={async () => {
        const made = await act.run(undefined);
        if (made === undefined) return false;
        toast.done(t("act.shared"));
        go(`/intel/${made.itemId}`);
        return true;
      }}
      close={close}
    />
  );
}

/** Every act that asks for something before it is done. */
export function IncidentDialogs(props: DialogProps) {
  const t = useTexts("incidents");
  const { incident, doing, close } = props;
  const { number } = incident;
  const form = (act: Act, title: string, body: ReactNode) => (
    <Modal open={doing === act} title={title} footer={null} destroyOnHidden onCancel={close}>
      {body}
    </Modal>
  );
  return (
    <>
      <ReviewDialog {...props} />
      <WordsDialog
        {...props}
        act="note"
        path="notes"
        what={t("note.what", { number })}
        label={t("kit:dialog.words")}
        done={t("act.noted")}
        body={(text) => ({ text })}
      />
      <WordsDialog
        {...props}
        act="recover"
        path="recovery"
        what={t("recover.what", { number })}
        label={t("recover.how")}
        done={t("act.recovered")}
        body={(text) => ({ text })}
      />
      <WordsDialog
        {...props}
        act="reopen"
        path="reopening"
        what={t("reopen.what", { number })}
        label={t("reopen.grounds")}
        done={t("act.reopened")}
        body={(grounds) => ({ grounds })}
      />
      {form("milestone", t("act.milestone"), <MilestoneForm {...props} />)}
      {form("extend", t("act.extend"), <ExtendForm {...props} />)}
      {form("add-indicators", t("indicators.add"), <IndicatorsForm {...props} />)}
      <ShareDialog {...props} />
    </>
  );
}
