import { Button } from "antd";
import { useState } from "react";
import type { z } from "zod";
import {
  api,
  ConfirmDialog,
  DetailPage,
  Go,
  type Moment,
  Section,
  Shown,
  SmallTable,
  StateTag,
  Time,
  TlpTag,
  useAct,
  useGet,
  useGo,
  useMay,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Difference, Line, PeerDetail, Run } from "../peers/model.ts";
import { PEER_TONES, PEERS } from "./peers.page.tsx";

type Detail = z.infer<typeof PeerDetail>;

/** One peer: how the exchange goes, what flows, and every run that moved something or failed. */
export default function PeerPage() {
  const id = useParam("id");
  const got = useGet<Detail>(`${PEERS}/${id}`, { every: 10_000 });
  return <Shown of={got}>{(peer) => <PeerView peer={peer} />}</Shown>;
}

function PeerView({ peer }: { readonly peer: Detail }) {
  const t = useTexts("intel");
  const [found, setFound] = useState<readonly Difference[]>();
  const moment = useMoment();
  return (
    <DetailPage
      back={{ to: "/peers", label: t("peers.nav") }}
      title={peer.name}
      tags={<StateTag tone={PEER_TONES[peer.state]}>{t(`peers.state.${peer.state}`)}</StateTag>}
      {...(peer.lastError === null ? {} : { next: { text: `${t("peers.error")}: ${peer.lastError}` } })}
      acts={<Acts peer={peer} found={found} show={setFound} />}
      facts={[
        { label: t("peers.url"), value: peer.url, copy: peer.url },
        { label: t("peers.login"), value: t(`peers.login.${peer.loginKind}`) },
        { label: t("peers.ceiling"), value: <TlpTag tlp={peer.ceiling} /> },
        { label: t("peers.unmarked"), value: <TlpTag tlp={peer.unmarked} /> },
        { label: t("peers.reliability"), value: peer.reliability },
        { label: t("peers.every"), value: `${peer.everyMinutes} ${t("peers.every.unit")}` },
        { label: t("peers.last"), value: peer.lastGoodAt === null ? null : <Time at={peer.lastGoodAt} /> },
        { label: t("peers.next"), value: peer.paused ? null : <Time at={peer.nextRunAt} /> },
        { label: t("peers.keys"), value: <Go to="/keys">{t("peers.keys.why")}</Go> },
      ]}
      timelineTitle={t("peers.log")}
      timeline={peer.runs.map(moment)}
    >
      {found !== undefined && (
        <Section title={t("peers.differences")}>
          <Differences of={found} />
        </Section>
      )}
      <Section title={t("peers.lines")}>
        <Lines lines={peer.lines} />
      </Section>
    </DetailPage>
  );
}

function useMoment(): (run: Run) => Moment {
  const t = useTexts("intel");
  return (run) => {
    const direction = t(run.direction === "pull" ? "peers.pull" : "peers.push");
    const { title, moved, refused, held } = run;
    const failed = run.error !== null;
    return {
      id: run.id,
      at: run.at,
      what: failed
        ? t("peers.log.failed", { title })
        : t(`peers.log.${run.kind}`, { title, direction, moved, refused, held }),
      tone: failed ? "bad" : refused > 0 ? "waiting" : "done",
      body:
        failed || run.details.length > 0 ? (
          <>
            {run.error}
            <ul>
              {run.details.slice(0, 10).map((each) => (
                <li key={`${each.id} ${each.message}`}>
                  <span className="mono">{each.id}</span> {each.message}
                </li>
              ))}
            </ul>
          </>
        ) : null,
    };
  };
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const t = useTexts("intel");
  return (
    <SmallTable
      heads={[
        t("peers.direction"),
        t("peers.collection"),
        t("peers.source"),
        t("peers.moved"),
        t("peers.refused"),
        t("peers.held"),
      ]}
    >
      {lines.map((line) => (
        <tr key={line.id}>
          <td>{t(line.direction === "pull" ? "peers.pull" : "peers.push")}</td>
          <td>{line.title}</td>
          <td>{line.source ?? "–"}</td>
          <td>{line.counts.moved.toLocaleString("en")}</td>
          <td>{line.counts.refused.toLocaleString("en")}</td>
          <td>{line.counts.held.toLocaleString("en")}</td>
        </tr>
      ))}
    </SmallTable>
  );
}

function differs({ missing, gone, mended }: Difference): boolean {
  return missing + gone > mended;
}

/** What differs between the two sides, line by line, with the first examples. */
function Differences({ of }: { readonly of: readonly Difference[] }) {
  const t = useTexts("intel");
  const examples = of.flatMap((each) => each.examples).slice(0, 20);
  return (
    <>
      {!of.some(differs) && <p>{t("peers.differences.none")}</p>}
      <SmallTable
        heads={[
          t("peers.direction"),
          t("peers.collection"),
          t("peers.same"),
          t("peers.missing"),
          t("peers.gone"),
          t("peers.mended"),
        ]}
      >
        {of.map((each) => (
          <tr key={each.lineId}>
            <td>{t(each.direction === "pull" ? "peers.pull" : "peers.push")}</td>
            <td>{each.title}</td>
            {[each.same, each.missing, each.gone, each.mended].map((count, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: columns have their place.
              <td key={at}>{count.toLocaleString("en")}</td>
            ))}
          </tr>
        ))}
      </SmallTable>
      {examples.length > 0 && (
        <ul>
          {examples.map((each) => (
            <li key={`${each.id} ${each.message}`}>
              <span className="mono">{each.id}</span> {each.message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface ActsProps {
  readonly peer: Detail;
  readonly found: readonly Difference[] | undefined;
  readonly show: (found: readonly Difference[]) => void;
}

function Acts({ peer, found, show }: ActsProps) {
  const t = useTexts("intel");
  const go = useGo();
  const manages = useMay("platform:manage");
  const [removing, setRemoving] = useState(false);
  const touches = [PEERS];
  const run = useAct(() => api.post<void>(`${PEERS}/${peer.id}/run`), { done: t("peers.run.done"), touches });
  const pause = useAct(
    (paused: boolean) => api.patch<void>(`${PEERS}/${peer.id}`, { paused, version: peer.version }),
    { done: t("peers.changed"), touches },
  );
  const compared = async (mend: boolean) => {
    const { lines } = await api.post<{ lines: Difference[] }>(`${PEERS}/${peer.id}/compare`, { mend });
    show(lines);
    return true;
  };
  const compare = useAct(() => compared(false), { done: t("peers.compare.done"), touches });
  const mend = useAct(() => compared(true), { done: t("peers.mend.done"), touches });
  const remove = useAct(
    async () => {
      await api.del<void>(`${PEERS}/${peer.id}`);
      return true;
    },
    { done: t("peers.remove.done"), touches },
  );
  if (!manages) return null;
  return (
    <>
      <Button type="primary" loading={run.busy} onClick={() => void run.run(undefined)}>
        {t("peers.run")}
      </Button>
      <Button loading={pause.busy} onClick={() => void pause.run(!peer.paused)}>
        {t(peer.paused ? "peers.resume" : "peers.pause")}
      </Button>
      <Button loading={compare.busy} onClick={() => void compare.run(undefined)}>
        {t("peers.compare")}
      </Button>
      {found?.some(differs) === true && (
        <Button loading={mend.busy} onClick={() => void mend.run(undefined)}>
          {t("peers.mend")}
        </Button>
      )}
      <Button onClick={() => go(`/peers/${peer.id}/edit`)}>{t("peers.edit")}</Button>
      <Button danger onClick={() => setRemoving(true)}>
        {t("peers.remove")}
      </Button>
      <ConfirmDialog
        open={removing}
        title={t("peers.remove")}
        what={[t("peers.remove.what")]}
        confirm={t("peers.remove")}
        send={async () => {
          const gone = (await remove.run(undefined)) !== undefined;
          if (gone) go("/peers");
          return gone;
        }}
        close={() => setRemoving(false)}
      />
    </>
  );
}
