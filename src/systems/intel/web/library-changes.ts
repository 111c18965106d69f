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

function propertiesOf(document: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(document);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  if (value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
