import { useState } from "react";
import { TLP_LEVELS, tlpLabel } from "../../../core/tlp.ts";
import {
  api,
  ChoiceField,
  ChoicesField,
  FormPage,
  NumberField,
  TextField,
  useForm,
  useGo,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { type IssuedApiKey, KEY_PERMISSIONS, NewApiKey } from "../model.ts";
import { Once } from "./once.tsx";

const KEYS = "/api/v1/keys";

/** Issues a key; its secret is shown once, after issuing. */
export default function NewKeyPage() {
  const t = useTexts("members");
  const go = useGo();
  const { org, orgs } = useSession();
  const [issued, setIssued] = useState<IssuedApiKey>();
  const known = orgs.some((one) => one.id === org.id) ? orgs : [org, ...orgs];
  const form = useForm<NewApiKey>({
    name: "members.key.new",
    schema: NewApiKey,
    initial: {
      orgId: org.id,
      name: "",
      permissions: [],
      clearance: "amber",
      expiresInDays: 365,
      login: "secret",
    },
  });
  return (
    <>
      <FormPage
        form={form}
        title={t("key.new")}
        lead={t("keys.none.advice")}
        submit={t("key.new")}
        cancel={() => go("/keys")}
        send={(values) => api.post<IssuedApiKey>(KEYS, values)}
        touches={[KEYS]}
        done={(answer) => {
          if (answer.secret === null) go("/keys");
          else setIssued(answer);
        }}
      >
        <TextField form={form} name="name" label={t("key.name")} why={t("key.name.why")} required />
        <ChoiceField
          form={form}
          name="orgId"
          label={t("org")}
          required
          options={known.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <ChoicesField
          form={form}
          name="permissions"
          label={t("key.permissions")}
          why={t("key.permissions.why")}
          required
          options={KEY_PERMISSIONS.map((one) => ({
            value: one,
            label: t(`permission.${one.replace(":", ".")}`),
          }))}
        />
        <ChoiceField
          form={form}
          name="clearance"
          label={t("key.clearance")}
          required
          options={TLP_LEVELS.map((tlp) => ({ value: tlp, label: tlpLabel(tlp), why: t(`kit:tlp.${tlp}`) }))}
        />
        <ChoiceField
          form={form}
          name="login"
          label={t("key.login")}
          required
          options={(["secret", "certificate", "certificate-name"] as const).map((one) => ({
            value: one,
            label: t(`key.login.${one}`),
            why: t(`key.login.${one}.why`),
          }))}
        />
        {form.values.login === "certificate" ? (
          <TextField
            form={form}
            name="certificate"
            label={t("key.certificate")}
            why={t("key.certificate.why")}
            placeholder="-----BEGIN CERTIFICATE-----"
            rows={5}
            mono
            required
          />
        ) : null}
        {form.values.login === "certificate-name" ? (
          <TextField
            form={form}
            name="certificateName"
            label={t("key.certificate-name")}
            why={t("key.certificate-name.why")}
            placeholder="taxii.example.tw"
            mono
            required
          />
        ) : null}
        <NumberField
          form={form}
          name="expiresInDays"
          label={t("key.days")}
          unit={t("key.days.unit")}
          min={1}
          max={730}
          required
        />
      </FormPage>
      <Once
        title={t("key.issued")}
        label={t("once.secret")}
        secret={issued?.secret ?? undefined}
        close={() => go("/keys")}
      />
    </>
  );
}
