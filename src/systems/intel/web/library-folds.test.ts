import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Edge, GraphNode } from "../library/model.ts";
import { foldedGraph } from "./library-folds.ts";

const node = (id: string, type: string): GraphNode => ({ id, type, name: id, tlp: "green", revoked: false });
const edge = (from: string, to: string, label: string): Edge => ({
  id: `${from} ${label} ${to}`,
  from,
  to,
  label,
  kind: "relationship",
});

const HUB = node("hub", "intrusion-set");
const tools = Array.from({ length: 40 }, (_, at) => node(`tool ${at}`, "tool"));
const campaigns = Array.from({ length: 3 }, (_, at) => node(`campaign ${at}`, "campaign"));
const nodes = [HUB, ...tools, ...campaigns];
const edges = [
  ...tools.map(({ id }) => edge("hub", id, "uses")),
  ...campaigns.map(({ id }) => edge(id, "hub", "attributed-to")),
  edge("campaign 0", "tool 0", "uses"),
];

test("what hangs on one node alone is drawn together by type and tie; what is tied further stands for itself", () => {
  const { folds, nodes: shown, edges: drawn } = foldedGraph(nodes, edges, { id: "hub", open: new Set() });
  assert.deepEqual(
    folds.map(({ type, count, hub, outward, label }) => [type, count, hub, outward, label]),
    [["tool", 39, "hub", true, "uses"]],
  );
  assert.deepEqual(
    shown.map(({ id }) => id),
    ["hub", "tool 0", "campaign 0", "campaign 1", "campaign 2"],
  );
  assert.equal(drawn.length, 5);
});

test("a fold that is open, and a small picture, show every node", () => {
  const [fold] = foldedGraph(nodes, edges, { id: "hub", open: new Set() }).folds;
  const opened = foldedGraph(nodes, edges, { id: "hub", open: new Set([fold?.key ?? ""]) });
  assert.deepEqual([opened.folds, opened.nodes.length], [[], nodes.length]);
  const small = foldedGraph(nodes.slice(0, 20), edges.slice(0, 19), { id: "hub", open: new Set() });
  assert.deepEqual([small.folds, small.nodes.length], [[], 20]);
});

test("whatever the graph: each node is drawn or counted once, and every edge has both its ends", () => {
  const ids = Array.from({ length: 60 }, (_, at) => `n${at}`);
  const name = fc.constantFrom(...ids);
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name, fc.constantFrom("uses", "targets"))), (ties) => {
      const all = ids.map((id, at) => node(id, at % 2 === 0 ? "tool" : "malware"));
      const told = ties.map(([from, to, label]) => edge(from, to, label));
      const { nodes: shown, edges: drawn, folds } = foldedGraph(all, told, { id: "n0", open: new Set() });
      const seen = new Set(shown.map(({ id }) => id));
      assert.ok(seen.has("n0"));
      assert.equal(shown.length + folds.reduce((sum, { count }) => sum + count, 0), all.length);
      for (const { from, to } of drawn) assert.ok(seen.has(from) && seen.has(to));
      for (const { hub } of folds) assert.ok(seen.has(hub));
    }),
  );
});
