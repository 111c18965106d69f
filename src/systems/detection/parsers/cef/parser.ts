import { defineParser } from "../parser.ts";
import { cefAt, cefDraft, readCef } from "./read.ts";

/** ArcSight Common Event Format, of any product. */
export const cef = defineParser({
  id: "cef",
  product: "CEF",
  generic: true,
  accepts: (message) => cefAt(message) >= 0,
  parse(message, context) {
    const line = readCef(message);
    return line === undefined ? undefined : cefDraft(line, context);
  },
});
