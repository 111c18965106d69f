import { Button, Checkbox, Input, InputNumber, Radio, Select } from "antd";
import { type ReactNode, useState } from "react";
import { serverNow } from "../api.ts";
import { useTexts } from "../i18n.ts";
import { agoWords, instantTyped, leftWords, taipei } from "../time.ts";
import { type Control, Field, type FieldProps } from "./field.tsx";

interface TextProps<V extends object> extends FieldProps<V> {
  /** More than one line of text. */
  readonly rows?: number;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly autoComplete?: string;
  readonly inputMode?: "text" | "numeric" | "email" | "tel";
}

function aria({ id, invalid, describedBy }: Control) {
  return {
    id,
    "aria-invalid": invalid,
    ...(describedBy === undefined ? {} : { "aria-describedby": describedBy }),
  };
}

/** An emptied field goes back to what "nothing" was at first: null, absent or "". */
function emptied(text: string, initial: unknown): unknown {
  if (text !== "") return text;
  return initial === null ? null : initial === undefined ? undefined : "";
}

export function TextField<V extends object>({
  rows,
  placeholder,
  mono = false,
  autoComplete = "off",
  inputMode,
  ...field
}: TextProps<V>) {
  const shared = {
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(inputMode === undefined ? {} : { inputMode }),
    autoComplete,
    className: mono ? "mono" : "",
  };
  return (
    <Field {...field}>
      {(control) => {
        const value = typeof control.value === "string" ? control.value : "";
        const change = (text: string) => control.set(emptied(text, field.form.initial(field.name)));
        return rows === undefined ? (
          <Input
            {...aria(control)}
            {...shared}
            value={value}
            onChange={(event) => change(event.target.value)}
          />
        ) : (
          <Input.TextArea
            {...aria(control)}
            {...shared}
            value={value}
            autoSize={{ minRows: rows, maxRows: rows * 4 }}
            onChange={(event) => change(event.target.value)}
          />
        );
      }}
    </Field>
  );
}

interface SecretProps<V extends object> extends FieldProps<V> {
  readonly autoComplete?: "current-password" | "new-password" | "one-time-code";
}

export function SecretField<V extends object>({
  autoComplete = "current-password",
  ...field
}: SecretProps<V>) {
  return (
    <Field {...field}>
      {(control) => (
        <Input.Password
          {...aria(control)}
          autoComplete={autoComplete}
          value={typeof control.value === "string" ? control.value : ""}
          onChange={(event) => control.set(event.target.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
  /** A line under the label. */
  readonly why?: ReactNode;
  /** Cannot be chosen anew; `why` then tells the reason. Not in a list that is searched. */
  readonly disabled?: boolean;
}

/** Up to here every option is drawn and read aloud by its label; a longer list is drawn where it is looked at. */
const DRAWN = 200;

interface ChoiceProps<V extends object> extends FieldProps<V> {
  readonly options: readonly Option[];
}

function OptionLabel({ label, why }: Option) {
  return (
    <>
      {label}
      {why !== undefined && <span className="option-why">{why}</span>}
    </>
  );
}

/** What may not be chosen can still be taken away where it was chosen before. */
const barred = ({ value, disabled = false }: Option, chosen: readonly string[]) =>
  disabled && !chosen.includes(value);

const contains = (input: string, option: { label?: ReactNode } | undefined) =>
  String(option?.label ?? "")
    .toLowerCase()
    .includes(input.toLowerCase());

/** One of few (radio) or of many (a list that can be searched). */
export function ChoiceField<V extends object>({ options, ...field }: ChoiceProps<V>) {
  const few = options.length <= 6;
  return (
    <Field {...field} group={few}>
      {(control) =>
        few ? (
          <Radio.Group
            className="choices"
            value={control.value ?? null}
            onChange={(event) => control.set(event.target.value)}
          >
            {options.map((option) => (
              <Radio
                key={option.value}
                value={option.value}
                disabled={option.disabled === true && control.value !== option.value}
              >
                <OptionLabel {...option} />
              </Radio>
            ))}
          </Radio.Group>
        ) : (
          <Select
            {...aria(control)}
            showSearch={{ filterOption: contains }}
            allowClear={field.required !== true}
            value={typeof control.value === "string" ? control.value : null}
            virtual={options.length > DRAWN}
            options={options.map(({ value, label }) => ({ value, label }))}
            onChange={(value: string | null | undefined) =>
              control.set(value ?? emptied("", field.form.initial(field.name)))
            }
          />
        )
      }
    </Field>
  );
}

/** Several of few (checks) or of many (tags in a list that can be searched). */
export function ChoicesField<V extends object>({ options, ...field }: ChoiceProps<V>) {
  const few = options.length <= 10;
  return (
    <Field {...field} group={few}>
      {(control) => {
        const value = Array.isArray(control.value) ? control.value.map(String) : [];
        return few ? (
          <Checkbox.Group className="choices" value={value} onChange={(chosen) => control.set(chosen)}>
            {options.map((option) => (
              <Checkbox key={option.value} value={option.value} disabled={barred(option, value)}>
                <OptionLabel {...option} />
              </Checkbox>
            ))}
          </Checkbox.Group>
        ) : (
          <Select
            {...aria(control)}
            mode="multiple"
            showSearch={{ filterOption: contains }}
            value={value}
            virtual={options.length > DRAWN}
            options={options.map((option) => ({
              value: option.value,
              label: option.label,
              why: option.why,
              disabled: barred(option, value),
            }))}
            optionRender={({ data: { value, label, why } }) => (
              <OptionLabel value={value} label={label} why={why} />
            )}
            onChange={(chosen: string[]) => control.set(chosen)}
          />
        );
      }}
    </Field>
  );
}

interface NumberProps<V extends object> extends FieldProps<V> {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
}

export function NumberField<V extends object>({ min, max, unit, ...field }: NumberProps<V>) {
  return (
    <Field {...field}>
      {(control) => (
        <span className="row">
          <InputNumber
            {...aria(control)}
            {...(min === undefined ? {} : { min })}
            {...(max === undefined ? {} : { max })}
            value={typeof control.value === "number" ? control.value : null}
            onChange={(value) => control.set(value ?? emptied("", field.form.initial(field.name)))}
          />
          {unit !== undefined && <span>{unit}</span>}
        </span>
      )}
    </Field>
  );
}

export function CheckField<V extends object>({ label, ...field }: FieldProps<V>) {
  return (
    <Field {...field} label={label} required group hideLabel>
      {(control) => (
        <Checkbox checked={control.value === true} onChange={(event) => control.set(event.target.checked)}>
          {label}
        </Checkbox>
      )}
    </Field>
  );
}

/** Texts, one a line. */
export function LinesField<V extends object>(field: FieldProps<V> & { readonly mono?: boolean }) {
  const { mono = true, ...rest } = field;
  return (
    <Field {...rest}>
      {(control) => {
        const lines = Array.isArray(control.value) ? control.value.map(String) : [];
        return (
          <Input.TextArea
            {...aria(control)}
            className={mono ? "mono" : ""}
            autoSize={{ minRows: 2, maxRows: 12 }}
            value={lines.join("\n")}
            onChange={(event) => control.set(event.target.value === "" ? [] : event.target.value.split("\n"))}
            onBlur={() => control.set(lines.map((line) => line.trim()).filter((line) => line !== ""))}
          />
        );
      }}
    </Field>
  );
}

function TimeInput({ control }: { readonly control: Control }) {
  const t = useTexts();
  const held = typeof control.value === "string" ? control.value : "";
  const [text, setText] = useState(() => (instantTyped(taipei(held), 0) === undefined ? held : taipei(held)));
  const now = serverNow();
  const read = instantTyped(text, now);
  const choose = (at: number) => {
    setText(taipei(at));
    control.set(new Date(Math.floor(at / 60_000) * 60_000).toISOString());
  };
  const words =
    read === undefined
      ? undefined
      : Date.parse(read) > now
        ? leftWords(read, now, t)
        : agoWords(read, now, t);
  return (
    <span className="stack">
      <span className="row wrap">
        <Input
          {...aria(control)}
          className="mono time-input"
          placeholder="2026-11-23 14:05"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            // Text that is no time stays as it is, so that the schema refuses it instead of losing it.
            control.set(
              instantTyped(event.target.value, now) ??
                (event.target.value === "" ? undefined : event.target.value),
            );
          }}
          onBlur={() => read !== undefined && setText(taipei(read))}
        />
        <Button size="small" onClick={() => choose(serverNow())}>
          {t("form.now")}
        </Button>
        {[15, 60].map((minutes) => (
          <Button key={minutes} size="small" onClick={() => choose(serverNow() - minutes * 60_000)}>
            {t("form.minutes-ago", { minutes })}
          </Button>
        ))}
      </span>
      <span className="muted small" aria-live="polite">
        {read === undefined
          ? t("form.time-how")
          : `${taipei(read)} ${t("zone")}${words === undefined ? "" : ` · ${words}`}`}
      </span>
    </span>
  );
}

/** An instant, typed as it is spoken: `2026-11-23 14:05` or `14:05` for today, in Asia/Taipei. */
export function TimeField<V extends object>(field: FieldProps<V>) {
  return <Field {...field}>{(control) => <TimeInput key={field.form.generation} control={control} />}</Field>;
}
