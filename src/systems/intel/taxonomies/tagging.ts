import { Problem } from "../../../core/problem.ts";
import type { Work } from "../../../platform/records/work.ts";
import { labelsOf } from "../library/entry.ts";
import { ObjectPage } from "../library/object-page.ts";
import { referringTo } from "../library/query.ts";
import { remark } from "../library/remarks.ts";
import { objectOf } from "../library/row.ts";
import { SearchStore } from "../library/search-store.ts";
import type { ObjectTags } from "./model.ts";
import { exclusiveFaults } from "./rules.ts";
import { TaxonomyStore } from "./store.ts";

const MOST_NOTES = 200;

/** The tags that an object bears and those that notes give it. Problem http.not-found. */
export async function tagsOf(work: Work, id: string): Promise<ObjectTags> {
  const store = new SearchStore(work);
  const [found] = await store.current([id]);
  if (found === undefined) throw new Problem("http.not-found");
  const own = labelsOf(objectOf(found.document));
  const wanted = `${referringTo(id)} & '#tnote' & !'#x'`;
  const notes = await store.answering(wanted, { most: MOST_NOTES, shown: MOST_NOTES });
  const given = notes.found.flatMap(({ document }) => {
    const note = objectOf(document);
    const authors = Array.isArray(note["authors"]) ? note["authors"].map(String) : [];
    return labelsOf(note).map((tag) => ({
      tag,
      by: authors.join("、"),
      at: String(note["created"] ?? ""),
      note: String(note["id"] ?? ""),
    }));
  });
  const known = await new TaxonomyStore(work).known([...own, ...given.map(({ tag }) => tag)]);
  return {
    own: own.map((tag) => ({ tag, choice: known.get(tag) ?? null })),
    given: given.map((each) => ({ ...each, choice: known.get(each.tag) ?? null })),
  };
}

/**
 * Gives an object tags by a note, since the object itself is its creator's alone to change (STIX 2.1 section 3.6.2).
 * Problem http.invalid where a predicate that takes one value would have two.
 */
export async function tagObject(work: Work, id: string, tags: readonly string[]): Promise<ObjectTags> {
  await new ObjectPage(work).tlpOf(id);
  const before = await tagsOf(work, id);
  const standing = [...before.own, ...before.given].map(({ tag }) => tag);
  const added = [...new Set(tags)].filter((tag) => !standing.includes(tag));
  if (added.length === 0) return before;
  const all = [...standing, ...added];
  const faults = exclusiveFaults(all, await new TaxonomyStore(work).known(all), "body.tags")
    .map((fault) => ({ ...fault, at: Number(fault.path.split(".").at(-1)) - standing.length }))
    // What stood together before is for its creators to settle.
    .filter(({ at }) => at >= 0)
    .map(({ at, ...fault }) => ({ ...fault, path: `body.tags.${at}` }));
  if (faults.length > 0) throw new Problem("http.invalid", { faults });
  await remark(work, id, { kind: "note", text: added.join("\n"), labels: added });
  return tagsOf(work, id);
}
