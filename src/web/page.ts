import { type ComponentType, type LazyExoticComponent, lazy as lazily } from "react";
import type { Permission } from "../core/access.ts";

export type Loaded<Props = object> = LazyExoticComponent<ComponentType<Props>>;
/** Flat keys (`close.reason`), one table for a language; both languages hold the same keys. */
export type Texts = Readonly<Record<string, string>>;
/** An icon of @ant-design/icons, the component itself: `AlertOutlined`. */
export type Icon = ComponentType<{ className?: string; "aria-hidden"?: "true" }>;

/** A line of the navigation. */
export interface NavEntry {
  /** Text key with its namespace, `detection:nav.alerts`. */
  readonly label: string;
  readonly icon: Icon;
  /** Place in the navigation, small first; the tens tell the group (NAV_GROUPS): home 0, alerts 10, incidents 20. */
  readonly order: number;
  /** Letter after `g` that goes there. Unique over the console. */
  readonly key?: string;
  /** Shown to who holds one of these, where the page itself is open to more. */
  readonly needs?: readonly Permission[];
}

/** The navigation's headings, each with the smallest order that stands under it. What comes before has none. */
export const NAV_GROUPS = [
  { from: 40, label: "kit:nav.group.intel" },
  { from: 50, label: "kit:nav.group.detection" },
  { from: 80, label: "kit:nav.group.members" },
  { from: 90, label: "kit:nav.group.platform" },
] as const;

/** One address of the console. `$name` in the path is a parameter, read with `useParam("name")`. */
export interface Page {
  readonly path: string;
  readonly needs: Permission;
  readonly component: Loaded;
  /** Text key of the document's title; the label of `nav` otherwise. */
  readonly title?: string;
  readonly nav?: NavEntry;
}

/** A card of the home page: what this person must do now. It renders nothing to do as one quiet line. */
export interface HomeCard {
  readonly id: string;
  readonly needs: Permission;
  /** Small first. Clocks that run out come before queues (10), queues before readings (50). */
  readonly order: number;
  readonly component: Loaded;
}

/** One line of the palette's answer. */
export interface Hit {
  readonly title: string;
  readonly detail?: string;
  readonly to: string;
}

/** Finds things for the palette (Ctrl-K). Rejects quietly when `signal` aborts. */
export interface SearchProvider {
  /** Text key of the group's heading. */
  readonly label: string;
  readonly needs: Permission;
  find(text: string, signal: AbortSignal): Promise<readonly Hit[]>;
}

/** What a system brings to the console: the default shape of `src/systems/<name>/web/index.ts`. */
export interface WebDoor {
  /** Namespace of its texts: `namespace:key`. */
  readonly namespace: string;
  readonly texts: { readonly zh: Texts; readonly en: Texts };
  readonly pages: readonly Page[];
  readonly home?: readonly HomeCard[];
  readonly search?: readonly SearchProvider[];
}

/** Declares a page. */
export function definePage(page: Page): Page {
  return page;
}

/** Declares what a system brings to the console. */
export function defineDoor(door: WebDoor): WebDoor {
  return door;
}

/** A component in a file of its own, fetched when first shown; the file exports it as `default`. */
export function lazy<Props = object>(load: () => Promise<{ default: ComponentType<Props> }>): Loaded<Props> {
  return lazily(load);
}
