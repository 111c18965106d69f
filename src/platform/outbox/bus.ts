import type { Log } from "../log/log.ts";
import type { Bus, Delivered } from "./subscriber.ts";

/** The in-memory bus; `tell` is for the outbox only. A listener that throws harms nobody else. */
export function liveBus(log: Log): Bus & { tell(event: Delivered): void } {
  const handlers = new Set<{ handle: (event: Delivered) => void }>();
  return {
    listen(handle) {
      const entry = { handle };
      handlers.add(entry);
      return () => handlers.delete(entry);
    },
    tell(event) {
      for (const { handle } of [...handlers]) {
        try {
          handle(event);
        } catch (error) {
          log.error({ err: error, topic: event.topic }, "a live listener failed");
        }
      }
    },
  };
}
