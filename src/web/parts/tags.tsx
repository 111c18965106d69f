import type { ReactNode } from "react";
import { type Tlp, tlpLabel } from "../../core/tlp.ts";
import { useTexts } from "../i18n.ts";

export type Severity = "info" | "low" | "medium" | "high" | "critical";
const SEVERITIES: readonly Severity[] = ["info", "low", "medium", "high", "critical"];

function Bars({ filled }: { readonly filled: number }) {
  return (
    <svg className="bars" width="14" height="12" viewBox="0 0 14 12" aria-hidden="true">
      {[0, 1, 2, 3].map((bar) => (
        <rect
          key={bar}
          x={bar * 3.6}
          y={9 - bar * 3}
          width="2.6"
          height={3 + bar * 3}
          rx="0.6"
          opacity={bar < filled ? 1 : 0.22}
        />
      ))}
    </svg>
  );
}

/** How bad an alert is: bars, colour and word. */
export function SeverityTag({ severity }: { readonly severity: Severity }) {
  const t = useTexts();
  return (
    <span className={`tag severity-${severity}`}>
      <Bars filled={SEVERITIES.indexOf(severity)} />
      {t(`severity.${severity}`)}
    </span>
  );
}

const LEVEL_COLOURS = ["info", "low", "medium", "high", "critical"] as const;

/** Level of an incident, 1 to 4; 0 or null: not graded yet. */
export function LevelTag({ level }: { readonly level: number | null | undefined }) {
  const t = useTexts();
  const known = level === null || level === undefined || level < 1 ? 0 : Math.min(4, level);
  return (
    <span className={`tag level severity-${LEVEL_COLOURS[known] ?? "info"}`}>
      <Bars filled={known} />
      {known === 0 ? t("level.none") : t("level", { level: known })}
    </span>
  );
}

export type Tone = "waiting" | "active" | "done" | "bad" | "quiet";
const SHAPES: Readonly<Record<Tone, string>> = { waiting: "○", active: "◐", done: "●", bad: "✕", quiet: "–" };

/** A state: its shape says the kind (○ waits, ◐ under way, ● done, ✕ failed, – at rest), the word which one. */
export function StateTag({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span className={`tag state-${tone}`}>
      <span className="shape" aria-hidden="true">
        {SHAPES[tone]}
      </span>
      {children}
    </span>
  );
}

/** The marking in the colours and the lettering of TLP 2.0 (FIRST, 2022): on black, never coloured alone. */
export function TlpTag({ tlp }: { readonly tlp: Tlp }) {
  const t = useTexts();
  return (
    <span className={`tlp tlp-${tlp.replace("+", "-")}`} title={t(`tlp.${tlp}`)}>
      {tlpLabel(tlp)}
    </span>
  );
}
