import { Button, Select } from "antd";
import { TLP_LEVELS, tlpLabel } from "../../../core/tlp.ts";
import { ListPage, type Query, Time, TlpTag, useFilters, useGet, useTexts } from "../../../web/kit.ts";
import { EXPORT_FORMATS } from "../exports/model.ts";
import type { Source } from "../imports/model.ts";
import {
  LIBRARY_SORTS,
  LIBRARY_STATES,
  type LibraryFacets,
  type LibraryThing,
  MOST_COUNTED,
} from "../library/model.ts";
import "./library.css";
import { ExportButton, exportAddress } from "./library-export.tsx";
import {
  isGalaxyName,
  LabelWords,
  LIBRARY,
  LibraryStateTag,
  labelWords,
  objectPath,
  TypeName,
  useTypeName,
} from "./library-parts.tsx";
import { STIX_TYPES } from "./library-types.ts";

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
  "addedFrom",
  "addedTo",
] as const;

function useLibraryQuery(): Query {
  const [all] = useFilters();
  return Object.fromEntries(FILTERS.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

/** What was understood of the query, and how what matches divides; a part chosen becomes a filter. */
function Facets() {
  const t = useTexts("library");
  const [filters, setFilters] = useFilters();
  const { data } = useGet<LibraryFacets>(`${LIBRARY}/facets`, { query: useLibraryQuery() });
  if (data === undefined) return null;
  const scored = filters["scoreFrom"] !== undefined || filters["scoreTo"] !== undefined;
  const chip = (
    name: "type" | "label",
    { value, count, more = false }: LibraryFacets["type"][number],
    text: React.ReactNode,
  ) => {
    const on = filters[name] === value;
    return (
      <Button
        key={`${name} ${value}`}
        size="small"
        type={on ? "primary" : "default"}
        aria-pressed={on}
        {...(name === "label" ? { title: value } : {})}
        onClick={() => setFilters({ [name]: on ? "" : value })}
      >
        {text} {count.toLocaleString("en")}
        {more && "+"}
      </Button>
    );
  };
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
          {t(scored ? "hint.score" : "hint.more", {
            count: (data.scored ?? MOST_COUNTED).toLocaleString("en"),
          })}
        </p>
      )}
      <fieldset className="row wrap library-facets" aria-label={t("facets")}>
        {data.type.slice(0, 8).map((one) => chip("type", one, <TypeName type={one.value} />))}
        {data.label
          .filter(({ value }) => !isGalaxyName(value))
          .slice(0, 6)
          .map((one) => chip("label", one, <LabelWords label={one.value} />))}
      </fieldset>
    </div>
  );
}

function Sort() {
  const t = useTexts("library");
  const [filters, setFilters] = useFilters();
  return (
    <Select
      size="small"
      aria-label={t("sort")}
      value={filters["sort"] ?? "best"}
      options={LIBRARY_SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))}
      onChange={(value) => setFilters({ sort: value === "best" ? "" : value })}
      popupMatchSelectWidth={false}
    />
  );
}

/** The library: everything that was released, pushed and imported, as far as the reader sees it. */
export default function LibraryPage() {
  const t = useTexts("library");
  const [all] = useFilters();
  const query = useLibraryQuery();
  const typeName = useTypeName();
  const { data: sources } = useGet<{ items: Source[] }>("/api/v1/intel/sources");
  const scores = [20, 40, 60, 80].map((score) => ({
    value: String(score),
    label: t("filter.score", { score }),
  }));
  return (
    <ListPage<LibraryThing>
      name="library"
      title={t("nav.library")}
      path={LIBRARY}
      query={{ sort: all["sort"] ?? "best" }}
      id={(row) => row.id}
      open={(row) => objectPath(row.id)}
      search="q"
      topics={["intel.released", "intel.withdrawn"]}
      top={<Facets />}
      side={
        <>
          <Sort />
          <ExportButton query={query} />
        </>
      }
      acts={EXPORT_FORMATS.slice(0, 3).map((format, at) => ({
        key: ["b", "v", "l"][at] ?? "",
        label: t(`export.${format}`),
        needs: "intel:read" as const,
        run: (rows: readonly LibraryThing[]) => {
          const ids = rows.map((row) => row.id);
          location.assign(exportAddress({ query: {}, ids }, format));
        },
      }))}
      columns={[
        {
          key: "type",
          label: t("type"),
          width: 130,
          render: (row) => <TypeName type={row.type} />,
          text: (row) => row.type,
        },
        { key: "name", label: t("name"), phone: "title", render: (row) => row.name, text: (row) => row.name },
        {
          key: "tlp",
          label: t("tlp"),
          width: 140,
          render: (row) => <TlpTag tlp={row.tlp} />,
          text: (row) => tlpLabel(row.tlp),
        },
        {
          key: "labels",
          label: t("labels"),
          width: 200,
          phone: "hidden",
          render: (row) => (
            <span title={row.labels.join("\n")}>
              {row.labels
                .filter((label) => !isGalaxyName(label))
                .slice(0, 3)
                .map(labelWords)
                .join("、")}
            </span>
          ),
          text: (row) => row.labels.join(" "),
        },
        {
          key: "score",
          label: t("score.column"),
          width: 70,
          align: "end",
          render: (row) => row.score ?? "–",
          text: (row) => row.score,
        },
        {
          key: "sources",
          label: t("sources.column"),
          width: 120,
          phone: "hidden",
          render: (row) => (
            <>
              {row.sources > 0 && t("sources.count", { sources: row.sources })}
              {row.objects > 1 && (
                <span className="muted"> {t("sources.objects", { objects: row.objects })}</span>
              )}
            </>
          ),
          text: (row) => row.sources,
        },
        {
          key: "sightings",
          label: t("sightings.column"),
          width: 70,
          align: "end",
          phone: "hidden",
          render: (row) => (row.sightings === 0 ? null : row.sightings.toLocaleString("en")),
          text: (row) => row.sightings,
        },
        {
          key: "state",
          label: t("state"),
          width: 100,
          phone: "side",
          render: (row) => <LibraryStateTag state={row.state} />,
          text: (row) => t(`state.${row.state}`),
        },
        {
          key: "modified",
          label: t("modified"),
          width: 150,
          phone: "hidden",
          render: (row) => (row.modified === null ? null : <Time at={row.modified} />),
          text: (row) => row.modified,
        },
        {
          key: "added",
          label: t("added"),
          width: 150,
          render: (row) => <Time at={row.addedAt} />,
          text: (row) => row.addedAt,
        },
      ]}
      filters={[
        {
          name: "type",
          label: t("type"),
          kind: "choices",
          options: STIX_TYPES.map((value) => ({ value, label: typeName(value) })),
        },
        {
          name: "tlp",
          label: t("tlp"),
          kind: "choices",
          options: TLP_LEVELS.map((value) => ({ value, label: tlpLabel(value) })),
        },
        { name: "label", label: t("label"), kind: "text" },
        { name: "tag", label: t("tag"), kind: "text" },
        { name: "phase", label: t("phase"), kind: "text" },
        {
          name: "confidence",
          label: t("confidence"),
          kind: "choice",
          options: [
            { value: "50", label: t("confidence50") },
            { value: "80", label: t("confidence80") },
          ],
        },
        {
          name: "state",
          label: t("state"),
          kind: "choice",
          options: LIBRARY_STATES.map((value) => ({ value, label: t(`state.${value}`) })),
        },
        {
          name: "source",
          label: t("filter.source"),
          kind: "choice",
          options: (sources?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
        },
        { name: "scoreFrom", label: t("filter.scoreFrom"), kind: "choice", options: scores },
        { name: "scoreTo", label: t("filter.scoreTo"), kind: "choice", options: scores },
        {
          name: "sighted",
          label: t("filter.sighted"),
          kind: "choice",
          options: (["yes", "no"] as const).map((value) => ({ value, label: t(`filter.sighted.${value}`) })),
        },
        {
          name: "relations",
          label: t("filter.relations"),
          kind: "choice",
          options: [{ value: "yes", label: t("filter.relations.yes") }],
        },
        { name: "addedFrom", label: t("addedFrom"), kind: "instant" },
        { name: "addedTo", label: t("addedTo"), kind: "instant" },
        { name: "createdFrom", label: t("createdFrom"), kind: "instant" },
        { name: "createdTo", label: t("createdTo"), kind: "instant" },
      ]}
      views={[
        { name: t("view.valid"), filters: { type: "indicator", state: "valid" } },
        { name: t("view.sighted"), filters: { type: "indicator", sighted: "yes" } },
        { name: t("view.malware"), filters: { type: "malware,tool" } },
        { name: t("view.vulnerabilities"), filters: { type: "vulnerability" } },
      ]}
      empty={{ title: t("none"), advice: t("none.advice") }}
    />
  );
}
