import { PassThrough } from "node:stream";
import { z } from "zod";
import { PERMISSIONS, type Permission } from "../../core/access.ts";
import { may, type Scope, sees, visibleTo } from "../../core/scope.ts";
import type { Bus, Delivered } from "../outbox/subscriber.ts";
import { type Route, route } from "./route.ts";

const HEARTBEAT = 15_000;
/** A reader that falls this many bytes behind is let go; its client reconnects and reloads. */
const MOST_BEHIND = 1_048_576;

/** Live events as server-sent events (HTML standard, section 9.2): what commits from now on and the scope may see. */
export function streamRoute(bus: Bus): { route: Route; stop: () => void } {
  const open = new Set<PassThrough>();
  return {
    route: route({
      id: "stream",
      method: "GET",
      path: "/api/v1/stream",
      summary: "Live events the caller may see, as text/event-stream",
      needs: "self:use",
      response: z.unknown(),
      produces: ["text/event-stream"],
      handler: async ({ scope, reply }) => {
        const stream = new PassThrough();
        open.add(stream);
        const beat = setInterval(() => stream.write(": still here\n\n"), HEARTBEAT);
        const leave = bus.listen((event) => {
          if (!hears(scope, event)) return;
          if (stream.writableLength > MOST_BEHIND) stream.destroy();
          else stream.write(frame(event));
        });
        stream.on("close", () => {
          clearInterval(beat);
          leave();
          open.delete(stream);
        });
        stream.write("retry: 3000\n\n");
        reply
          .header("content-type", "text/event-stream; charset=utf-8")
          .header("cache-control", "no-store")
          .header("x-accel-buffering", "no");
        return reply.send(stream);
      },
    }),
    stop: () => {
      for (const stream of open) stream.end();
    },
  };
}

/** An event is heard when its row is visible and the system's reading right is held. */
export function hears(scope: Scope, event: Delivered): boolean {
  return may(scope, readingRight(event.topic)) && sees(visibleTo(scope), event.marked);
}

function readingRight(topic: string): Permission {
  const wanted = `${topic.split(".")[0]}:read`;
  return PERMISSIONS.find((permission) => permission === wanted) ?? "platform:read";
}

function frame(event: Delivered): string {
  const { id, topic, subject, at } = event;
  return `id: ${id}\nevent: change\ndata: ${JSON.stringify({ id, topic, subject, at })}\n\n`;
}
