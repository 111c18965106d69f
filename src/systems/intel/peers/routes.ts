import { z } from "zod";
import { PageQuery, pageFrom, pageOf } from "../../../core/page.ts";
import { Problem } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import { type Route, route } from "../../../platform/http/route.ts";
import type { Jobs } from "../../../platform/jobs/job.ts";
import { PeerFault } from "../taxii/client.ts";
import { DOMAIN } from "../taxii/domain.ts";
import { locateServer } from "../taxii/locate.ts";
import { fetchesOf, ownCollections } from "./collections.ts";
import { compareWith } from "./compare.ts";
import { clientOf, type ExchangeParts } from "./connection.ts";
import {
  CollectionFetches,
  Difference,
  Found,
  NewPeer,
  OwnCollection,
  Peer,
  PeerChange,
  PeerDetail,
  PeerTest,
} from "./model.ts";
import { PeerStore } from "./peer-store.ts";

const Id = z.object({ id: z.uuid() });
const PEER = "/api/v1/peers/:id";

/** The job that exchanges; sent with `{peerId}` it runs one peer at once. */
export const PEERS_JOB = "intel.peers";

/** Peers of the node: seen by those who see the platform, changed by its administrators. */
export function peerRoutes(parts: ExchangeParts, jobs: Jobs, exchangeScope: () => Promise<Scope>): Route[] {
  const store = (work: ConstructorParameters<typeof PeerStore>[0]) => new PeerStore(work, parts.nodeKey);
  return [
    route({
      id: "peers.list",
      method: "GET",
      path: "/api/v1/peers",
      summary: "Whom the node exchanges intelligence with, and how it goes",
      needs: "platform:read",
      query: PageQuery,
      response: pageOf(Peer),
      handler: ({ query, within }) => within(async (work) => pageFrom(await store(work).list(), query)),
    }),
    route({
      id: "peers.collections",
      method: "GET",
      path: "/api/v1/peers/collections",
      summary: "The node's own collections and what is in each",
      needs: "platform:read",
      query: PageQuery,
      response: pageOf(OwnCollection),
      handler: ({ query, within }) => within(async (work) => pageFrom(await ownCollections(work), query)),
    }),
    route({
      id: "peers.fetches",
      method: "GET",
      path: "/api/v1/peers/collections/:id/fetches",
      summary: "Who fetched from one of the node's collections, when and how far",
      needs: "platform:read",
      params: Id,
      response: CollectionFetches,
      handler: ({ params, within }) => within((work) => fetchesOf(work, params.id)),
    }),
    route({
      id: "peers.test",
      method: "POST",
      path: "/api/v1/peers/test",
      summary: "Asks a peer's discovery what it offers, with a login that is given or kept",
      needs: "platform:manage",
      body: PeerTest,
      response: Found,
      async handler({ body, within }) {
        const peer =
          "peerId" in body
            ? await within(async (work) => {
                const { row, login } = await store(work).working(body.peerId);
                return { url: row.url, login };
              })
            : body;
        return told(async () => {
          const url = DOMAIN.test(peer.url) ? await locateServer(peer.url) : peer.url;
          return discover(parts, { ...peer, url });
        });
      },
    }),
    route({
      id: "peers.add",
      method: "POST",
      path: "/api/v1/peers",
      summary: "Adds a peer; its login is encrypted and never shown again",
      needs: "platform:manage",
      body: NewPeer,
      response: z.object({ id: z.uuid() }),
      status: 201,
      handler: async ({ body, within }) => ({ id: await within((work) => store(work).add(body)) }),
    }),
    route({
      id: "peers.peer",
      method: "GET",
      path: PEER,
      summary: "One peer with its last runs",
      needs: "platform:read",
      params: Id,
      response: PeerDetail,
      handler: ({ params, within }) =>
        within(async (work) => ({
          ...(await store(work).get(params.id)),
          runs: await store(work).runs(params.id),
        })),
    }),
    route({
      id: "peers.change",
      method: "PATCH",
      path: PEER,
      summary: "Changes a peer, pauses it or lets it go on; lines that stay go on where they were",
      needs: "platform:manage",
      params: Id,
      body: PeerChange,
      response: z.void(),
      handler: ({ params, body, within }) => within((work) => store(work).change(params.id, body)),
    }),
    route({
      id: "peers.remove",
      method: "DELETE",
      path: PEER,
      summary: "Ends the exchange with a peer; what came from it stays in the library",
      needs: "platform:manage",
      params: Id,
      response: z.void(),
      handler: ({ params, within }) => within((work) => store(work).remove(params.id)),
    }),
    route({
      id: "peers.run",
      method: "POST",
      path: `${PEER}/run`,
      summary: "Exchanges with a peer at once",
      needs: "platform:manage",
      params: Id,
      response: z.void(),
      async handler({ params, within }) {
        await within(async (work) => {
          const { name } = await store(work).get(params.id);
          work.audit({ action: "intel.peer-run", subject: params.id, detail: { name } });
        });
        await jobs.send(PEERS_JOB, { peerId: params.id }, { once: params.id });
      },
    }),
    route({
      id: "peers.compare",
      method: "POST",
      path: `${PEER}/compare`,
      summary: "Holds the manifests of both sides against each other; with mend, brings them together",
      needs: "platform:manage",
      params: Id,
      body: z.object({ mend: z.boolean().default(false) }),
      response: z.object({ lines: z.array(Difference) }),
      async handler({ params, body, within }) {
        await within(async (work) => {
          await store(work).get(params.id);
          work.audit({ action: "intel.peer-compare", subject: params.id, detail: { mend: body.mend } });
        });
        return {
          lines: await told(async () => compareWith(parts, await exchangeScope(), params.id, body.mend)),
        };
      },
    }),
  ];
}

async function discover(parts: ExchangeParts, peer: Parameters<typeof clientOf>[1]): Promise<Found> {
  const client = clientOf({ ...parts, tries: 1 }, peer);
  const roots: Found["roots"] = [];
  for (const root of await client.apiRoots()) {
    const collections = await client.collections(root);
    roots.push({
      title: root.title,
      collections: collections.map((each) => ({
        rootUrl: root.url,
        maxContentLength: root.maxContentLength,
        collectionUrl: each.url,
        collectionId: each.id,
        title: each.title,
        canRead: each.canRead,
        canWrite: each.canWrite,
      })),
    });
  }
  return { url: peer.url, roots };
}

/** What a peer did wrong, in words, is the caller's answer. */
async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof PeerFault) throw new Problem("intel.peer-fault", { detail: error.message });
    throw error;
  }
}
