import { TLP_LEVELS, tlpLabel, tlpRank } from "../../../core/tlp.ts";
import { ChoiceField, type Form, NumberField, TextField, useSession, useTexts } from "../../../web/kit.ts";
import { NewFeed } from "../feeds/model.ts";
import { IMPORT_FORMATS, Reliability } from "../imports/model.ts";

/** A feed as it is typed; the columns of a table are told by its content. */
export const FeedValues = NewFeed.pick({
  name: true,
  url: true,
  reliability: true,
  format: true,
  tlp: true,
  everyMinutes: true,
}).required();
export type FeedValues = ReturnType<typeof FeedValues.parse>;

export function FeedFields({
  form,
  named = false,
}: {
  readonly form: Form<FeedValues>;
  readonly named?: boolean;
}) {
  const t = useTexts("intel");
  const { clearance } = useSession();
  return (
    <>
      {!named && <TextField form={form} name="name" label={t("feed.name")} required />}
      <TextField form={form} name="url" label={t("feed.url")} why={t("feed.url.why")} mono required />
      <NumberField
        form={form}
        name="everyMinutes"
        label={t("feed.every")}
        min={5}
        max={10_080}
        unit={t("feed.minutes")}
        required
      />
      <ChoiceField
        form={form}
        name="reliability"
        label={t("import.reliability")}
        required
        options={Reliability.options.map((value) => ({ value, label: t(`reliability.${value}`) }))}
      />
      <ChoiceField
        form={form}
        name="tlp"
        label={t("import.tlp")}
        why={t("import.tlp.why")}
        required
        options={TLP_LEVELS.filter((tlp) => tlpRank(tlp) <= tlpRank(clearance)).map((value) => ({
          value,
          label: tlpLabel(value),
        }))}
      />
      <ChoiceField
        form={form}
        name="format"
        label={t("import.format")}
        why={t("import.format.why")}
        options={IMPORT_FORMATS.map((value) => ({ value, label: t(`format.${value}`) }))}
      />
    </>
  );
}
