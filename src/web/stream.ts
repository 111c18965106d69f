import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

/** Something that happened, as the stream tells it; the thing itself is fetched by who may see it. */
export interface StreamEvent {
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly at: string;
}

/** Whether a topic is meant by a wish: the same, or below a prefix that ends in a dot. */
export function topicFits(wish: string, topic: string): boolean {
  return wish.endsWith(".") ? topic.startsWith(wish) : wish === topic;
}

/** The event that a message of the stream holds; undefined for anything else. */
export function eventOf(data: string): StreamEvent | undefined {
  try {
    const { id, topic, subject, at } = JSON.parse(data) as Partial<StreamEvent>;
    if (typeof id !== "string" || typeof topic !== "string") return undefined;
    return { id, topic, subject: String(subject ?? ""), at: String(at ?? "") };
  } catch {
    return undefined;
  }
}

export type Connection = "closed" | "opening" | "open" | "lost";

const handlers = new Set<(event: StreamEvent) => void>();
const resumed = new Set<() => void>();
const watchers = new Set<() => void>();
let source: EventSource | undefined;
let state: Connection = "closed";
let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;

function become(next: Connection): void {
  if (state === next) return;
  state = next;
  for (const watcher of watchers) watcher();
}

function connect(): void {
  timer = undefined;
  const opened = new EventSource("/api/v1/stream");
  source = opened;
  opened.onopen = () => {
    // What happened while nobody listened is not told again: whoever shows it looks anew.
    if (failures > 0) for (const tell of resumed) tell();
    failures = 0;
    become("open");
  };
  opened.addEventListener("change", (message: MessageEvent<string>) => {
    const event = eventOf(message.data);
    if (event !== undefined) for (const handler of handlers) handler(event);
  });
  opened.onerror = () => {
    opened.close();
    if (source !== opened) return;
    failures += 1;
    become("lost");
    timer = setTimeout(connect, Math.min(30_000, 500 * 2 ** failures));
  };
}

/** Opens the one connection of this page; the shell does so once somebody is signed in. */
export function openStream(): () => void {
  become("opening");
  connect();
  return () => {
    source?.close();
    source = undefined;
    clearTimeout(timer);
    failures = 0;
    become("closed");
  };
}

/** Hears of events whose topic fits one of `topics` (`alerts.raised`, or `alerts.` for all of them). */
export function useStream(topics: readonly string[], handler: (event: StreamEvent) => void): void {
  const handle = useEffectEvent((event: StreamEvent) => {
    if (topics.some((wish) => topicFits(wish, event.topic))) handler(event);
  });
  useEffect(() => {
    const listen = (event: StreamEvent) => handle(event);
    handlers.add(listen);
    return () => {
      handlers.delete(listen);
    };
  }, []);
}

/** Runs when the stream is back after a loss: what is shown may have grown old meanwhile. */
export function useResumed(handler: () => void): void {
  const handle = useEffectEvent(handler);
  useEffect(() => {
    const listen = () => handle();
    resumed.add(listen);
    return () => {
      resumed.delete(listen);
    };
  }, []);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => state,
  );
}
