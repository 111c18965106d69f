import { useState } from "react";
import { ROLES } from "../../../core/access.ts";
import {
  api,
  ChoiceField,
  ChoicesField,
  FormPage,
  TextField,
  useForm,
  useGo,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { NewAccount, type OneTimePassword } from "../model.ts";
import { Once } from "./once.tsx";

const ACCOUNTS = "/api/v1/accounts";

/** A new account; its one-time password is shown once, after making it. */
export default function NewAccountPage() {
  const t = useTexts("members");
  const go = useGo();
  const { org, orgs } = useSession();
  const [made, setMade] = useState<OneTimePassword>();
  const known = orgs.some((one) => one.id === org.id) ? orgs : [org, ...orgs];
  const form = useForm<NewAccount>({
    name: "members.account.new",
    schema: NewAccount,
    initial: { orgId: org.id, name: "", displayName: "", email: null, roles: [] },
  });
  return (
    <>
      <FormPage
        form={form}
        title={t("account.new")}
        lead={t("account.reset.then")}
        submit={t("account.new")}
        cancel={() => go("/accounts")}
        send={(values) => api.post<OneTimePassword>(ACCOUNTS, values)}
        touches={[ACCOUNTS]}
        done={(answer) => {
          setMade(answer);
        }}
      >
        <TextField
          form={form}
          name="displayName"
          label={t("account.display")}
          why={t("account.display.why")}
          required
        />
        <TextField
          form={form}
          name="name"
          label={t("account.name")}
          why={t("account.name.why")}
          required
          mono
        />
        <ChoiceField
          form={form}
          name="orgId"
          label={t("org")}
          required
          options={known.map(({ id, name }) => ({ value: id, label: name }))}
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
      </FormPage>
      <Once
        title={t("account.made")}
        label={t("once.password")}
        secret={made?.oneTimePassword}
        close={() => go(`/accounts/${made?.account.id ?? ""}`)}
      />
    </>
  );
}
