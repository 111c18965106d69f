import type { Edge, GraphNode } from "../library/model.ts";

/** A picture of fewer nodes is read at a glance and folds nothing. */
const CALM = 30;
/** Fewer of a kind are shown one by one. */
const LEAST = 6;

/** Many nodes of one type that are tied to one other node, all in the same way, drawn as one. */
export interface Fold {
  readonly key: string;
  readonly type: string;
  readonly count: number;
  /** The node that they are tied to, whether it points at them, and how. */
  readonly hub: string;
  readonly outward: boolean;
  readonly label: string;
}

export interface Folded {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly Edge[];
  readonly folds: readonly Fold[];
}

/**
 * A graph with what hangs on one node only drawn together by type and tie, so that hundreds of neighbours stay legible;
 * `open` names the folds that are shown node by node, `id` the node that always stands for itself.
 */
export function foldedGraph(
  nodes: readonly GraphNode[],
  edges: readonly Edge[],
  { id, open }: { readonly id: string; readonly open: ReadonlySet<string> },
): Folded {
  if (nodes.length <= CALM) return { nodes, edges, folds: [] };
  const ties = new Map<string, Edge[]>();
  const note = (node: string, edge: Edge) => ties.set(node, [...(ties.get(node) ?? []), edge]);
  for (const edge of edges) {
    note(edge.from, edge);
    if (edge.to !== edge.from) note(edge.to, edge);
  }
  const groups = Map.groupBy(nodes, (node) => {
    const [only, ...others] = ties.get(node.id) ?? [];
    if (node.id === id || only === undefined || others.length > 0 || only.from === only.to) return "";
    const outward = only.to === node.id;
    return [outward ? only.from : only.to, outward ? "to" : "from", only.label, node.type].join(" ");
  });
  const folds: Fold[] = [];
  const gone = new Set<string>();
  for (const [key, members] of groups) {
    const [first] = members;
    const tie = first === undefined ? undefined : ties.get(first.id)?.[0];
    if (key === "" || first === undefined || tie === undefined) continue;
    if (members.length < LEAST || open.has(key)) continue;
    const outward = tie.to === first.id;
    for (const member of members) gone.add(member.id);
    folds.push({
      key,
      type: first.type,
      count: members.length,
      hub: outward ? tie.from : tie.to,
      outward,
      label: tie.label,
    });
  }
  return {
    nodes: nodes.filter((node) => !gone.has(node.id)),
    edges: edges.filter((edge) => !gone.has(edge.from) && !gone.has(edge.to)),
    folds,
  };
}
