import { Button, Checkbox, Progress } from "antd";
import { useState } from "react";
import {
  api,
  ConfirmDialog,
  DetailPage,
  Go,
  Section,
  Shown,
  Time,
  TlpTag,
  useAct,
  useGet,
  useMay,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { ImportDecision, ImportDetail, UndoPreview } from "../imports/model.ts";
import { ImportChoices } from "./import-choices.tsx";
import { ImportColumns } from "./import-columns.tsx";
import { ImportObjects, Refusals } from "./import-objects.tsx";
import { byName, IMPORTS, ImportStateTag, sizeText, sourceName } from "./import-parts.tsx";
import { useWhy } from "./refusal-parts.tsx";

type Doing = "store" | "stop" | "undo";
const BUSY = ["reading", "storing", "undoing"];
const LOOK_MS = 1000;

/** One import: its preview and the decision, how far it is, its result and the way back. */
export default function ImportPage() {
  const path = `${IMPORTS}/${useParam("id")}`;
  const [busy, setBusy] = useState(true);
  const got = useGet<ImportDetail>(path, {
    topics: ["intel.imported", "intel.import-undone"],
    ...(busy ? { every: LOOK_MS } : {}),
  });
  const state = got.data?.state;
  const isBusy = state === undefined || BUSY.includes(state);
  if (isBusy !== busy) setBusy(isBusy);
  return <Shown of={got}>{(detail) => <ImportView detail={detail} />}</Shown>;
}

function ImportView({ detail }: { readonly detail: ImportDetail }) {
  const t = useTexts("intel");
  const mayWrite = useMay("intel:write");
  const [doing, setDoing] = useState<Doing>();
  const [leftOut, setLeftOut] = useState<ReadonlySet<number>>(new Set());
  const [withoutWarned, setWithoutWarned] = useState(false);
  const why = useWhy();
  const { counts, preview, state } = detail;
  const reread = useAct(() => api.post<ImportDetail>(`${IMPORTS}/${detail.id}/reread`, {}), {
    done: t("import.reread.done"),
    touches: [IMPORTS],
  });
  const decision: ImportDecision = {
    ...(leftOut.size === 0 ? {} : { leaveOut: [...leftOut] }),
    ...(withoutWarned ? { leaveOutWarned: true } : {}),
  };
  const number = (value: number) => value.toLocaleString("en");
  return (
    <>
      <DetailPage
        back={{ to: "/intel/imports", label: t("nav.imports") }}
        title={t("import.of", { name: detail.fileName })}
        tags={
          <>
            <ImportStateTag state={state} />
            <TlpTag tlp={detail.tlp} />
            <span>{t(`format.${detail.format}`)}</span>
          </>
        }
        next={
          state === "previewed" && mayWrite
            ? {
                text: t("next.previewed"),
                act: (
                  <Button type="primary" disabled={counts.total === 0} onClick={() => setDoing("store")}>
                    {t("import.store")}
                  </Button>
                ),
              }
            : state === "failed"
              ? {
                  text: t("next.failed", {
                    reason: detail.failure === null ? (detail.reason ?? "") : why(detail.failure),
                  }),
                }
              : undefined
        }
        acts={
          mayWrite ? (
            <>
              {["reading", "storing", "previewed", "failed"].includes(state) && (
                <Button onClick={() => setDoing("stop")}>
                  {t(state === "previewed" || state === "failed" ? "import.drop" : "import.stop")}
                </Button>
              )}
              {state === "failed" && detail.storedAt === null && (
                <Button loading={reread.busy} onClick={() => void reread.run(undefined)}>
                  {t("import.reread")}
                </Button>
              )}
              {state === "stored" && (
                <Button danger onClick={() => setDoing("undo")}>
                  {t("import.undo")}
                </Button>
              )}
            </>
          ) : undefined
        }
        facts={[
          { label: t("imports.source"), value: sourceName(t, detail.source.name), copy: detail.source.name },
          { label: t("import.reliability"), value: t(`reliability.${detail.source.reliability}`) },
          { label: t("import.tlp"), value: <TlpTag tlp={detail.unmarkedTlp} /> },
          { label: t("import.confidence"), value: detail.defaultConfidence },
          { label: t("fact.total"), value: number(counts.total) },
          { label: t("imports.new"), value: number(preview?.new ?? counts.new) },
          { label: t("imports.known"), value: number(preview?.known ?? counts.known) },
          { label: t("imports.refused"), value: number(counts.refused) },
          { label: t("imports.warned"), value: number(counts.warned) },
          { label: t("fact.left"), value: counts.left === 0 ? null : number(counts.left) },
          { label: t("fact.size"), value: detail.size === null ? null : sizeText(detail.size) },
          {
            label: t("fact.sha256"),
            value:
              detail.sha256 === null ? null : <span className="mono">{detail.sha256.slice(0, 16)}…</span>,
            copy: detail.sha256,
          },
          { label: t("imports.by"), value: byName(t, detail.by) },
          { label: t("imports.at"), value: <Time at={detail.at} seconds /> },
          {
            label: t("fact.stored"),
            value: detail.storedAt === null ? null : <Time at={detail.storedAt} seconds />,
          },
          {
            label: t("fact.undone"),
            value: detail.undoneAt === null ? null : <Time at={detail.undoneAt} seconds />,
          },
        ]}
        side={
          detail.sha256 === null ? undefined : (
            <p>
              <a href={`${IMPORTS}/${detail.id}/file`}>{t("import.download")}</a>
            </p>
          )
        }
      >
        {detail.before !== null && (
          <p>
            {t("import.before")} <Time at={detail.before.storedAt} />{" "}
            <Go to={`/intel/imports/${detail.before.id}`}>{t("import.before.open")}</Go>
          </p>
        )}
        {BUSY.includes(state) && <Running detail={detail} />}
        {state === "previewed" && (
          <>
            {mayWrite && <ImportChoices detail={detail} />}
            {mayWrite && detail.format === "csv" && <ImportColumns detail={detail} />}
            {counts.warned > 0 && mayWrite && (
              <p>
                <Checkbox
                  checked={withoutWarned}
                  onChange={(event) => setWithoutWarned(event.target.checked)}
                >
                  {t("choice.warned", { count: number(counts.warned) })}
                </Checkbox>
              </p>
            )}
            <ImportObjects detail={detail} {...(mayWrite ? { leftOut, leave: setLeftOut } : {})} />
          </>
        )}
        {state === "stored" && <ImportObjects detail={detail} />}
        {state === "stored" && counts.refused > 0 && (
          <Section title={t("tab.refused")}>
            <Refusals detail={detail} />
          </Section>
        )}
        {detail.source.kind === "feed" && (
          <p>
            <Go to={`/intel/feeds/${detail.source.id}`}>{detail.source.name}</Go>
          </p>
        )}
      </DetailPage>
      <Dialogs detail={detail} decision={decision} doing={doing} close={() => setDoing(undefined)} />
    </>
  );
}

function Running({ detail }: { readonly detail: ImportDetail }) {
  const t = useTexts("intel");
  const { done, total } = detail.progress;
  const words = t(`progress.${detail.state}`, {
    done: done.toLocaleString("en"),
    total: total.toLocaleString("en"),
  });
  const known = detail.state === "storing" && total > 0;
  return (
    <div className="stack" role="status">
      <p>{words}</p>
      {known && <Progress aria-label={words} percent={Math.round((done / total) * 100)} />}
    </div>
  );
}

interface DialogsProps {
  readonly detail: ImportDetail;
  readonly decision: ImportDecision;
  readonly doing: Doing | undefined;
  readonly close: () => void;
}

function Dialogs({ detail, decision, doing, close }: DialogsProps) {
  const t = useTexts("intel");
  const path = `${IMPORTS}/${detail.id}`;
  const touches = [IMPORTS];
  const would = useGet<UndoPreview>(`${path}/undo`, { when: doing === "undo" });
  const store = useAct(() => api.post(`${path}/store`, decision), { done: t("import.store.done"), touches });
  const stop = useAct(() => api.post(`${path}/stop`), { done: t("import.stop.done"), touches });
  const undo = useAct(() => api.post(`${path}/undo`), { done: t("import.undo.done"), touches });
  const ok = async (answer: Promise<unknown>) => (await answer) !== undefined;
  const number = (value: number) => value.toLocaleString("en");
  const left = decision.leaveOut?.length ?? 0;
  const dropping = detail.state === "previewed" || detail.state === "failed";
  return (
    <>
      <ConfirmDialog
        open={doing === "store"}
        title={t("import.store")}
        what={[
          t("import.store.what", {
            count: number(detail.counts.total - left),
            new: number(detail.preview?.new ?? 0),
          }),
          ...(left === 0 ? [] : [t("import.store.left", { count: number(left) })]),
          ...(decision.leaveOutWarned === true ? [t("import.store.warned")] : []),
        ]}
        confirm={t("import.store")}
        send={() => ok(store.run(undefined))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "stop"}
        title={t(dropping ? "import.drop" : "import.stop")}
        what={[t(dropping ? "import.drop.what" : "import.stop.what")]}
        confirm={t(dropping ? "import.drop" : "import.stop")}
        danger
        send={() => ok(stop.run(undefined))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "undo" && would.data !== undefined}
        title={t("import.undo")}
        what={would.data === undefined ? [] : undoWords(would.data, t)}
        confirm={t("import.undo")}
        danger
        send={() => ok(undo.run(undefined))}
        close={close}
      />
    </>
  );
}

/** How many objects go and how many stay, and of these why. */
function undoWords(would: UndoPreview, t: ReturnType<typeof useTexts>): string[] {
  const number = (value: number) => value.toLocaleString("en");
  const { told, objects, stays } = would;
  return [
    t("import.undo.what", { told: number(told), objects: number(objects), stays: number(stays) }),
    ...(["others", "released", "held"] as const)
      .filter((why) => would[why] > 0)
      .map((why) => t(`import.undo.${why}`, { count: number(would[why]) })),
  ];
}
