import { Go, StateTag, useLanguage, useTexts } from "../../../web/kit.ts";
import type { GraphNode, LibraryState } from "../library/model.ts";
import { typeNameOf } from "./library-types.ts";

export const LIBRARY = "/api/v1/intel/library";
export const MATRICES = "/api/v1/intel/matrices";

export function useTypeName(): (type: string) => string {
  const [language] = useLanguage();
  return (type) => typeNameOf(type, language);
}

export function TypeName({ type }: { readonly type: string }) {
  return <span title={type}>{useTypeName()(type)}</span>;
}

/** What stands needs no word. */
export function LibraryStateTag({ state }: { readonly state: LibraryState }) {
  const t = useTexts("library");
  if (state === "valid") return null;
  return <StateTag tone={state === "revoked" ? "bad" : "quiet"}>{t(`state.${state}`)}</StateTag>;
}

export function objectPath(id: string): string {
  return `/library/${id}`;
}

/** Names of a hundred words exist; the whole stands in the title. */
const LONGEST_LINK = 120;

/** An object by its name, leading to its page; one out of sight by what is known of it. */
export function ObjectLink({ node }: { readonly node: Pick<GraphNode, "id" | "type" | "name"> }) {
  const t = useTexts("library");
  if (node.name === null)
    return (
      <span className="muted">
        <TypeName type={node.type} /> <span className="mono">{node.id.slice(-12)}</span> {t("unseen")}
      </span>
    );
  return (
    <span>
      <TypeName type={node.type} />{" "}
      <Go to={objectPath(node.id)} {...(node.name.length > LONGEST_LINK && { title: node.name })}>
        {node.name.length > LONGEST_LINK ? `${node.name.slice(0, LONGEST_LINK)}…` : node.name}
      </Go>
    </span>
  );
}

/** `misp-galaxy:threat-actor`, which says only that the object is a cluster. */
export function isGalaxyName(label: string): boolean {
  return label.startsWith("misp-galaxy:") && !label.includes("=");
}

/** A tag of a machine: namespace, predicate, and a value where there is one (MISP). */
const MACHINE_TAG = /^([\p{L}\d._-]+):([^="]+)(?:="(.*)")?$/u;
const LONGEST_READABLE = 24;

/** A label as people read it: of a machine tag its value, or else its predicate. */
function labelWords(label: string): string {
  const parts = MACHINE_TAG.exec(label);
  return parts?.[3] ?? parts?.[2] ?? label;
}

/** Whether a label says something at a glance: short, in words, and no clause of a standard. */
export function isReadable(label: string): boolean {
  const words = labelWords(label);
  return (
    words.length <= LONGEST_READABLE &&
    /\p{L}{3}|\p{Script=Han}/u.test(words) &&
    !/\d .*[-–] ?\p{L}/u.test(words)
  );
}

/** A label's words with what they are a value of beside them; the whole stands in the title of what holds it. */
export function LabelWords({ label }: { readonly label: string }) {
  const parts = MACHINE_TAG.exec(label);
  const kind = parts?.[1] === "misp-galaxy" ? parts[2] : parts?.[1];
  return (
    <>
      {labelWords(label)}
      {kind !== undefined && <span className="muted small"> {kind}</span>}
    </>
  );
}

/** The labels of a row: a few that say something at a glance, and how many more there are. */
export function Labels({ labels }: { readonly labels: readonly string[] }) {
  const said = labels.filter((label) => !isGalaxyName(label));
  const shown = said.filter(isReadable).slice(0, 2);
  if (said.length === 0) return null;
  return (
    <span className="library-labels" title={said.join("\n")}>
      {shown.map(labelWords).join("、")}
      {said.length > shown.length && (
        <span className="muted">
          {shown.length > 0 && " "}+{said.length - shown.length}
        </span>
      )}
    </span>
  );
}
