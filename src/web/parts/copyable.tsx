import { CheckOutlined, CopyOutlined, FilterOutlined } from "@ant-design/icons";
import { type ReactNode, useEffect, useState } from "react";
import { addressOf } from "../api.ts";
import { useTexts } from "../i18n.ts";
import { useGo } from "../route.tsx";

/** Where "filter for this" leads: a list and the filter's name. */
export interface FilterFor {
  readonly to: string;
  readonly name: string;
}

/** Puts text on the clipboard; false where the browser forbids it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // An address without TLS has no clipboard; the old way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const t = useTexts();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const name = copied
    ? t("copied")
    : (label ?? t("copy", { text: text.length > 40 ? `${text.slice(0, 40)}…` : text }));
  return (
    <button
      type="button"
      className="tiny"
      title={name}
      aria-label={name}
      onClick={() => void copyText(text).then(setCopied)}
    >
      {copied ? <CheckOutlined aria-hidden="true" /> : <CopyOutlined aria-hidden="true" />}
    </button>
  );
}

interface CopyableProps {
  readonly text: string;
  readonly filter?: FilterFor | undefined;
  /** What is shown instead of the text itself. */
  readonly children?: ReactNode;
}

/** A value that can be copied and, where a list knows it, filtered for. */
export function Copyable({ text, filter, children }: CopyableProps) {
  const t = useTexts();
  const go = useGo();
  const name = t("filter-for", { text });
  return (
    <span className="copyable">
      {children ?? <span className="mono">{text}</span>}
      <span className="tinies">
        <CopyButton text={text} />
        {filter !== undefined && (
          <button
            type="button"
            className="tiny"
            title={name}
            aria-label={name}
            onClick={() => go(addressOf(filter.to, { [filter.name]: text }))}
          >
            <FilterOutlined aria-hidden="true" />
          </button>
        )}
      </span>
    </span>
  );
}
