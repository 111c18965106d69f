import { Button } from "antd";
import { type ReactNode, useState } from "react";
import { Empty, type ListAnswer, type Query, Shown, useGet, useTexts } from "../../../web/kit.ts";

const LIMIT = 50;

interface Props<Row> {
  readonly path: string;
  readonly query?: Query;
  readonly none: string;
  readonly children: (rows: readonly Row[]) => ReactNode;
}

/** A part of a page that is a list of its own, page by page. Give it a `key` of the query: another one begins anew. */
export function Paged<Row>({ path, query = {}, none, children }: Props<Row>) {
  const t = useTexts("intel");
  /** Where each page that was looked at begins. */
  const [starts, setStarts] = useState<readonly (string | undefined)[]>([undefined]);
  const got = useGet<ListAnswer<Row>>(path, { query: { ...query, limit: LIMIT, cursor: starts.at(-1) } });
  const from = (starts.length - 1) * LIMIT + 1;
  return (
    <Shown of={got}>
      {({ items, total, next }) =>
        items.length === 0 ? (
          <Empty title={none} />
        ) : (
          <>
            {children(items)}
            <nav className="pager" aria-label={t("kit:pages")}>
              <span className="muted">
                {t("kit:range", {
                  from: from.toLocaleString("en"),
                  to: (from + items.length - 1).toLocaleString("en"),
                  total: total.toLocaleString("en"),
                })}
              </span>
              <Button
                size="small"
                disabled={starts.length === 1}
                onClick={() => setStarts(starts.slice(0, -1))}
              >
                {t("entry.before")}
              </Button>
              <Button size="small" disabled={next === undefined} onClick={() => setStarts([...starts, next])}>
                {t("entry.after")}
              </Button>
            </nav>
          </>
        )
      }
    </Shown>
  );
}
