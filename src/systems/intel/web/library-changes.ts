/** A property that one version says otherwise than another; absent is a dash. */
interface Change {
  readonly property: string;
  readonly was: string;
  readonly is: string;
}

const LONGEST = 500;

/** What a later document changed of an earlier one, property by property, in the order of their names. */
export function changesOf(earlier: string, later: string): Change[] {
  const [was, is] = [propertiesOf(earlier), propertiesOf(later)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return names.flatMap((property) => {
    const change = { property, was: textOf(was[property]), is: textOf(is[property]) };
    return JSON.stringify(was[property]) === JSON.stringify(is[property]) ? [] : [change];
  });
}

/** What documents that stand side by side do not all say alike; a text for each document. Ids and times always differ. */
export function differencesOf(documents: readonly string[]): { property: string; says: string[] }[] {
  const all = documents.map(propertiesOf);
  const names = [...new Set(all.flatMap((each) => Object.keys(each)))].sort();
  return names.flatMap((property) => {
    const told = new Set(all.map((each) => JSON.stringify(each[property])));
    if (told.size < 2 || OWN.has(property)) return [];
    return [{ property, says: all.map((each) => textOf(each[property])) }];
  });
}

const OWN: ReadonlySet<string> = new Set(["id", "created", "modified"]);

function propertiesOf(document: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(document);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  if (value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
