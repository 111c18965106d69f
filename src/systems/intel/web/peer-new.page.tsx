import { Button, Checkbox, Select } from "antd";
import { useState } from "react";
import { z } from "zod";
import { TLP_LEVELS, Tlp, tlpLabel } from "../../../core/tlp.ts";
import {
  ApiProblem,
  api,
  ChoiceField,
  Empty,
  FormPage,
  NumberField,
  SecretField,
  Section,
  TextField,
  toast,
  useAct,
  useForm,
  useGet,
  useGo,
  useTexts,
} from "../../../web/kit.ts";
import type { Found, OwnCollection, Peer } from "../peers/model.ts";
import { PEERS } from "./peers.page.tsx";

const Typed = z.object({
  name: z.string().trim().min(1).max(80),
  url: z.url(),
  loginKind: z.enum(["token", "basic", "certificate"]),
  user: z.string(),
  secret: z.string(),
  cert: z.string(),
  key: z.string(),
  ceiling: z.enum(["clear", "green", "amber"]),
  unmarked: Tlp,
  everyMinutes: z.number().int().min(1).max(1440),
});
type Typed = z.infer<typeof Typed>;
type Offer = Found["roots"][number]["collections"][number];

function loginOf({ loginKind, user = "", secret = "", cert = "", key = "" }: Partial<Typed>) {
  if (loginKind === "basic") return { kind: loginKind, user, password: secret };
  return loginKind === "certificate" ? { kind: loginKind, cert, key } : { kind: "token", token: secret };
}

/** Adds a peer: the connection is tested, then collections are chosen from what it offers. */
export default function NewPeerPage() {
  const t = useTexts("intel");
  const go = useGo();
  const [offers, setOffers] = useState<readonly Offer[]>();
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map());
  const form = useForm<Typed>({
    name: "intel.peer.new",
    schema: Typed,
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
      everyMinutes: 5,
    },
  });
  const test = useAct(async () => {
    const found = await api.post<Found>(`${PEERS}/test`, {
      url: form.value("url"),
      login: loginOf(form.values),
    });
    setOffers(found.roots.flatMap((root) => root.collections));
    return true;
  }, {});
  const lines = () =>
    (offers ?? []).flatMap(({ canRead: _, canWrite: __, ...offer }) => {
      const source = chosen.get(`push ${offer.collectionUrl}`);
      return [
        ...(chosen.has(`pull ${offer.collectionUrl}`) ? [{ ...offer, direction: "pull" }] : []),
        ...(source === undefined ? [] : [{ ...offer, direction: "push", source }]),
      ];
    });
  const kind = form.value("loginKind");
  return (
    <FormPage
      form={form}
      title={t("peers.new")}
      lead={t("peers.new.lead")}
      submit={t("peers.new")}
      cancel={() => go("/peers")}
      touches={[PEERS]}
      send={async ({ name, url, ceiling, unmarked, everyMinutes, ...login }) => {
        const all = lines();
        if (all.length === 0)
          throw new ApiProblem("http.invalid", { faults: [{ path: "url", message: t("peers.choose") }] });
        const body = { name, url, ceiling, unmarked, everyMinutes, login: loginOf(login), lines: all };
        return api.post<{ id: string }>(PEERS, body);
      }}
      done={({ id }) => {
        toast.done(t("peers.added"));
        go(`/peers/${id}`);
      }}
    >
      <TextField form={form} name="name" label={t("peers.name")} required />
      <TextField form={form} name="url" label={t("peers.url")} why={t("peers.url.why")} required mono />
      <ChoiceField
        form={form}
        name="loginKind"
        required
        label={t("peers.login")}
        options={(["token", "basic", "certificate"] as const).map((value) => ({
          value,
          label: t(`peers.login.${value}`),
        }))}
      />
      {kind === "basic" && <TextField form={form} name="user" label={t("peers.user")} />}
      {kind !== "certificate" && <SecretField form={form} name="secret" label={t("peers.secret")} required />}
      {kind === "certificate" && (
        <>
          <TextField form={form} name="cert" label={t("peers.cert")} rows={4} mono />
          <TextField form={form} name="key" label={t("peers.key")} rows={4} mono />
        </>
      )}
      <Button loading={test.busy} onClick={() => void test.run(undefined)}>
        {t("peers.test")}
      </Button>
      {offers !== undefined && <Offers offers={offers} chosen={chosen} choose={setChosen} />}
      <ChoiceField
        form={form}
        name="ceiling"
        required
        label={t("peers.ceiling")}
        why={t("peers.ceiling.why")}
        options={(["clear", "green", "amber"] as const).map((tlp) => ({ value: tlp, label: tlpLabel(tlp) }))}
      />
      <ChoiceField
        form={form}
        name="unmarked"
        required
        label={t("peers.unmarked")}
        why={t("peers.unmarked.why")}
        options={TLP_LEVELS.map((tlp) => ({ value: tlp, label: tlpLabel(tlp) }))}
      />
      <NumberField
        form={form}
        name="everyMinutes"
        required
        label={t("peers.every")}
        unit={t("peers.every.unit")}
        min={1}
        max={1440}
      />
    </FormPage>
  );
}

interface OffersProps {
  readonly offers: readonly Offer[];
  readonly chosen: ReadonlyMap<string, string>;
  readonly choose: (chosen: ReadonlyMap<string, string>) => void;
}

function Offers({ offers, chosen, choose }: OffersProps) {
  const t = useTexts("intel");
  const own = useGet<{ items: OwnCollection[] }>(`${PEERS}/collections`);
  const peers = useGet<{ items: Peer[] }>(PEERS);
  const sources = [
    ...(own.data?.items ?? []).map(({ alias, title }) => ({ value: `collection:${alias}`, label: title })),
    ...(peers.data?.items ?? []).map(({ id, name }) => ({
      value: `peer:${id}`,
      label: t("peers.source.peer", { name }),
    })),
  ];
  const set = (key: string, source: string | undefined) => {
    const next = new Map(chosen);
    if (source === undefined) next.delete(key);
    else next.set(key, source);
    choose(next);
  };
  return (
    <Section title={t("peers.tested")}>
      {offers.length === 0 && <Empty title={t("peers.tested.none")} />}
      {offers.map((offer) => {
        const [pull, push] = [`pull ${offer.collectionUrl}`, `push ${offer.collectionUrl}`];
        return (
          <fieldset key={offer.collectionUrl} style={{ border: 0, padding: "4px 0", margin: 0 }}>
            <legend>{offer.title}</legend>
            <Checkbox
              disabled={!offer.canRead}
              checked={chosen.has(pull)}
              onChange={(event) => set(pull, event.target.checked ? "" : undefined)}
            >
              {t("peers.pull")}
            </Checkbox>
            <Checkbox
              disabled={!offer.canWrite}
              checked={chosen.has(push)}
              onChange={(event) => set(push, event.target.checked ? "collection:community" : undefined)}
            >
              {t("peers.push")}
            </Checkbox>
            {chosen.has(push) && (
              <Select
                aria-label={t("peers.source")}
                value={chosen.get(push) ?? ""}
                options={sources}
                style={{ minWidth: 240 }}
                onChange={(value) => set(push, value)}
              />
            )}
          </fieldset>
        );
      })}
    </Section>
  );
}
