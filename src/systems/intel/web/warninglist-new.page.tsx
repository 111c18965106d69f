import { Button } from "antd";
import { useRef, useState } from "react";
import { ApiProblem, api, Failed, Go, Section, toast, useGo, useTexts, useTouch } from "../../../web/kit.ts";
import type { TakenWarninglist } from "../warninglists/model.ts";
import { useWhy } from "./refusal-parts.tsx";
import { coversText, WARNINGLISTS } from "./warninglist-parts.tsx";
import "./lists.css";

/** A list's file: what taking it in would do, then the act. */
export default function NewWarninglistPage() {
  const t = useTexts("lists");
  const go = useGo();
  const touch = useTouch();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File>();
  const [taking, setTaking] = useState<TakenWarninglist>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [busy, setBusy] = useState(false);
  const send = async (chosen: File, dry: boolean) => {
    setBusy(true);
    setProblem(undefined);
    try {
      return await api.upload<TakenWarninglist>(WARNINGLISTS, chosen, { dry: String(dry) });
    } catch (cause) {
      setProblem(
        cause instanceof ApiProblem ? cause : new ApiProblem("unreadable", { detail: String(cause) }),
      );
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const look = async (chosen: File | undefined) => {
    setFile(chosen);
    setTaking(undefined);
    if (chosen !== undefined) setTaking(await send(chosen, true));
  };
  const take = async () => {
    const done = file === undefined ? undefined : await send(file, false);
    if (done === undefined) return;
    toast.done(t("warning.taken"));
    await touch([WARNINGLISTS]);
    go(`/warninglists/${done.key}`);
  };
  return (
    <div className="page page-form">
      <p>
        <Go to="/warninglists" className="back">
          {t("warning.nav")}
        </Go>
      </p>
      <h1>{t("warning.take")}</h1>
      <p className="muted">{t("warning.take.lead")}</p>
      <div className="row wrap">
        <input
          ref={input}
          type="file"
          accept=".json,application/json"
          hidden
          aria-label={t("warning.file")}
          onChange={(event) => void look(event.target.files?.[0])}
        />
        <Button loading={busy && taking === undefined} onClick={() => input.current?.click()}>
          {t("warning.file")}
        </Button>
        <span className={file === undefined ? "muted" : "mono"}>{file?.name ?? t("warning.file.none")}</span>
      </div>
      {problem !== undefined && <Failed problem={problem} again={() => void look(file)} />}
      {taking !== undefined && (
        <>
          <Preview taking={taking} />
          <div className="row">
            <Button type="primary" loading={busy} onClick={() => void take()}>
              {t(taking.replaces === null ? "warning.take.new" : "warning.take.replace")}
            </Button>
            <Button onClick={() => go("/warninglists")}>{t("kit:cancel")}</Button>
          </div>
        </>
      )}
    </div>
  );
}

function Preview({ taking }: { readonly taking: TakenWarninglist }) {
  const t = useTexts("lists");
  const { replaces, faults } = taking;
  const why = useWhy();
  return (
    <Section title={taking.name}>
      {taking.description !== "" && <p>{taking.description}</p>}
      <ul>
        <li>
          {t("warning.form")}：{t(`warning.form.${taking.form}`)}
        </li>
        <li>
          {t("warning.covers")}：{coversText(t, taking)}
        </li>
        <li>
          {t("warning.entries")}：{taking.entries.toLocaleString("en")}
        </li>
        <li>
          {t("warning.version")}：{taking.version ?? "–"}
        </li>
        <li>
          {replaces === null
            ? t("warning.replaces.none")
            : t("warning.replaces", {
                version: replaces.version ?? "–",
                added: replaces.added.toLocaleString("en"),
                removed: replaces.removed.toLocaleString("en"),
              })}
        </li>
        {taking.unusable > 0 && (
          <li>{t("warning.faults", { count: taking.unusable.toLocaleString("en") })}</li>
        )}
      </ul>
      {faults.length > 0 && (
        <details>
          <summary>{t("warning.faults.show")}</summary>
          <ul className="plain">
            {faults.map((fault) => (
              <li key={fault.path}>
                <code className="mono wrap">{fault.path || "–"}</code> {why(fault)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}
