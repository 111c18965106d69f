import { type MappingAlgorithm, type ThemeConfig, theme } from "antd";
import { useSyncExternalStore } from "react";
import { kept } from "./kept.ts";

export type Light = "dark" | "light";
export type LookChoice = Light | "system";
export const LOOK_CHOICES: readonly LookChoice[] = ["system", "dark", "light"];

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans TC", "Noto Sans CJK TC", "PingFang TC", "Microsoft JhengHei", sans-serif';
const MONO =
  'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono", "Noto Sans Mono CJK TC", monospace';

/** The few colours of the surface; kit.css holds the same under the same names. */
const SURFACES = {
  dark: {
    page: "#111315",
    surface: "#17191c",
    raised: "#1f2226",
    line: "#30353b",
    ink: "#e8eaed",
    inkHover: "#cfd3d8",
    quiet: "#a6adb5",
    marked: "#262a30",
    bad: "#ff8f85",
  },
  light: {
    page: "#f6f6f4",
    surface: "#ffffff",
    raised: "#ffffff",
    line: "#d9dad6",
    ink: "#1a1d20",
    inkHover: "#3a4046",
    quiet: "#575e66",
    marked: "#e6e7e3",
    bad: "#b3261e",
  },
} as const;

/** Ant Design in our few colours: ink on a quiet surface, no colour of its own. */
export function antdTheme(light: Light): ThemeConfig {
  const { page, surface, raised, line, ink, inkHover, quiet, marked, bad } = SURFACES[light];
  // The palette that antd derives from a primary colour would tint or grey our ink.
  const inked: MappingAlgorithm = (seed, map) => ({
    ...(light === "dark" ? theme.darkAlgorithm(seed, map) : theme.defaultAlgorithm(seed)),
    colorPrimary: ink,
    colorPrimaryHover: inkHover,
    colorPrimaryActive: inkHover,
    colorPrimaryBorder: quiet,
    colorPrimaryBg: marked,
    colorPrimaryBgHover: marked,
    colorError: bad,
    colorErrorHover: bad,
    colorErrorActive: bad,
    colorErrorText: bad,
    colorErrorBorder: bad,
    colorErrorBorderHover: bad,
    colorInfo: ink,
  });
  return {
    algorithm: inked,
    token: {
      colorPrimary: ink,
      colorInfo: ink,
      colorLink: ink,
      colorError: bad,
      colorBgBase: page,
      colorBgLayout: page,
      colorBgContainer: surface,
      colorBgElevated: raised,
      colorBorder: light === "dark" ? "#5b636c" : "#8b9199",
      colorBorderSecondary: line,
      colorText: ink,
      colorTextSecondary: quiet,
      colorTextPlaceholder: quiet,
      colorTextLightSolid: surface,
      colorWhite: surface,
      controlOutline: "transparent",
      fontFamily: FONT,
      fontFamilyCode: MONO,
      fontSize: 14,
      borderRadius: 5,
      controlHeight: 32,
      controlHeightSM: 26,
      wireframe: false,
      // Menus and dialogs stand at once: a press in the middle of a movement would miss, and a weak machine stutters.
      motion: false,
    },
    components: {
      Tooltip: {
        colorBgSpotlight: light === "dark" ? "#e8eaed" : "#1a1d20",
        colorTextLightSolid: light === "dark" ? "#17191c" : "#ffffff",
      },
      Button: { primaryShadow: "none", defaultShadow: "none", dangerShadow: "none", fontWeight: 500 },
    },
  };
}

const system = matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

function choiceKept(): LookChoice {
  const choice = kept.read("look");
  return choice === "dark" || choice === "light" ? choice : "system";
}

let choice = choiceKept();

function lightOf(): Light {
  return choice === "system" ? (system.matches ? "dark" : "light") : choice;
}

function apply(): void {
  document.documentElement.dataset.light = lightOf();
  for (const watcher of watchers) watcher();
}

system.addEventListener("change", apply);

/** Puts the light on before the first paint. */
export function startLook(): void {
  apply();
}

export function chooseLook(next: LookChoice): void {
  choice = next;
  kept.write("look", next);
  apply();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function useLight(): Light {
  return useSyncExternalStore(watch, lightOf);
}

export function useLookChoice(): LookChoice {
  return useSyncExternalStore(watch, () => choice);
}

const phone = matchMedia("(max-width: 599px)");

/** Whether the screen is a phone's: lists become cards, the navigation a bar at the bottom. */
export function usePhone(): boolean {
  return useSyncExternalStore(
    (watcher) => {
      phone.addEventListener("change", watcher);
      return () => phone.removeEventListener("change", watcher);
    },
    () => phone.matches,
  );
}
