import type { Readable } from "node:stream";
import { z } from "zod";
import { pageOf } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import { type Route, route } from "../../../platform/http/route.ts";
import type { Work } from "../../../platform/records/work.ts";
import { faultOf, refusal } from "../reasons/model.ts";
import { schemaRefusals } from "../reasons/schema.ts";
import { checkText, entriesOf, heldList, listsOf, rowOf, takingOf } from "./catalog.ts";
import type { WarninglistChecker } from "./checker.ts";
import { readWarninglist, type WarninglistFile, writeWarninglist } from "./list.ts";
import {
  CheckAnswer,
  CheckText,
  EntryQuery,
  LARGEST_WARNINGLIST,
  SwitchWarninglist,
  TakenWarninglist,
  TakeQuery,
  WarninglistEntry,
  WarninglistFilter,
  WarninglistKey,
  WarninglistRow,
} from "./model.ts";
import { WarninglistStore } from "./store.ts";

const LISTS = "/api/v1/intel/warninglists";
const LIST = `${LISTS}/:key`;
const Key = z.object({ key: WarninglistKey });
/** Heard by whoever keeps the lists in a form of its own. */
const CHANGED = "intel.warninglists-changed";

type Checker = WarninglistChecker<WarninglistFile>;

/** What no indicator is by itself (mission I10). Everybody who is signed in may look; the administrator decides. */
export function warninglistRoutes(checker: Checker): Route[] {
  return [...readingRoutes(checker), ...decidingRoutes(checker)];
}

function readingRoutes(checker: Checker): Route[] {
  return [
    route({
      id: "warninglists.list",
      method: "GET",
      path: LISTS,
      summary: "Warninglists with what they cover, and which are switched off",
      needs: "self:use",
      query: WarninglistFilter,
      response: pageOf(WarninglistRow),
      async handler({ query, within }) {
        const decisions = await within((work) => new WarninglistStore(work).decisions());
        return listsOf(checker, decisions, query);
      },
    }),
    route({
      id: "warninglists.get",
      method: "GET",
      path: LIST,
      summary: "One warninglist",
      needs: "self:use",
      params: Key,
      response: WarninglistRow,
      async handler({ params, within }) {
        const held = heldList(checker, params.key);
        return rowOf(held, await within((work) => new WarninglistStore(work).decisions()));
      },
    }),
    route({
      id: "warninglists.entries",
      method: "GET",
      path: `${LIST}/entries`,
      summary: "The entries of a warninglist in its own order, or those that contain a text",
      needs: "self:use",
      params: Key,
      query: EntryQuery,
      response: pageOf(WarninglistEntry),
      handler: async ({ params, query }) => entriesOf(heldList(checker, params.key).list, query),
    }),
    route({
      id: "warninglists.file",
      method: "GET",
      path: `${LIST}/file`,
      summary: "The list as a file in MISP's form",
      needs: "self:use",
      params: Key,
      response: z.unknown(),
      produces: ["application/json"],
      async handler({ params, reply }) {
        const { list } = heldList(checker, params.key);
        reply.header("content-type", "application/json; charset=utf-8");
        reply.header("content-disposition", `attachment; filename="warninglist-${params.key}.json"`);
        return Buffer.from(writeWarninglist(list));
      },
    }),
    route({
      id: "warninglists.check",
      method: "POST",
      path: `${LISTS}/check`,
      summary: "Which lists know each of the values, and by which entry",
      needs: "self:use",
      body: CheckText,
      response: CheckAnswer,
      handler: async ({ body }) => checkText(checker, body.text),
    }),
  ];
}

function decidingRoutes(checker: Checker): Route[] {
  /** Commits, then puts what was decided to work. */
  const decide = async (
    within: <T>(run: (work: Work) => Promise<T>) => Promise<T>,
    run: (store: WarninglistStore, work: Work) => Promise<void>,
  ) => {
    const changes = await within(async (work) => {
      const store = new WarninglistStore(work);
      await run(store, work);
      work.emit({
        topic: CHANGED,
        subject: "warninglists",
        marked: { orgId: work.scope.orgId, tlp: "clear", audience: [] },
        data: {},
      });
      return store.changes();
    });
    await checker.change(changes);
  };
  return [
    route({
      id: "warninglists.switch",
      method: "PUT",
      path: `${LIST}/state`,
      summary: "Switches a list off or on for the whole node, with a reason",
      needs: "platform:manage",
      params: Key,
      body: SwitchWarninglist,
      response: WarninglistRow,
      async handler({ params, body, within }) {
        const { key, list } = heldList(checker, params.key);
        if (body.off && body.reason === "")
          throw new Problem("http.invalid", {
            faults: [{ path: "body.reason", message: "say why the list is switched off" }],
          });
        await decide(within, async (store, work) => {
          await store.switch(key, list.name, body);
          work.audit({
            action: body.off ? "intel.warninglist-off" : "intel.warninglist-on",
            subject: key,
            detail: { name: list.name, reason: body.reason },
          });
        });
        return rowOf(heldList(checker, key), await within((work) => new WarninglistStore(work).decisions()));
      },
    }),
    route({
      id: "warninglists.take",
      method: "POST",
      path: LISTS,
      summary: "Takes a list in MISP's form in, in the place of one of the same name; dry=true only tells",
      needs: "platform:manage",
      query: TakeQuery,
      rawBody: true,
      bodyLimit: LARGEST_WARNINGLIST,
      response: TakenWarninglist,
      async handler({ query, within, request }) {
        const text = await textOf(request.body as Readable);
        const list = listOf(text);
        const taking = await takingOf(checker, list);
        if (taking.unusable === taking.entries)
          throw new Problem("http.invalid", {
            detail: "not one entry of the list can be used",
            faults: taking.faults.map(faultOf),
          });
        if (!query.dry)
          await decide(within, async (store, work) => {
            await store.take(taking.key, list.name, writeWarninglist(list));
            const { name, version, entries, unusable } = taking;
            work.audit({
              action: "intel.warninglist-taken-in",
              subject: taking.key,
              detail: { name, version: version ?? 0, entries, unusable },
            });
          });
        return taking;
      },
    }),
    route({
      id: "warninglists.remove",
      method: "DELETE",
      path: LIST,
      summary: "Takes a list out that was taken in; a folder's list of the same name is at work again",
      needs: "platform:manage",
      params: Key,
      response: z.void(),
      async handler({ params, within }) {
        const { key, list } = heldList(checker, params.key);
        await decide(within, async (store, work) => {
          await store.remove(key);
          work.audit({ action: "intel.warninglist-removed", subject: key, detail: { name: list.name } });
        });
      },
    }),
  ];
}

async function textOf(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += (part as Buffer).length;
    if (size > LARGEST_WARNINGLIST) throw new Problem("http.too-large");
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}

/** Problem http.invalid with the path of each fault of the file. */
function listOf(text: string): WarninglistFile {
  try {
    const list = readWarninglist(text);
    if (list.entries.length > 0) return list;
    throw new Problem("http.invalid", {
      faults: [faultOf(refusal("list", "warninglist list", "entry-none"))],
    });
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new Problem("http.invalid", {
        detail: "the file is no warninglist in MISP's form",
        faults: schemaRefusals(error, "", "warninglist", 50).map(faultOf),
      });
    if (error instanceof SyntaxError)
      throw new Problem("http.invalid", {
        detail: "the file is no JSON",
        faults: [
          faultOf(refusal("file", "json syntax", "list-unreadable", { fault: error.message.slice(0, 300) })),
        ],
      });
    throw error;
  }
}
