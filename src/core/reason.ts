/** What stands in the words of a reason, by name. */
export type ReasonFacts = Readonly<Record<string, string | number>>;

/** The words with the facts in the place of their names: `{{host}} says nothing`. A name without a fact stays. */
export function filled(words: string, facts: ReasonFacts): string {
  if (!words.includes("{{")) return words;
  return words.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => String(facts[name] ?? whole));
}
