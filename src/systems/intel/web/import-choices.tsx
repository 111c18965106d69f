import { InputNumber, Select } from "antd";
import { useId } from "react";
import { TLP_LEVELS, type Tlp, tlpLabel, tlpRank } from "../../../core/tlp.ts";
import { api, useAct, useSession, useTexts } from "../../../web/kit.ts";
import { type ImportDetail, Reliability } from "../imports/model.ts";
import { IMPORTS, sourceName } from "./import-parts.tsx";

/** What can still be decided at the preview: the marking of what bears none, and how reliable the source is. */
export function ImportChoices({ detail }: { readonly detail: ImportDetail }) {
  const t = useTexts("intel");
  const { clearance } = useSession();
  const id = useId();
  const mark = useAct((tlp: Tlp) => api.post(`${IMPORTS}/${detail.id}/reread`, { tlp }), {
    done: t("import.reread.done"),
    touches: [IMPORTS],
  });
  const reread = useAct(
    (confidence: number | null) => api.post(`${IMPORTS}/${detail.id}/reread`, { confidence }),
    { done: t("import.reread.done"), touches: [IMPORTS] },
  );
  const rate = (text: string) => {
    const confidence = /^\d{1,3}$/.test(text.trim()) ? Number(text) : null;
    if (confidence !== detail.defaultConfidence && (confidence ?? 0) <= 100) void reread.run(confidence);
  };
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
      <label htmlFor={`${id}confidence`}>{t("import.confidence")}</label>
      <InputNumber<number>
        id={`${id}confidence`}
        className="import-confidence"
        min={0}
        max={100}
        precision={0}
        {...(detail.defaultConfidence === null ? {} : { defaultValue: detail.defaultConfidence })}
        placeholder={t("choice.confidence.none")}
        aria-describedby={`${id}confidence-why`}
        onBlur={(event) => rate(event.target.value)}
        onPressEnter={(event) => rate(event.currentTarget.value)}
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
      <span className="muted small">{t("choice.source", { source: sourceName(t, detail.source.name) })}</span>
      <span id={`${id}confidence-why`} className="muted small">
        {t("import.confidence.why")}
      </span>
    </div>
  );
}
