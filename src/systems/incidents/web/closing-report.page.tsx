import {
  api,
  FormPage,
  Shown,
  TextField,
  toast,
  useForm,
  useGet,
  useGo,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import { ClosingReport, type IncidentDetail } from "../model.ts";
import { INCIDENTS } from "./incident-parts.tsx";

const PARTS = ClosingReport.keyof().options;

function ClosingForm({ incident }: { readonly incident: IncidentDetail }) {
  const t = useTexts("incidents");
  const go = useGo();
  const page = `/incidents/${incident.id}`;
  const form = useForm<ClosingReport>({
    name: `incidents.closing.${incident.id}`,
    schema: ClosingReport,
    initial: incident.closingReport ?? Object.fromEntries(PARTS.map((part) => [part, ""])),
  });
  return (
    <FormPage
      form={form}
      title={`${t("closing.report")} · ${incident.number}`}
      lead={t("closing.lead")}
      submit={t("closing.send")}
      cancel={() => go(page)}
      send={(report) =>
        api.post<IncidentDetail>(`${INCIDENTS}/${incident.id}/closing-report`, {
          version: incident.version,
          report,
        })
      }
      touches={[INCIDENTS]}
      done={() => {
        toast.done(t("closing.done"));
        go(page);
      }}
    >
      {PARTS.map((part) => (
        <TextField key={part} form={form} name={part} label={t(`closing.${part}`)} required rows={3} />
      ))}
    </FormPage>
  );
}

/** 調查、處理及改善報告. */
export default function ClosingReportPage() {
  const id = useParam("id");
  const incident = useGet<IncidentDetail>(`${INCIDENTS}/${id}`);
  return <Shown of={incident}>{(known) => <ClosingForm incident={known} />}</Shown>;
}
