import { type ReactNode, useId } from "react";
import { useTexts } from "../i18n.ts";
import { Go } from "../route.tsx";
import { Copyable, type FilterFor } from "./copyable.tsx";

export function Kbd({ children }: { readonly children: string }) {
  return <kbd className="kbd">{children}</kbd>;
}

interface SectionProps {
  readonly title: string;
  readonly side?: ReactNode;
  readonly children: ReactNode;
}

/** A named part of a page. */
export function Section({ title, side, children }: SectionProps) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <header className="section-head">
        <h2 id={id}>{title}</h2>
        {side}
      </header>
      {children}
    </section>
  );
}

/** One fact at the side of a page. */
export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
  /** Text for the clipboard, and for the filter. */
  readonly copy?: string | null | undefined;
  readonly filter?: FilterFor;
}

/** Facts as names and values; what is unknown is a dash. */
export function Facts({ of }: { readonly of: readonly Fact[] }) {
  return (
    <dl className="facts">
      {of.map(({ label, value, copy, filter }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>
            {value === null || value === undefined || value === "" ? (
              <span className="muted">–</span>
            ) : typeof copy === "string" && copy !== "" ? (
              <Copyable text={copy} filter={filter}>
                {value}
              </Copyable>
            ) : (
              value
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface HomeBoxProps {
  readonly title: string;
  /** How many wait; 0 turns the card into one quiet line. */
  readonly count?: number | undefined;
  readonly to: string;
  readonly children?: ReactNode;
}

/** A card of the home page: a heading that leads to the whole list, how many there are, the few that press. */
export function HomeBox({ title, count, to, children }: HomeBoxProps) {
  const t = useTexts();
  return (
    <section className={count === 0 ? "home-box home-quiet" : "home-box"}>
      <header>
        <h2>
          <Go to={to}>{title}</Go>
        </h2>
        {count !== undefined && (
          <span className="home-count">{count === 0 ? t("home.none") : count.toLocaleString("en")}</span>
        )}
      </header>
      {count !== 0 && children}
    </section>
  );
}

interface SmallTableProps {
  readonly heads: readonly string[];
  /** Rows. */
  readonly children: ReactNode;
}

/** A table within a page, as wide as its words; what is wider than the page scrolls. */
export function SmallTable({ heads, children }: SmallTableProps) {
  return (
    <div className="table-auto">
      <table className="table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
