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
    initial: { orgId: org.id, name: "", permissions: [], clearance: "amber", expiresInDays: 365 },
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
          setIssued(answer);
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
        secret={issued?.secret}
        close={() => go("/keys")}
      />
    </>
  );
}
