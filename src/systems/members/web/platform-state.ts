/** What GET /api/v1/platform tells. */
export interface PlatformState {
  readonly version: string;
  readonly node: { readonly name: string; readonly tier: string; readonly sectors: readonly string[] };
  readonly runtime: string;
  readonly startedAt: string;
  readonly memoryBytes: number;
  readonly records: { readonly dialect: string };
  readonly events: {
    readonly dialect: string;
    readonly tables: readonly { readonly table: string; readonly rows: number; readonly bytes: number }[];
  };
  readonly mailConfigured: boolean;
  readonly parts: readonly { readonly part: string; readonly ready: boolean; readonly reason?: string }[];
}

export const PLATFORM = "/api/v1/platform";

export type PlatformStanding = "ready" | "attention" | "not-ready";

/** How the node stands as a whole: broken with a part that does not work, to be looked at when no mail would leave. */
export function standingOf({
  parts,
  mailConfigured,
}: Pick<PlatformState, "parts" | "mailConfigured">): PlatformStanding {
  if (parts.some(({ ready }) => !ready)) return "not-ready";
  return mailConfigured ? "ready" : "attention";
}

/** 1.4 GB; decimal units, as disks are sold. */
export function bytesWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}
