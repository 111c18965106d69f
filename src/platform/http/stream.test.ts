import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import Fastify from "fastify";
import type { Scope } from "../../core/scope.ts";
import type { Delivered } from "../outbox/subscriber.ts";
import { testScope } from "../records/testing.ts";
import { hears, streamRoute } from "./stream.ts";

const EVENT: Delivered = {
  id: "1",
  at: "2026-11-23T00:00:00.000Z",
  topic: "alerts.raised",
  subject: "a",
  marked: { orgId: "0190a000-0000-7000-8000-00000000000a", tlp: "amber", audience: [] },
  data: { secret: "never sent" },
};

test("an event is heard by who may read the system and see the row, and by nobody else", () => {
  const own = { orgId: EVENT.marked.orgId, permissions: ["alerts:read"] } as const;
  assert.equal(hears(testScope(own), EVENT), true);
  assert.equal(hears(testScope({ ...own, permissions: ["incidents:read"] }), EVENT), false);
  assert.equal(hears(testScope({ permissions: ["alerts:read"] }), EVENT), false);
  assert.equal(hears(testScope({ ...own, clearance: "green" }), EVENT), false);
});

test("a stream ends with its reader, also with one that left before it began", async () => {
  const listeners = new Set<(event: Delivered) => void>();
  const { route, stop } = streamRoute({
    listen: (handler) => {
      listeners.add(handler);
      return () => listeners.delete(handler);
    },
  });
  const scope: Scope = testScope({ orgId: EVENT.marked.orgId, permissions: ["alerts:read", "self:use"] });
  const app = Fastify({ forceCloseConnections: true });
  const gone = Promise.withResolvers<void>();
  const handled = Promise.withResolvers<void>();
  app.get("/late", async (incoming, reply) => {
    // The reader leaves while the handler is still on its way.
    incoming.raw.socket.once("close", () => gone.resolve());
    await gone.promise;
    const answer = await route.handler({ scope, reply } as Parameters<typeof route.handler>[0]);
    handled.resolve();
    return answer;
  });
  app.get("/live", (_incoming, reply) =>
    route.handler({ scope, reply } as Parameters<typeof route.handler>[0]),
  );
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  try {
    const early = request(`${url}/late`).on("error", () => undefined);
    early.end();
    early.once("socket", (socket) => socket.once("connect", () => setImmediate(() => early.destroy())));
    await handled.promise;
    assert.equal(listeners.size, 0, "nobody listens for a reader who is gone");

    const abort = new AbortController();
    const live = await fetch(`${url}/live`, { signal: abort.signal });
    const reader = (live.body ?? assert.fail("no body")).getReader();
    await reader.read();
    assert.equal(listeners.size, 1);
    for (const tell of listeners) tell(EVENT);
    const text = new TextDecoder().decode((await reader.read()).value);
    assert.match(text, /"topic":"alerts.raised"/);
    assert.ok(!text.includes("never sent"));
    abort.abort();
    while (listeners.size > 0) await new Promise((next) => setImmediate(next));
  } finally {
    stop();
    await app.close();
  }
});
