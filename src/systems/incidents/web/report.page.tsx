import { useMemo } from "react";
import { TLP_LEVELS, tlpRank } from "../../../core/tlp.ts";
import {
  api,
  ChoiceField,
  FormPage,
  Shown,
  serverNow,
  TextField,
  TimeField,
  toast,
  useForm,
  useGet,
  useGo,
  useLanguage,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { CHANNELS, type Incident, NewIncident, type PackShown } from "../model.ts";
import { FactsFields, IndicatorsField } from "./facts-fields.tsx";
import { INCIDENTS } from "./incident-parts.tsx";
import { LevelPreview } from "./level-preview.tsx";

/** Kept with the draft, so that a report sent twice, over a broken line or a reload, is one incident. */
function newReportKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function ReportForm({ pack }: { readonly pack: PackShown }) {
  const t = useTexts("incidents");
  const go = useGo();
  const [language] = useLanguage();
  const { org, orgs, clearance } = useSession();
  const initial = useMemo(
    (): Partial<NewIncident> => ({
      title: "",
      orgId: org.id,
      tlp: "amber",
      awareAt: new Date(Math.floor(serverNow() / 60_000) * 60_000).toISOString(),
      facts: { impacts: [], measures: {}, systems: [], narrative: "" },
      indicators: [],
      alertIds: [],
      channel: "platform",
      reportKey: newReportKey(),
    }),
    [org.id],
  );
  const form = useForm<NewIncident>({ name: "incidents.new", schema: NewIncident, initial });
  const { channel, facts, awareAt } = form.values;
  const readable = TLP_LEVELS.filter((tlp) => tlpRank(tlp) <= tlpRank(clearance));
  return (
    <FormPage
      form={form}
      title={t("report")}
      lead={t("report.lead")}
      submit={t("report.send")}
      cancel={() => go("/incidents")}
      send={({ channelAt, channelReason, ...values }) =>
        api.post<Incident>(INCIDENTS, {
          ...values,
          ...(values.channel === "platform" ? {} : { channelAt, channelReason }),
        })
      }
      touches={[INCIDENTS]}
      done={(incident) => {
        toast.done(t("report.sent", { number: incident.number }));
        go(`/incidents/${incident.id}`);
      }}
    >
      <TextField form={form} name="title" label={t("title")} why={t("title.why")} required />
      <TimeField form={form} name="awareAt" label={t("aware")} why={t("aware.why")} required />
      {orgs.length > 1 && (
        <ChoiceField
          form={form}
          name="orgId"
          label={t("org")}
          why={t("org.why")}
          required
          options={orgs.map(({ id, name, nameEn }) => ({
            value: id,
            label: language === "en" && nameEn ? nameEn : name,
          }))}
        />
      )}
      <FactsFields form={form} pack={pack}>
        <LevelPreview facts={facts} awareAt={awareAt} />
      </FactsFields>
      <IndicatorsField form={form} />
      <TimeField form={form} name="occurredAt" label={t("occurred")} why={t("occurred.why")} />
      <ChoiceField
        form={form}
        name="tlp"
        label={t("tlp")}
        why={t("tlp.why")}
        required
        options={readable.map((tlp) => ({ value: tlp, label: t(`kit:tlp.${tlp}`) }))}
      />
      <ChoiceField
        form={form}
        name="channel"
        label={t("channel")}
        why={t("channel.why")}
        required
        options={CHANNELS.map((one) => ({ value: one, label: t(`channel.${one}`) }))}
      />
      {channel !== undefined && channel !== "platform" && (
        <>
          <TimeField
            form={form}
            name="channelAt"
            label={t("channel.at")}
            why={t("channel.at.why")}
            required
          />
          <TextField form={form} name="channelReason" label={t("channel.reason")} required rows={2} />
        </>
      )}
    </FormPage>
  );
}

/** 事件通報: one column, the level explained as facts are ticked, kept as typed. */
export default function ReportPage() {
  const pack = useGet<PackShown>(`${INCIDENTS}/pack`);
  return <Shown of={pack}>{(known) => <ReportForm pack={known} />}</Shown>;
}
