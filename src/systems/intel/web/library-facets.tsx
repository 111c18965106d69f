import { Button, Dropdown } from "antd";
import { useState } from "react";
import { api, type Query, useAct, useFilters, useGet, useTexts } from "../../../web/kit.ts";
import { type LibraryFacets, type LibraryPage, MOST_COUNTED } from "../library/model.ts";
import { isGalaxyName, isReadable, LabelWords, LIBRARY, TypeName } from "./library-parts.tsx";

const FILTERS = [
  "q",
  "type",
  "tlp",
  "label",
  "tag",
  "phase",
  "createdFrom",
  "createdTo",
  "confidence",
  "state",
  "source",
  "scoreFrom",
  "scoreTo",
  "sighted",
  "relations",
  "background",
  "conflicting",
  "addedFrom",
  "addedTo",
] as const;

const TYPES_SHOWN = 8;
const LABELS_SHOWN = 6;

/** What the address asks of the library. */
export function useLibraryQuery(): Query {
  const [all] = useFilters();
  return Object.fromEntries(FILTERS.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

type Facet = LibraryFacets["type"][number];

/** Counts what is more than is counted by itself, when somebody wants to know. */
function CountAll() {
  const t = useTexts("library");
  const query = useLibraryQuery();
  const count = useAct(() =>
    api.get<LibraryPage>(LIBRARY, { query: { ...query, limit: 1, total: "exact" } }),
  );
  const [counted, setCounted] = useState<LibraryPage>();
  if (counted !== undefined)
    return (
      <span role="status">
        {t(counted.more ? "count.stopped" : "count.all", { count: counted.total.toLocaleString("en") })}
      </span>
    );
  return (
    <Button size="small" loading={count.busy} onClick={async () => setCounted(await count.run(undefined))}>
      {t("count")}
    </Button>
  );
}

/** What was understood of the query, and how what matches divides; a part chosen becomes a filter. */
export function Facets() {
  const t = useTexts("library");
  const [filters] = useFilters();
  const query = useLibraryQuery();
  const { data } = useGet<LibraryFacets>(`${LIBRARY}/facets`, { query });
  if (data === undefined) return null;
  const scored = filters["scoreFrom"] !== undefined || filters["scoreTo"] !== undefined;
  const labels = data.label.filter(({ value }) => !isGalaxyName(value));
  const readable = labels.filter(({ value }) => isReadable(value)).slice(0, LABELS_SHOWN);
  return (
    <div className="stack">
      {data.begins && <p role="status">{t("hint.begins")}</p>}
      {data.values.length > 0 && (
        <p className="muted">
          {t("hint.value", { values: data.values.map(({ value }) => value).join("、") })}
        </p>
      )}
      {data.more && (
        <p className="muted">
          {t(scored && data.of < MOST_COUNTED ? "hint.score" : "hint.more", {
            count: (scored && data.of < MOST_COUNTED ? (data.scored ?? 0) : MOST_COUNTED).toLocaleString(
              "en",
            ),
          })}{" "}
          <CountAll key={JSON.stringify(query)} />
        </p>
      )}
      <fieldset className="row wrap library-facets" aria-label={t("facets")}>
        <Chips
          name="type"
          shown={data.type.slice(0, TYPES_SHOWN)}
          folded={[...data.type.slice(TYPES_SHOWN), ...data.aside]}
          more={t("facets.types")}
          words={({ value }) => <TypeName type={value} />}
        />
        <Chips
          name="label"
          shown={readable}
          folded={labels.filter((one) => !readable.includes(one))}
          more={t("facets.labels")}
          words={({ value }) => <LabelWords label={value} />}
        />
      </fieldset>
    </div>
  );
}

/** Parts as buttons, and those that are folded away behind their number. */
function Chips({
  name,
  shown,
  folded,
  more,
  words,
}: {
  readonly name: "type" | "label";
  readonly shown: readonly Facet[];
  readonly folded: readonly Facet[];
  readonly more: string;
  readonly words: (one: Facet) => React.ReactNode;
}) {
  const [filters, setFilters] = useFilters();
  const choose = (value: string) => setFilters({ [name]: filters[name] === value ? "" : value });
  return (
    <>
      {shown.map((one) => (
        <Button
          key={one.value}
          size="small"
          type={filters[name] === one.value ? "primary" : "default"}
          aria-pressed={filters[name] === one.value}
          title={one.value}
          onClick={() => choose(one.value)}
        >
          {words(one)} {countOf(one)}
        </Button>
      ))}
      {folded.length > 0 && (
        <Dropdown
          trigger={["click"]}
          menu={{
            className: "library-folded",
            selectedKeys: filters[name] === undefined ? [] : [filters[name]],
            items: folded.map((one) => ({
              key: one.value,
              label: (
                <>
                  {words(one)} <span className="muted">{countOf(one)}</span>
                </>
              ),
            })),
            onClick: ({ key }) => choose(key),
          }}
        >
          <Button size="small" aria-haspopup="menu" aria-label={`${more} +${folded.length}`} title={more}>
            {shown.length === 0 && `${more} `}+{folded.length}
          </Button>
        </Dropdown>
      )}
    </>
  );
}

function countOf({ count, more = false }: Facet): string {
  return `${count.toLocaleString("en")}${more ? "+" : ""}`;
}
