import { type ReactNode, useId } from "react";
import { faultWords, useTexts } from "../i18n.ts";
import type { FieldName, Form } from "./form.ts";

/** What a control is given by its field. */
export interface Control {
  readonly id: string;
  readonly value: unknown;
  set(value: unknown): void;
  readonly invalid: boolean;
  readonly describedBy: string | undefined;
}

export interface FieldProps<V extends object> {
  readonly form: Form<V>;
  readonly name: FieldName<V>;
  readonly label: string;
  /** The reason for asking, or what to write; stands under the field. */
  readonly why?: ReactNode;
  readonly required?: boolean;
}

interface OwnFieldProps<V extends object> extends FieldProps<V> {
  /** A group of controls (radios, checks) instead of a single one. */
  readonly group?: boolean;
  /** The control bears the label itself. */
  readonly hideLabel?: boolean;
  readonly children: (control: Control) => ReactNode;
}

/** Label, control, reason and fault of one field. */
export function Field<V extends object>({
  form,
  name,
  label,
  why,
  required = false,
  group = false,
  hideLabel = false,
  children,
}: OwnFieldProps<V>) {
  const t = useTexts();
  const id = useId();
  const Label = group ? "span" : "label";
  const faults = form.faultsOf(name);
  const invalid = faults.length > 0;
  const described = [why === undefined ? "" : `${id}-why`, invalid ? `${id}-fault` : ""]
    .filter((one) => one !== "")
    .join(" ");
  return (
    <div
      className={invalid ? "field field-wrong" : "field"}
      data-field={name}
      {...(group ? { role: "group", "aria-labelledby": `${id}-label`, "aria-describedby": described } : {})}
    >
      <Label
        id={`${id}-label`}
        data-label={label}
        className={hideLabel ? "field-label unseen" : "field-label"}
        {...(group ? {} : { htmlFor: id })}
      >
        {label}
        {!required && <span className="muted small"> {t("form.optional")}</span>}
      </Label>
      {invalid && (
        <p id={`${id}-fault`} className="field-fault">
          <span aria-hidden="true">✕ </span>
          {faults.map(faultWords).join(" ")}
        </p>
      )}
      {children({
        id,
        value: form.value(name),
        set: (value) => form.set(name, value),
        invalid,
        describedBy: described === "" ? undefined : described,
      })}
      {why !== undefined && (
        <p id={`${id}-why`} className="field-why">
          {why}
        </p>
      )}
    </div>
  );
}
