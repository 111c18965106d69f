import { Button } from "antd";
import { useSessionGate, useTexts } from "../../../web/kit.ts";
import { GateBox } from "./gate.tsx";
import { PasswordForm } from "./password-form.tsx";
import { TotpForm } from "./totp-form.tsx";

/** What the account owes before anything else opens: a password of its own, then the second factor. */
export default function OwedPage() {
  const t = useTexts("members");
  const { session, refresh, leave } = useSessionGate();
  const paid = () => void refresh();
  const password = session?.state === "password-change-needed";
  return (
    <GateBox
      title={t(password ? "owed.password" : "owed.totp")}
      why={t(password ? "owed.password.why" : "owed.totp.why")}
    >
      {password ? <PasswordForm once done={paid} /> : <TotpForm done={paid} />}
      <Button type="text" onClick={() => void leave()}>
        {t("kit:sign-out")}
      </Button>
    </GateBox>
  );
}
