type EventRecord = Readonly<Record<string, unknown>>;

/** The first value that one of the names has, as text. */
function textAt(record: EventRecord, names: readonly string[]): string | undefined {
  for (const name of names) {
    if (!Object.hasOwn(record, name)) continue;
    const value = record[name];
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof one === "string") return one;
    if (typeof one === "number" || typeof one === "boolean" || typeof one === "bigint") return String(one);
  }
  return undefined;
}

/** One text for the values of all fields; undefined when one is missing. Several are told apart by their lengths. */
export function keyOf(record: EventRecord, fields: readonly (readonly string[])[]): string | undefined {
  const [only] = fields;
  if (only === undefined) return "";
  if (fields.length === 1) return textAt(record, only);
  let key = "";
  for (const names of fields) {
    const text = textAt(record, names);
    if (text === undefined) return undefined;
    key += `${text.length}:${text}`;
  }
  return key;
}

/** The values of which `keyOf` made the key. */
export function valuesOf(key: string, fields: number): string[] {
  if (fields === 0) return [];
  if (fields === 1) return [key];
  const values: string[] = [];
  for (let at = 0; at < key.length; ) {
    const colon = key.indexOf(":", at);
    const end = colon + 1 + Number(key.slice(at, colon));
    values.push(key.slice(colon + 1, end));
    at = end;
  }
  return values;
}
