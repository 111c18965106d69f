import { Button } from "antd";
import { useState } from "react";
import {
  ApiProblem,
  api,
  FormPage,
  TextField,
  toast,
  useAct,
  useForm,
  useGo,
  useTexts,
} from "../../../web/kit.ts";
import type { Found } from "../peers/model.ts";
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

/** Adds a peer: the connection is tested, then collections are chosen from what it offers. */
export default function NewPeerPage() {
  const t = useTexts("intel");
  const go = useGo();
  const [offers, setOffers] = useState<readonly Offer[]>();
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const form = useForm<PeerFields>({
    name: "intel.peer.new",
    schema: PeerFields,
    secret: ["secret", "key"],
    initial: {
      name: "",
      url: "",
      loginKind: "token",
      user: "",
      secret: "",
      cert: "",
      key: "",
      ceiling: "green",
      unmarked: "amber",
      standsFor: "",
      reliability: "F",
      everyMinutes: 5,
    },
  });
  const test = useAct(async () => {
    const found = await api.post<Found>(`${PEERS}/test`, {
      url: form.value("url"),
      login: loginOf(form.values),
    });
    form.set("url", found.url);
    setOffers(found.roots.flatMap((root) => root.collections));
    return true;
  }, {});
  return (
    <FormPage
      form={form}
      title={t("peers.new")}
      lead={t("peers.new.lead")}
      submit={t("peers.new")}
      cancel={() => go("/peers")}
      touches={[PEERS]}
      send={async ({ name, url, ceiling, unmarked, standsFor, reliability, everyMinutes, ...login }) => {
        const lines = linesOf(offers ?? [], chosen);
        if (lines.length === 0)
          throw new ApiProblem("http.invalid", { faults: [{ path: "url", message: t("peers.choose") }] });
        const rules = { ceiling, unmarked, standsFor: standsFor === "" ? null : standsFor, reliability };
        const body = { name, url, ...rules, everyMinutes, login: loginOf(login), lines };
        return api.post<{ id: string }>(PEERS, body);
      }}
      done={({ id }) => {
        toast.done(t("peers.added"));
        go(`/peers/${id}`);
      }}
    >
      <TextField form={form} name="name" label={t("peers.name")} required />
      <TextField form={form} name="url" label={t("peers.url")} why={t("peers.url.why")} required mono />
      <LoginFields form={form} kinds={["token", "basic", "certificate"]} />
      <Button loading={test.busy} onClick={() => void test.run(undefined)}>
        {t("peers.test")}
      </Button>
      {offers !== undefined && <Offers offers={offers} chosen={chosen} choose={setChosen} />}
      <RuleFields form={form} />
    </FormPage>
  );
}
