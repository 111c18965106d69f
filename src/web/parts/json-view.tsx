import { useTexts } from "../i18n.ts";
import { CopyButton } from "./copyable.tsx";

const MANY = 200;

function Leaf({ value }: { readonly value: unknown }) {
  const text = JSON.stringify(value) ?? "undefined";
  return <span className={typeof value === "string" ? "json-text" : "json-value"}>{text}</span>;
}

function Node({
  name,
  value,
  depth,
}: {
  readonly name?: string;
  readonly value: unknown;
  readonly depth: number;
}) {
  const t = useTexts();
  const label = name === undefined ? null : <span className="json-name">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className="json-leaf">
        {label}
        <Leaf value={value} />
      </div>
    );
  }
  const entries = Array.isArray(value)
    ? value.map((one, index): [string, unknown] => [String(index), one])
    : Object.entries(value);
  const brackets = Array.isArray(value) ? "[]" : "{}";
  if (entries.length === 0) {
    return (
      <div className="json-leaf">
        {label}
        {brackets}
      </div>
    );
  }
  return (
    <details open={depth < 2}>
      <summary>
        {label}
        <span className="muted">
          {brackets[0]}
          {entries.length}
          {brackets[1]}
        </span>
      </summary>
      <div className="json-below">
        {entries.slice(0, MANY).map(([key, one]) => (
          <Node key={key} name={key} value={one} depth={depth + 1} />
        ))}
        {entries.length > MANY && <p className="muted">{t("json.more", { count: entries.length - MANY })}</p>}
      </div>
    </details>
  );
}

/** A JSON value as a tree that folds; the whole can be copied. */
export function JsonView({ value }: { readonly value: unknown }) {
  const t = useTexts();
  return (
    <div className="json">
      <div className="json-copy">
        <CopyButton text={JSON.stringify(value, null, 2) ?? ""} label={t("json.copy")} />
      </div>
      <Node value={value} depth={0} />
    </div>
  );
}
