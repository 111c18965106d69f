import { parentPort } from "node:worker_threads";
import type { OrgId } from "../../../core/org.ts";
import type { Fault } from "../../../core/problem.ts";
import { EVERYONE } from "../../../core/scope.ts";
import {
  type LibraryIndicator,
  listsAtWork,
  type WarninglistChanges,
  warninglistsOf,
} from "../../intel/index.ts";
import { IndicatorBuilder } from "./build.ts";
import { Holdings } from "./holdings.ts";
import { INDICATOR_KINDS, type IndicatorImage } from "./image.ts";
import { type KnownImage, knownImage } from "./known.ts";
import { levelOf } from "./level.ts";
import { filesOf, type IndicatorList, readEntries } from "./lists.ts";

/** What the node asks; each is answered once, in order. */
export type BuilderAsk =
  | { readonly kind: "library"; readonly reset: boolean; readonly versions: readonly LibraryIndicator[] }
  | {
      readonly kind: "build";
      readonly now: number;
      readonly owner: OrgId;
      readonly lists: readonly IndicatorList[];
    }
  | {
      readonly kind: "warninglists";
      readonly folder: string | undefined;
      readonly changes: WarninglistChanges;
    };

export type BuilderAnswer =
  | { readonly kind: "library"; readonly changed: boolean }
  | {
      readonly kind: "build";
      readonly image: IndicatorImage;
      /** Source -> indicators of it. */
      readonly counts: Readonly<Record<string, number>>;
      readonly faults: readonly Fault[];
    }
  | { readonly kind: "warninglists"; readonly known: KnownImage; readonly faults: readonly Fault[] }
  | { readonly kind: "failed"; readonly message: string };

/** Most faults told of one list. */
const MOST_FAULTS = 20;

const port = parentPort;
if (port === null) throw new Error("this module runs as a worker thread");

const holdings = new Holdings();

async function answer(ask: BuilderAsk): Promise<BuilderAnswer> {
  if (ask.kind === "library") {
    if (ask.reset) holdings.clear();
    return { kind: "library", changed: holdings.take(ask.versions) || ask.reset };
  }
  if (ask.kind === "warninglists") {
    const { lists, faults } = warninglistsOf(ask.folder);
    return { kind: "warninglists", known: knownImage(listsAtWork(lists, ask.changes)), faults };
  }
  const builder = new IndicatorBuilder();
  const counts: Record<string, number> = {};
  const faults: Fault[] = [];
  holdings.addTo(builder, ask.now);
  counts.library = builder.size;
  for (const list of ask.lists) {
    const before = builder.size;
    await addList(builder, list, ask.owner, faults);
    counts[list.name] = builder.size - before;
  }
  return { kind: "build", image: builder.build(), counts, faults };
}

async function addList(
  builder: IndicatorBuilder,
  list: IndicatorList,
  owner: OrgId,
  faults: Fault[],
): Promise<void> {
  // What may go to the whole community is told to every member; the rest stays with the centre (TLP 2.0).
  const open = list.marking === "clear" || list.marking === "green";
  const audience = open ? [EVERYONE] : [];
  const groups = new Map(
    INDICATOR_KINDS.map((kind) => {
      const level = list.level ?? levelOf(kind, {});
      return [kind, builder.group({ source: list.name, orgId: owner, tlp: list.marking, audience, level })];
    }),
  );
  let told = 0;
  const fault = (path: string, message: string) => {
    if (++told <= MOST_FAULTS) faults.push({ path, message });
  };
  try {
    for (const file of filesOf(list)) {
      for await (const { line, kind, value } of readEntries(file, list.kind)) {
        const added = builder.add(kind, value, groups.get(kind) ?? 0);
        if (added === "unreadable")
          fault(`${file}:${line}`, `not of the kind ${kind}: ${value.slice(0, 100)}`);
        else if (added === "too-wide")
          fault(`${file}:${line}`, `would meet everything: ${value.slice(0, 100)}`);
      }
    }
  } catch (error) {
    fault(list.path, error instanceof Error ? error.message : "cannot be read");
  }
  if (told > MOST_FAULTS)
    faults.push({ path: list.path, message: `${told - MOST_FAULTS} more entries are left out` });
}

let last: Promise<void> = Promise.resolve();
port.on("message", (ask: BuilderAsk) => {
  last = last.then(async () => {
    try {
      port.postMessage(await answer(ask));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ kind: "failed", message } satisfies BuilderAnswer);
    }
  });
});
