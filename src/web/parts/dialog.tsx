import { Button, Input, Modal, Radio } from "antd";
import { type ReactNode, useId, useState } from "react";
import { useTexts } from "../i18n.ts";
import { kept } from "../kept.ts";
import { useSession } from "../session.ts";

interface ConfirmProps {
  readonly open: boolean;
  readonly title: string;
  /** What will happen, and to whom: one line each. */
  readonly what: readonly ReactNode[];
  /** Word of the button: the act itself, never "OK". */
  readonly confirm: string;
  readonly danger?: boolean;
  /** The dialog stays while it runs; resolves to `false` to keep it open. */
  readonly send: () => Promise<unknown>;
  readonly close: () => void;
}

interface Reason {
  readonly reason: string | undefined;
  readonly text: string;
}

interface ReasonProps extends Omit<ConfirmProps, "send"> {
  readonly reasons?: readonly { readonly value: string; readonly label: string }[];
  /** What the reasons are called where they are none, such as decisions. */
  readonly reasonLabel?: string;
  /** Whether words of one's own are asked for. */
  readonly text?: "needed" | "optional" | "none";
  /** Label of the words. */
  readonly label?: string;
  readonly send: (reason: Reason) => Promise<unknown>;
}

/** What was typed into a dialog, kept on the device under account, page and act until it was sent. */
function useDraft(title: string) {
  const { account } = useSession();
  const key = `draft.${account.id}.dialog.${location.pathname}.${title}`;
  const [restored] = useState(() => {
    const held = kept.readJson(key);
    const { reason, words } = (typeof held === "object" && held !== null ? held : {}) as Record<
      string,
      unknown
    >;
    return {
      reason: typeof reason === "string" ? reason : undefined,
      words: typeof words === "string" ? words : "",
    };
  });
  return {
    restored,
    keep: (reason: string | undefined, words: string) => kept.writeJson(key, { reason, words }),
    drop: () => kept.drop(key),
  };
}

function Body({
  title,
  what,
  reasons = [],
  reasonLabel,
  text = "optional",
  label,
  confirm,
  danger = false,
  send,
  close,
}: ReasonProps) {
  const t = useTexts();
  const id = useId();
  const draft = useDraft(title);
  const offered = reasons.some(({ value }) => value === draft.restored.reason);
  const [reason, setReason] = useState(offered ? draft.restored.reason : undefined);
  const [words, setWords] = useState(draft.restored.words);
  const [isRestored, setIsRestored] = useState(words !== "");
  const [busy, setBusy] = useState(false);
  const [lack, setLack] = useState(false);
  const lacksReason = reasons.length > 0 && reason === undefined;
  const lacksWords = text === "needed" && words.trim() === "";
  const act = async () => {
    setLack(true);
    if (lacksReason || lacksWords) return;
    setBusy(true);
    const done = await send({ reason, text: words.trim() }).catch(() => false);
    setBusy(false);
    if (done === false) return;
    draft.drop();
    close();
  };
  return (
    <div className="stack dialog">
      <ul className="plain">
        {what.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines never move.
          <li key={index}>{line}</li>
        ))}
      </ul>
      {reasons.length > 0 && (
        <fieldset aria-label={reasonLabel ?? t("dialog.reason")}>
          <p className="field-label">{reasonLabel ?? t("dialog.reason")}</p>
          {lack && lacksReason && <p className="field-fault">✕ {t("fault.choose")}</p>}
          <Radio.Group
            className="choices"
            value={reason ?? null}
            options={reasons.map((one) => ({ ...one }))}
            onChange={(event) => {
              setReason(String(event.target.value));
              draft.keep(String(event.target.value), words);
            }}
          />
        </fieldset>
      )}
      {text !== "none" && (
        <div>
          <label className="field-label" htmlFor={id}>
            {label ?? t("dialog.words")}
            {text === "optional" && <span className="muted small"> {t("form.optional")}</span>}
          </label>
          {lack && lacksWords && <p className="field-fault">✕ {t("fault.needed")}</p>}
          {isRestored && (
            <p className="form-draft">
              {t("form.restored")}{" "}
              <button
                type="button"
                className="link"
                onClick={() => {
                  draft.drop();
                  setIsRestored(false);
                  setReason(undefined);
                  setWords("");
                }}
              >
                {t("form.discard")}
              </button>
            </p>
          )}
          <Input.TextArea
            id={id}
            autoSize={{ minRows: 2, maxRows: 8 }}
            value={words}
            onChange={(event) => {
              setWords(event.target.value);
              draft.keep(reason, event.target.value);
            }}
          />
        </div>
      )}
      <div className="row end">
        <Button onClick={close}>{t("cancel")}</Button>
        <Button type="primary" danger={danger} loading={busy} onClick={() => void act()}>
          {confirm}
        </Button>
      </div>
    </div>
  );
}

/** Asks for the reason of an act after saying what it will do and to whom. */
export function ReasonDialog(props: ReasonProps) {
  return (
    <Modal
      open={props.open}
      title={props.title}
      footer={null}
      closable={false}
      destroyOnHidden
      onCancel={props.close}
    >
      <Body {...props} />
    </Modal>
  );
}

/** Says what an act will do and to whom, and asks once. */
export function ConfirmDialog(props: ConfirmProps) {
  return <ReasonDialog {...props} text="none" send={() => props.send()} />;
}
