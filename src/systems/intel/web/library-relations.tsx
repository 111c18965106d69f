import { Button } from "antd";
import { useState } from "react";
import { Go, Section, useLanguage, useTexts } from "../../../web/kit.ts";
import type { Edge, GraphNode, Neighbours } from "../library/model.ts";
import { ObjectLink, objectPath } from "./library-parts.tsx";
import { tieNameOf } from "./library-ties.ts";

/** So many of a group stand at once; a group of hundreds is asked for. */
const FIRST = 10;

interface Tie {
  readonly edge: Edge;
  readonly node: Pick<GraphNode, "id" | "type" | "name">;
}

/** Those that are in sight first, by type and name. */
function inOrder(ties: readonly Tie[]): Tie[] {
  const key = ({ node }: Tie) => `${node.name === null ? "1" : "0"} ${node.type} ${node.name ?? node.id}`;
  return ties.toSorted((one, other) => key(one).localeCompare(key(other), undefined, { numeric: true }));
}

function Group({ ties, outward }: { readonly ties: readonly Tie[]; readonly outward: boolean }) {
  const t = useTexts("library");
  const [language] = useLanguage();
  const [whole, setWhole] = useState(false);
  const label = ties[0]?.edge.label ?? "";
  return (
    <div>
      <h3>
        {t(outward ? "outward" : "inward")} <span title={label}>{tieNameOf(label, language)}</span>{" "}
        <span className="muted">{ties.length}</span>
      </h3>
      <ul>
        {(whole ? ties : ties.slice(0, FIRST)).map(({ edge, node }) => (
          <li key={edge.id}>
            <ObjectLink node={node} />
            {edge.kind === "relationship" && (
              <>
                {" "}
                <Go to={objectPath(edge.id)} className="muted small">
                  {t("relation.open")}
                </Go>
              </>
            )}
          </li>
        ))}
      </ul>
      {ties.length > FIRST && (
        <Button size="small" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? t("relations.fewer") : t("relations.all", { count: ties.length })}
        </Button>
      )}
    </div>
  );
}

/** What the object is tied to, both ways, grouped by what the tie says. */
export function Relations({
  of: { nodes, edges, more },
  id,
}: {
  readonly of: Neighbours;
  readonly id: string;
}) {
  const t = useTexts("library");
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const groups = Map.groupBy(edges, (edge) => `${edge.from === id ? "outward" : "inward"} ${edge.label}`);
  const tieOf = (edge: Edge): Tie => {
    const other = edge.from === id ? edge.to : edge.from;
    return { edge, node: byId.get(other) ?? { id: other, type: other.split("--")[0] ?? "", name: null } };
  };
  return (
    <Section title={t("relations")}>
      {groups.size === 0 && <p className="muted">{t("relations.none")}</p>}
      {more && <p className="muted">{t("relations.more", { count: "1,000" })}</p>}
      {[...groups].map(([key, ties]) => (
        <Group key={key} ties={inOrder(ties.map(tieOf))} outward={key.startsWith("outward")} />
      ))}
    </Section>
  );
}
