import { Button, Input, type InputRef } from "antd";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { ApiProblem, api, type Session, useNow, useSessionGate, useTexts } from "../../../web/kit.ts";
import { GateBox } from "./gate.tsx";

function clockWords(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Name and password, then the code: the second step appears only when the node asks for it. */
export default function SignInPage() {
  const t = useTexts("members");
  const { enter } = useSessionGate();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();
  const [lockedUntil, setLockedUntil] = useState(0);
  const now = useNow();
  const left = Math.max(0, Math.ceil((lockedUntil - now) / 1_000));
  const id = useId();
  const first = useRef<InputRef>(null);
  const codeBox = useRef<InputRef>(null);
  useEffect(() => {
    (asksCode ? codeBox : first).current?.focus();
  }, [asksCode]);
  useEffect(() => {
    document.title = `${t("sign-in")} · ${t("kit:product")}`;
  }, [t]);

  const send = async (typedCode: string) => {
    if (busy || left > 0) return;
    if (name.trim() === "" || password === "") return setWrong(t("sign-in.needed"));
    setBusy(true);
    setWrong(undefined);
    try {
      enter(
        await api.post<Session>("/api/v1/session", {
          name: name.trim(),
          password,
          ...(asksCode ? { code: typedCode } : {}),
        }),
      );
    } catch (cause) {
      const problem = cause instanceof ApiProblem ? cause : new ApiProblem("unreadable");
      setCode("");
      if (problem.code === "members.second-factor-needed") return setAsksCode(true);
      if (problem.code === "members.locked" || problem.code === "http.rate-limited")
        setLockedUntil(now + 1_000 * (problem.retryAfter ?? 30));
      else
        setWrong(
          t(`problem:${problem.code === "http.invalid" ? "members.wrong-credentials" : problem.code}`),
        );
      codeBox.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void send(code);
  };
  const told = left > 0 ? t("sign-in.locked", { time: clockWords(left) }) : wrong;
  return (
    <GateBox title={t("sign-in")}>
      <form className="form" onSubmit={onSubmit} noValidate>
        {told !== undefined && (
          <p className="field-fault" role="alert">
            <span aria-hidden="true">✕ </span>
            {told}
          </p>
        )}
        {asksCode ? (
          <div className="field">
            <label className="field-label" htmlFor={`${id}-code`}>
              {t("sign-in.code")}
            </label>
            <Input
              id={`${id}-code`}
              ref={codeBox}
              className="mono code-input"
              size="large"
              inputMode="numeric"
              autoComplete="one-time-code"
              maxLength={6}
              aria-describedby={`${id}-why`}
              value={code}
              onChange={(event) => {
                const digits = event.target.value.replaceAll(/\D/g, "");
                setCode(digits);
                if (digits.length === 6) void send(digits);
              }}
            />
            <p id={`${id}-why`} className="field-why">
              {t("sign-in.code.why")}
            </p>
          </div>
        ) : (
          <>
            <div className="field">
              <label className="field-label" htmlFor={`${id}-name`}>
                {t("sign-in.name")}
              </label>
              <Input
                id={`${id}-name`}
                ref={first}
                size="large"
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </div>
            <div className="field">
              <label className="field-label" htmlFor={`${id}-password`}>
                {t("sign-in.password")}
              </label>
              <Input.Password
                id={`${id}-password`}
                size="large"
                autoComplete="current-password"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            </div>
          </>
        )}
        <Button type="primary" size="large" htmlType="submit" block loading={busy} disabled={left > 0}>
          {t("sign-in")}
        </Button>
        {asksCode && (
          <button
            type="button"
            className="link"
            onClick={() => {
              setAsksCode(false);
              setPassword("");
              setWrong(undefined);
            }}
          >
            {t("sign-in.other")}
          </button>
        )}
      </form>
    </GateBox>
  );
}
