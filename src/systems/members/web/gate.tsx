import type { ReactNode } from "react";
import { Preferences, useTexts } from "../../../web/kit.ts";

/** The quiet page before the console: brand, one box, light and language. */
export function GateBox({
  title,
  why,
  children,
}: {
  readonly title: string;
  readonly why?: string;
  readonly children: ReactNode;
}) {
  const t = useTexts();
  return (
    <main className="gate" id="gate">
      <div className="gate-brand">
        <span className="brand-mark" aria-hidden="true">
          {t("product").slice(0, 1)}
        </span>
        <strong>{t("product.long")}</strong>
      </div>
      <div className="gate-box">
        <div>
          <h1>{title}</h1>
          {why !== undefined && <p className="muted">{why}</p>}
        </div>
        {children}
      </div>
      <div className="gate-prefs">
        <Preferences />
      </div>
    </main>
  );
}
