import { TLP_LEVELS, type Tlp, tlpLabel, tlpRank } from "../../../core/tlp.ts";
import { ChoiceField, type Form, useSession, useTexts } from "../../../web/kit.ts";
import { type ImportFormat, Reliability } from "../imports/model.ts";

/** What an import and a feed alike say of their source. */
interface OfSource {
  reliability: Reliability;
  tlp: Tlp;
  format?: ImportFormat | null | undefined;
}

/** How reliable the source is, and the marking of what bears none, as far as the person may read. */
export function SourceFields<V extends OfSource>({ form }: { readonly form: Form<V> }) {
  const t = useTexts("intel");
  const { clearance } = useSession();
  // The names are those that every such form has.
  const own = form as unknown as Form<OfSource>;
  return (
    <>
      <ChoiceField
        form={own}
        name="reliability"
        label={t("import.reliability")}
        required
        options={Reliability.options.map((value) => ({ value, label: t(`reliability.${value}`) }))}
      />
      <ChoiceField
        form={own}
        name="tlp"
        label={t("import.tlp")}
        why={t("import.tlp.why")}
        required
        options={TLP_LEVELS.filter((tlp) => tlpRank(tlp) <= tlpRank(clearance)).map((value) => ({
          value,
          label: tlpLabel(value),
        }))}
      />
    </>
  );
}

/** The format of what comes; told by the content where none is chosen. */
export function FormatField<V extends OfSource>({
  form,
  formats,
}: {
  readonly form: Form<V>;
  readonly formats: readonly ImportFormat[];
}) {
  const t = useTexts("intel");
  return (
    <ChoiceField
      form={form as unknown as Form<OfSource>}
      name="format"
      label={t("import.format")}
      why={t("import.format.why")}
      options={formats.map((value) => ({ value, label: t(`format.${value}`) }))}
    />
  );
}
