import { Select } from "antd";
import { useState } from "react";
import { useGet, useTexts } from "../../../web/kit.ts";
import type { TagChoice } from "../taxonomies/model.ts";
import "./lists.css";

export const TAXONOMIES = "/api/v1/intel/taxonomies";

/** The library's objects that bear the tag. */
export function tagPath(tag: string): string {
  return `/library?${new URLSearchParams({ tag })}`;
}

/** The colour that a taxonomy gives a tag, as a square beside its word. */
export function TagColour({ colour }: { readonly colour: string | null | undefined }) {
  if (colour === null || colour === undefined) return null;
  return <span className="tag-colour" style={{ background: colour }} aria-hidden="true" />;
}

interface TagSelectProps {
  readonly id?: string;
  readonly value: readonly string[];
  readonly set: (tags: readonly string[]) => void;
}

/** Tags to choose from the taxonomies; a second one of what takes one alone takes the place of the first. */
export function TagSelect({ id, value, set }: TagSelectProps) {
  const t = useTexts("lists");
  const [q, setQ] = useState("");
  const [known, setKnown] = useState<ReadonlyMap<string, TagChoice>>(new Map());
  const got = useGet<{ items: TagChoice[] }>("/api/v1/intel/tags", { query: { q, limit: 50 } });
  const items = got.data?.items ?? [];
  const choose = (tags: readonly string[]) => {
    const of = new Map([...known, ...items.map((item) => [item.tag, item] as const)]);
    setKnown(of);
    const last = tags.at(-1);
    const alone = last === undefined ? null : (of.get(last)?.alone ?? null);
    set(tags.filter((tag) => tag === last || alone === null || of.get(tag)?.alone !== alone));
    setQ("");
  };
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      mode="multiple"
      className="tag-select"
      aria-label={t("tags.choose")}
      placeholder={t("tags.choose")}
      value={[...value]}
      onChange={choose}
      filterOption={false}
      showSearch
      searchValue={q}
      onSearch={setQ}
      loading={got.loading}
      notFoundContent={t(q === "" ? "tags.no-taxonomies" : "tags.none-found")}
      options={items.map(({ tag, label, description, colour, alone }) => ({
        value: tag,
        title: description,
        label: (
          <>
            <TagColour colour={colour} /> <span className="mono">{tag}</span>{" "}
            <span className="muted">{label}</span>
            {alone !== null && <span className="muted small"> {t("tags.alone")}</span>}
          </>
        ),
      }))}
      optionLabelProp="value"
    />
  );
}
