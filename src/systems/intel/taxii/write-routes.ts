import { Readable } from "node:stream";
import { Problem } from "../../../core/problem.ts";
import { may } from "../../../core/scope.ts";
import { gunzipped, isGzip } from "../../../platform/http/gzip.ts";
import type { Route } from "../../../platform/http/route.ts";
import type { Work } from "../../../platform/records/work.ts";
import { CollectionStore } from "./collection-store.ts";
import { readFilter } from "./filter.ts";
import { receiveObjects } from "./inbox.ts";
import { isTaxiiContent, TAXII_TYPE } from "./media-type.ts";
import { PushRoom, readPush } from "./pushed.ts";
import { collectionOf, inRoot, type TaxiiCall } from "./route.ts";
import { StatusStore } from "./status-store.ts";

/** Bytes of pushes that may be on their way at once. */
const LEAST_ROOM = 64 * 2 ** 20;

/** What changes a collection: adding objects, their status, deleting (TAXII 2.1 sections 4.3, 5.5 and 5.7). */
export function writeRoutes(maxContentLength: number): Route[] {
  const room = new PushRoom(Math.max(LEAST_ROOM, 2 * maxContentLength));
  return [
    {
      ...inRoot(
        "add-objects",
        "POST",
        "collections/:collectionId/objects/",
        "Adds objects to a collection that takes them",
        (call) => addObjects(call, room, maxContentLength),
        "taxii:write",
      ),
      rawBody: true,
    },
    inRoot(
      "status",
      "GET",
      "status/:statusId/",
      "What became of a push",
      async (call) => {
        const id = call.params["statusId"] ?? "";
        return Buffer.from(await call.within((work) => new StatusStore(work).get(id)));
      },
      "taxii:write",
    ),
    inRoot(
      "delete-object",
      "DELETE",
      "collections/:collectionId/objects/:objectId/",
      "Deletes an object that the caller's organisation pushed, in all or the named versions",
      deleteObject,
      "taxii:write",
    ),
  ];
}

async function addObjects(call: TaxiiCall, room: PushRoom, most: number): Promise<object> {
  const { request, within } = call;
  if (!isTaxiiContent(request.headers["content-type"])) {
    throw new Problem("http.media-type", { detail: `this takes ${TAXII_TYPE}` });
  }
  const collection = async (work: Work) => (await writable(work, call)).id;
  await within(collection);
  const encoding = request.headers["content-encoding"];
  // A refusal says what is taken (RFC 9110 section 15.5.16).
  if (encoding !== undefined) call.reply.header("accept-encoding", "gzip");
  const raw = request.body instanceof Readable ? request.body : Readable.from([]);
  const packed = isGzip(request);
  const status = await room.hold(
    packed ? gunzipped(raw) : raw,
    { most, announced: packed ? undefined : request.headers["content-length"] },
    async (whole) => receiveObjects({ within, collection }, (await readPush(whole)).parts()),
  );
  call.reply.status(202);
  return status;
}

/** Without match[version] every version goes. The answer has no body. */
async function deleteObject(call: TaxiiCall): Promise<Buffer> {
  if (!may(call.scope, "taxii:read"))
    throw new Problem("http.forbidden", { detail: "deleting needs taxii:read and taxii:write" });
  const { types: _types, ids: _ids, ...filter } = readFilter(call.query);
  const versions = call.query["match[version]"] === undefined ? (["all"] as const) : filter.versions;
  await call.within(async (work) => {
    const { id: collectionId } = await writable(work, call);
    const objectId = call.params["objectId"] ?? "";
    const deleted = await new CollectionStore(work).remove(collectionId, objectId, { ...filter, versions });
    work.audit({ action: "taxii.delete", subject: objectId, detail: { collectionId, versions: deleted } });
  });
  return Buffer.alloc(0);
}

/** The collection of the address; 403 where the caller may read it and nobody may write (section 5.5). */
async function writable(work: Work, call: TaxiiCall) {
  const collection = await collectionOf(work, call);
  if (!collection.takesPushes) throw new Problem("http.forbidden", { detail: "can_write is false" });
  return collection;
}
