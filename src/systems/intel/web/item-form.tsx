import { z } from "zod";
import { SECTORS } from "../../../core/org.ts";
import { TLP_LEVELS, Tlp, tlpLabel, tlpRank } from "../../../core/tlp.ts";
import {
  ChoiceField,
  ChoicesField,
  type Form,
  LinesField,
  TextField,
  useLanguage,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import {
  INTEL_KINDS,
  type IndicatorValue,
  IntelKind,
  type Item,
  Recipient,
  readIndicator,
} from "../model.ts";

/** An item as it is typed: recipients as words of a list, indicators as lines. */
export const ItemValues = z.object({
  title: z.string().trim().min(1).max(200),
  description: z.string().trim().max(20_000),
  kind: IntelKind,
  tlp: Tlp,
  recipients: z.array(z.string()),
  indicators: z
    .array(z.string())
    .max(5000)
    .refine((lines) => lines.every((line) => readIndicator(line) !== undefined), {
      params: { text: "intel:indicators.bad" },
    }),
});
export type ItemValues = z.infer<typeof ItemValues>;

export const NOTHING_TYPED: ItemValues = {
  title: "",
  description: "",
  kind: "INT",
  tlp: "amber",
  recipients: [],
  indicators: [],
};

export function valuesOf(item: Item): ItemValues {
  return {
    title: item.title,
    description: item.description,
    kind: item.kind,
    tlp: item.tlp,
    recipients: item.recipients.map(wordOf),
    indicators: item.indicators.map((indicator) => indicator.value),
  };
}

/** What is sent; an indicator that was there before keeps when and how often it was seen. */
export function bodyOf(values: ItemValues, before: readonly IndicatorValue[] = []) {
  return {
    ...values,
    recipients: values.recipients.map(recipientOf),
    indicators: values.indicators.flatMap((line) => {
      const read = readIndicator(line);
      return read === undefined
        ? []
        : [before.find((each) => each.type === read.type && each.value === read.value) ?? read];
    }),
  };
}

function wordOf(recipient: Recipient): string {
  if (recipient.kind === "organisation") return `organisation ${recipient.id}`;
  return recipient.kind === "sector" ? `sector ${recipient.sector}` : "everyone";
}

function recipientOf(word: string): Recipient {
  const [kind, which] = word.split(" ");
  return Recipient.parse(
    kind === "organisation" ? { kind, id: which } : kind === "sector" ? { kind, sector: which } : { kind },
  );
}

export function ItemFields<V extends ItemValues>({ form: typed }: { readonly form: Form<V> }) {
  // The fields of an item are the same whatever else a page asks for beside them.
  const form = typed as unknown as Form<ItemValues>;
  const t = useTexts("intel");
  const [language] = useLanguage();
  const { orgs, clearance } = useSession();
  const { tlp } = form.values;
  /** The marking's own bounds (TLP 2.0), told here before the node refuses. */
  const unless = (allowed: boolean) =>
    allowed || tlp === undefined
      ? {}
      : { disabled: true, why: t("recipient.forbidden", { tlp: tlpLabel(tlp) }) };
  const sectors = SECTORS.map((sector) => ({
    value: `sector ${sector}`,
    label: t("recipient.sector", { sector: t(`kit:sector.${sector}`) }),
    ...unless(tlp !== "red"),
  }));
  const organisations = orgs.map(({ id, name, nameEn }) => ({
    value: `organisation ${id}`,
    label: language === "en" && nameEn ? nameEn : name,
  }));
  return (
    <>
      <TextField form={form} name="title" label={t("title")} required />
      <TextField
        form={form}
        name="description"
        label={t("description")}
        why={t("description.why")}
        rows={6}
      />
      <ChoiceField
        form={form}
        name="kind"
        label={t("kind")}
        required
        options={INTEL_KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
      />
      <ChoiceField
        form={form}
        name="tlp"
        label={t("tlp")}
        why={t("tlp.why")}
        required
        options={TLP_LEVELS.filter((tlp) => tlpRank(tlp) <= tlpRank(clearance)).map((value) => ({
          value,
          label: tlpLabel(value),
          why: t(`kit:tlp.${value}`),
        }))}
      />
      <ChoicesField
        form={form}
        name="recipients"
        label={t("recipients")}
        why={t("recipients.why")}
        required
        options={[
          {
            value: "everyone",
            label: t("recipient.everyone"),
            ...unless(tlp === "green" || tlp === "clear"),
          },
          ...sectors,
          ...organisations,
        ]}
      />
      <LinesField form={form} name="indicators" label={t("indicators")} why={t("indicators.why")} />
    </>
  );
}
