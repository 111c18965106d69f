import { Button } from "antd";
import { useState } from "react";
import {
  api,
  Section,
  Shown,
  StateTag,
  Time,
  toast,
  useAct,
  useGet,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { SessionEntry } from "../model.ts";
import { PasswordForm } from "./password-form.tsx";
import { TotpForm } from "./totp-form.tsx";

/** Chrome on Linux out of a long user-agent line: enough to know one's own device. */
function deviceOf(agent: string): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/.exec(agent)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1];
  return (
    [browser === "Edg" ? "Edge" : browser, system].filter((part) => part !== undefined).join(" · ") ||
    agent ||
    "–"
  );
}

function Devices() {
  const t = useTexts("members");
  const sessions = useGet<readonly SessionEntry[]>("/api/v1/sessions");
  const end = useAct((id: string) => api.del(`/api/v1/sessions/${id}`), {
    done: t("session.ended"),
    touches: ["/api/v1/sessions"],
  });
  return (
    <Shown of={sessions}>
      {(entries) => (
        <div className="table-box table-auto">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t("session.agent")}</th>
                <th scope="col" className="not-phone">
                  {t("session.address")}
                </th>
                <th scope="col" className="not-phone">
                  {t("session.started")}
                </th>
                <th scope="col">{t("session.seen")}</th>
                <th scope="col">
                  <span className="unseen">{t("session.end")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <tr key={entry.id}>
                  <td title={entry.agent}>
                    {deviceOf(entry.agent)}
                    <span className="only-phone mono small">{entry.address}</span>
                  </td>
                  <td className="mono not-phone">{entry.address}</td>
                  <td className="not-phone">
                    <Time at={entry.startedAt} />
                  </td>
                  <td>
                    <Time at={entry.lastSeenAt} ago />
                  </td>
                  <td className="end">
                    {entry.current ? (
                      <StateTag tone="done">{t("session.this")}</StateTag>
                    ) : (
                      <Button size="small" loading={end.busy} onClick={() => void end.run(entry.id)}>
                        {t("session.end")}
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Shown>
  );
}

/** One's own account: password, second factor, devices. */
export default function OwnPage() {
  const t = useTexts("members");
  const { account, roles } = useSession();
  const [renewing, setRenewing] = useState(false);
  return (
    <div className="page page-form">
      <header>
        <h1>{account.displayName}</h1>
        <p className="muted">
          <span className="mono">{account.name}</span> ·{" "}
          {roles.map((role) => t(`kit:role.${role}`)).join(t("kit:comma"))}
        </p>
      </header>
      <Section title={t("own.sessions")}>
        <p className="muted">{t("own.sessions.why")}</p>
        <Devices />
      </Section>
      <Section title={t("own.password")}>
        <PasswordForm done={() => toast.done(t("password.done"))} />
      </Section>
      <Section title={t("own.totp")}>
        <p className="muted">{t("own.totp.why")}</p>
        {renewing ? (
          <TotpForm
            done={() => {
              setRenewing(false);
              toast.done(t("totp.done"));
            }}
          />
        ) : (
          <div>
            <Button onClick={() => setRenewing(true)}>{t("own.totp.start")}</Button>
          </div>
        )}
      </Section>
    </div>
  );
}
