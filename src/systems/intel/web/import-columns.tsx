import { Button, Checkbox, Select } from "antd";
import { useState } from "react";
import { api, Section, Shown, useAct, useGet, useTexts } from "../../../web/kit.ts";
import {
  COLUMN_MEANINGS,
  type CsvMapping,
  type ImportDetail,
  SEVERAL_COLUMNS,
  type TableSample,
} from "../imports/model.ts";
import { FEEDS, IMPORTS } from "./import-parts.tsx";

const DELIMITERS = [",", ";", "\t", "|"] as const;

/** What each column of a table says, chosen over its first rows; a feed remembers it for the next time. */
export function ImportColumns({ detail }: { readonly detail: ImportDetail }) {
  const t = useTexts("intel");
  const [delimiter, setDelimiter] = useState<CsvMapping["delimiter"]>();
  const got = useGet<TableSample>(`${IMPORTS}/${detail.id}/sample`, { query: { delimiter } });
  return (
    <details>
      <summary>{t("columns")}</summary>
      <Shown of={got}>
        {(sample) => (
          <Mapping
            key={JSON.stringify([sample.mapping, detail.options.csv])}
            detail={detail}
            sample={sample}
            cut={setDelimiter}
          />
        )}
      </Shown>
    </details>
  );
}

interface MappingProps {
  readonly detail: ImportDetail;
  readonly sample: TableSample;
  readonly cut: (delimiter: CsvMapping["delimiter"]) => void;
}

function Mapping({ detail, sample: { mapping: before, rows }, cut }: MappingProps) {
  const t = useTexts("intel");
  const [mapping, setMapping] = useState(before);
  const isFeed = detail.source.kind === "feed";
  const [remember, setRemember] = useState(isFeed);
  const width = Math.max(1, ...rows.map(({ cells }) => cells.length));
  const columns = Array.from({ length: width }, (_, at) => mapping.columns[at] ?? "");
  const read = useAct(
    async (csv: CsvMapping) => {
      if (isFeed && remember) await api.patch(`${FEEDS}/${detail.source.id}`, { csv });
      return api.post<ImportDetail>(`${IMPORTS}/${detail.id}/reread`, { csv });
    },
    { done: t("import.reread.done"), touches: [IMPORTS, FEEDS] },
  );
  /** Values, descriptions and tags may stand in several columns; another meaning stands over one, and the last that bore it loses it. */
  const mean = (column: number, meaning: CsvMapping["columns"][number]) =>
    setMapping({
      ...mapping,
      columns: columns.map((each, at) => {
        if (at === column) return meaning;
        return each === meaning && meaning !== "" && !SEVERAL_COLUMNS.has(meaning) ? "" : each;
      }),
    });
  const lacks = !columns.includes("value");
  return (
    <Section
      title={t("columns.choose")}
      side={
        <Button
          type="primary"
          size="small"
          disabled={lacks}
          loading={read.busy}
          onClick={() => void read.run({ ...mapping, columns })}
        >
          {t("columns.read")}
        </Button>
      }
    >
      <div className="row wrap">
        <span>{t("columns.delimiter")}</span>
        <Select<CsvMapping["delimiter"]>
          aria-label={t("columns.delimiter")}
          value={mapping.delimiter}
          options={DELIMITERS.map((value) => ({ value, label: value === "\t" ? t("columns.tab") : value }))}
          onChange={cut}
        />
        <Checkbox
          checked={mapping.header}
          onChange={(event) => setMapping({ ...mapping, header: event.target.checked })}
        >
          {t("columns.header")}
        </Checkbox>
        {isFeed && (
          <Checkbox checked={remember} onChange={(event) => setRemember(event.target.checked)}>
            {t("columns.remember")}
          </Checkbox>
        )}
      </div>
      {lacks && <p className="field-fault">✕ {t("columns.lacks")}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard. */}
      <section className="table-auto" tabIndex={0} aria-label={t("columns.sample")}>
        <table className="table">
          <thead>
            <tr>
              {columns.map((meaning, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place.
                <th key={at} scope="col">
                  <Select<CsvMapping["columns"][number]>
                    size="small"
                    aria-label={t("columns.column", { number: at + 1 })}
                    value={meaning}
                    popupMatchSelectWidth={false}
                    options={["" as const, ...COLUMN_MEANINGS].map((value) => ({
                      value,
                      label: t(`column.${value === "" ? "none" : value}`),
                    }))}
                    onChange={(value) => mean(at, value)}
                  />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ line, cells }, at) => (
              <tr key={line} className={mapping.header && at === 0 ? "muted" : undefined}>
                {columns.map((_, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place.
                  <td key={column} className="mono small">
                    {cells[column]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Section>
  );
}
