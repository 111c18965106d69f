import { Select } from "antd";
import { useId } from "react";
import { TLP_LEVELS, type Tlp, tlpLabel, tlpRank } from "../../../core/tlp.ts";
import { api, useAct, useSession, useTexts } from "../../../web/kit.ts";
import { type ImportDetail, Reliability } from "../imports/model.ts";
import { IMPORTS } from "./import-parts.tsx";

/** What can still be decided at the preview: the marking of what bears none, and how reliable the source is. */
export function ImportChoices({ detail }: { readonly detail: ImportDetail }) {
  const t = useTexts("intel");
  const { clearance } = useSession();
  const id = useId();
  const mark = useAct((tlp: Tlp) => api.post(`${IMPORTS}/${detail.id}/reread`, { tlp }), {
    done: t("import.reread.done"),
    touches: [IMPORTS],
  });
  const judge = useAct(
    (reliability: Reliability) => api.patch(`/api/v1/intel/sources/${detail.source.id}`, { reliability }),
    { done: t("choice.judged"), touches: [IMPORTS] },
  );
  return (
    <div className="row wrap import-choices">
      <label htmlFor={`${id}tlp`}>{t("import.tlp")}</label>
      <Select<Tlp>
        id={`${id}tlp`}
        value={detail.unmarkedTlp}
        loading={mark.busy}
        popupMatchSelectWidth={false}
        options={TLP_LEVELS.filter((tlp) => tlpRank(tlp) <= tlpRank(clearance)).map((value) => ({
          value,
          label: tlpLabel(value),
        }))}
        onChange={(tlp) => void mark.run(tlp)}
      />
      <label htmlFor={`${id}reliability`}>{t("import.reliability")}</label>
      <Select<Reliability>
        id={`${id}reliability`}
        value={detail.source.reliability}
        loading={judge.busy}
        popupMatchSelectWidth={false}
        options={Reliability.options.map((value) => ({ value, label: t(`reliability.${value}`) }))}
        onChange={(reliability) => void judge.run(reliability)}
      />
      <span className="muted small">{t("choice.source", { source: detail.source.name })}</span>
    </div>
  );
}
