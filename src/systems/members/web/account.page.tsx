import { Button, Modal } from "antd";
import { useState } from "react";
import { z } from "zod";
import { ROLES } from "../../../core/access.ts";
import {
  api,
  ChoicesField,
  ConfirmDialog,
  DetailPage,
  FormBody,
  Go,
  Shown,
  StateTag,
  TextField,
  Time,
  toast,
  useAct,
  useForm,
  useGet,
  useLanguage,
  useOrgName,
  useParam,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { Account, type AccountChange, type OneTimePassword } from "../model.ts";
import { ACCOUNTS, AccountState } from "./accounts.page.tsx";
import { Once } from "./once.tsx";

const Edited = z.object({
  displayName: Account.shape.displayName,
  email: Account.shape.email,
  roles: Account.shape.roles,
});
type Edited = z.infer<typeof Edited>;

function EditForm({ account, close }: { readonly account: Account; readonly close: () => void }) {
  const t = useTexts("members");
  const { displayName, email, roles } = account;
  const form = useForm<Edited>({
    name: `members.account.${account.id}`,
    schema: Edited,
    initial: { displayName, email, roles },
  });
  return (
    <FormBody
      form={form}
      submit={t("kit:save")}
      cancel={close}
      touches={[ACCOUNTS]}
      send={(values) =>
        api.patch<Account>(`${ACCOUNTS}/${account.id}`, {
          ...values,
          version: account.version,
        } satisfies AccountChange)
      }
      done={() => {
        toast.done(t("account.saved"));
        close();
      }}
    >
      <TextField
        form={form}
        name="displayName"
        label={t("account.display")}
        why={t("account.display.why")}
        required
      />
      <ChoicesField
        form={form}
        name="roles"
        label={t("account.roles")}
        why={t("account.roles.why")}
        required
        options={ROLES.map((role) => ({ value: role, label: t(`kit:role.${role}`) }))}
      />
      <TextField
        form={form}
        name="email"
        label={t("account.email")}
        why={t("account.email.why")}
        inputMode="email"
        mono
      />
    </FormBody>
  );
}

function AccountDetail({ account }: { readonly account: Account }) {
  const t = useTexts("members");
  const session = useSession();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const [dialog, setDialog] = useState<"edit" | "reset" | "state">();
  const [secret, setSecret] = useState<string>();
  const close = () => setDialog(undefined);
  const own = account.id === session.account.id;
  const active = account.state === "active";
  const change = useAct(
    (state: Account["state"]) =>
      api.patch<Account>(`${ACCOUNTS}/${account.id}`, { state, version: account.version }),
    {
      done: t("account.saved"),
      touches: [ACCOUNTS],
    },
  );
  const reset = useAct(() => api.post<OneTimePassword>(`${ACCOUNTS}/${account.id}/reset`), {
    touches: [ACCOUNTS],
  });
  const name = account.displayName;
  return (
    <>
      <DetailPage
        back={{ to: "/accounts", label: t("nav.accounts") }}
        title={name}
        tags={<AccountState account={account} />}
        next={account.mustChangePassword && active ? { text: t("account.next.reset") } : undefined}
        acts={
          <>
            <Button onClick={() => setDialog("edit")}>{t("account.edit")}</Button>
            {!own && <Button onClick={() => setDialog("reset")}>{t("account.reset")}</Button>}
            {!own && (
              <Button danger={active} onClick={() => setDialog("state")}>
                {t(active ? "account.disable" : "account.enable")}
              </Button>
            )}
          </>
        }
        {...(own ? { summary: t("account.own-state") } : {})}
        facts={[
          {
            label: t("account.name"),
            value: <span className="mono">{account.name}</span>,
            copy: account.name,
          },
          {
            label: t("org"),
            value: <Go to={`/orgs/${account.orgId}`}>{orgName(account.orgId, language) ?? t("org")}</Go>,
          },
          { label: t("account.email"), value: account.email, copy: account.email },
          {
            label: t("account.totp"),
            value: (
              <StateTag tone={account.hasTotp ? "done" : "waiting"}>
                {t(account.hasTotp ? "account.totp.on" : "account.totp.off")}
              </StateTag>
            ),
          },
          {
            label: t("account.locked-until"),
            value: account.lockedUntil === null ? undefined : <Time at={account.lockedUntil} />,
          },
          {
            label: t("account.last"),
            value: account.lastSignInAt === null ? t("account.never") : <Time at={account.lastSignInAt} />,
          },
          { label: t("created"), value: <Time at={account.createdAt} /> },
        ]}
      >
        <section className="stack">
          <h2>{t("account.roles")}</h2>
          <ul className="plain stack-tight">
            {account.roles.map((role) => (
              <li key={role}>{t(`kit:role.${role}`)}</li>
            ))}
          </ul>
        </section>
      </DetailPage>
      <Modal
        open={dialog === "edit"}
        onCancel={close}
        footer={null}
        destroyOnHidden
        title={`${t("account.edit")}: ${name}`}
      >
        <EditForm account={account} close={close} />
      </Modal>
      <ConfirmDialog
        open={dialog === "reset"}
        title={t("account.reset")}
        what={[t("account.reset.what", { name }), t("account.reset.then")]}
        confirm={t("account.reset")}
        danger
        send={async () => {
          const answer = await reset.run(undefined);
          setSecret(answer?.oneTimePassword);
          return answer !== undefined;
        }}
        close={close}
      />
      <ConfirmDialog
        open={dialog === "state"}
        title={t(active ? "account.disable" : "account.enable")}
        what={[t(active ? "account.disable.what" : "account.enable.what", { name })]}
        confirm={t(active ? "account.disable" : "account.enable")}
        danger={active}
        send={async () => (await change.run(active ? "disabled" : "active")) !== undefined}
        close={close}
      />
      <Once
        title={t("account.reset")}
        label={t("once.password")}
        secret={secret}
        close={() => setSecret(undefined)}
      />
    </>
  );
}

/** One account: its roles, its state, and what an administrator may do to it. */
export default function AccountPage() {
  const got = useGet<Account>(`${ACCOUNTS}/${useParam("id")}`);
  return <Shown of={got}>{(account) => <AccountDetail account={account} />}</Shown>;
}
