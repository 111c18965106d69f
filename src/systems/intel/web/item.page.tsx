import { Button } from "antd";
import { useState } from "react";
import {
  api,
  ConfirmDialog,
  DetailPage,
  Go,
  type Moment,
  ReasonDialog,
  Shown,
  Time,
  TlpTag,
  useAct,
  useGet,
  useGo,
  useKeys,
  useLanguage,
  useMay,
  useOrgName,
  useParam,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { ItemDetail, Preview, Step } from "../model.ts";
import { Deliveries } from "./deliveries.tsx";
import { ITEMS, ItemState } from "./parts.tsx";
import { Review, useReleaseWords } from "./review.tsx";

type Doing = "submit" | "approve" | "hold" | "release" | "reject" | "withdraw";
const TONES: Readonly<Record<Step["action"], Moment["tone"]>> = {
  drafted: "quiet",
  edited: "quiet",
  submitted: "waiting",
  rejected: "bad",
  approved: "active",
  released: "done",
  withdrawn: "bad",
};

/** Which acts fit the item and the person. */
function useAllowed(item: ItemDetail) {
  const { account } = useSession();
  const mayWrite = useMay("intel:write");
  const mayApprove = useMay("intel:approve");
  const own = item.authors.some((author) => author.id === account.id);
  return {
    own,
    edit: mayWrite && item.state === "draft",
    approve: mayApprove && !own && item.state === "in-review",
    release: mayApprove && item.state === "approved",
    reject: mayApprove && (item.state === "in-review" || item.state === "approved"),
    withdraw: mayApprove && item.state === "released",
  };
}

function useNext(item: ItemDetail, preview: Preview, allowed: ReturnType<typeof useAllowed>) {
  const t = useTexts("intel");
  const go = useGo();
  const text = useNextText(item, allowed);
  if (item.state !== "draft" || preview.faults.length === 0) return text === undefined ? undefined : { text };
  const choose = (
    <Button type="primary" onClick={() => go(`/intel/${item.id}/edit`, { field: "recipients" })}>
      {t("next.choose")}
    </Button>
  );
  return {
    text: t(item.recipients.length === 0 ? "next.recipients" : "next.faults"),
    ...(allowed.edit ? { act: choose } : {}),
  };
}

function useNextText(item: ItemDetail, allowed: ReturnType<typeof useAllowed>): string | undefined {
  const t = useTexts("intel");
  if (item.state === "draft") return t("next.draft");
  if (item.state === "approved") return t("next.approved");
  if (item.state !== "in-review") return undefined;
  if (allowed.approve) return t("next.review");
  return t(allowed.reject && allowed.own ? "next.own" : "next.wait");
}

interface DialogsProps {
  readonly item: ItemDetail;
  readonly preview: Preview;
  readonly doing: Doing | undefined;
  readonly close: () => void;
}

function Dialogs({ item, preview, doing, close }: DialogsProps) {
  const t = useTexts("intel");
  const releaseWords = useReleaseWords();
  const post = (act: string, body?: object) => api.post<ItemDetail>(`${ITEMS}/${item.id}/${act}`, body);
  const touches = [ITEMS];
  const { sha256 } = preview;
  const submit = useAct(() => post("submit"), { done: t("submitted"), touches });
  const approve = useAct((hold: boolean) => post("approve", { sha256, hold }), {
    done: t("approved"),
    touches,
  });
  const release = useAct(() => post("release"), { done: t("release.done"), touches });
  const reject = useAct((reason: string) => post("reject", { reason }), { done: t("rejected"), touches });
  const withdraw = useAct((reason: string) => post("withdraw", { reason }), {
    done: t("withdraw.done"),
    touches,
  });
  const ok = async (answer: Promise<unknown>) => (await answer) !== undefined;
  return (
    <>
      <ConfirmDialog
        open={doing === "submit"}
        title={t("submit")}
        what={[t("submit.what")]}
        confirm={t("submit")}
        send={() => ok(submit.run(undefined))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "approve"}
        title={t("approve")}
        what={releaseWords(preview)}
        confirm={t("approve")}
        danger
        send={() => ok(approve.run(false))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "hold"}
        title={t("approve.hold")}
        what={releaseWords(preview)}
        confirm={t("approve.hold")}
        send={() => ok(approve.run(true))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "release"}
        title={t("release")}
        what={releaseWords(preview)}
        confirm={t("release")}
        danger
        send={() => ok(release.run(undefined))}
        close={close}
      />
      <ReasonDialog
        open={doing === "reject"}
        title={t("reject")}
        what={[t("reject.what", { title: item.title })]}
        text="needed"
        confirm={t("reject")}
        send={({ text }) => ok(reject.run(text))}
        close={close}
      />
      <ReasonDialog
        open={doing === "withdraw"}
        title={t("withdraw")}
        what={[t("withdraw.what", { title: item.title })]}
        text="needed"
        confirm={t("withdraw")}
        danger
        send={({ text }) => ok(withdraw.run(text))}
        close={close}
      />
    </>
  );
}

function ItemView({ item, preview }: { readonly item: ItemDetail; readonly preview: Preview }) {
  const t = useTexts("intel");
  const go = useGo();
  const orgName = useOrgName();
  const [language] = useLanguage();
  const [doing, setDoing] = useState<Doing>();
  const allowed = useAllowed(item);
  const next = useNext(item, preview, allowed);
  const fit = preview.leaks.length === 0 && preview.faults.length === 0;
  const moments = item.steps.toReversed().map(
    (step, at): Moment => ({
      id: `${item.steps.length - at}`,
      at: step.at,
      who: step.by,
      what: t(`did.${step.action}`),
      body: step.reason === null ? undefined : <p>{step.reason}</p>,
      tone: TONES[step.action] ?? "quiet",
    }),
  );
  useKeys([
    { key: "u", label: t("nav.items"), run: () => go("/intel") },
    ...(allowed.edit ? [{ key: "e", label: t("edit"), run: () => go(`/intel/${item.id}/edit`) }] : []),
  ]);
  return (
    <>
      <DetailPage
        back={{ to: "/intel", label: t("nav.items") }}
        title={item.title}
        tags={
          <>
            <ItemState state={item.state} />
            <TlpTag tlp={item.tlp} />
            <span>{t(`kind.${item.kind}`)}</span>
          </>
        }
        next={next}
        acts={
          <>
            {allowed.edit && <Button onClick={() => go(`/intel/${item.id}/edit`)}>{t("edit")}</Button>}
            {allowed.reject && <Button onClick={() => setDoing("reject")}>{t("reject")}</Button>}
            {allowed.withdraw && (
              <Button danger onClick={() => setDoing("withdraw")}>
                {t("withdraw")}
              </Button>
            )}
          </>
        }
        facts={[
          { label: t("org"), value: orgName(item.orgId, language) ?? item.orgId },
          { label: t("authors"), value: item.authors.map((author) => author.name).join("、") },
          { label: t("created"), value: <Time at={item.createdAt} /> },
          { label: t("approver"), value: item.approvedBy?.name },
          { label: t("approved.at"), value: item.approvedAt === null ? null : <Time at={item.approvedAt} /> },
          { label: t("released"), value: item.releasedAt === null ? null : <Time at={item.releasedAt} /> },
          { label: t("withdrawn"), value: item.withdrawnAt === null ? null : <Time at={item.withdrawnAt} /> },
          { label: t("reason"), value: item.reason },
          {
            label: t("incident"),
            value:
              item.incident === null ? null : (
                <Go to={`/incidents/${item.incident.id}`}>{item.incident.number}</Go>
              ),
          },
        ]}
        timeline={moments}
      >
        <Review item={item} preview={preview}>
          {allowed.edit && (
            <Button
              type={next?.act === undefined ? "primary" : "default"}
              disabled={!fit}
              onClick={() => setDoing("submit")}
            >
              {t("submit")}
            </Button>
          )}
          {allowed.approve && (
            <>
              <Button type="primary" disabled={!fit} onClick={() => setDoing("approve")}>
                {t("approve")}
              </Button>
              <Button disabled={!fit} onClick={() => setDoing("hold")}>
                {t("approve.hold")}
              </Button>
            </>
          )}
          {allowed.release && (
            <Button type="primary" disabled={!fit} onClick={() => setDoing("release")}>
              {t("release")}
            </Button>
          )}
        </Review>
        {(item.state === "released" || item.state === "withdrawn") && <Deliveries id={item.id} />}
      </DetailPage>
      <Dialogs item={item} preview={preview} doing={doing} close={() => setDoing(undefined)} />
    </>
  );
}

/** One item: what stays, exactly what leaves, the decision, and who fetched it. */
export default function ItemPage() {
  const path = `${ITEMS}/${useParam("id")}`;
  const topics = ["intel."];
  const item = useGet<ItemDetail>(path, { topics });
  const preview = useGet<Preview>(`${path}/preview`, { topics });
  return (
    <Shown of={item}>
      {(one) => <Shown of={preview}>{(what) => <ItemView item={one} preview={what} />}</Shown>}
    </Shown>
  );
}
