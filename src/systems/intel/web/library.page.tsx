import { DownloadOutlined } from "@ant-design/icons";
import { Button, Dropdown, Select } from "antd";
import { TLP_LEVELS, tlpLabel } from "../../../core/tlp.ts";
import {
  ListPage,
  type Query,
  StateTag,
  Time,
  TlpTag,
  useFilters,
  useGet,
  useTexts,
} from "../../../web/kit.ts";
import {
  EXPORT_FORMATS,
  LIBRARY_SORTS,
  type LibraryFacets,
  type LibraryRow,
  MOST_COUNTED,
} from "../library/model.ts";
import "./library.css";
import { LIBRARY, objectPath, STIX_TYPES, TypeName, useTypeName } from "./library-parts.tsx";

const FILTERS = [
  "q",
  "type",
  "tlp",
  "label",
  "phase",
  "createdFrom",
  "createdTo",
  "confidence",
  "revoked",
] as const;

function useLibraryQuery(): Query {
  const [all] = useFilters();
  return Object.fromEntries(FILTERS.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

function exportAddress(query: Query, format: string, ids: readonly string[] = []): string {
  const given = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  const search = new URLSearchParams([
    ...given,
    ["format", format],
    ...(ids.length === 0 ? [] : [["ids", ids.join(",")]]),
  ]);
  return `${LIBRARY}/export?${search}`;
}

function ExportMenu() {
  const t = useTexts("library");
  const query = useLibraryQuery();
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: EXPORT_FORMATS.map((format) => ({
          key: format,
          label: (
            <a href={exportAddress(query, format)} download>
              {t(`export.${format}`)}
            </a>
          ),
        })),
      }}
    >
      <Button size="small" icon={<DownloadOutlined aria-hidden="true" />}>
        {t("export.as")}
      </Button>
    </Dropdown>
  );
}

/** What was understood of the query, and how what matches divides; a part chosen becomes a filter. */
function Facets() {
  const t = useTexts("library");
  const [filters, setFilters] = useFilters();
  const { data } = useGet<LibraryFacets>(`${LIBRARY}/facets`, { query: useLibraryQuery() });
  if (data === undefined) return null;
  const chip = (name: "type" | "label", value: string, count: number, text: React.ReactNode) => {
    const on = filters[name] === value;
    return (
      <Button
        key={`${name} ${value}`}
        size="small"
        type={on ? "primary" : "default"}
        aria-pressed={on}
        onClick={() => setFilters({ [name]: on ? "" : value })}
      >
        {text} {count.toLocaleString("en")}
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
      {data.more && <p className="muted">{t("hint.more", { count: MOST_COUNTED.toLocaleString("en") })}</p>}
      <fieldset className="row wrap library-facets" aria-label={t("facets")}>
        {data.type
          .slice(0, 8)
          .map(({ value, count }) => chip("type", value, count, <TypeName type={value} />))}
        {data.label.slice(0, 6).map(({ value, count }) => chip("label", value, count, value))}
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
  const typeName = useTypeName();
  return (
    <ListPage<LibraryRow>
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
          <ExportMenu />
        </>
      }
      acts={EXPORT_FORMATS.slice(0, 3).map((format, at) => ({
        key: ["b", "v", "l"][at] ?? "",
        label: t(`export.${format}`),
        needs: "intel:read" as const,
        run: (rows: readonly LibraryRow[]) => {
          location.assign(
            exportAddress(
              {},
              format,
              rows.map((row) => row.id),
            ),
          );
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
          render: (row) => row.labels.slice(0, 3).join("、"),
          text: (row) => row.labels.join(" "),
        },
        {
          key: "confidence",
          label: t("confidence"),
          width: 80,
          align: "end",
          render: (row) => row.confidence,
          text: (row) => row.confidence,
        },
        {
          key: "state",
          label: t("state"),
          width: 100,
          phone: "side",
          render: (row) => (row.revoked ? <StateTag tone="bad">{t("revoked")}</StateTag> : null),
          text: (row) => (row.revoked ? t("revoked") : ""),
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
          name: "revoked",
          label: t("revoked"),
          kind: "choice",
          options: (["no", "yes"] as const).map((value) => ({ value, label: t(`revoked.${value}`) })),
        },
        { name: "createdFrom", label: t("createdFrom"), kind: "instant" },
        { name: "createdTo", label: t("createdTo"), kind: "instant" },
      ]}
      views={[
        { name: t("view.indicators"), filters: { type: "indicator", revoked: "no" } },
        { name: t("view.malware"), filters: { type: "malware,tool" } },
        { name: t("view.vulnerabilities"), filters: { type: "vulnerability" } },
      ]}
      empty={{ title: t("none"), advice: t("none.advice") }}
    />
  );
}
