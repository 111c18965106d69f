import { Button, Input } from "antd";
import { useId, useState } from "react";
import {
  api,
  csvOf,
  download,
  Empty,
  Go,
  Section,
  SmallTable,
  StateTag,
  useAct,
  useTexts,
} from "../../../web/kit.ts";
import { type CheckAnswer, MOST_CHECKED } from "../warninglists/model.ts";
import { WARNINGLISTS } from "./warninglist-parts.tsx";

type Checked = CheckAnswer["items"][number];

/** Pasted values against every list at work: which list knows each, and by which entry. */
export function WarninglistCheck() {
  const t = useTexts("lists");
  const id = useId();
  const [text, setText] = useState("");
  const [answer, setAnswer] = useState<CheckAnswer>();
  const check = useAct(() => api.post<CheckAnswer>(`${WARNINGLISTS}/check`, { text }), {});
  const run = async () => setAnswer((await check.run(undefined)) ?? answer);
  return (
    <details open={answer !== undefined}>
      <summary>{t("warning.check")}</summary>
      <div className="stack">
        <label className="field-label" htmlFor={id}>
          {t("warning.check.values")}
        </label>
        <Input.TextArea
          id={id}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run();
          }}
          autoSize={{ minRows: 3, maxRows: 12 }}
          placeholder={"hxxps://example[.]com/a\n8.8.8.8"}
          className="mono"
        />
        <div className="row wrap">
          <Button
            type="primary"
            loading={check.busy}
            disabled={text.trim() === ""}
            onClick={() => void run()}
          >
            {t("warning.check.run")}
          </Button>
          <span className="muted small">
            {t("warning.check.help", { most: MOST_CHECKED.toLocaleString("en") })}
          </span>
        </div>
        {answer !== undefined && <Results answer={answer} />}
      </div>
    </details>
  );
}

function Results({ answer: { items, more } }: { readonly answer: CheckAnswer }) {
  const t = useTexts("lists");
  const known = items.filter(({ hits }) => hits.length > 0).length;
  const unread = items.filter(({ value }) => value === null).length;
  const rows = items.flatMap((item): { item: Checked; hit: Checked["hits"][number] | undefined }[] =>
    item.hits.length === 0 ? [{ item, hit: undefined }] : item.hits.map((hit) => ({ item, hit })),
  );
  const text = (key: string, of: (row: (typeof rows)[number]) => string | number) => ({
    key,
    label: t(key),
    render: () => null,
    text: of,
  });
  const save = () =>
    download(
      "warninglist-check.csv",
      csvOf(
        [
          text("warning.line", ({ item }) => item.line),
          text("warning.pasted", ({ item }) => item.text),
          text("warning.value", ({ item }) => item.value ?? ""),
          text("warning.kind", ({ item }) => (item.type === null ? "" : t(`kind.${item.type}`))),
          text("warning.list", ({ hit }) => hit?.list ?? ""),
          text("warning.entry", ({ hit }) => hit?.entry ?? ""),
          text("warning.inside", ({ hit }) => hit?.inside ?? ""),
        ],
        rows,
      ),
    );
  if (items.length === 0) return <Empty title={t("warning.check.none")} />;
  return (
    <Section
      title={t("warning.check.result", { known, of: items.length })}
      side={
        <Button size="small" onClick={save}>
          {t("kit:export")}
        </Button>
      }
    >
      {unread > 0 && <p className="muted">{t("warning.check.unread", { count: unread })}</p>}
      {more && (
        <p className="muted">{t("warning.check.more", { most: MOST_CHECKED.toLocaleString("en") })}</p>
      )}
      <SmallTable heads={[t("warning.line"), t("warning.value"), t("warning.verdict")]}>
        {items.map((item, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one answer's rows never move.
          <tr key={at}>
            <td className="muted">{item.line}</td>
            <td>
              <span className="mono wrap">{item.value ?? item.text}</span>{" "}
              {item.type !== null && <span className="muted small">{t(`kind.${item.type}`)}</span>}
            </td>
            <td>
              <Verdict item={item} />
            </td>
          </tr>
        ))}
      </SmallTable>
    </Section>
  );
}

function Verdict({ item }: { readonly item: Checked }) {
  const t = useTexts("lists");
  if (item.value === null) return <span className="muted">{t("warning.verdict.unread")}</span>;
  if (item.hits.length === 0) return <span>{t("warning.verdict.unknown")}</span>;
  return (
    <ul className="plain">
      {item.hits.map(({ key, list, entry, inside }) => (
        <li key={key}>
          <StateTag tone="waiting">
            {inside === undefined
              ? t("warning.verdict.known")
              : t("warning.verdict.inside", { count: inside.toLocaleString("en") })}
          </StateTag>{" "}
          <Go to={`/warninglists/${key}?${new URLSearchParams({ q: entry })}`}>{list}</Go>{" "}
          <span className="mono wrap muted">{entry}</span>
        </li>
      ))}
    </ul>
  );
}
