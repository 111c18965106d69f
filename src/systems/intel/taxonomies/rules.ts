import type { Fault } from "../../../core/problem.ts";
import type { Tlp } from "../../../core/tlp.ts";
import { faultOf, refusal } from "../reasons/model.ts";
import type { TagChoice, TaxonomyDocument, TaxonomyRow } from "./model.ts";

/** A machine tag as MISP writes it. */
export function tagOf(namespace: string, predicate: string, value?: string): string {
  return value === undefined ? `${namespace}:${predicate}` : `${namespace}:${predicate}="${value}"`;
}

export function rowOf(document: TaxonomyDocument, tlp: Tlp, addedAt: string): TaxonomyRow {
  const { id, namespace, name, description, taxonomy_version: version, exclusive, predicates } = document;
  return {
    id,
    namespace,
    name,
    description,
    version,
    exclusive: exclusive === true,
    predicates: predicates.length,
    values: predicates.reduce((sum, { values = [] }) => sum + values.length, 0),
    tlp,
    addedAt,
  };
}

/** Everything by which a taxonomy is found, in lower case. */
export function searched({ namespace, name, description, predicates }: TaxonomyDocument): string {
  const said = predicates.flatMap((predicate) => [predicate, ...(predicate.values ?? [])]);
  const texts = said.flatMap(({ value, expanded = "" }) => [value, expanded]);
  return [namespace, name, description, ...texts].join("\n").toLowerCase();
}

/** The tags of a taxonomy. Of an exclusive namespace or predicate one alone may stand (MISP's `exclusive`). */
export function choicesOf({ namespace, name, exclusive, predicates }: TaxonomyDocument): TagChoice[] {
  return predicates.flatMap((predicate): TagChoice[] => {
    const { values = [], expanded = predicate.value, description = "", colour } = predicate;
    const ofPredicate = predicate.exclusive === true ? `${namespace}:${predicate.value}` : null;
    const alone = exclusive === true ? namespace : ofPredicate;
    if (values.length === 0) {
      const label = `${name}：${expanded}`;
      return [{ tag: tagOf(namespace, predicate.value), label, description, colour: colour ?? null, alone }];
    }
    return values.map((value) => ({
      tag: tagOf(namespace, predicate.value, value.value),
      label: `${expanded}：${value.expanded ?? value.value}`,
      description: value.description ?? "",
      colour: value.colour ?? colour ?? null,
      alone,
    }));
  });
}

/** The faults of tags that stand together: where only one may stand, each after the first. */
export function exclusiveFaults(
  tags: readonly string[],
  known: ReadonlyMap<string, TagChoice>,
  path: string,
): Fault[] {
  const first = new Map<string, string>();
  return tags.flatMap((tag, at) => {
    const alone = known.get(tag)?.alone;
    if (alone === undefined || alone === null) return [];
    const before = first.get(alone);
    first.set(alone, before ?? tag);
    if (before === undefined || before === tag) return [];
    return [faultOf(refusal(`${path}.${at}`, "misp exclusive", "tag-alone", { group: alone, tag: before }))];
  });
}
