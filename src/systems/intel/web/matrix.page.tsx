import { DownloadOutlined } from "@ant-design/icons";
import { Button, Segmented, Switch } from "antd";
import { Empty, Go, Shown, useFilters, useGet, useTexts } from "../../../web/kit.ts";
import type { Matrices, Matrix } from "../library/model.ts";
import { MATRICES, objectPath } from "./library-parts.tsx";
import "./library.css";

type Technique = Matrix["tactics"][number]["techniques"][number];

function Cell({ technique, most }: { readonly technique: Technique; readonly most: number }) {
  const t = useTexts("library");
  const named = (one: Pick<Technique, "id" | "attackId" | "name" | "count">) => (
    <>
      <Go to={objectPath(one.id)}>{one.name}</Go> <span className="muted mono">{one.attackId}</span>
      {one.count > 0 && <strong title={t("matrix.count", { count: one.count })}> {one.count}</strong>}
    </>
  );
  const share = Math.ceil((4 * Math.log1p(technique.count)) / Math.log1p(most));
  return (
    <li className={`technique technique-${technique.count === 0 ? 0 : share}`}>
      {named(technique)}
      {technique.parts.length > 0 && (
        <details>
          <summary>{t("matrix.parts", { count: technique.parts.length })}</summary>
          <ul>
            {technique.parts.map((part) => (
              <li key={part.id}>{named(part)}</li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function Table({ matrix, used }: { readonly matrix: Matrix; readonly used: boolean }) {
  const all = matrix.tactics.flatMap(({ techniques }) => techniques);
  const most = Math.max(1, ...all.map(({ count }) => count));
  const kept = (technique: Technique) =>
    !used || technique.count > 0 || technique.parts.some(({ count }) => count > 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard.
    <section className="matrix" tabIndex={0} aria-label={matrix.name}>
      {matrix.tactics.map((tactic) => (
        <div key={tactic.id} className="tactic">
          <h2>
            <Go to={objectPath(tactic.id)}>{tactic.name}</Go>{" "}
            <span className="muted">{tactic.techniques.length}</span>
          </h2>
          <ul>
            {tactic.techniques.filter(kept).map((technique) => (
              <Cell key={technique.id} technique={technique} most={most} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function Chosen({ list }: { readonly list: Matrices }) {
  const t = useTexts("library");
  const [filters, setFilters] = useFilters();
  const chosen = list.items.find(({ id }) => id === filters["matrix"]) ?? list.items[0];
  const used = filters["used"] === "yes";
  const got = useGet<Matrix>(`${MATRICES}/${chosen?.id}`);
  return (
    <div className="page">
      <header className="title-row">
        <h1>{t("nav.matrix")}</h1>
        <div className="row wrap">
          {list.items.length > 1 && (
            <Segmented
              aria-label={t("matrix")}
              value={chosen?.id ?? ""}
              onChange={(id) => setFilters({ matrix: id })}
              options={list.items.map(({ id, name }) => ({ value: id, label: name }))}
            />
          )}
          <span className="row">
            <Switch
              size="small"
              aria-label={t("matrix.used")}
              checked={used}
              onChange={(on) => setFilters({ used: on ? "yes" : "" })}
            />{" "}
            {t("matrix.used")}
          </span>
          <Button
            size="small"
            icon={<DownloadOutlined aria-hidden="true" />}
            href={`${MATRICES}/${chosen?.id}/layer`}
            download="layer.json"
          >
            {t("matrix.layer")}
          </Button>
        </div>
      </header>
      <p className="muted">{t("matrix.why")}</p>
      <Shown of={got}>{(matrix) => <Table matrix={matrix} used={used} />}</Shown>
    </div>
  );
}

/** The matrices of ATT&CK, and how often what the reader sees names each technique. */
export default function MatrixPage() {
  const t = useTexts("library");
  const got = useGet<Matrices>(MATRICES);
  return (
    <Shown of={got}>
      {(list) =>
        list.items.length === 0 ? (
          <div className="page">
            <h1>{t("nav.matrix")}</h1>
            <Empty title={t("matrix.none")} advice={t("matrix.none.advice")} />
          </div>
        ) : (
          <Chosen list={list} />
        )
      }
    </Shown>
  );
}
