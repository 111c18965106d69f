import { useEffect, useState } from "react";
import {
  ApiProblem,
  api,
  FormPage,
  Shown,
  TextField,
  TimeField,
  toast,
  useForm,
  useGet,
  useGo,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import { ChangeFacts, type IncidentDetail, type PackShown } from "../model.ts";
import { FactsFields } from "./facts-fields.tsx";
import { ImpactFacts } from "./impact-facts.tsx";
import { INCIDENTS } from "./incident-parts.tsx";
import { LevelPreview } from "./level-preview.tsx";

function FactsForm({ incident, pack }: { readonly incident: IncidentDetail; readonly pack: PackShown }) {
  const t = useTexts("incidents");
  const go = useGo();
  const page = `/incidents/${incident.id}`;
  const form = useForm<ChangeFacts>({
    name: `incidents.facts.${incident.id}`,
    schema: ChangeFacts,
    initial: { version: incident.version, facts: incident.facts, note: "", channel: "platform" },
  });
  // The version that the typed facts build on, also those of a draft: whoever was faster is told of, not overwritten.
  const [base, setBase] = useState(form.values.version ?? incident.version);
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    if (refused) setBase(incident.version);
  }, [refused, incident.version]);
  return (
    <FormPage
      form={form}
      title={`${t("facts.change")} · ${incident.number}`}
      lead={t("facts.change.lead")}
      submit={t("facts.change")}
      cancel={() => go(page)}
      send={async (values) => {
        try {
          return await api.post<IncidentDetail>(`${INCIDENTS}/${incident.id}/facts`, {
            ...values,
            version: base,
          });
        } catch (problem) {
          setRefused(problem instanceof ApiProblem && problem.code === "http.conflict");
          throw problem;
        }
      }}
      touches={[INCIDENTS]}
      done={() => {
        toast.done(t("facts.changed"));
        go(page);
      }}
    >
      {refused && (
        <div className="stack">
          <p>{t("facts.newest")}</p>
          <ImpactFacts incident={incident} />
        </div>
      )}
      <FactsFields form={form} pack={pack}>
        <LevelPreview facts={form.values.facts} awareAt={incident.awareAt} incident={incident} />
      </FactsFields>
      <TimeField form={form} name="awareAt" label={t("facts.learnt")} why={t("facts.learnt.why")} />
      <TextField form={form} name="note" label={t("facts.note")} rows={2} />
    </FormPage>
  );
}

/** New facts of impact for an incident. */
export default function FactsPage() {
  const id = useParam("id");
  const incident = useGet<IncidentDetail>(`${INCIDENTS}/${id}`);
  const pack = useGet<PackShown>(`${INCIDENTS}/pack`);
  return (
    <Shown of={incident}>
      {(known) => <Shown of={pack}>{(rules) => <FactsForm incident={known} pack={rules} />}</Shown>}
    </Shown>
  );
}
