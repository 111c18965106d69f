/**
 * A table whose keys come out of lines: `toString` and `constructor` are keys like any other and in no table unless
 * they are named there.
 */
export function table<Value>(
  entries: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value | undefined>> {
  return Object.assign(Object.create(null) as Record<string, Value>, entries);
}
