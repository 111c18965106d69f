import { Problem } from "../../../core/problem.ts";
import { may, type Scope } from "../../../core/scope.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { Route } from "../../../platform/http/route.ts";
import { DeliveryStore } from "../delivery-store.ts";
import {
  type Collection,
  type CollectionObject,
  CollectionStore,
  type ObjectPage,
} from "./collection-store.ts";
import { FetchLog } from "./fetch-log.ts";
import { readFilter, type TaxiiFilter, writeNext } from "./filter.ts";
import { STIX_TYPE, TAXII_TYPE } from "./media-type.ts";
import { API_ROOT, collectionOf, inRoot, type TaxiiCall, taxii } from "./route.ts";
import { microseconds } from "./timestamp.ts";
import { writeRoutes } from "./write-routes.ts";

/** The TAXII 2.1 server (sections 4 and 5). Every answer and every refusal is of its media type. */
export function taxiiRoutes(config: Config): Route[] {
  const fetches = new FetchLog();
  const routes = [
    taxii("discovery", "GET", "/taxii2/", "Server discovery", async () => ({
      title: `${config.node.name} TAXII`,
      description: "聯防 threat intelligence released by this node",
      default: `/taxii2/${API_ROOT}/`,
      api_roots: [`/taxii2/${API_ROOT}/`],
    })),
    inRoot("api-root", "GET", "", "API root information", async () => ({
      title: config.node.name,
      versions: [TAXII_TYPE],
      max_content_length: config.intel.maxContentLength,
    })),
    inRoot("collections", "GET", "collections/", "Collections", async (call) => {
      const all = await call.within((work) => new CollectionStore(work).list());
      return all.length === 0 ? {} : { collections: all.map((each) => present(each, call.scope)) };
    }),
    inRoot("collection", "GET", "collections/:collectionId/", "One collection", async (call) =>
      present(await call.within((work) => collectionOf(work, call)), call.scope),
    ),
    inRoot("objects", "GET", "collections/:collectionId/objects/", "Objects of a collection", (call) =>
      objects(call, readFilter(call.query, addressOf(call)), fetches),
    ),
    inRoot(
      "object",
      "GET",
      "collections/:collectionId/objects/:objectId/",
      "One object, in one or more versions",
      (call) => objects(call, oneObject(call)),
    ),
    inRoot(
      "manifest",
      "GET",
      "collections/:collectionId/manifest/",
      "What a collection holds, without the objects",
      manifest,
    ),
    inRoot(
      "versions",
      "GET",
      "collections/:collectionId/objects/:objectId/versions/",
      "Versions of an object",
      versions,
    ),
    ...writeRoutes(config.intel.maxContentLength),
  ];
  return [...routes, ...elsewhere(routes)];
}

/**
 * What is no address of ours below /taxii2/ is refused there as everything is (section 3.6.1): 404, or 405 where the
 * address is one and takes other methods.
 */
function elsewhere(routes: readonly Route[]): Route[] {
  const known = routes.map(({ method, path }) => ({ method, steps: stepsOf(path) }));
  return (["GET", "POST", "PUT", "PATCH", "DELETE"] as const).map((method) => {
    const nothing = taxii(
      `nothing-${method.toLowerCase()}`,
      method,
      "/taxii2/*",
      "Nothing is here",
      async ({ request, reply }) => {
        const asked = stepsOf(request.url.split("?", 1)[0] ?? "");
        const taken = known.filter(({ steps }) => fits(asked, steps)).map((each) => each.method);
        // One that does take the method, and came here all the same, has a name longer than any of ours.
        if (taken.length === 0 || taken.includes(method)) throw new Problem("http.not-found");
        reply.header("allow", allowed(taken));
        throw new Problem("http.method", { detail: `here are ${allowed(taken)}` });
      },
    );
    return {
      ...nothing,
      hidden: true,
      ...(method === "GET" || method === "DELETE" ? {} : { rawBody: true }),
    };
  });
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "");
}

function fits(asked: readonly string[], steps: readonly string[]): boolean {
  if (asked.length !== steps.length || (asked.length > 1 && asked[1] !== API_ROOT)) return false;
  return steps.every((step, at) => step.startsWith(":") || step === asked[at]);
}

function allowed(methods: readonly string[]): string {
  return [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(
    ", ",
  );
}

function present(collection: Collection, scope: Scope) {
  return {
    id: collection.id,
    title: collection.title,
    description: collection.description,
    alias: collection.alias,
    can_read: true,
    can_write: collection.takesPushes && may(scope, "taxii:write"),
    media_types: [STIX_TYPE],
  };
}

/** Of a single object only its versions are filtered (sections 5.6 and 5.8). */
function oneObject(call: TaxiiCall): TaxiiFilter {
  const { types: _, ...filter } = readFilter(call.query, addressOf(call));
  return { ...filter, ids: [call.params["objectId"] ?? ""] };
}

/** The address without its filters; what a `next` is good for. */
function addressOf({ request }: TaxiiCall): string {
  return stepsOf(request.url.split("?", 1)[0] ?? "").join("/");
}

async function read(
  call: TaxiiCall,
  filter: TaxiiFilter,
  receipt: boolean,
  fetches?: FetchLog,
): Promise<ObjectPage> {
  const [page, { beganAt }] = await call.within(async (work): Promise<[ObjectPage, Collection]> => {
    const store = new CollectionStore(work);
    const collection = await collectionOf(work, call);
    const { id } = collection;
    if (call.params["objectId"] !== undefined) await store.requireObject(id, call.params["objectId"]);
    const found = await store.page(id, filter);
    // A HEAD gives nobody anything.
    if (!receipt || call.request.method !== "GET") return [found, collection];
    await new DeliveryStore(work).record(found.objects.flatMap(itemOf));
    const { more, objects } = found;
    const lastAdded = objects.at(-1)?.dateAdded;
    await fetches?.note(work, { collectionId: id, objects: objects.length, lastAdded, more });
    return [found, collection];
  });
  // Section 3.2 wants both headers of every answer. Without objects they keep a client where it is: at what it asked to
  // see the rest of, or at the beginning of the collection, before which nothing was added.
  const empty = filter.addedAfter === undefined ? beganAt : microseconds(filter.addedAfter);
  call.reply.header("x-taxii-date-added-first", page.objects[0]?.dateAdded ?? empty);
  call.reply.header("x-taxii-date-added-last", page.objects.at(-1)?.dateAdded ?? empty);
  return page;
}

function itemOf(object: CollectionObject) {
  return object.itemId === null ? [] : [{ itemId: object.itemId, revision: object.revision }];
}

/** The envelope (section 3.7), put together as text so that every object leaves byte for byte as it came. */
async function objects(call: TaxiiCall, filter: TaxiiFilter, fetches?: FetchLog): Promise<Buffer> {
  const page = await read(call, filter, true, fetches);
  const last = page.objects.at(-1);
  if (last === undefined) return Buffer.from("{}");
  const rest = page.more ? `"more":true,"next":${JSON.stringify(writeNext(last.seq, filter))},` : "";
  return Buffer.from(`{${rest}"objects":[${page.objects.map((object) => object.document).join(",")}]}`);
}

async function manifest(call: TaxiiCall): Promise<object> {
  const filter = readFilter(call.query, addressOf(call));
  const page = await read(call, filter, false);
  if (page.objects.length === 0) return {};
  return {
    ...more(page, filter),
    objects: page.objects.map((object) => ({
      id: object.id,
      date_added: object.dateAdded,
      version: object.version,
      media_type: STIX_TYPE,
    })),
  };
}

async function versions(call: TaxiiCall): Promise<object> {
  const filter: TaxiiFilter = { ...oneObject(call), versions: ["all"] };
  const page = await read(call, filter, false);
  if (page.objects.length === 0) return {};
  return { ...more(page, filter), versions: page.objects.map((object) => object.version) };
}

/** `next` is an extra of ours for manifests and versions; a client that knows only `more` goes on by added_after. */
function more(page: ObjectPage, filter: TaxiiFilter): object {
  const last = page.objects.at(-1);
  return page.more && last !== undefined ? { more: true, next: writeNext(last.seq, filter) } : {};
}
