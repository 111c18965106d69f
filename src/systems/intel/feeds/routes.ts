import { z } from "zod";
import { pageOf } from "../../../core/page.ts";
import { type Route, route } from "../../../platform/http/route.ts";
import type { FeedRunner } from "./feed-runner.ts";
import { FeedStore } from "./feed-store.ts";
import { Feed, FeedChange, FeedFilter, FeedRun, NewFeed } from "./model.ts";

const Id = z.object({ id: z.uuid() });
const FEEDS = "/api/v1/intel/feeds";
const FEED = `${FEEDS}/:id`;

export function feedRoutes(runner: FeedRunner): Route[] {
  return [
    route({
      id: "intel.feeds",
      method: "GET",
      path: FEEDS,
      summary: "Feeds of the caller's organisations, and how their last run went",
      needs: "intel:read",
      query: FeedFilter,
      response: pageOf(Feed),
      handler: ({ query, within }) => within((work) => new FeedStore(work).list(query)),
    }),
    route({
      id: "intel.feed-add",
      method: "POST",
      path: FEEDS,
      summary: "Adds a feed; it begins paused, to be previewed first",
      needs: "intel:write",
      body: NewFeed,
      response: Feed,
      status: 201,
      handler: ({ body, within }) => within((work) => new FeedStore(work).add(body, runner.nodeKey)),
    }),
    route({
      id: "intel.feed",
      method: "GET",
      path: FEED,
      summary: "One feed",
      needs: "intel:read",
      params: Id,
      response: Feed,
      handler: ({ params, within }) => within((work) => new FeedStore(work).get(params.id)),
    }),
    route({
      id: "intel.feed-change",
      method: "PATCH",
      path: FEED,
      summary: "Changes a feed, pauses it or lets it run",
      needs: "intel:write",
      params: Id,
      body: FeedChange,
      response: Feed,
      handler: ({ params, body, within }) =>
        within((work) => new FeedStore(work).change(params.id, body, runner.nodeKey)),
    }),
    route({
      id: "intel.feed-run",
      method: "POST",
      path: `${FEED}/run`,
      summary: "Asks the feed now and stores what is new",
      needs: "intel:write",
      params: Id,
      response: FeedRun,
      perMinute: 30,
      handler: async ({ params, within }) => {
        await within((work) => new FeedStore(work).own(params.id));
        return runner.run(params.id);
      },
    }),
    route({
      id: "intel.feed-preview",
      method: "POST",
      path: `${FEED}/preview`,
      summary: "Asks the feed now for a preview that nobody has stored yet",
      needs: "intel:write",
      params: Id,
      response: FeedRun,
      perMinute: 30,
      handler: async ({ params, within }) => {
        await within((work) => new FeedStore(work).own(params.id));
        return runner.run(params.id, true);
      },
    }),
    route({
      id: "intel.feed-remove",
      method: "DELETE",
      path: FEED,
      summary: "Asks the feed no more; what came of it stays",
      needs: "intel:write",
      params: Id,
      response: z.void(),
      handler: ({ params, within }) => within((work) => new FeedStore(work).remove(params.id)),
    }),
  ];
}
