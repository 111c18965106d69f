/** A value in a pattern; `bytes` is what `h'…'` and `b'…'` say. */
export type PatternValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "boolean"; readonly truth: boolean }
  | { readonly kind: "time"; readonly text: string }
  | { readonly kind: "bytes"; readonly bytes: Buffer };

/** A property's name, a position in a list, or `*` for any. */
export type PathStep = string | number | { readonly any: true };

export interface ObjectPath {
  readonly type: string;
  readonly steps: readonly PathStep[];
}

export type Operator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "IN"
  | "LIKE"
  | "MATCHES"
  | "ISSUBSET"
  | "ISSUPERSET";

export type Comparison =
  | { readonly kind: "and"; readonly parts: readonly Comparison[] }
  | { readonly kind: "or"; readonly parts: readonly Comparison[] }
  | { readonly kind: "exists"; readonly path: ObjectPath; readonly negated: boolean }
  | {
      readonly kind: "test";
      readonly path: ObjectPath;
      readonly negated: boolean;
      readonly operator: Operator;
      readonly values: readonly PatternValue[];
    };

/** What a pattern says (STIX 2.1 section 9): AND binds closer than OR, and OR closer than FOLLOWEDBY. */
export type Observation =
  | { readonly kind: "one"; readonly comparison: Comparison }
  | { readonly kind: "and"; readonly parts: readonly Observation[] }
  | { readonly kind: "or"; readonly parts: readonly Observation[] }
  | { readonly kind: "followed-by"; readonly parts: readonly Observation[] }
  | { readonly kind: "within"; readonly of: Observation; readonly seconds: number }
  | { readonly kind: "repeats"; readonly of: Observation; readonly times: number }
  | { readonly kind: "between"; readonly of: Observation; readonly start: string; readonly stop: string };
