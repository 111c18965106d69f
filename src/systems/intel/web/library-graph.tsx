import { Button, Checkbox } from "antd";
import cytoscape, { type Core, type ElementDefinition } from "cytoscape";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, useLanguage, useTexts } from "../../../web/kit.ts";
import type { Edge, GraphNode, Neighbours } from "../library/model.ts";
import { foldedGraph } from "./library-folds.ts";
import { LIBRARY, ObjectLink, TypeName, useTypeName } from "./library-parts.tsx";
import { tieNameOf } from "./library-ties.ts";

/** More nodes than these are a tangle that says nothing. */
const MOST_NODES = 300;
const LONGEST_NAME = 28;

interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly edges: ReadonlyMap<string, Edge>;
}

function joined(graph: Graph, more: Neighbours): Graph {
  const nodes = new Map(graph.nodes);
  for (const node of more.nodes) if (nodes.size < MOST_NODES && !nodes.has(node.id)) nodes.set(node.id, node);
  const edges = new Map(graph.edges);
  for (const edge of more.edges) if (nodes.has(edge.from) && nodes.has(edge.to)) edges.set(edge.id, edge);
  return { nodes, edges };
}

function short(text: string): string {
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}…` : text;
}

/** Kinds of things by their outline, beside the word of the type. */
function shapeOf(type: string) {
  if (/^(?:indicator|attack-pattern|x-mitre-tactic)$/.test(type)) return "diamond" as const;
  if (/^(?:malware|tool|malware-analysis|infrastructure)$/.test(type)) return "hexagon" as const;
  if (/^(?:threat-actor|intrusion-set|campaign|incident)$/.test(type)) return "triangle" as const;
  if (/^(?:report|note|opinion|grouping|course-of-action|observed-data)$/.test(type))
    return "rectangle" as const;
  return type === "vulnerability" ? ("octagon" as const) : ("ellipse" as const);
}

/** The colours of the page, so that the graph is of the same light or dark. */
function coloursOf(box: HTMLElement) {
  const style = getComputedStyle(box);
  return { text: style.color, ground: style.backgroundColor };
}

interface GraphProps {
  readonly id: string;
  readonly first: Neighbours;
  readonly open: (id: string) => void;
}

/** What objects are tied to, as a picture that grows by choosing a node, and as a table that says the same. */
export default function LibraryGraph({ id, first, open }: GraphProps) {
  const t = useTexts("library");
  const [language] = useLanguage();
  const typeName = useTypeName();
  const box = useRef<HTMLDivElement>(null);
  const core = useRef<Core>(undefined);
  const [graph, setGraph] = useState<Graph>(() => joined({ nodes: new Map(), edges: new Map() }, first));
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState<string>(id);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const types = useMemo(
    () => [...new Set([...graph.nodes.values()].map(({ type }) => type))].sort(),
    [graph],
  );
  const shown = useMemo(() => {
    const nodes = [...graph.nodes.values()].filter((node) => node.id === id || !hidden.includes(node.type));
    const ids = new Set(nodes.map((node) => node.id));
    return { nodes, edges: [...graph.edges.values()].filter(({ from, to }) => ids.has(from) && ids.has(to)) };
  }, [graph, hidden, id]);
  const drawn = useMemo(
    () => foldedGraph(shown.nodes, shown.edges, { id, open: opened }),
    [shown, opened, id],
  );

  useEffect(() => {
    if (box.current === null) return;
    const { text, ground } = coloursOf(box.current);
    const made = cytoscape({
      container: box.current,
      wheelSensitivity: 0.3,
      style: [
        {
          selector: "node",
          style: {
            label: "data(label)",
            color: text,
            "font-size": 11,
            "text-valign": "bottom",
            "text-wrap": "wrap",
            "text-margin-y": 3,
            "text-background-color": ground,
            "text-background-opacity": 0.85,
            "text-background-padding": "1px",
            "min-zoomed-font-size": 6,
            shape: "data(shape)" as "ellipse",
            "background-color": ground,
            "border-color": text,
            "border-width": 1.5,
            width: 22,
            height: 22,
          },
        },
        { selector: "node[?centre]", style: { "border-width": 4, width: 30, height: 30 } },
        {
          selector: "node[?fold]",
          style: { width: 46, height: 26, "border-style": "double", "border-width": 4 },
        },
        { selector: "node[!seen]", style: { "border-style": "dashed", "text-opacity": 0.7 } },
        { selector: "node:selected", style: { "background-color": text } },
        {
          selector: "edge",
          style: {
            label: "data(label)",
            color: text,
            "font-size": 9,
            "text-rotation": "autorotate",
            "text-background-color": ground,
            "text-background-opacity": 0.85,
            "text-background-padding": "1px",
            "line-color": text,
            "line-opacity": 0.45,
            "target-arrow-color": text,
            "target-arrow-shape": "triangle",
            "curve-style": "bezier",
            width: 1.2,
          },
        },
      ],
    });
    made.on("tap", "node", (event) => {
      const key = String(event.target.id());
      if (event.target.data("fold") === true) setOpened((before) => new Set([...before, key]));
      else setChosen(key);
    });
    core.current = made;
    return () => {
      core.current = undefined;
      made.destroy();
    };
  }, []);

  const arrange = () => {
    const made = core.current;
    if (made === undefined) return;
    made
      .layout({
        name: "cose",
        animate: false,
        padding: 20,
        idealEdgeLength: () => 130,
        nodeDimensionsIncludeLabels: true,
      })
      .run();
    // A few nodes are not blown up to fill the box.
    if (made.zoom() > 1.1) {
      made.zoom(1.1);
      made.center();
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the picture follows what is shown and nothing else.
  useEffect(() => {
    const made = core.current;
    if (made === undefined) return;
    const elements: ElementDefinition[] = [
      ...drawn.nodes.map((node) => ({
        data: {
          id: node.id,
          shape: shapeOf(node.type),
          label: `${typeName(node.type)}\n${short(node.name ?? node.id.slice(-12))}`,
          centre: node.id === id,
          seen: node.name !== null,
        },
      })),
      ...drawn.edges.map((edge) => ({
        data: { id: edge.id, source: edge.from, target: edge.to, label: tieNameOf(edge.label, language) },
      })),
      ...drawn.folds.flatMap(({ key, type, count, hub, outward, label }) => [
        {
          data: {
            id: key,
            label: t("graph.fold", { type: typeName(type), count }),
            shape: "round-rectangle",
            fold: true,
            seen: true,
          },
        },
        {
          data: {
            id: `tie ${key}`,
            source: outward ? hub : key,
            target: outward ? key : hub,
            label: tieNameOf(label, language),
          },
        },
      ]),
    ];
    made.elements().remove();
    made.add(elements);
    arrange();
  }, [drawn, language]);

  const expand = async (node: string) => {
    const near = await api.get<Neighbours>(`${LIBRARY}/${node}/neighbours`).catch(() => undefined);
    if (near !== undefined) setGraph((before) => joined(before, near));
  };
  const node = graph.nodes.get(chosen);
  return (
    <div className="stack">
      <p className="muted">{t("graph.help")}</p>
      {graph.nodes.size >= MOST_NODES && <p role="status">{t("graph.full", { count: MOST_NODES })}</p>}
      <div className="row wrap">
        <span className="muted">{t("graph.hide")}</span>
        <Checkbox.Group
          aria-label={t("graph.hide")}
          value={[...hidden]}
          onChange={setHidden}
          options={types.map((value) => ({ value, label: typeName(value) }))}
        />
        <Button size="small" onClick={arrange}>
          {t("graph.layout")}
        </Button>
        {opened.size > 0 && (
          <Button size="small" onClick={() => setOpened(new Set())}>
            {t("graph.refold")}
          </Button>
        )}
      </div>
      {drawn.folds.length > 0 && (
        <div className="row wrap">
          <span className="muted">{t("graph.folds")}</span>
          {drawn.folds.map(({ key, type, count, outward, label }) => (
            <Button
              key={key}
              size="small"
              onClick={() => setOpened((before) => new Set([...before, key]))}
              aria-label={t("graph.unfold", { type: typeName(type), count })}
            >
              {t(outward ? "outward" : "inward")} {tieNameOf(label, language)}{" "}
              {t("graph.fold", { type: typeName(type), count })}
            </Button>
          ))}
        </div>
      )}
      <div ref={box} className="library-graph" role="img" aria-label={t("graph")} />
      {node !== undefined && (
        <p className="row wrap" role="status">
          <ObjectLink node={node} />
          <Button size="small" disabled={node.name === null} onClick={() => void expand(node.id)}>
            {t("graph.expand")}
          </Button>
          <Button size="small" disabled={node.name === null || node.id === id} onClick={() => open(node.id)}>
            {t("graph.open")}
          </Button>
        </p>
      )}
      <div className="library-scroll library-ties">
        <table className="library-table">
          <caption className="muted">{t("graph.table")}</caption>
          <thead>
            <tr>
              <th>{t("from")}</th>
              <th>{t("relation")}</th>
              <th>{t("to")}</th>
              <th>{t("graph.expand")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.edges.map((edge) => {
              const from = graph.nodes.get(edge.from);
              const to = graph.nodes.get(edge.to);
              const other = edge.from === id ? to : from;
              return (
                <tr key={edge.id}>
                  <td>{from === undefined ? <TypeName type="" /> : <ObjectLink node={from} />}</td>
                  <td title={edge.label}>{tieNameOf(edge.label, language)}</td>
                  <td>{to === undefined ? <TypeName type="" /> : <ObjectLink node={to} />}</td>
                  <td>
                    <Button
                      size="small"
                      disabled={other === undefined || other.name === null}
                      onClick={() => other !== undefined && void expand(other.id)}
                    >
                      {t("graph.expand")}
                    </Button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
