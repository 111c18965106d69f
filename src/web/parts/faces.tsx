import { Button } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { type ApiProblem, serverNow } from "../api.ts";
import type { Got } from "../data.ts";
import { faultWords, useTexts } from "../i18n.ts";
import { CopyButton } from "./copyable.tsx";
import { useNow } from "./time.tsx";

interface EmptyProps {
  readonly title?: string | undefined;
  readonly advice?: string | undefined;
  readonly act?: ReactNode;
}

/** Nothing here, and what that means. */
export function Empty({ title, advice, act }: EmptyProps) {
  const t = useTexts();
  return (
    <div className="face">
      <p className="face-title">{title ?? t("empty")}</p>
      {advice !== undefined && <p className="muted">{advice}</p>}
      {act}
    </div>
  );
}

/** Silence for 300 ms, then words; never a spinner alone. */
export function Loading({ text }: { readonly text?: string }) {
  const t = useTexts();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="face" role="status">
      {shown ? <p className="pulse">{text ?? t("loading")}</p> : null}
    </div>
  );
}

/** Words for one fault of a refusal, with its place. */
export function FaultList({ problem }: { readonly problem: ApiProblem }) {
  if (problem.faults.length === 0) return null;
  return (
    <ul className="faults">
      {problem.faults.map((fault) => (
        <li key={fault.path + fault.message}>
          {fault.path !== "" && <code>{fault.path}</code>} {faultWords(fault)}
        </li>
      ))}
    </ul>
  );
}

/** The request's id, for the administrator. */
export function RequestId({ id }: { readonly id: string | undefined }) {
  const t = useTexts();
  if (id === undefined) return null;
  return (
    <p className="muted small">
      {t("request-id")} <code>{id}</code> <CopyButton text={id} />
    </p>
  );
}

interface FailedProps {
  readonly problem: ApiProblem;
  readonly again?: (() => void) | undefined;
}

/** Why it did not work, the id that finds it in the log, and another try. */
export function Failed({ problem, again }: FailedProps) {
  const t = useTexts();
  const [since] = useState(serverNow);
  const now = useNow();
  if (problem.code === "http.forbidden") return <Forbidden />;
  const { retryAfter } = problem;
  const wait = retryAfter === undefined ? 0 : Math.ceil(retryAfter - (now - since) / 1_000);
  return (
    <div className="face" role="alert">
      <p className="face-title">{t(`problem:${problem.code}`)}</p>
      <FaultList problem={problem} />
      {again !== undefined && (
        <Button onClick={again} disabled={wait > 0}>
          {wait > 0 ? t("again-in", { seconds: wait }) : t("again")}
        </Button>
      )}
      <RequestId id={problem.requestId} />
    </div>
  );
}

/** The role does not open this page. */
export function Forbidden() {
  const t = useTexts();
  return <Empty title={t("forbidden")} advice={t("forbidden.advice")} />;
}

interface ShownProps<T> {
  readonly of: Got<T>;
  readonly children: (value: T) => ReactNode;
}

/** Something fetched: its loading, failure or value. An older value stays on the screen while a newer one fails. */
export function Shown<T>({ of: { data, problem, loading, again }, children }: ShownProps<T>) {
  if (data !== undefined) return children(data);
  if (problem !== undefined) return <Failed problem={problem} again={again} />;
  return loading ? <Loading /> : null;
}
