import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import {
  Copyable,
  CopyButton,
  DetailPage,
  Go,
  Loading,
  type Moment,
  Section,
  Shown,
  StateTag,
  Time,
  TlpTag,
  useGet,
  useGo,
  useKeys,
  useLanguage,
  useMay,
  useOrgName,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import { BLOCKING_SCORE, type Correlations, type Neighbours, type ObjectDetail } from "../library/model.ts";
import { Described, References, referencesOf } from "./library-described.tsx";
import { EndingActs, EndingNote } from "./library-ending.tsx";
import {
  isGalaxyName,
  LIBRARY,
  LibraryStateTag,
  ObjectLink,
  objectPath,
  TypeName,
} from "./library-parts.tsx";
import "./library.css";
import { Relations } from "./library-relations.tsx";
import { RemarkDialog } from "./library-remark.tsx";
import { SameThing } from "./library-same.tsx";
import { Says } from "./library-says.tsx";
import { LogSearchLinks } from "./library-searches.tsx";
import { Sightings } from "./library-sightings.tsx";
import { titleOfTie } from "./library-ties.ts";
import { Versions } from "./library-versions.tsx";
import { ObjectTagSection, ObjectTags } from "./object-tags.tsx";
import { useListWords } from "./warned.ts";

const LibraryGraph = lazy(() => import("./library-graph.tsx"));

const TIMES = [
  "created",
  "modified",
  "valid_from",
  "valid_until",
  "first_seen",
  "last_seen",
  "first_observed",
  "last_observed",
  "published",
] as const;

/** What the newest version says, as a table of its properties; empty for what is no object. */
function propertiesOf(detail: ObjectDetail): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(detail.versions[0]?.document ?? "{}");
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function nextOf(
  detail: ObjectDetail,
): "revoked" | "deprecated" | "expired" | "warned" | "warned.inside" | "low" | "use" | "read" {
  const reasons = new Set(detail.score.parts.map(({ reason }) => reason));
  if (detail.state !== "valid") return detail.state;
  // A technique or a CVE is nothing to block; an indicator or an observable is.
  const seen = detail.values.some(({ kind }) => kind !== "attack" && kind !== "cve");
  if (detail.row.type !== "indicator" && !seen) return "read";
  if (reasons.has("warninglist"))
    return detail.warnings.every(({ inside }) => inside !== undefined) ? "warned.inside" : "warned";
  return detail.score.value < BLOCKING_SCORE ? "low" : "use";
}

function ScoreSection({ detail }: { readonly detail: ObjectDetail }) {
  const t = useTexts("library");
  const { value, parts } = detail.score;
  return (
    <Section title={t("score.why")}>
      <p>
        <strong>{t("score.of", { value })}</strong>
      </p>
      <ul>
        {parts.map(({ reason, points, facts }) => (
          <li key={reason}>
            {t("score.part", {
              points: `${points > 0 ? "+" : ""}${points}`,
              reason: t(`reason.${reason}`, facts),
            })}
          </li>
        ))}
      </ul>
      <p className="muted">{t("score.how")}</p>
    </Section>
  );
}

function Values({ detail }: { readonly detail: ObjectDetail }) {
  const t = useTexts("library");
  const listWords = useListWords();
  if (detail.values.length === 0) return null;
  return (
    <Section title={t("values")}>
      <ul>
        {detail.values.map(({ kind, value }) => (
          <li key={`${kind} ${value}`}>
            <span className="muted">{kind}</span>{" "}
            <Copyable text={value} filter={{ to: "/library", name: "q" }}>
              <span className="mono wrap">{value}</span>
            </Copyable>{" "}
            {detail.warnings
              .filter((warning) => warning.value === value)
              .map((warning) => (
                <StateTag key={warning.list} tone="waiting">
                  {listWords(warning)}
                </StateTag>
              ))}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Shared({ id }: { readonly id: string }) {
  const t = useTexts("library");
  const got = useGet<Correlations>(`${LIBRARY}/${id}/correlations`);
  return (
    <Section title={t("correlations")}>
      <Shown of={got}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t("correlations.none")}</p>
          ) : (
            items.map(({ kind, value, total, common, objects }) => (
              <div key={`${kind} ${value}`}>
                <h3>
                  <span className="mono wrap">{value}</span>{" "}
                  <Go to={`/library?q=${encodeURIComponent(value)}`}>
                    {t("correlations.total", { count: common ? "1,000+" : total })}
                  </Go>
                </h3>
                {common ? (
                  <p className="muted">{t("correlations.common")}</p>
                ) : (
                  <ul>
                    {objects.map((row) => (
                      <li key={row.id}>
                        <ObjectLink node={row} /> <TlpTag tlp={row.tlp} />
                      </li>
                    ))}
                  </ul>
                )}
              </div>
            ))
          )
        }
      </Shown>
    </Section>
  );
}

function Sources({ detail }: { readonly detail: ObjectDetail }) {
  const t = useTexts("library");
  return (
    <Section title={t("sources")}>
      {detail.origins.length === 0 ? (
        <p className="muted">{t("sources.none")}</p>
      ) : (
        <table className="library-table">
          <thead>
            <tr>
              <th>{t("source")}</th>
              <th>{t("reliability")}</th>
              <th>{t("file")}</th>
              <th>{t("source.object")}</th>
              <th>{t("told")}</th>
            </tr>
          </thead>
          <tbody>
            {detail.origins.map((origin) => (
              <tr key={`${origin.importId} ${origin.objectId}`}>
                <td>{origin.source}</td>
                <td>{origin.reliability}</td>
                <td className="wrap">{origin.file}</td>
                <td className="mono">
                  {origin.objectId === detail.row.id ? t("same.this") : origin.objectId.slice(-12)}
                </td>
                <td>
                  <Time at={origin.at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function momentsOf(
  detail: ObjectDetail,
  say: (key: string, facts?: Record<string, number | string>) => string,
): Moment[] {
  const properties = propertiesOf(detail);
  const own = TIMES.flatMap((name): Moment[] => {
    const at = properties[name];
    return typeof at === "string" ? [{ id: name, at, what: say(`when.${name}`) }] : [];
  });
  const added = detail.versions.map(
    ({ version, addedAt, way, collection }): Moment => ({
      id: `${version} ${addedAt}`,
      at: addedAt,
      what: say(`when.${way}`, { collection: collection ?? "" }),
      tone: way === "withdrawn" ? "bad" : "done",
    }),
  );
  const told = detail.origins.map(
    ({ source, at, importId, objectId }): Moment => ({
      id: `${importId} ${objectId}`,
      at,
      who: source,
      what: say("when.told"),
      tone: "active",
    }),
  );
  const sighted = detail.sightings.flatMap(({ id, lastSeen, count }): Moment[] =>
    lastSeen === null || count === 0
      ? []
      : [{ id: `sighted ${id}`, at: lastSeen, what: say("when.sighted", { count }), tone: "bad" }],
  );
  return [...own, ...added, ...told, ...sighted].toSorted((a, b) => (a.at < b.at ? 1 : -1));
}

function ObjectView({
  detail,
  neighbours,
}: {
  readonly detail: ObjectDetail;
  readonly neighbours: Neighbours;
}) {
  const t = useTexts("library");
  const go = useGo();
  const orgName = useOrgName();
  const [language] = useLanguage();
  const mayWrite = useMay("intel:write");
  const mayReadLogs = useMay("logs:read");
  const searchable = detail.row.type === "indicator" || detail.values.length > 0;
  const [graph, setGraph] = useState(false);
  const [adding, setAdding] = useState(false);
  const { row } = detail;
  const properties = propertiesOf(detail);
  const description = properties["description"] ?? properties["content"] ?? properties["explanation"];
  const references = referencesOf(properties["external_references"]);
  const document = detail.versions[0]?.document ?? "";
  useKeys([
    { key: "u", label: t("nav.library"), run: () => go("/library") },
    { key: "v", label: t("graph"), run: () => setGraph(true) },
    ...(mayWrite ? [{ key: "c", label: t("remark"), run: () => setAdding(true) }] : []),
  ]);
  return (
    <>
      <DetailPage
        back={{ to: "/library", label: t("nav.library") }}
        title={
          titleOfTie(properties, new Map(neighbours.nodes.map(({ id, name }) => [id, name])), language) ??
          row.name
        }
        tags={
          <>
            <TypeName type={row.type} />
            <TlpTag tlp={row.tlp} />
            <LibraryStateTag state={detail.state} />
            <span>{t("score.of", { value: detail.score.value })}</span>
            <ObjectTags id={row.id} />
          </>
        }
        summary={
          <>
            <EndingNote of={detail.ending} />
            {typeof description === "string" && (
              <Described text={description.slice(0, 8000)} references={references} />
            )}
          </>
        }
        next={{ text: t(`next.${nextOf(detail)}`) }}
        acts={
          mayWrite ? (
            <>
              <Button onClick={() => setAdding(true)}>{t("remark")}</Button>
              <EndingActs detail={detail} />
            </>
          ) : undefined
        }
        facts={[
          { label: t("org"), value: orgName(row.orgId, language) ?? row.orgId },
          { label: t("labels"), value: row.labels.filter((label) => !isGalaxyName(label)).join("、") },
          { label: t("confidence"), value: row.confidence },
          { label: t("created"), value: row.created === null ? null : <Time at={row.created} /> },
          { label: t("modified"), value: row.modified === null ? null : <Time at={row.modified} /> },
          { label: t("added"), value: <Time at={row.addedAt} /> },
          { label: "ID", value: <span className="mono wrap">{row.id}</span>, copy: row.id },
        ]}
        timeline={momentsOf(detail, (key, facts) => t(key, facts))}
        below={
          <>
            <Sources detail={detail} />
            <References of={references} />
            <Versions detail={detail} />
            <Section title={t("raw")} side={<CopyButton text={document} label={t("raw.copy")} />}>
              <details>
                <summary>{t("raw")}</summary>
                <pre className="mono library-text">{document}</pre>
              </details>
            </Section>
          </>
        }
      >
        <Says properties={properties} />
        <ScoreSection detail={detail} />
        <Values detail={detail} />
        <ObjectTagSection id={row.id} />
        <SameThing row={row} />
        <Relations of={neighbours} id={row.id} />
        <Section
          title={t("graph")}
          side={graph ? undefined : <Button onClick={() => setGraph(true)}>{t("graph.show")}</Button>}
        >
          {graph ? (
            <Suspense fallback={<Loading />}>
              <LibraryGraph id={row.id} first={neighbours} open={(id: string) => go(objectPath(id))} />
            </Suspense>
          ) : (
            <p className="muted">{t("graph.help")}</p>
          )}
        </Section>
        <Shared id={row.id} />
        <Sightings of={detail.sightings} />
        {mayReadLogs && searchable && <LogSearchLinks id={row.id} />}
      </DetailPage>
      <RemarkDialog id={row.id} open={adding} close={() => setAdding(false)} />
    </>
  );
}

/** One object of the library: what it is worth, what it is tied to, who told it, and its document as it came. */
export default function LibraryObjectPage() {
  const path = `${LIBRARY}/${useParam("id")}`;
  const detail = useGet<ObjectDetail>(path);
  const neighbours = useGet<Neighbours>(`${path}/neighbours`);
  return (
    <Shown of={detail}>
      {(one) => (
        <Shown of={neighbours}>
          {(near) => <ObjectView key={one.row.id} detail={one} neighbours={near} />}
        </Shown>
      )}
    </Shown>
  );
}
