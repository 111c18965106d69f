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
      <TypeName type={node.type} /> <Go to={objectPath(node.id)}>{node.name}</Go>
    </span>
  );
}
