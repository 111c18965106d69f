import { ORG_KINDS, SECTORS } from "../../../core/org.ts";
import { ChoiceField, type Form, LinesField, TextField, useTexts } from "../../../web/kit.ts";
import type { NewOrg, Org } from "../model.ts";
import { branchesOf } from "./orgs.ts";

interface OrgFieldsProps {
  readonly form: Form<NewOrg>;
  /** Organisations it may stand below. */
  readonly parents: readonly Org[];
}

/** The fields of an organisation. */
export function OrgFields({ form, parents }: OrgFieldsProps) {
  const t = useTexts("members");
  return (
    <>
      <TextField form={form} name="name" label={t("name")} required />
      <TextField form={form} name="nameEn" label={t("name.en")} />
      <TextField
        form={form}
        name="shortName"
        label={t("short-name")}
        why={t("short-name.why")}
        required
        mono
      />
      <ChoiceField
        form={form}
        name="kind"
        label={t("kind")}
        required
        options={ORG_KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
      />
      <ChoiceField
        form={form}
        name="sector"
        label={t("sector")}
        required
        options={SECTORS.map((sector) => ({ value: sector, label: t(`kit:sector.${sector}`) }))}
      />
      {parents.length > 0 && (
        <ChoiceField
          form={form}
          name="parentId"
          label={t("parent")}
          why={t("parent.why")}
          required
          options={branchesOf(parents).map(({ org, depth }) => ({
            value: org.id,
            label: `${"　".repeat(depth)}${org.name}`,
          }))}
        />
      )}
      <LinesField form={form} name="aliases" label={t("aliases")} why={t("aliases.why")} mono={false} />
      <LinesField form={form} name="networks" label={t("networks")} why={t("networks.why")} />
    </>
  );
}
