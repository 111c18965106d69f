import { Button } from "antd";
import { useState } from "react";
import type { z } from "zod";
import {
  ApiProblem,
  api,
  FormPage,
  Shown,
  TextField,
  toast,
  useAct,
  useForm,
  useGet,
  useGo,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Found, Line, PeerDetail } from "../peers/model.ts";
import {
  type Chosen,
  LoginFields,
  linesOf,
  loginOf,
  type Offer,
  Offers,
  PeerFields,
  RuleFields,
} from "./peer-fields.tsx";
import { PEERS } from "./peers.page.tsx";

type Detail = z.infer<typeof PeerDetail>;

/** Changes a peer: its rules, its login, and what flows. Lines that stay go on where they were. */
export default function EditPeerPage() {
  const got = useGet<Detail>(`${PEERS}/${useParam("id")}`);
  return <Shown of={got}>{(peer) => <EditPeer peer={peer} />}</Shown>;
}

function EditPeer({ peer }: { readonly peer: Detail }) {
  const t = useTexts("intel");
  const go = useGo();
  const [offers, setOffers] = useState<readonly Offer[]>(() => offersOf(peer.lines));
  const [chosen, setChosen] = useState<Chosen>(() => chosenOf(peer.lines));
  const form = useForm<PeerFields>({
    name: `intel.peer.edit.${peer.id}`,
    schema: PeerFields,
    secret: ["secret", "key"],
    initial: {
      name: peer.name,
      url: peer.url,
      loginKind: "kept",
      user: "",
      secret: "",
      cert: "",
      key: "",
      ceiling: peer.ceiling,
      unmarked: peer.unmarked,
      standsFor: peer.standsFor ?? "",
      reliability: PeerFields.shape.reliability.parse(peer.reliability),
      everyMinutes: peer.everyMinutes,
    },
  });
  const test = useAct(async () => {
    const login = loginOf(form.values);
    const given = login === undefined ? { peerId: peer.id } : { url: peer.url, login };
    const found = (await api.post<Found>(`${PEERS}/test`, given)).roots.flatMap((root) => root.collections);
    const addresses = new Set(found.map(({ collectionUrl }) => collectionUrl));
    setOffers([
      ...found,
      ...offersOf(peer.lines).filter(({ collectionUrl }) => !addresses.has(collectionUrl)),
    ]);
    return true;
  }, {});
  return (
    <FormPage
      form={form}
      title={t("peers.edit.of", { name: peer.name })}
      lead={t("peers.edit.lead")}
      submit={t("peers.edit")}
      cancel={() => go(`/peers/${peer.id}`)}
      touches={[PEERS]}
      send={async ({ name, ceiling, unmarked, standsFor, reliability, everyMinutes, ...typed }) => {
        const lines = linesOf(offers, chosen);
        if (lines.length === 0)
          throw new ApiProblem("http.invalid", { faults: [{ path: "name", message: t("peers.choose") }] });
        const login = loginOf(typed);
        const rules = { ceiling, unmarked, standsFor: standsFor === "" ? null : standsFor, reliability };
        const change = { name, ...rules, everyMinutes, lines, version: peer.version };
        await api.patch<void>(`${PEERS}/${peer.id}`, {
          ...change,
          ...(login === undefined ? {} : { login }),
        });
        return true;
      }}
      done={() => {
        toast.done(t("peers.changed"));
        go(`/peers/${peer.id}`);
      }}
    >
      <TextField form={form} name="name" label={t("peers.name")} required />
      <LoginFields form={form} kinds={["kept", "token", "basic", "certificate"]} />
      <Button loading={test.busy} onClick={() => void test.run(undefined)}>
        {t("peers.test")}
      </Button>
      <Offers offers={offers} chosen={chosen} choose={setChosen} />
      <RuleFields form={form} />
    </FormPage>
  );
}

/** The collections of the lines that are there, before the peer is asked what else it has. */
function offersOf(lines: readonly Line[]): Offer[] {
  const offers = new Map<string, Offer>();
  for (const { rootUrl, maxContentLength, collectionUrl, collectionId, title, direction } of lines) {
    const known = offers.get(collectionUrl);
    offers.set(collectionUrl, {
      rootUrl,
      maxContentLength,
      collectionUrl,
      collectionId,
      title,
      canRead: known?.canRead === true || direction === "pull",
      canWrite: known?.canWrite === true || direction === "push",
    });
  }
  return [...offers.values()];
}

function chosenOf(lines: readonly Line[]): Chosen {
  return new Map(lines.map((line) => [`${line.direction} ${line.collectionUrl}`, line.source ?? ""]));
}
