import { Checkbox, Input, InputNumber, Radio } from "antd";
import { type ReactNode, useState } from "react";
import {
  type Control,
  Field,
  type FieldName,
  type Form,
  LinesField,
  NumberField,
  TextField,
  useTexts,
} from "../../../web/kit.ts";
import {
  BUSINESS_KINDS,
  type BusinessKind,
  DEGREES,
  type Facts,
  type Impact,
  indicatorTyped,
  type NewIndicator,
  OUTAGES,
  type PackShown,
} from "../model.ts";
import { useWords } from "./incident-parts.tsx";

const ASPECTS = ["leak", "tampering", "outage"] as const;
type Aspect = (typeof ASPECTS)[number];

const untouched = (business: BusinessKind): Impact => ({
  business,
  leak: "none",
  tampering: "none",
  outage: "none",
});

function AspectChoice({
  aspect,
  impact,
  set,
}: {
  readonly aspect: Aspect;
  readonly impact: Impact;
  readonly set: (impact: Impact) => void;
}) {
  const t = useTexts("incidents");
  const degrees = aspect === "outage" ? OUTAGES : DEGREES;
  const word = aspect === "outage" ? "outage" : "degree";
  const name = `${t(`business.${impact.business}`)}：${t(aspect)}`;
  return (
    <fieldset className="impact-aspect">
      <legend className="small">{t(aspect)}</legend>
      <Radio.Group
        aria-label={name}
        value={impact[aspect]}
        options={degrees.map((degree) => ({ value: degree, label: t(`${word}.${degree}`) }))}
        onChange={(event) => set({ ...impact, [aspect]: event.target.value })}
      />
    </fieldset>
  );
}

function Impacts({ control }: { readonly control: Control }) {
  const t = useTexts("incidents");
  const impacts = (Array.isArray(control.value) ? control.value : []) as readonly Impact[];
  const set = (business: BusinessKind, next: Impact | undefined) =>
    control.set(
      BUSINESS_KINDS.flatMap((kind) => {
        const held = kind === business ? next : impacts.find((one) => one.business === kind);
        return held === undefined ? [] : [held];
      }),
    );
  return (
    <ul className="plain stack">
      {BUSINESS_KINDS.map((business) => {
        const impact = impacts.find((one) => one.business === business);
        return (
          <li key={business} className="stack">
            <Checkbox
              checked={impact !== undefined}
              onChange={(event) => set(business, event.target.checked ? untouched(business) : undefined)}
            >
              {t(`business.${business}`)}
              <span className="option-why">{t(`business.${business}.why`)}</span>
            </Checkbox>
            {impact !== undefined &&
              ASPECTS.map((aspect) => (
                <AspectChoice
                  key={aspect}
                  aspect={aspect}
                  impact={impact}
                  set={(next) => set(business, next)}
                />
              ))}
          </li>
        );
      })}
    </ul>
  );
}

function Measures({ control, pack }: { readonly control: Control; readonly pack: PackShown }) {
  const words = useWords();
  const held = (
    typeof control.value === "object" && control.value !== null ? control.value : {}
  ) as Facts["measures"];
  const set = (id: string, value: number | null) => {
    const { [id]: _, ...rest } = held;
    control.set(value === null ? rest : { ...rest, [id]: value });
  };
  return (
    <div className="stack">
      {pack.measures.map((measure) => (
        <span key={measure.id} className="row wrap">
          <label htmlFor={`${control.id}-${measure.id}`}>{words(measure)}</label>
          <InputNumber
            id={`${control.id}-${measure.id}`}
            min={0}
            value={held[measure.id] ?? null}
            onChange={(value) => set(measure.id, value)}
          />
          <span>{words(measure.unit)}</span>
        </span>
      ))}
    </div>
  );
}

/** What decides the level: business and degrees, persons, the numbers of the pack, systems, what happened. */
export function FactsFields<V extends { facts: Facts }>({
  form,
  pack,
  children,
}: {
  readonly form: Form<V>;
  readonly pack: PackShown;
  /** Stands behind what decides the level. */
  readonly children?: ReactNode;
}) {
  const t = useTexts("incidents");
  // TypeScript cannot list the fields of a type parameter; the constraint above says that these exist.
  const name = (field: keyof Facts) => `facts.${field}` as FieldName<V>;
  return (
    <>
      <Field form={form} name={name("impacts")} label={t("impacts")} why={t("impacts.why")} group>
        {(control) => <Impacts control={control} />}
      </Field>
      {pack.measures.length > 0 && (
        <Field form={form} name={name("measures")} label={t("measures")} group>
          {(control) => <Measures control={control} pack={pack} />}
        </Field>
      )}
      <NumberField form={form} name={name("people")} label={t("people")} min={0} unit={t("people.unit")} />
      {children}
      <LinesField
        form={form}
        name={name("systems")}
        label={t("systems")}
        why={t("systems.why")}
        mono={false}
      />
      <TextField
        form={form}
        name={name("narrative")}
        label={t("narrative")}
        why={t("narrative.why")}
        rows={4}
      />
    </>
  );
}

function Indicators({ control }: { readonly control: Control }) {
  const t = useTexts("incidents");
  const [text, setText] = useState(() =>
    (Array.isArray(control.value) ? (control.value as readonly NewIndicator[]) : [])
      .map((one) => one.value)
      .join("\n"),
  );
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const wrong = lines.find((line) => indicatorTyped(line) === undefined);
  return (
    <>
      <Input.TextArea
        id={control.id}
        className="mono"
        aria-invalid={control.invalid}
        {...(control.describedBy === undefined ? {} : { "aria-describedby": control.describedBy })}
        autoSize={{ minRows: 2, maxRows: 12 }}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const typed = event.target.value.split("\n").filter((line) => line.trim() !== "");
          // What is no indicator goes along as a domain that the schema refuses, so that nothing is lost silently.
          control.set(
            typed.map((line) => ({
              ...(indicatorTyped(line) ?? { type: "domain", value: line.trim() }),
              note: "",
            })),
          );
        }}
      />
      {wrong !== undefined && (
        <p className="muted small">{t("indicators.wrong", { line: wrong.trim().slice(0, 80) })}</p>
      )}
    </>
  );
}

/** Indicators, one a line; what kind each is follows from its form. */
export function IndicatorsField<V extends { indicators: readonly NewIndicator[] }>({
  form,
}: {
  readonly form: Form<V>;
}) {
  const t = useTexts("incidents");
  return (
    <Field form={form} name={"indicators" as FieldName<V>} label={t("indicators")} why={t("indicators.why")}>
      {(control) => <Indicators key={form.generation} control={control} />}
    </Field>
  );
}
