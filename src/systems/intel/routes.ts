import { z } from "zod";
import { PageQuery, pageOf } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { tlpOfRank } from "../../core/tlp.ts";
import { type Route, route } from "../../platform/http/route.ts";
import type { Work } from "../../platform/records/work.ts";
import { itemsCsv } from "./csv.ts";
import { DeliveryStore } from "./delivery-store.ts";
import { type ItemRecord, ItemStore } from "./item-store.ts";
import {
  Approval,
  Delivery,
  IntelState,
  ItemChange,
  ItemDetail,
  ItemFilter,
  ItemRow,
  NewItem,
  Preview,
  Reason,
  Released,
  ReleasedFilter,
} from "./model.ts";
import { leaksOf } from "./outgoing.ts";
import { ReleaseStore } from "./release-store.ts";
import {
  approveItem,
  draftItem,
  editItem,
  rejectItem,
  releaseItem,
  submitItem,
  withdrawItem,
} from "./review.ts";
import { recipientFaults } from "./rules.ts";
import { isJsonObject, isList, type Json } from "./stix/json.ts";
import type { WarninglistChecker } from "./warninglists/checker.ts";

const Id = z.object({ id: z.uuid() });
const ITEM = "/api/v1/intel/items/:id";

export function intelRoutes(warninglists: WarninglistChecker): Route[] {
  return [...itemRoutes(), ...reviewRoutes(warninglists), ...releasedRoutes()];
}

function itemRoutes(): Route[] {
  return [
    route({
      id: "intel.items",
      method: "GET",
      path: "/api/v1/intel/items",
      summary: "Items of the caller's organisations, newest first",
      needs: "intel:read",
      query: ItemFilter,
      response: pageOf(ItemRow),
      handler: ({ query, within }) => within((work) => new ItemStore(work).list(query)),
    }),
    route({
      id: "intel.items-export",
      method: "GET",
      path: "/api/v1/intel/items/export",
      summary: "The same list whole, as CSV",
      needs: "intel:read",
      query: ItemFilter.omit({ limit: true, cursor: true }),
      response: z.unknown(),
      produces: ["text/csv"],
      async handler({ query, within, reply }) {
        const rows = await within(async (work) => {
          const all: ItemRow[] = [];
          for await (const row of new ItemStore(work).all(query)) all.push(row);
          work.audit({ action: "intel.export", subject: "items", detail: { rows: all.length } });
          return all;
        });
        reply.header("content-type", "text/csv; charset=utf-8");
        reply.header("content-disposition", 'attachment; filename="intel-items.csv"');
        return Buffer.from(itemsCsv(rows));
      },
    }),
    route({
      id: "intel.draft",
      method: "POST",
      path: "/api/v1/intel/items",
      summary: "Drafts an item by hand",
      needs: "intel:write",
      body: NewItem,
      response: z.object({ id: z.uuid() }),
      status: 201,
      handler: ({ body, scope, within }) => {
        const { orgId, secrets, ...item } = body;
        const given = Object.fromEntries(
          Object.entries(secrets ?? {}).filter(([, words]) => words !== undefined),
        );
        return within((work) => draftItem(work, { ...item, orgId: orgId ?? scope.orgId, secrets: given }));
      },
    }),
    route({
      id: "intel.item",
      method: "GET",
      path: ITEM,
      summary: "One item with its steps",
      needs: "intel:read",
      params: Id,
      response: ItemDetail,
      handler: ({ params, within }) => within((work) => new ItemStore(work).detail(params.id)),
    }),
    route({
      id: "intel.edit",
      method: "PATCH",
      path: ITEM,
      summary: "Changes a draft",
      needs: "intel:write",
      params: Id,
      body: ItemChange,
      response: ItemDetail,
      handler: ({ params, body, within }) =>
        within((work) => then(work, params.id, editItem(work, params.id, body))),
    }),
    route({
      id: "intel.deliveries",
      method: "GET",
      path: `${ITEM}/deliveries`,
      summary: "Who fetched the item, and when first",
      needs: "intel:read",
      params: Id,
      query: PageQuery,
      response: pageOf(Delivery),
      handler: ({ params, query, within }) =>
        within(async (work) => {
          await new ItemStore(work).record(params.id);
          return new DeliveryStore(work).list(params.id, query);
        }),
    }),
  ];
}

function reviewRoutes(warninglists: WarninglistChecker): Route[] {
  return [
    route({
      id: "intel.preview",
      method: "GET",
      path: `${ITEM}/preview`,
      summary: "Exactly what would leave, and what was taken out",
      needs: "intel:read",
      params: Id,
      response: Preview,
      handler: ({ params, within }) =>
        within(async (work) => preview(work, await new ItemStore(work).record(params.id), warninglists)),
    }),
    route({
      id: "intel.submit",
      method: "POST",
      path: `${ITEM}/submit`,
      summary: "Sends a draft to review",
      needs: "intel:write",
      params: Id,
      response: ItemDetail,
      handler: ({ params, within }) => within((work) => then(work, params.id, submitItem(work, params.id))),
    }),
    route({
      id: "intel.approve",
      method: "POST",
      path: `${ITEM}/approve`,
      summary: "Approves what the preview showed, and releases it",
      needs: "intel:approve",
      params: Id,
      body: Approval,
      response: ItemDetail,
      handler: ({ params, body, within }) =>
        within((work) => then(work, params.id, approveItem(work, params.id, body))),
    }),
    route({
      id: "intel.release",
      method: "POST",
      path: `${ITEM}/release`,
      summary: "Releases an item that was approved and held",
      needs: "intel:approve",
      params: Id,
      response: ItemDetail,
      handler: ({ params, within }) => within((work) => then(work, params.id, releaseItem(work, params.id))),
    }),
    route({
      id: "intel.reject",
      method: "POST",
      path: `${ITEM}/reject`,
      summary: "Sends an item back to its writer with a reason",
      needs: "intel:approve",
      params: Id,
      body: Reason,
      response: ItemDetail,
      handler: ({ params, body, within }) =>
        within((work) => then(work, params.id, rejectItem(work, params.id, body.reason))),
    }),
    route({
      id: "intel.withdraw",
      method: "POST",
      path: `${ITEM}/withdraw`,
      summary: "Takes a released item back with a revoked version of its objects",
      needs: "intel:approve",
      params: Id,
      body: Reason,
      response: ItemDetail,
      handler: ({ params, body, within }) =>
        within((work) => then(work, params.id, withdrawItem(work, params.id, body.reason))),
    }),
  ];
}

function releasedRoutes(): Route[] {
  return [
    route({
      id: "intel.released",
      method: "GET",
      path: "/api/v1/intel/released",
      summary: "Items released to the caller's organisation",
      needs: "intel:read",
      query: ReleasedFilter,
      response: pageOf(Released),
      handler: ({ query, within }) => within((work) => new ReleaseStore(work).list(query)),
    }),
    route({
      id: "intel.released-item",
      method: "GET",
      path: "/api/v1/intel/released/:id",
      summary: "One released item; reading it is noted as its delivery",
      needs: "intel:read",
      params: Id,
      response: Released,
      handler: ({ params, within }) =>
        within(async (work) => {
          const { bundle: _, ...released } = await receive(work, params.id);
          return released;
        }),
    }),
    route({
      id: "intel.released-bundle",
      method: "GET",
      path: "/api/v1/intel/released/:id/bundle",
      summary: "Its STIX 2.1 bundle, byte for byte as it was approved",
      needs: "intel:read",
      params: Id,
      response: z.unknown(),
      produces: ["application/stix+json;version=2.1"],
      async handler({ params, within, reply }) {
        const { bundle } = await within((work) => receive(work, params.id));
        reply.header("content-type", "application/stix+json;version=2.1");
        reply.header("content-disposition", `attachment; filename="${params.id}.json"`);
        return Buffer.from(bundle);
      },
    }),
  ];
}

async function then(work: Work, id: string, act: Promise<void>): Promise<ItemDetail> {
  await act;
  return new ItemStore(work).detail(id);
}

async function receive(work: Work, id: string) {
  const released = await new ReleaseStore(work).get(id);
  const items = [{ itemId: id, revision: released.withdrawnAt === null ? 1 : 2 }];
  await new DeliveryStore(work).record(items);
  return released;
}

async function preview(work: Work, row: ItemRecord, warninglists: WarninglistChecker): Promise<Preview> {
  const tlp = tlpOfRank(row.tlp);
  const bundle: Json = JSON.parse(row.bundle);
  const objects =
    isJsonObject(bundle) && bundle["objects"] !== undefined && isList(bundle["objects"])
      ? bundle["objects"]
      : [];
  if (objects.length === 0) throw new Problem("http.internal", { detail: "the stored bundle is empty" });
  return {
    itemId: row.id,
    state: IntelState.parse(row.state),
    tlp,
    recipients: row.recipients,
    before: { title: row.title, description: row.description },
    after: { title: row.out_title, description: row.out_description },
    bundle: row.bundle,
    sha256: row.bundle_sha256,
    objectCount: objects.length,
    removed: row.removed,
    leaks: await leaksOf(work, row),
    faults: recipientFaults(tlp, row.recipients),
    warnings: warninglists.warnings(row.out_indicators),
  };
}
