import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
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
  const open = new Set<ServerResponse>();
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
        // From here on the socket is ours: a page that closes is the normal end of a stream, not an error to answer.
        reply.hijack();
        const answer = reply.raw;
        // The page may have gone while the session was looked up: then no "close" is still to come.
        if (answer.destroyed || answer.socket === null || answer.socket.destroyed) return reply;
        answer.writeHead(200, { ...headersOf(reply), ...STREAM_HEADERS });
        answer.write("retry: 3000\n\n");
        open.add(answer);
        const beat = setInterval(() => answer.write(": still here\n\n"), HEARTBEAT).unref();
        const leave = bus.listen((event) => {
          if (!hears(scope, event)) return;
          if (answer.writableLength > MOST_BEHIND) answer.destroy();
          else answer.write(frame(event));
        });
        answer.once("close", () => {
          clearInterval(beat);
          leave();
          open.delete(answer);
        });
        return reply;
      },
    }),
    stop: () => {
      for (const answer of open) answer.end();
    },
  };
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/** What the hooks before have set, the security headers among them. */
function headersOf(reply: FastifyReply): Record<string, string> {
  const set = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
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
