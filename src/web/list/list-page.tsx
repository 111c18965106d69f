import { DownloadOutlined, LeftOutlined, RightOutlined } from "@ant-design/icons";
import { Button, Progress } from "antd";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { ApiProblem, type Query, serverNow } from "../api.ts";
import { useTexts } from "../i18n.ts";
import { type KeyAct, useKeys } from "../keys.ts";
import { Empty, Failed, Loading } from "../parts/faces.tsx";
import { toast } from "../parts/toast.ts";
import { useFilters, useGo } from "../route.tsx";
import { useSession } from "../session.ts";
import { taipei } from "../time.ts";
import { allRows, csvOf, download } from "./export.ts";
import { FilterBar } from "./filter-bar.tsx";
import { type Column, type FilterField, knownFilters, type RowAct, type View } from "./list.ts";
import { Rows } from "./rows.tsx";
import { type List, useList } from "./use-list.ts";
import { Views } from "./views.tsx";

interface ListPageProps<Row> {
  /** For the saved views and the file name of the export. */
  readonly name: string;
  readonly title: string;
  readonly path: string;
  /** Parameters that are always sent, such as the thing the list belongs to. */
  readonly query?: Query;
  /** Parameters that are sent for the rows of an export only. */
  readonly exportQuery?: Query;
  readonly id: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  readonly filters?: readonly FilterField[];
  readonly search?: string;
  readonly topics?: readonly string[];
  readonly open?: (row: Row) => string;
  readonly acts?: readonly RowAct<Row>[];
  readonly views?: readonly View[];
  readonly side?: ReactNode;
  /** Between the title and the rows; a function is told what the rows are filtered by. */
  readonly top?: ReactNode | ((query: Query) => ReactNode);
  readonly empty?: { readonly title: string; readonly advice?: string; readonly act?: ReactNode };
  /** Rows a page; 50 unless told. */
  readonly limit?: number;
  /** Milliseconds after which the shown rows are fetched again in place; only where their order stands still. */
  readonly every?: number;
}

const NONE: readonly never[] = [];
/** The row on which each list was left. */
const lastRows = new Map<string, string>();

function useExport<Row>(name: string, path: string, query: Query, columns: readonly Column<Row>[]) {
  const [running, setRunning] = useState<{ count: number; total: number; stop: () => void }>();
  const start = async () => {
    const control = new AbortController();
    const stop = () => control.abort();
    setRunning({ count: 0, total: 0, stop });
    try {
      const rows = await allRows<Row>(path, query, control.signal, (count, total) =>
        setRunning({ count, total, stop }),
      );
      download(`${name}-${taipei(serverNow()).replaceAll(/[- :]/g, "")}.csv`, csvOf(columns, rows));
    } catch (cause) {
      if (!control.signal.aborted)
        toast.failed(
          cause instanceof ApiProblem ? cause : new ApiProblem("unreadable", { detail: String(cause) }),
        );
    } finally {
      setRunning(undefined);
    }
  };
  return { running, start };
}

/** How many match; `2,000+` where they were counted only so far. */
function totalOf({ total, more }: { readonly total: number; readonly more?: boolean }): string {
  return `${total.toLocaleString("en")}${more === true ? "+" : ""}`;
}

function Pager<Row>({ list }: { readonly list: List<Row> }) {
  const t = useTexts();
  const { data, page, limit } = list;
  if (data === undefined || data.total === 0) return null;
  const from = page * limit + 1;
  return (
    <nav className="pager" aria-label={t("pages")}>
      <span className="muted">
        {t("range", {
          from: from.toLocaleString("en"),
          to: (from + data.items.length - 1).toLocaleString("en"),
          total: totalOf(data),
        })}
      </span>
      <Button
        size="small"
        icon={<LeftOutlined aria-hidden="true" />}
        disabled={page === 0}
        onClick={list.back}
        aria-label={t("page.back")}
      />
      <Button
        size="small"
        icon={<RightOutlined aria-hidden="true" />}
        disabled={data.next === undefined}
        onClick={list.forth}
        aria-label={t("page.forth")}
      />
    </nav>
  );
}

/** A dense list: filters and views in the address, marks and acts by keyboard, pages that never jump. */
export function ListPage<Row>(props: ListPageProps<Row>) {
  const {
    name,
    title,
    path,
    id,
    columns,
    filters: fields = NONE,
    search,
    topics = NONE,
    open,
    acts = NONE,
    views = NONE,
    side,
    top,
    empty,
    limit = 50,
    every,
  } = props;
  const t = useTexts();
  const go = useGo();
  const { permissions } = useSession();
  const [all, setFilters] = useFilters();
  const filters = knownFilters(all, fields, search);
  const query: Query = { ...filters, ...props.query };
  const list = useList<Row>(path, { query, limit, topics, id, every });
  const rows = list.data?.items ?? NONE;
  const [current, setCurrentRow] = useState(() => lastRows.get(name));
  const setCurrent = (row: string) => {
    lastRows.set(name, row);
    setCurrentRow(row);
  };
  const [marked, setMarked] = useState<ReadonlyMap<string, Row>>(new Map());
  const searchBox = useRef<HTMLInputElement>(null);
  const asked = JSON.stringify(query);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters, other rows: marks on unseen rows would surprise.
  useEffect(() => setMarked(new Map()), [asked]);
  const exporting = useExport(name, path, { ...query, ...props.exportQuery }, columns);
  const allowed = acts.filter((act) => permissions.includes(act.needs));

  const index = rows.findIndex((row) => id(row) === current);
  const step = (by: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index + by))];
    if (row !== undefined) setCurrent(id(row));
  };
  const mark = useCallback(
    (row: Row) => {
      setMarked((before) => {
        const after = new Map(before);
        if (!after.delete(id(row))) after.set(id(row), row);
        return after;
      });
    },
    [id],
  );
  const markAll = (on: boolean) => setMarked(on ? new Map(rows.map((row) => [id(row), row])) : new Map());
  const meant = (): readonly Row[] => {
    if (marked.size > 0) return [...marked.values()];
    const row = rows[index];
    return row === undefined ? [] : [row];
  };
  const perform = async (act: RowAct<Row>) => {
    const on = meant();
    if (on.length === 0 || act.when?.(on) === false) return;
    if ((await act.run(on)) !== false) setMarked(new Map());
  };
  const keys: KeyAct[] = [
    { key: "j", label: t("key.down"), run: () => step(1) },
    { key: "k", label: t("key.up"), run: () => step(-1) },
    ...(allowed.length === 0
      ? []
      : [
          {
            key: "x",
            label: t("key.mark"),
            run: () => index >= 0 && rows[index] !== undefined && mark(rows[index]),
          },
        ]),
    ...(open === undefined
      ? []
      : [
          {
            key: "Enter",
            label: t("key.open"),
            run: () => rows[index] !== undefined && go(open(rows[index])),
          },
        ]),
    ...(search === undefined
      ? []
      : [{ key: "/", label: t("key.search"), run: () => searchBox.current?.focus() }]),
    ...allowed.map((act) => ({ key: act.key, label: act.label, run: () => void perform(act) })),
  ];
  useKeys(keys);

  const filtered = Object.keys(filters).length > 0;
  const running = exporting.running;
  return (
    <div className="page page-list">
      <header className="title-row">
        <h1>
          {title} {list.data !== undefined && <span className="total">{totalOf(list.data)}</span>}
        </h1>
        <div className="row wrap">
          {side}
          {running === undefined ? (
            <Button
              size="small"
              type="text"
              icon={<DownloadOutlined aria-hidden="true" />}
              disabled={rows.length === 0}
              onClick={() => void exporting.start()}
            >
              {t("export")}
            </Button>
          ) : (
            <span className="row export-run" role="status">
              <Progress
                percent={running.total === 0 ? 0 : Math.floor((100 * running.count) / running.total)}
                size="small"
                className="export-bar"
              />
              <Button size="small" onClick={running.stop}>
                {t("stop")}
              </Button>
            </span>
          )}
        </div>
      </header>
      {typeof top === "function" ? top(query) : top}
      <Views
        name={name}
        own={views}
        filters={filters}
        choose={(next) => setFilters(next, { replaceAll: true })}
      />
      <FilterBar fields={fields} search={search} filters={filters} set={setFilters} searchBox={searchBox} />
      {list.fresh > 0 && (
        <button type="button" className="fresh" onClick={list.showFresh}>
          {t("fresh", { count: list.fresh })}
        </button>
      )}
      {marked.size > 0 && (
        <div className="marked" role="status">
          <strong>{t("marked", { count: marked.size })}</strong>
          {allowed.map((act) => (
            <Button
              key={act.key}
              size="small"
              danger={act.danger ?? false}
              disabled={act.when?.(meant()) === false}
              onClick={() => void perform(act)}
            >
              {act.label} <kbd className="kbd">{act.key}</kbd>
            </Button>
          ))}
          <Button size="small" type="text" onClick={() => setMarked(new Map())}>
            {t("marked.clear")}
          </Button>
        </div>
      )}
      {list.data === undefined ? (
        list.problem !== undefined ? (
          <Failed problem={list.problem} again={list.again} />
        ) : (
          <Loading />
        )
      ) : rows.length === 0 ? (
        <Empty
          title={filtered ? t("empty.filtered") : empty?.title}
          advice={filtered ? t("empty.filtered.advice") : empty?.advice}
          act={
            filtered ? (
              <Button onClick={() => setFilters({}, { replaceAll: true })}>{t("filter.clear")}</Button>
            ) : (
              empty?.act
            )
          }
        />
      ) : (
        <>
          {list.problem !== undefined && <p className="stale">{t(`problem:${list.problem.code}`)}</p>}
          <Rows
            rows={rows}
            id={id}
            columns={columns.filter((column) => column.exportOnly !== true)}
            open={open}
            marks={allowed.length > 0}
            marked={marked}
            mark={mark}
            markAll={markAll}
            current={current}
            choose={setCurrent}
            dim={list.fetching && list.problem === undefined}
            label={title}
          />
        </>
      )}
      <Pager list={list} />
    </div>
  );
}
