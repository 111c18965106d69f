import type { z } from "zod";
import { type Refusal, refusal } from "./model.ts";

/** The faults of a document against a schema, at most `most`; `format` names the rule, `misp schema`. */
export function schemaRefusals(error: z.ZodError, at: string, format: string, most = 10): Refusal[] {
  return error.issues.slice(0, most).map((issue) => {
    const path = [...(at === "" ? [] : [at]), ...issue.path].map(String).join(".") || "file";
    const rule = `${format} schema`;
    switch (issue.code) {
      case "invalid_type":
        return refusal(path, rule, "schema-type", { expected: issue.expected });
      case "invalid_value":
        return refusal(path, rule, "schema-value", { values: issue.values.map(String).join(", ") });
      case "too_small":
        return refusal(path, rule, "schema-small", { least: Number(issue.minimum) });
      case "too_big":
        return refusal(path, rule, "schema-big", { most: Number(issue.maximum) });
      case "invalid_format":
        return refusal(path, rule, "schema-form", { form: formOf(issue.message, issue.format) });
      default:
        return refusal(path, rule, "schema-other", { message: issue.message });
    }
  });
}

/** What the schema's author wrote of the form, else the name of the form. */
function formOf(message: string, format: string): string {
  return message.startsWith("Invalid ") ? format : message;
}
