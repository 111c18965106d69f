import { Tooltip } from "antd";
import { useSyncExternalStore } from "react";
import type { Instant } from "../../core/instant.ts";
import { serverNow } from "../api.ts";
import { useTexts } from "../i18n.ts";
import { agoWords, leftWords, nearness, taipei } from "../time.ts";

const tickers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = serverNow();

function listen(ticker: () => void): () => void {
  if (tickers.size === 0) {
    now = serverNow();
    timer = setInterval(() => {
      now = serverNow();
      for (const tick of tickers) tick();
    }, 1_000);
  }
  tickers.add(ticker);
  return () => {
    tickers.delete(ticker);
    if (tickers.size === 0) clearInterval(timer);
  };
}

/** The node's time in milliseconds, live; `step` is how coarse (1,000 by default), so that little is drawn anew. */
export function useNow(step = 1_000): number {
  return useSyncExternalStore(listen, () => Math.floor(now / step) * step);
}

interface TimeProps {
  readonly at: Instant | null | undefined;
  readonly seconds?: boolean;
  /** Says 5 分鐘前 while it is fresh, the exact time on hover. */
  readonly ago?: boolean;
}

/** An instant as 2026-11-23 14:05 in Asia/Taipei; a dash for none. */
export function Time({ at, seconds = false, ago = false }: TimeProps) {
  const t = useTexts();
  const current = useNow(30_000);
  if (at === null || at === undefined) return <span className="muted">–</span>;
  const exact = taipei(at, seconds);
  const words = ago ? agoWords(at, current, t) : undefined;
  return (
    <Tooltip title={`${taipei(at, true)} ${t("zone")}`} mouseEnterDelay={0.4}>
      <time dateTime={at} className="time">
        {words ?? exact}
      </time>
    </Tooltip>
  );
}

interface TimeLeftProps {
  readonly due: Instant | null | undefined;
  /** When it was done: the countdown stands still and says whether it was in time. */
  readonly done?: Instant | null | undefined;
  readonly soonMinutes?: number;
}

/** 剩 22 分鐘 or 逾期 3 小時, live, by the node's clock; the exact time on hover. */
export function TimeLeft({ due, done, soonMinutes = 60 }: TimeLeftProps) {
  const t = useTexts();
  const current = useNow();
  if (due === null || due === undefined) return <span className="muted">–</span>;
  const exact = `${t("left.due")} ${taipei(due, true)} ${t("zone")}`;
  if (done !== null && done !== undefined) {
    const late = Date.parse(done) > Date.parse(due);
    return (
      <Tooltip title={`${exact}；${t("left.done-at")} ${taipei(done, true)}`}>
        <time dateTime={done} className={late ? "left left-overdue" : "left left-done"}>
          <span aria-hidden="true">{late ? "✕" : "✓"}</span> {t(late ? "left.done-late" : "left.done")}
        </time>
      </Tooltip>
    );
  }
  const near = nearness(due, current, soonMinutes);
  return (
    <Tooltip title={exact}>
      <time dateTime={due} className={`left left-${near}`}>
        <span aria-hidden="true">{near === "overdue" ? "!" : near === "soon" ? "◔" : "○"}</span>{" "}
        {leftWords(due, current, t)}
      </time>
    </Tooltip>
  );
}

/** The wall clock of the top bar. */
export function Clock() {
  const t = useTexts();
  const current = useNow();
  return (
    <time
      className="clock"
      dateTime={new Date(current).toISOString()}
      aria-label={t("clock")}
      role="timer"
      aria-live="off"
    >
      {taipei(current, true)} <span className="muted">{t("zone.short")}</span>
    </time>
  );
}
