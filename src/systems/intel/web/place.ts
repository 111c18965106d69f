/** The words that the server's places are made of: `line 7, value 2`, `page 3, line 4`, `object 12`, `source`. */
const PLACE = /^(line|page|object) (\d{1,12})(?:, (line|value) (\d{1,12}))?$/;
const WHOLE: ReadonlySet<string> = new Set(["source", "file"]);

/** A place in a file in the language of the screen; a path into JSON, `Event.Attribute.4.type`, is what it is in both. */
export function placeWords(
  path: string,
  t: (key: string, facts?: Readonly<Record<string, string>>) => string,
): string {
  if (WHOLE.has(path)) return t(`place.${path}`);
  const [, kind, at = "", within, second = ""] = PLACE.exec(path) ?? [];
  if (kind === undefined) return path;
  const first = t(`place.${kind}`, { at });
  return within === undefined
    ? first
    : t("place.within", { first, second: t(`place.${within}`, { at: second }) });
}
