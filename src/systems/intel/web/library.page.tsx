import { Select } from "antd";
import { TLP_LEVELS, tlpLabel } from "../../../core/tlp.ts";
import { ListPage, Time, TlpTag, useFilters, useGet, useTexts } from "../../../web/kit.ts";
import { EXPORT_FORMATS } from "../exports/model.ts";
import type { Source } from "../imports/model.ts";
import { LIBRARY_SORTS, LIBRARY_STATES, type LibraryThing } from "../library/model.ts";
import "./library.css";
import { ExportButton, exportAddress } from "./library-export.tsx";
import { Facets, useLibraryQuery } from "./library-facets.tsx";
import { Labels, LIBRARY, LibraryStateTag, objectPath, TypeName, useTypeName } from "./library-parts.tsx";
import { STIX_TYPES } from "./library-types.ts";

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
  const sort = all["sort"] ?? "best";
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
      query={{ sort }}
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
          render: (row) => <Labels labels={row.labels} />,
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
          exportOnly: sort !== "modified",
          render: (row) => (row.modified === null ? null : <Time at={row.modified} />),
          text: (row) => row.modified,
        },
        {
          key: "created",
          label: t("created"),
          width: 150,
          phone: "hidden",
          exportOnly: sort !== "created",
          render: (row) => (row.created === null ? null : <Time at={row.created} />),
          text: (row) => row.created,
        },
        {
          key: "added",
          label: t("added"),
          width: 150,
          exportOnly: sort === "modified" || sort === "created",
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
        {
          name: "background",
          label: t("filter.background"),
          kind: "choice",
          options: [{ value: "yes", label: t("filter.background.yes") }],
        },
        {
          name: "conflicting",
          label: t("filter.conflicting"),
          kind: "choice",
          options: [{ value: "yes", label: t("filter.conflicting.yes") }],
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
        { name: t("view.conflicting"), filters: { conflicting: "yes" } },
      ]}
      empty={{ title: t("none"), advice: t("none.advice") }}
    />
  );
}
