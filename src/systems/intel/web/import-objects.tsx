import { Button, Checkbox } from "antd";
import { Empty, Section, SmallTable, StateTag, TlpTag, useFilters, useTexts } from "../../../web/kit.ts";
import { ENTRY_VIEWS, type ImportDetail, type ImportEntry } from "../imports/model.ts";
import { IMPORTS } from "./import-parts.tsx";
import { useTypeName } from "./library-parts.tsx";
import { Paged } from "./paged.tsx";
import { placeWords } from "./place.ts";
import { RefusalLines, RefusalTable } from "./refusal-parts.tsx";
import { useListWords } from "./warned.ts";
import "./imports.css";

type View = (typeof ENTRY_VIEWS)[number];

interface Props {
  readonly detail: ImportDetail;
  readonly leftOut?: ReadonlySet<number>;
  readonly leave?: (positions: ReadonlySet<number>) => void;
}

/** The objects of a preview by what the library knows of them, or what a stored import told. */
export function ImportObjects({ detail, leftOut, leave }: Props) {
  const t = useTexts("intel");
  const [filters, setFilters] = useFilters();
  const { preview, counts } = detail;
  const told = filters["view"] === "conflicts" ? "conflicts" : "all";
  if (preview === null)
    return (
      <Section title={t("tab.told")}>
        <p className="row wrap">
          {(["all", "conflicts"] as const).map((each) => (
            <Button
              key={each}
              size="small"
              type={each === told ? "primary" : "default"}
              aria-pressed={each === told}
              onClick={() => setFilters({ ...filters, view: each })}
            >
              {t(`tab.${each}`)}
            </Button>
          ))}
        </p>
        <Objects key={told} detail={detail} view={told} />
      </Section>
    );
  const view = ENTRY_VIEWS.find((each) => each === filters["view"]) ?? "all";
  const count: Readonly<Record<View, number>> = {
    all: counts.total + counts.refused,
    new: preview.new,
    known: preview.known,
    conflicts: preview.conflicts,
    warned: counts.warned,
    refused: counts.refused,
  };
  return (
    <>
      <fieldset className="row wrap import-views" aria-label={t("entry.what")}>
        {ENTRY_VIEWS.map((each) => (
          <Button
            key={each}
            type={each === view ? "primary" : "default"}
            aria-pressed={each === view}
            onClick={() => setFilters({ ...filters, view: each })}
          >
            {t(`tab.${each}`)} {count[each].toLocaleString("en")}
          </Button>
        ))}
      </fieldset>
      <Downloads detail={detail} view={view} />
      <Objects
        key={view}
        detail={detail}
        view={view}
        {...(leftOut === undefined || leave === undefined ? {} : { leftOut, leave })}
      />
    </>
  );
}

function Objects({ detail, view, leftOut, leave }: Props & { readonly view: View }) {
  const t = useTexts("intel");
  const typeName = useTypeName();
  const told = detail.preview === null;
  const marks = leftOut !== undefined && leave !== undefined;
  const mark = (position: number, stays: boolean) => {
    const next = new Set(leftOut);
    if (stays) next.delete(position);
    else next.add(position);
    leave?.(next);
  };
  return (
    <Paged<ImportEntry> path={`${IMPORTS}/${detail.id}/objects`} query={{ view }} none={t("tab.none")}>
      {(items) => (
        <SmallTable
          heads={[
            ...(marks ? [t("entry.keep")] : []),
            t("entry.type"),
            t("entry.name"),
            t("tlp"),
            t(told ? "refused.place" : "entry.what"),
          ]}
        >
          {items.map((entry) => (
            <tr key={entry.position}>
              {marks && (
                <td>
                  {entry.refusals.length === 0 && (
                    <Checkbox
                      aria-label={`${t("entry.keep")} ${entry.name || entry.id}`}
                      checked={!leftOut.has(entry.position)}
                      onChange={(event) => mark(entry.position, event.target.checked)}
                    />
                  )}
                </td>
              )}
              <td className="import-type">{entry.type === "" ? "–" : typeName(entry.type)}</td>
              <td>
                <span className="import-name" title={`${entry.id} (${entry.path})`}>
                  {entry.name || entry.id || placeWords(entry.path, t)}
                </span>
              </td>
              <td>{entry.refusals.length === 0 && <TlpTag tlp={entry.tlp} />}</td>
              <td>{told ? <Place entry={entry} /> : <Standing entry={entry} />}</td>
            </tr>
          ))}
        </SmallTable>
      )}
    </Paged>
  );
}

/** Where it stood in the file; and that the library shows other content of the same version, told before. */
function Place({ entry }: { readonly entry: ImportEntry }) {
  const t = useTexts("intel");
  return (
    <span className="row wrap">
      <span>{placeWords(entry.path, t)}</span>
      {entry.conflict && <StateTag tone="waiting">{t("entry.conflict")}</StateTag>}
    </span>
  );
}

function Standing({ entry }: { readonly entry: ImportEntry }) {
  const t = useTexts("intel");
  const listWords = useListWords();
  if (entry.refusals.length > 0)
    return (
      <>
        <StateTag tone="bad">{t("tab.refused")}</StateTag>
        <RefusalLines refusals={entry.refusals} more={entry.moreReasons} />
      </>
    );
  const lists = [...new Set(entry.warnings.map(listWords))].join("、");
  return (
    <span className="row wrap">
      {entry.known ? (
        <span>
          {entry.toldBy.length === 0 ? t("entry.known") : t("entry.by", { names: entry.toldBy.join("、") })}
        </span>
      ) : (
        <span>{t("entry.new")}</span>
      )}
      {entry.conflict && <StateTag tone="waiting">{t("entry.conflict")}</StateTag>}
      {lists !== "" && (
        <span className="import-warned">
          <StateTag tone="bad">{t("entry.warned", { lists })}</StateTag>
        </span>
      )}
    </span>
  );
}

/** What was refused, where it stands and why. */
export function Refusals({ detail }: { readonly detail: ImportDetail }) {
  const t = useTexts("intel");
  const { refusals, counts } = detail;
  if (refusals.length === 0) return <Empty title={t("refused.none")} />;
  return (
    <>
      {counts.refused > refusals.length && (
        <p className="muted">
          {t("refused.first", {
            count: refusals.length.toLocaleString("en"),
            total: counts.refused.toLocaleString("en"),
          })}
        </p>
      )}
      <RefusalTable refusals={refusals} />
    </>
  );
}

/** The rows that are shown, whole, as a file. */
function Downloads({ detail, view }: { readonly detail: ImportDetail; readonly view: View }) {
  const t = useTexts("intel");
  const path = `${IMPORTS}/${detail.id}/objects/export?view=${view}`;
  return (
    <p className="row wrap small">
      <a href={`${path}&form=csv`}>{t("entry.csv")}</a>
      <a href={`${path}&form=json`}>{t("entry.json")}</a>
    </p>
  );
}
