import { Button, Modal } from "antd";
import { useState } from "react";
import { z } from "zod";
import {
  api,
  FormBody,
  ReasonDialog,
  TextField,
  Time,
  TimeField,
  toast,
  useForm,
  useMay,
  useTexts,
  useTouch,
} from "../../../web/kit.ts";
import type { ObjectDetail } from "../library/model.ts";
import { LIBRARY } from "./library-parts.tsx";

/** Who ended it before its own end, or that its score did. */
export function EndingNote({ of }: { readonly of: ObjectDetail["ending"] }) {
  const t = useTexts("library");
  if (of === null) return null;
  return (
    <p>
      {t(`ending.${of.why}`, { by: of.by, reason: of.reason })} <Time at={of.at} />
    </p>
  );
}

const Prolonging = z.object({ until: z.iso.datetime(), reason: z.string().trim().min(1) });

function ProlongDialog({ id, open, close }: { id: string; open: boolean; close: () => void }) {
  const t = useTexts("library");
  const form = useForm({
    name: `library.prolong.${id}`,
    initial: { until: "", reason: "" },
    schema: Prolonging,
  });
  return (
    <Modal open={open} onCancel={close} footer={null} title={t("ending.prolong")} destroyOnHidden>
      <div className="stack">
        <p className="muted">{t("ending.prolong.what")}</p>
        <FormBody
          form={form}
          submit={t("ending.prolong")}
          send={(written) => api.post(`${LIBRARY}/${id}/end`, { act: "prolong", ...written })}
          done={() => {
            toast.done(t("ending.done"));
            close();
          }}
          touches={[LIBRARY]}
        >
          <TimeField form={form} name="until" label={t("when.valid_until")} required />
          <TextField form={form} name="reason" label={t("same.reason")} rows={3} required />
        </FormBody>
      </div>
    </Modal>
  );
}

/** Lets it expire now, takes that back, or gives an own indicator a later end. */
export function EndingActs({ detail }: { readonly detail: ObjectDetail }) {
  const t = useTexts("library");
  const touch = useTouch();
  const mayWrite = useMay("intel:write");
  const [asked, setAsked] = useState<"end" | "resume">();
  const [prolonging, setProlonging] = useState(false);
  const { row, state, ending, own } = detail;
  if (!mayWrite || state === "revoked") return null;
  const ends = state === "valid" && (row.type === "indicator" || detail.values.length > 0);
  return (
    <>
      {ends && <Button onClick={() => setAsked("end")}>{t("ending.end")}</Button>}
      {ending?.why === "by-hand" && <Button onClick={() => setAsked("resume")}>{t("ending.resume")}</Button>}
      {own && <Button onClick={() => setProlonging(true)}>{t("ending.prolong")}</Button>}
      <ReasonDialog
        open={asked !== undefined}
        title={t(`ending.${asked ?? "end"}`)}
        what={[t(`ending.${asked ?? "end"}.what`, { name: row.name })]}
        text="needed"
        label={t("same.reason")}
        confirm={t(`ending.${asked ?? "end"}`)}
        send={async ({ text }) => {
          await api.post(`${LIBRARY}/${row.id}/end`, { act: asked, reason: text });
          toast.done(t("ending.done"));
          await touch([LIBRARY]);
        }}
        close={() => setAsked(undefined)}
      />
      <ProlongDialog id={row.id} open={prolonging} close={() => setProlonging(false)} />
    </>
  );
}
