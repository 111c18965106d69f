import { Modal, Segmented } from "antd";
import { useState } from "react";
import { z } from "zod";
import {
  api,
  ChoiceField,
  FormBody,
  NumberField,
  TextField,
  TimeField,
  toast,
  useForm,
  useTexts,
} from "../../../web/kit.ts";
import { Remark } from "../library/model.ts";
import { LIBRARY } from "./library-parts.tsx";

const KINDS = ["sighting", "note", "opinion", "relationship"] as const;
type Kind = (typeof KINDS)[number];
const OPINIONS = ["strongly-disagree", "disagree", "neutral", "agree", "strongly-agree"] as const;

interface Written {
  text: string;
  count: number;
  lastSeen: string;
  opinion: string;
  relation: string;
  target: string;
}
const EMPTY: Written = {
  text: "",
  count: 1,
  lastSeen: "",
  opinion: "agree",
  relation: "related-to",
  target: "",
};

function remarkOf(kind: Kind, { text, count, lastSeen, opinion, relation, target }: Written): unknown {
  if (kind === "sighting") return { kind, count, text, ...(lastSeen === "" ? {} : { lastSeen }) };
  if (kind === "note") return { kind, text };
  return kind === "opinion" ? { kind, opinion, text } : { kind, relation, target, text };
}

interface RemarkDialogProps {
  readonly id: string;
  readonly open: boolean;
  readonly close: () => void;
}

/** A sighting, note, opinion or relationship by hand. */
export function RemarkDialog({ id, open, close }: RemarkDialogProps) {
  const t = useTexts("library");
  const [kind, setKind] = useState<Kind>("sighting");
  const schema = z.custom<Written>().superRefine((written, context) => {
    const read = Remark.safeParse(remarkOf(kind, written));
    if (!read.success) for (const issue of read.error.issues) context.addIssue({ ...issue, code: "custom" });
  });
  const form = useForm<Written>({ name: `library.remark.${id}`, initial: EMPTY, schema });
  return (
    <Modal open={open} onCancel={close} footer={null} title={t("remark")} destroyOnHidden>
      <div className="stack">
        <p className="muted">{t("remark.what")}</p>
        <Segmented
          aria-label={t("remark")}
          value={kind}
          onChange={setKind}
          options={KINDS.map((value) => ({ value, label: t(`remark.${value}`) }))}
        />
        <FormBody
          form={form}
          submit={t("remark")}
          send={(written) => api.post<{ id: string }>(`${LIBRARY}/${id}/remarks`, remarkOf(kind, written))}
          done={() => {
            toast.done(t("remark.done"));
            close();
          }}
          touches={[LIBRARY]}
        >
          {kind === "sighting" && (
            <>
              <NumberField
                form={form}
                name="count"
                label={t("remark.count")}
                why={t("remark.count.why")}
                min={0}
              />
              <TimeField form={form} name="lastSeen" label={t("remark.lastSeen")} />
            </>
          )}
          {kind === "opinion" && (
            <ChoiceField
              form={form}
              name="opinion"
              label={t("remark.opinion.value")}
              options={OPINIONS.map((value) => ({ value, label: t(`opinion.${value}`) }))}
            />
          )}
          {kind === "relationship" && (
            <>
              <TextField
                form={form}
                name="relation"
                label={t("remark.relation")}
                why={t("remark.relation.why")}
                required
              />
              <TextField form={form} name="target" label={t("remark.target")} required />
            </>
          )}
          <TextField form={form} name="text" label={t("remark.text")} rows={3} required={kind === "note"} />
        </FormBody>
      </div>
    </Modal>
  );
}
