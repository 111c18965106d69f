import { Checkbox } from "antd";
import { type MouseEvent, useEffect, useRef } from "react";
import { useTexts } from "../i18n.ts";
import { usePhone } from "../look.ts";
import { Go, useGo } from "../route.tsx";
import type { Column } from "./list.ts";

interface RowsProps<Row> {
  readonly rows: readonly Row[];
  readonly id: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  readonly open: ((row: Row) => string) | undefined;
  readonly marks: boolean;
  readonly marked: ReadonlyMap<string, Row>;
  readonly mark: (row: Row) => void;
  readonly markAll: (on: boolean) => void;
  readonly current: string | undefined;
  readonly choose: (id: string) => void;
  readonly dim: boolean;
  readonly label: string;
}

/** A click anywhere on a row opens it, unless it met a control or made a selection of text. */
function meansRow(event: MouseEvent): boolean {
  if (event.target instanceof Element && event.target.closest("a,button,input,label,.copyable") !== null)
    return false;
  return (window.getSelection()?.toString() ?? "") === "";
}

function Table<Row>({
  rows,
  id,
  columns,
  open,
  marks,
  marked,
  mark,
  markAll,
  current,
  choose,
  dim,
  label,
}: RowsProps<Row>) {
  const t = useTexts();
  const go = useGo();
  const currentRow = useRef<HTMLTableRowElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current row stays in sight when it moves.
  useEffect(() => {
    currentRow.current?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const titleKey = (columns.find((column) => column.phone === "title") ?? columns[0])?.key;
  const wideKey = columns.find((column) => column.wide === true)?.key ?? titleKey;
  const every = rows.every((row) => marked.has(id(row)));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className={dim ? "table-box dim" : "table-box"} tabIndex={0} aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {marks && (
              <th className="mark">
                <Checkbox
                  aria-label={t("mark.all")}
                  checked={every}
                  indeterminate={!every && marked.size > 0}
                  onChange={(event) => markAll(event.target.checked)}
                />
              </th>
            )}
            {columns.map(({ key, label: name, width, align }) => (
              <th
                key={key}
                scope="col"
                className={align === "end" ? "end" : ""}
                style={width === undefined ? {} : { width }}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const rowId = id(row);
            const isCurrent = rowId === current;
            const classes = `${isCurrent ? "current" : ""} ${marked.has(rowId) ? "is-marked" : ""} ${open === undefined ? "" : "opens"}`;
            return (
              <tr
                key={rowId}
                ref={isCurrent ? currentRow : null}
                className={classes}
                aria-current={isCurrent || undefined}
                onClick={(event) => {
                  choose(rowId);
                  if (open !== undefined && meansRow(event)) go(open(row));
                }}
              >
                {marks && (
                  <td className="mark">
                    <Checkbox
                      aria-label={t("mark.one")}
                      checked={marked.has(rowId)}
                      onChange={() => mark(row)}
                    />
                  </td>
                )}
                {columns.map(({ key, align, width, render, text }) => (
                  <td
                    key={key}
                    className={key === wideKey ? "main" : align === "end" ? "end" : ""}
                    title={width === undefined ? String(text?.(row) ?? "") || undefined : undefined}
                  >
                    {open !== undefined && key === titleKey ? (
                      <Go to={open(row)} className="row-link">
                        {render(row)}
                      </Go>
                    ) : (
                      render(row)
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Cards<Row>({ rows, id, columns, open, marks, marked, mark, dim, label }: RowsProps<Row>) {
  const t = useTexts();
  const title = columns.find((column) => column.phone === "title") ?? columns[0];
  const side = columns.filter((column) => column.phone === "side");
  const lines = columns.filter((column) => column !== title && (column.phone ?? "line") === "line");
  return (
    <ul className={dim ? "cards dim" : "cards"} aria-label={label}>
      {rows.map((row) => (
        <li key={id(row)} className="card">
          <div className="card-head">
            {marks && (
              <Checkbox
                className="card-mark"
                aria-label={t("mark.one")}
                checked={marked.has(id(row))}
                onChange={() => mark(row)}
              />
            )}
            {open === undefined ? (
              <strong>{title?.render(row)}</strong>
            ) : (
              <Go to={open(row)} className="card-link">
                {title?.render(row)}
              </Go>
            )}
            <span className="card-side">
              {side.map((column) => (
                <span key={column.key}>{column.render(row)}</span>
              ))}
            </span>
          </div>
          <dl className="card-lines">
            {lines.map((column) => (
              <div key={column.key}>
                <dt>{column.label}</dt>
                <dd>{column.render(row)}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  );
}

/** The rows themselves: a table, or cards on a phone. */
export function Rows<Row>(props: RowsProps<Row>) {
  return usePhone() ? <Cards {...props} /> : <Table {...props} />;
}
