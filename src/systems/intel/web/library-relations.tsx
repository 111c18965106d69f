import { Section, useLanguage, useTexts } from "../../../web/kit.ts";
import type { Neighbours } from "../library/model.ts";
import { ObjectLink } from "./library-parts.tsx";
import { tieNameOf } from "./library-ties.ts";

/** What the object is tied to, both ways, grouped by what the tie says. */
export function Relations({
  of: { nodes, edges, more },
  id,
}: {
  readonly of: Neighbours;
  readonly id: string;
}) {
  const t = useTexts("library");
  const [language] = useLanguage();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const groups = Map.groupBy(edges, (edge) => `${edge.from === id ? "outward" : "inward"} ${edge.label}`);
  return (
    <Section title={t("relations")}>
      {groups.size === 0 && <p className="muted">{t("relations.none")}</p>}
      {more && <p className="muted">{t("relations.more", { count: "1,000" })}</p>}
      {[...groups].map(([key, ties]) => (
        <div key={key}>
          <h3>
            {t(key.startsWith("outward") ? "outward" : "inward")}{" "}
            <span title={ties[0]?.label}>{tieNameOf(ties[0]?.label ?? "", language)}</span>{" "}
            <span className="muted">{ties.length}</span>
          </h3>
          <ul>
            {ties.map((edge) => {
              const other = edge.from === id ? edge.to : edge.from;
              const node = byId.get(other) ?? { id: other, type: other.split("--")[0] ?? "", name: null };
              return (
                <li key={edge.id}>
                  <ObjectLink node={node} />
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </Section>
  );
}
