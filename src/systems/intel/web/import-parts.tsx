import { StateTag, type Tone, useTexts } from "../../../web/kit.ts";
import type { Feed } from "../feeds/model.ts";
import { type ImportState, UPLOADS_SOURCE } from "../imports/model.ts";

export const IMPORTS = "/api/v1/intel/imports";
export const FEEDS = "/api/v1/intel/feeds";

const TONES: Readonly<Record<ImportState, Tone>> = {
  reading: "active",
  previewed: "waiting",
  storing: "active",
  stored: "done",
  undoing: "active",
  undone: "quiet",
  dropped: "quiet",
  failed: "bad",
};

export function ImportStateTag({ state }: { readonly state: ImportState }) {
  const t = useTexts("intel");
  return <StateTag tone={TONES[state]}>{t(`imported.${state}`)}</StateTag>;
}

/** Where what was uploaded comes from; the name that the node itself gives is in the language of the screen. */
export function sourceName(t: ReturnType<typeof useTexts>, name: string): string {
  return name === UPLOADS_SOURCE ? t("source.uploads") : name;
}

/** Who imported: an account's name, or the command line over the node's local socket. */
export function byName(t: ReturnType<typeof useTexts>, by: string): string {
  return by === "local" ? t("imports.by.local") : by;
}

export function FeedStateTag({ feed }: { readonly feed: Feed }) {
  const t = useTexts("intel");
  if (feed.running) return <StateTag tone="active">{t("feed.running")}</StateTag>;
  return feed.paused ? (
    <StateTag tone="quiet">{t("feed.paused")}</StateTag>
  ) : (
    <StateTag tone="done">{t("feed.on")}</StateTag>
  );
}

export function FeedResultTag({ feed }: { readonly feed: Feed }) {
  const t = useTexts("intel");
  if (feed.lastResult === null) return <span className="muted">—</span>;
  const tone = { imported: "done", unchanged: "quiet", failed: "bad" } as const;
  return <StateTag tone={tone[feed.lastResult]}>{t(`feed.${feed.lastResult}`)}</StateTag>;
}

/** 1.4 MB */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB"];
  const at = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${(bytes / 1000 ** at).toFixed(at === 0 ? 0 : 1)} ${units[at]}`;
}
