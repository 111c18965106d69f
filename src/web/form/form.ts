import { useCallback, useMemo, useRef, useState } from "react";
import type { z } from "zod";
import type { Fault } from "../../core/problem.ts";
import { translate } from "../i18n.ts";
import { kept } from "../kept.ts";
import { useSessionGate } from "../session.ts";

type Nested<V, K extends keyof V & string> = V[K] extends readonly unknown[]
  ? never
  : V[K] extends object
    ? `${K}.${keyof V[K] & string}`
    : never;

/** A field of the values or, one level down, `facts.outage`. */
export type FieldName<V> = { [K in keyof V & string]: K | Nested<V, K> }[keyof V & string];

interface FormOptions<V> {
  /** Under which the draft is kept: `incidents.new`, or with an id `incidents.edit.0190...`. */
  readonly name: string;
  readonly initial: Partial<V>;
  readonly schema: z.ZodType<V>;
  /** Fields that are never written to the device. */
  readonly secret?: readonly (keyof V & string)[];
}

/** The state of one form: what was typed, what is wrong with it, and the draft on the device. */
export interface Form<V> {
  readonly name: string;
  readonly values: Partial<V>;
  readonly faults: readonly Fault[];
  /** The draft of an earlier visit stands in the fields. */
  readonly restored: boolean;
  readonly changed: boolean;
  /** Counts resets, so that controls with a state of their own start anew. */
  readonly generation: number;
  value(name: FieldName<V>): unknown;
  /** What the field held before anybody typed; tells what an emptied text field becomes. */
  initial(name: FieldName<V>): unknown;
  set(name: FieldName<V>, value: unknown): void;
  /** Faults of one field, of those below it, too. */
  faultsOf(name: FieldName<V>): readonly Fault[];
  setFaults(faults: readonly Fault[]): void;
  /** The values as the schema reads them, or undefined with the faults shown. */
  check(): V | undefined;
  /** Forgets the draft and what was typed. */
  reset(): void;
  /** Forgets the draft; what is shown stays. */
  dropDraft(): void;
}

function read(values: object, name: string): unknown {
  let value: unknown = values;
  for (const step of name.split(".")) {
    value =
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  }
  return value;
}

function written<V>(values: Partial<V>, name: string, value: unknown): Partial<V> {
  const [head = "", ...rest] = name.split(".");
  const below =
    rest.length === 0 ? value : written((read(values, head) ?? {}) as object, rest.join("."), value);
  return { ...values, [head]: below };
}

/** The place of a fault as a field's name: `body.title`, `/title` and `title` are one. */
export function fieldOf(path: string): string {
  return path
    .replaceAll("/", ".")
    .replace(/^\.+/, "")
    .replace(/^body\./, "");
}

/** Our own words for what zod refuses; a `refine` names its text as `params: { text: "members:password.differ" }`. */
function issueWords(issue: z.core.$ZodIssue): string {
  const minimum = "minimum" in issue ? Number(issue.minimum) : 0;
  const maximum = "maximum" in issue ? Number(issue.maximum) : 0;
  const origin = "origin" in issue ? String(issue.origin) : "";
  switch (issue.code) {
    case "too_small":
      if (origin === "string")
        return translate(minimum <= 1 ? "kit:fault.needed" : "kit:fault.short", { minimum });
      if (origin === "array") return translate("kit:fault.choose");
      return translate("kit:fault.low", { minimum });
    case "too_big":
      if (origin === "string") return translate("kit:fault.long", { maximum });
      return translate(origin === "array" ? "kit:fault.many" : "kit:fault.high", { maximum });
    case "invalid_type":
    case "invalid_union":
    case "invalid_value":
      return translate("kit:fault.needed");
    case "invalid_format":
      return translate(issue.format === "email" ? "kit:fault.email" : "kit:fault.format");
    case "custom": {
      const text: unknown = issue.params?.text;
      return translate(typeof text === "string" ? text : "kit:fault.wrong");
    }
    default:
      return translate("kit:fault.wrong");
  }
}

/** Keeps what is typed until it was sent, also over a reload and a sign-out, on this device and for this account. */
export function useForm<V extends object>({ name, initial, schema, secret = [] }: FormOptions<V>): Form<V> {
  const { session } = useSessionGate();
  const key = `draft.${session?.account.id ?? "nobody"}.${name}`;
  const first = useRef(initial);
  const stored = useMemo(() => {
    const draft = kept.readJson(key);
    return typeof draft === "object" && draft !== null ? (draft as Partial<V>) : undefined;
  }, [key]);
  const [typed, setTyped] = useState<Partial<V> | undefined>(stored);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [generation, setGeneration] = useState(0);
  const values = useMemo(() => ({ ...first.current, ...typed }), [typed]);

  const set = useCallback(
    (field: string, value: unknown) => {
      setTyped((before) => {
        const after = written({ ...first.current, ...before }, field, value);
        const draft = Object.fromEntries(
          Object.entries(after).filter(([one]) => !(secret as readonly string[]).includes(one)),
        );
        kept.writeJson(key, draft);
        return after;
      });
      setFaults((before) => before.filter((fault) => fieldOf(fault.path) !== field));
    },
    [key, secret],
  );
  const belongs = (fault: Fault, field: string) => {
    const place = fieldOf(fault.path);
    return place === field || place.startsWith(`${field}.`);
  };
  return {
    name,
    values,
    faults,
    restored: stored !== undefined && typed !== undefined,
    changed: typed !== undefined,
    generation,
    value: (field) => read(values, field),
    initial: (field) => read(first.current, field),
    set,
    faultsOf: (field) => faults.filter((fault) => belongs(fault, field)),
    setFaults,
    check() {
      const result = schema.safeParse(values);
      if (result.success) {
        setFaults([]);
        return result.data;
      }
      setFaults(
        result.error.issues.map((issue) => ({ path: issue.path.join("."), message: issueWords(issue) })),
      );
      return undefined;
    },
    reset() {
      kept.drop(key);
      setTyped(undefined);
      setFaults([]);
      setGeneration((count) => count + 1);
    },
    dropDraft() {
      kept.drop(key);
    },
  };
}
