import { DownloadOutlined } from "@ant-design/icons";
import { Button, Input, Segmented, Select, Switch } from "antd";
import { useState } from "react";
import {
  api,
  download,
  Empty,
  Go,
  Shown,
  useAct,
  useFilters,
  useGet,
  useMay,
  useTexts,
} from "../../../web/kit.ts";
import type { Matrices, Matrix } from "../library/model.ts";
import { MATRICES, objectPath } from "./library-parts.tsx";
import "./library.css";

type Technique = Matrix["tactics"][number]["techniques"][number];
type Part = Technique["parts"][number];

/** Alerts by technique, of the alert queue. */
interface AlertTechniques {
  readonly items: readonly { readonly technique: string; readonly count: number }[];
}

interface Shows {
  readonly used: boolean;
  readonly words: string;
  readonly platform: string;
  readonly unfold: boolean;
  readonly alerts: ReadonlyMap<string, number>;
}

/** Whether what the filters ask for is true of a technique or sub-technique by itself. */
function fits(one: Part, { used, words, platform, alerts }: Shows): boolean {
  if (used && one.count === 0 && !alerts.has(one.attackId)) return false;
  if (platform !== "" && !one.platforms.includes(platform)) return false;
  return words === "" || `${one.attackId} ${one.name}`.toLowerCase().includes(words);
}

/** A technique with those sub-techniques that fit; one that does not fit stays for the sake of a part that does. */
function shownOf(technique: Technique, shows: Shows): Technique | undefined {
  const parts = technique.parts.filter((part) => fits(part, shows));
  if (fits(technique, shows)) return shows.used || shows.words !== "" ? { ...technique, parts } : technique;
  return parts.length === 0 ? undefined : { ...technique, parts };
}

function Named({ one, alerts }: { readonly one: Part; readonly alerts: ReadonlyMap<string, number> }) {
  const t = useTexts("library");
  const raised = alerts.get(one.attackId) ?? 0;
  return (
    <>
      <Go to={objectPath(one.id)}>{one.name}</Go> <span className="muted mono">{one.attackId}</span>
      {one.count > 0 && (
        <span className="matrix-count" title={t("matrix.count", { count: one.count })}>
          {t("matrix.named", { count: one.count })}
        </span>
      )}
      {raised > 0 && (
        <span className="matrix-count" title={t("matrix.alerts", { count: raised })}>
          {t("matrix.raised", { count: raised })}
        </span>
      )}
    </>
  );
}

function Cell({
  technique,
  most,
  shows,
}: {
  readonly technique: Technique;
  readonly most: number;
  readonly shows: Shows;
}) {
  const t = useTexts("library");
  const { alerts, unfold, words } = shows;
  const weight = technique.count + (alerts.get(technique.attackId) ?? 0);
  const share = Math.ceil((4 * Math.log1p(weight)) / Math.log1p(most));
  return (
    <li className={`technique technique-${weight === 0 ? 0 : share}`}>
      <Named one={technique} alerts={alerts} />
      {technique.parts.length > 0 && (
        <details key={`${unfold} ${words}`} open={unfold || words !== ""}>
          <summary>{t("matrix.parts", { count: technique.parts.length })}</summary>
          <ul>
            {technique.parts.map((part) => (
              <li key={part.id}>
                <Named one={part} alerts={alerts} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

function Table({ matrix, shows }: { readonly matrix: Matrix; readonly shows: Shows }) {
  const t = useTexts("library");
  const { alerts } = shows;
  const all = matrix.tactics.flatMap(({ techniques }) => techniques);
  const most = Math.max(1, ...all.map(({ count, attackId }) => count + (alerts.get(attackId) ?? 0)));
  const [phone] = useState(() => window.matchMedia("(max-width: 600px)").matches);
  const columns = matrix.tactics.map((tactic) => ({
    tactic,
    techniques: tactic.techniques.flatMap((technique) => shownOf(technique, shows) ?? []),
  }));
  const filtered = shows.words !== "" || shows.platform !== "" || shows.used;
  if (columns.every(({ techniques }) => techniques.length === 0))
    return <Empty title={t("matrix.nothing")} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="matrix" tabIndex={0} aria-label={matrix.name}>
      {columns.map(({ tactic, techniques }) => (
        <details key={`${tactic.id} ${filtered}`} className="tactic" open={!phone || filtered}>
          <summary>
            <h2>
              {tactic.name}{" "}
              <span className="muted">
                {techniques.length === tactic.techniques.length
                  ? techniques.length
                  : `${techniques.length}/${tactic.techniques.length}`}
              </span>
            </h2>
          </summary>
          <ul>
            {techniques.map((technique) => (
              <Cell key={technique.id} technique={technique} most={most} shows={shows} />
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}

/** The layer of ATT&CK Navigator with the alerts added to what intelligence names. */
async function fetchLayer(matrix: Matrix, alerts: ReadonlyMap<string, number>): Promise<boolean> {
  const layer = await api.get<{ techniques: { techniqueID: string; tactic: string; score: number }[] }>(
    `${MATRICES}/${matrix.id}/layer`,
  );
  const named = new Map(layer.techniques.map((one) => [`${one.tactic} ${one.techniqueID}`, one]));
  for (const { shortName, techniques } of matrix.tactics)
    for (const { attackId } of techniques.flatMap((each) => [each, ...each.parts])) {
      const raised = alerts.get(attackId);
      if (raised === undefined) continue;
      const before = named.get(`${shortName} ${attackId}`);
      const metadata = [{ name: "alerts", value: String(raised) }];
      named.set(`${shortName} ${attackId}`, {
        ...(before ?? { techniqueID: attackId, tactic: shortName, enabled: true }),
        score: (before?.score ?? 0) + raised,
        ...{ metadata },
      });
    }
  const techniques = [...named.values()];
  const maxValue = Math.max(1, ...techniques.map(({ score }) => score));
  const whole = { ...layer, techniques, gradient: { colors: ["#ffffff", "#d4380d"], minValue: 0, maxValue } };
  download("layer.json", JSON.stringify(whole, null, 1), "application/json");
  return true;
}

function Chosen({ list }: { readonly list: Matrices }) {
  const t = useTexts("library");
  const [filters, setFilters] = useFilters();
  const mayAlerts = useMay("alerts:read");
  const chosen = list.items.find(({ id }) => id === filters["matrix"]) ?? list.items[0];
  const got = useGet<Matrix>(`${MATRICES}/${chosen?.id}`);
  const raised = useGet<AlertTechniques>("/api/v1/alerts/techniques", { when: mayAlerts });
  const alerts = new Map((raised.data?.items ?? []).map(({ technique, count }) => [technique, count]));
  const shows: Shows = {
    used: filters["used"] === "yes",
    words: (filters["find"] ?? "").trim().toLowerCase(),
    platform: filters["platform"] ?? "",
    unfold: filters["unfold"] === "yes",
    alerts,
  };
  const layer = useAct((matrix: Matrix) => fetchLayer(matrix, alerts), {});
  const all = (got.data?.tactics ?? []).flatMap(({ techniques }) => techniques);
  const platforms = [...new Set(all.flatMap((one) => one.platforms))].sort();
  const toggle = (name: "used" | "unfold", on: boolean) => (
    <span className="row">
      <Switch
        size="small"
        aria-label={t(`matrix.${name}`)}
        checked={on}
        onChange={(yes) => setFilters({ [name]: yes ? "yes" : "" })}
      />{" "}
      {t(`matrix.${name}`)}
    </span>
  );
  return (
    <div className="page page-matrix">
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
          <Button
            size="small"
            icon={<DownloadOutlined aria-hidden="true" />}
            loading={layer.busy}
            disabled={got.data === undefined}
            onClick={() => got.data !== undefined && void layer.run(got.data)}
          >
            {t("matrix.layer")}
          </Button>
        </div>
      </header>
      <p className="muted">{t(mayAlerts ? "matrix.why.alerts" : "matrix.why")}</p>
      <div className="row wrap matrix-filters">
        <Input.Search
          size="small"
          allowClear
          aria-label={t("matrix.find")}
          placeholder={t("matrix.find")}
          defaultValue={filters["find"] ?? ""}
          onSearch={(words) => setFilters({ find: words })}
        />
        {platforms.length > 1 && (
          <Select
            size="small"
            aria-label={t("matrix.platform")}
            value={shows.platform}
            options={[
              { value: "", label: t("matrix.platform.all") },
              ...platforms.map((value) => ({ value, label: value })),
            ]}
            onChange={(value) => setFilters({ platform: value })}
            popupMatchSelectWidth={false}
          />
        )}
        {toggle("used", shows.used)}
        {toggle("unfold", shows.unfold)}
      </div>
      <Shown of={got}>{(matrix) => <Table matrix={matrix} shows={shows} />}</Shown>
    </div>
  );
}

/** The matrices of ATT&CK, and how often what the reader sees, intelligence and alerts, names each technique. */
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
