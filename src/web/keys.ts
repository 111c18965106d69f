import { useEffect, useEffectEvent, useSyncExternalStore } from "react";

/** One key of the page. `label` stands in the help. */
export interface KeyAct {
  /** As `KeyboardEvent.key`, a plain letter or sign. */
  readonly key: string;
  readonly label: string;
  run(): void;
}

interface Layer {
  readonly acts: () => readonly KeyAct[];
}

const layers: Layer[] = [];
const watchers = new Set<() => void>();
let shown: readonly KeyAct[] = [];

function retell(): void {
  const seen = new Map<string, KeyAct>();
  for (const layer of layers) for (const act of layer.acts()) seen.set(act.key, act);
  shown = [...seen.values()];
  for (const watcher of watchers) watcher();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[role=dialog],[role=menu],[role=listbox]") !== null) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName);
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (isTyping(event.target)) return;
  // Enter and Space belong to the button or link that has the focus.
  if (
    event.target instanceof HTMLElement &&
    event.target.closest("a,button,summary") !== null &&
    (event.key === "Enter" || event.key === " ")
  )
    return;
  for (const layer of layers.toReversed()) {
    const act = layer.acts().find((one) => one.key === event.key);
    if (act !== undefined) {
      event.preventDefault();
      act.run();
      return;
    }
  }
}

/** Keys that work while the component is shown and nobody is typing; the latest shown wins. */
export function useKeys(acts: readonly KeyAct[]): void {
  const current = useEffectEvent(() => acts);
  const labels = acts.map((act) => act.key + act.label).join("\n");
  useEffect(() => {
    const layer: Layer = { acts: () => current() };
    if (layers.length === 0) document.addEventListener("keydown", onKey);
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) document.removeEventListener("keydown", onKey);
      retell();
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told anew when the words change.
  useEffect(retell, [labels]);
}

/** The keys that work now, for the help. */
export function useShownKeys(): readonly KeyAct[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => shown,
  );
}
