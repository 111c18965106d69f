import { Checkbox, Select } from "antd";
import { z } from "zod";
import { TLP_LEVELS, Tlp, tlpLabel } from "../../../core/tlp.ts";
import {
  ChoiceField,
  Empty,
  type Form,
  NumberField,
  SecretField,
  Section,
  TextField,
  useGet,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { Found, NewLine, OwnCollection, Peer } from "../peers/model.ts";
import { PEERS } from "./peers.page.tsx";

/** What the forms of a peer hold, new or changed. `standsFor` is empty where it stands for nobody here. */
export const PeerFields = z.object({
  name: z.string().trim().min(1).max(80),
  url: z.url(),
  loginKind: z.enum(["token", "basic", "certificate", "kept"]),
  user: z.string(),
  secret: z.string(),
  cert: z.string(),
  key: z.string(),
  ceiling: z.enum(["clear", "green", "amber"]),
  unmarked: Tlp,
  standsFor: z.string(),
  reliability: z.enum(["A", "B", "C", "D", "E", "F"]),
  everyMinutes: z.number().int().min(1).max(1440),
});
export type PeerFields = z.infer<typeof PeerFields>;
export type Offer = Found["roots"][number]["collections"][number];

/** The login as the API takes it; undefined where the kept one stays. */
export function loginOf({ loginKind, user = "", secret = "", cert = "", key = "" }: Partial<PeerFields>) {
  if (loginKind === "kept") return undefined;
  if (loginKind === "basic") return { kind: loginKind, user, password: secret };
  return loginKind === "certificate" ? { kind: loginKind, cert, key } : { kind: "token", token: secret };
}

/** Lines chosen, by `pull URL` and `push URL`; of a push with its source. */
export type Chosen = ReadonlyMap<string, string>;

export function linesOf(offers: readonly Offer[], chosen: Chosen): NewLine[] {
  return offers.flatMap(({ canRead: _, canWrite: __, ...offer }): NewLine[] => {
    const source = chosen.get(`push ${offer.collectionUrl}`);
    return [
      ...(chosen.has(`pull ${offer.collectionUrl}`) ? [{ ...offer, direction: "pull" as const }] : []),
      ...(source === undefined ? [] : [{ ...offer, direction: "push" as const, source }]),
    ];
  });
}

interface FieldsProps {
  readonly form: Form<PeerFields>;
  readonly kinds: readonly PeerFields["loginKind"][];
}

export function LoginFields({ form, kinds }: FieldsProps) {
  const t = useTexts("intel");
  const kind = form.value("loginKind");
  return (
    <>
      <ChoiceField
        form={form}
        name="loginKind"
        required
        label={t("peers.login")}
        options={kinds.map((value) => ({ value, label: t(`peers.login.${value}`) }))}
      />
      {kind === "basic" && <TextField form={form} name="user" label={t("peers.user")} />}
      {(kind === "basic" || kind === "token") && (
        <SecretField form={form} name="secret" label={t("peers.secret")} required />
      )}
      {kind === "certificate" && (
        <>
          <TextField form={form} name="cert" label={t("peers.cert")} rows={4} mono />
          <TextField form={form} name="key" label={t("peers.key")} rows={4} mono />
        </>
      )}
    </>
  );
}

export function RuleFields({ form }: Pick<FieldsProps, "form">) {
  const t = useTexts("intel");
  const { orgs } = useSession();
  return (
    <>
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
      <ChoiceField
        form={form}
        name="standsFor"
        label={t("peers.stands")}
        why={t("peers.stands.why")}
        options={[
          { value: "", label: t("peers.stands.none") },
          ...orgs.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <ChoiceField
        form={form}
        name="reliability"
        required
        label={t("peers.reliability")}
        options={(["A", "B", "C", "D", "E", "F"] as const).map((value) => ({
          value,
          label: t(`reliability.${value}`),
        }))}
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
    </>
  );
}

interface OffersProps {
  readonly offers: readonly Offer[];
  readonly chosen: Chosen;
  readonly choose: (chosen: Chosen) => void;
}

/** What a peer offers, to choose what flows. */
export function Offers({ offers, chosen, choose }: OffersProps) {
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
