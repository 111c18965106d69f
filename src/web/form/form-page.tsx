import { Button } from "antd";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { ApiProblem } from "../api.ts";
import { useTouch } from "../data.ts";
import { faultWords, useTexts } from "../i18n.ts";
import { FaultList, RequestId } from "../parts/faces.tsx";
import { type Form, fieldOf } from "./form.ts";

interface FormBodyProps<V extends object, Out> {
  readonly form: Form<V>;
  /** Word of the button. */
  readonly submit: string;
  readonly danger?: boolean;
  readonly send: (values: V) => Promise<Out>;
  readonly done?: (answer: Out) => void;
  readonly cancel?: () => void;
  /** Path prefixes fetched anew once it is sent, and after a conflict: what was typed then stands beside the newest. */
  readonly touches?: readonly string[];
  readonly children: ReactNode;
}

/** Labels by field, read from the fields themselves: the list at the top speaks the same words. */
function labelOf(area: HTMLElement | null, field: string): string {
  const place = area?.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"] [data-label]`);
  return place?.dataset.label ?? field;
}

/** One column of fields; faults in a list at the top that leads to each; the draft is dropped once sent. */
export function FormBody<V extends object, Out>({
  form,
  submit,
  danger = false,
  send,
  done,
  cancel,
  touches = [],
  children,
}: FormBodyProps<V, Out>) {
  const t = useTexts();
  const area = useRef<HTMLFormElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const touch = useTouch();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (tries > 0) top.current?.focus();
  }, [tries]);

  const refuse = (cause: unknown) => {
    const refusal =
      cause instanceof ApiProblem ? cause : new ApiProblem("unreadable", { detail: String(cause) });
    form.setFaults(refusal.faults);
    setProblem(refusal);
    setTries((count) => count + 1);
    if (refusal.code === "http.conflict") void touch(touches);
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (busy) return;
    setProblem(undefined);
    const values = form.check();
    if (values === undefined) {
      setTries((count) => count + 1);
      return;
    }
    setBusy(true);
    try {
      const answer = await send(values);
      form.dropDraft();
      await touch(touches);
      done?.(answer);
    } catch (cause) {
      refuse(cause);
    } finally {
      setBusy(false);
    }
  };
  const inFields = form.faults.filter((fault) => fault.path !== "");
  const leadTo = (field: string) => {
    const place = area.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"]`);
    place?.scrollIntoView({ block: "center" });
    place?.querySelector<HTMLElement>("input,textarea,select,button,[tabindex]")?.focus();
  };
  return (
    <form ref={area} className="form" noValidate onSubmit={(event) => void onSubmit(event)}>
      {(problem !== undefined || inFields.length > 0) && (
        <div ref={top} className="form-faults" role="alert" tabIndex={-1}>
          <p>
            <strong>{problem === undefined ? t("form.faults") : t(`problem:${problem.code}`)}</strong>
          </p>
          {inFields.length > 0 ? (
            <ul>
              {inFields.map((fault) => (
                <li key={fault.path + fault.message}>
                  <button type="button" className="link" onClick={() => leadTo(fieldOf(fault.path))}>
                    {t("form.fault", {
                      label: labelOf(area.current, fieldOf(fault.path)),
                      message: faultWords(fault),
                    })}
                  </button>
                </li>
              ))}
            </ul>
          ) : (
            problem !== undefined && <FaultList problem={problem} />
          )}
          {problem !== undefined && problem.status >= 500 && <RequestId id={problem.requestId} />}
        </div>
      )}
      {form.restored && (
        <p className="form-draft">
          {t("form.restored")}{" "}
          <button type="button" className="link" onClick={form.reset}>
            {t("form.discard")}
          </button>
        </p>
      )}
      {children}
      <div className="form-end">
        <Button type="primary" htmlType="submit" loading={busy} danger={danger}>
          {submit}
        </Button>
        {cancel !== undefined && <Button onClick={cancel}>{t("cancel")}</Button>}
      </div>
    </form>
  );
}

interface FormPageProps<V extends object, Out> extends FormBodyProps<V, Out> {
  readonly title: string;
  /** One or two sentences under the title: what happens after sending. */
  readonly lead?: ReactNode;
}

/** A page that is one form. */
export function FormPage<V extends object, Out>({ title, lead, ...rest }: FormPageProps<V, Out>) {
  return (
    <div className="page page-form">
      <h1>{title}</h1>
      {lead !== undefined && <p className="lead">{lead}</p>}
      <FormBody {...rest} />
    </div>
  );
}
