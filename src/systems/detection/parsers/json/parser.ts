import { COMMON_KEYS } from "../key-value/parser.ts";
import { defineParser, type EcsDraft } from "../parser.ts";
import { fieldTable, put, timeField } from "../text/fields.ts";
import { jsonRecord, textOf } from "../text/json.ts";
import { anyTime } from "../text/time.ts";

const TABLE = fieldTable("", COMMON_KEYS);
const TIMES = ["@timestamp", "timestamp", "time", "ts", "eventTime", "datetime", "date"];

/**
 * Any JSON object of a product without a parser of its own. Names stay as they are, since what speaks ECS already says
 * them right; names that many products agree on become ECS, and what does not fit an ECS field's type goes under `json`.
 */
export const json = defineParser({
  id: "json",
  product: "JSON",
  generic: true,
  begins: "{",
  accepts: (message) => message.charCodeAt(0) === 123 && message.trimEnd().endsWith("}"),
  parse(message, context) {
    const record = jsonRecord(message);
    if (record === undefined) return undefined;
    const draft: EcsDraft = {};
    for (const [name, value] of Object.entries(record)) {
      if (name === "@timestamp") continue;
      const known = TABLE.fields.get(name.toLowerCase());
      const text = textOf(value);
      if (known !== undefined && text !== undefined) {
        if (!known.write(draft, known.field, text)) draft[name] = value;
      } else if (name.includes(".") && text !== undefined && isTyped(name)) {
        if (!put(draft, name, text)) draft[`json.${name}`] = value;
      } else {
        draft[name] = value;
      }
    }
    for (const name of TIMES) {
      const at = anyTime(textOf(record[name]) ?? "", context);
      if (at === undefined) continue;
      timeField(draft, at);
      break;
    }
    draft["event.kind"] ??= "event";
    draft["event.dataset"] ??= "json.log";
    return draft;
  },
});

/** Names whose ECS type is not text. */
function isTyped(name: string): boolean {
  return name.endsWith(".ip") || name.endsWith(".port") || name.endsWith(".bytes") || name.endsWith(".pid");
}
