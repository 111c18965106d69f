import { Button } from "antd";
import { useState } from "react";
import {
  api,
  ConfirmDialog,
  DetailPage,
  Empty,
  Go,
  type ListAnswer,
  Section,
  Shown,
  SmallTable,
  Time,
  TlpTag,
  toast,
  useAct,
  useGet,
  useGo,
  useMay,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Feed, FeedRun } from "../feeds/model.ts";
import type { Import } from "../imports/model.ts";
import { FEEDS, FeedResultTag, FeedStateTag, IMPORTS, ImportStateTag } from "./import-parts.tsx";
import { useWhy } from "./refusal-parts.tsx";

/** One feed: how it is asked, how it last went, and what came of it. */
export default function FeedPage() {
  const got = useGet<Feed>(`${FEEDS}/${useParam("id")}`, { topics: ["intel.imported"], every: 15_000 });
  return <Shown of={got}>{(feed) => <FeedView feed={feed} />}</Shown>;
}

function FeedView({ feed }: { readonly feed: Feed }) {
  const t = useTexts("intel");
  const why = useWhy();
  const go = useGo();
  const mayWrite = useMay("intel:write");
  const [removing, setRemoving] = useState(false);
  const path = `${FEEDS}/${feed.id}`;
  const touches = [FEEDS, IMPORTS];
  const pause = useAct((paused: boolean) => api.patch<Feed>(path, { paused }), { touches });
  const ask = useAct((act: "run" | "preview") => api.post<FeedRun>(`${path}/${act}`), { touches });
  const remove = useAct(() => api.del(path).then(() => true), { done: t("feed.remove.done"), touches });
  const change = async (paused: boolean) => {
    if ((await pause.run(paused)) !== undefined)
      toast.done(t(paused ? "feed.pause.done" : "feed.resume.done"));
  };
  const run = async (act: "run" | "preview") => {
    const done = await ask.run(act);
    if (done === undefined) return;
    if (act === "preview" && done.importId !== null) go(`/intel/imports/${done.importId}`);
    else if (done.result === "failed") toast.told(t("feed.next.failed", { error: done.error ?? "" }));
    else toast.done(t(`feed.ran.${done.result}`));
  };
  const previewed = feed.lastImportId !== null;
  const failed = feed.lastResult === "failed";
  const turnOn = (
    <Button
      type={previewed && !failed ? "primary" : "default"}
      loading={pause.busy}
      onClick={() => void change(false)}
    >
      {t("feed.resume")}
    </Button>
  );
  const look = (
    <Button
      type={previewed || failed ? "default" : "primary"}
      loading={ask.busy}
      onClick={() => void run("preview")}
    >
      {t("feed.preview")}
    </Button>
  );
  const next = failed
    ? {
        text: t("feed.next.failed", {
          error: feed.lastFailure === null ? (feed.lastError ?? "") : why(feed.lastFailure),
        }),
      }
    : feed.paused && mayWrite
      ? { text: t("feed.next.preview"), act: previewed ? turnOn : look }
      : undefined;
  return (
    <>
      <DetailPage
        back={{ to: "/intel/feeds", label: t("nav.feeds") }}
        title={feed.name}
        tags={
          <>
            <FeedStateTag feed={feed} />
            <FeedResultTag feed={feed} />
            <TlpTag tlp={feed.tlp} />
          </>
        }
        next={next}
        acts={
          mayWrite ? (
            <>
              {!(next?.act === look) && look}
              {feed.paused ? next?.act !== turnOn && turnOn : null}
              {!feed.paused && (
                <>
                  <Button loading={ask.busy} onClick={() => void run("run")}>
                    {t("feed.run")}
                  </Button>
                  <Button loading={pause.busy} onClick={() => void change(true)}>
                    {t("feed.pause")}
                  </Button>
                </>
              )}
              <Button onClick={() => go(`/intel/feeds/${feed.id}/edit`)}>{t("feed.edit")}</Button>
              <Button danger onClick={() => setRemoving(true)}>
                {t("feed.remove")}
              </Button>
            </>
          ) : undefined
        }
        facts={[
          { label: t("feed.url"), value: <span className="mono">{feed.url}</span>, copy: feed.url },
          { label: t("feed.every"), value: `${feed.everyMinutes} ${t("feed.minutes")}` },
          { label: t("import.format"), value: feed.format === null ? null : t(`format.${feed.format}`) },
          { label: t("import.reliability"), value: t(`reliability.${feed.reliability}`) },
          { label: t("import.tlp"), value: <TlpTag tlp={feed.tlp} /> },
          {
            label: t("feed.last"),
            value: feed.lastRunAt === null ? null : <Time at={feed.lastRunAt} seconds />,
          },
          { label: t("feed.upcoming"), value: feed.nextRunAt === null ? null : <Time at={feed.nextRunAt} /> },
          { label: t("feed.failures"), value: feed.failures === 0 ? null : feed.failures },
        ]}
      >
        <Imports feed={feed} />
      </DetailPage>
      <ConfirmDialog
        open={removing}
        title={t("feed.remove")}
        what={[t("feed.remove.what", { name: feed.name })]}
        confirm={t("feed.remove")}
        danger
        send={async () => {
          if ((await remove.run(undefined)) === undefined) return false;
          go("/intel/feeds");
          return true;
        }}
        close={() => setRemoving(false)}
      />
    </>
  );
}

function Imports({ feed }: { readonly feed: Feed }) {
  const t = useTexts("intel");
  const got = useGet<ListAnswer<Import>>(IMPORTS, {
    query: { source: feed.id, limit: 20 },
    topics: ["intel.imported", "intel.import-undone"],
  });
  return (
    <Section
      title={t("feed.imports")}
      side={<span className="muted">{got.data?.total.toLocaleString("en")}</span>}
    >
      <Shown of={got}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("imports.none")} />
          ) : (
            <SmallTable
              heads={[
                t("imports.at"),
                t("imports.state"),
                t("imports.new"),
                t("imports.known"),
                t("imports.refused"),
              ]}
            >
              {items.map((each) => (
                <tr key={each.id}>
                  <td>
                    <Go to={`/intel/imports/${each.id}`}>
                      <Time at={each.at} />
                    </Go>
                  </td>
                  <td>
                    <ImportStateTag state={each.state} />
                  </td>
                  <td>{each.counts.new.toLocaleString("en")}</td>
                  <td>{each.counts.known.toLocaleString("en")}</td>
                  <td>{each.counts.refused.toLocaleString("en")}</td>
                </tr>
              ))}
            </SmallTable>
          )
        }
      </Shown>
    </Section>
  );
}
