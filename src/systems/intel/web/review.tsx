import type { ReactNode } from "react";
import { tlpLabel } from "../../../core/tlp.ts";
import { Copyable, JsonView, Section, TlpTag, useTexts } from "../../../web/kit.ts";
import type { ItemDetail, Preview } from "../model.ts";
import { useRecipientName } from "./parts.tsx";
import { piecesOf } from "./struck.ts";
import { useListWords } from "./warned.ts";
import "./review.css";

function Struck({ text, words }: { readonly text: string; readonly words: readonly string[] }) {
  let at = 0;
  return (
    <>
      {piecesOf(text, words).map((piece) => {
        const key = at;
        at += piece.text.length;
        return piece.out ? <del key={key}>{piece.text}</del> : <span key={key}>{piece.text}</span>;
      })}
    </>
  );
}

/** The left side: everything as it was written, with what is taken out struck. */
function Stays({ item, preview }: { readonly item: ItemDetail; readonly preview: Preview }) {
  const t = useTexts("intel");
  const wordsOf = (where: string) =>
    preview.removed.filter((each) => each.where === where).map((each) => each.before);
  const whole = new Set(preview.removed.filter((each) => each.after === "").map((each) => each.where));
  return (
    <div className="review-side">
      <h3>{t("review.stays")}</h3>
      <p className="muted small">{t("review.stays.why")}</p>
      <p className="review-text">
        <strong>
          <Struck text={preview.before.title} words={wordsOf("title")} />
        </strong>
      </p>
      <p className="review-text">
        <Struck text={preview.before.description} words={wordsOf("description")} />
      </p>
      <ul className="plain">
        {item.indicators.map((indicator, at) => (
          <li key={`${indicator.type} ${indicator.value}`} className="mono small">
            {whole.has(`indicators.${at}`) ? <del>{indicator.value}</del> : indicator.value}
          </li>
        ))}
      </ul>
      <details open={preview.removed.length > 0 && preview.removed.length <= 20}>
        <summary>
          {preview.removed.length === 0
            ? t("review.removed.none")
            : t("review.removed", { count: preview.removed.length })}
        </summary>
        <ul className="plain">
          {preview.removed.map((each, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines never move.
            <li key={at} className="row wrap small">
              <span className="muted">{t(`removed.${each.kind}`)}</span>
              <del>{each.before}</del>
              <span>{each.after === "" ? t("removed.whole") : each.after}</span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** The right side: the document that leaves, for reading and as it is. */
function Leaves({ preview }: { readonly preview: Preview }) {
  const t = useTexts("intel");
  const bundle: { objects: { type: string; name?: string }[] } = JSON.parse(preview.bundle);
  const indicators = bundle.objects.filter((object) => object.type === "indicator");
  return (
    <div className="review-side review-leaves">
      <h3>{t("review.leaves")}</h3>
      <p className="muted small">{t("review.leaves.why")}</p>
      <p className="review-text">
        <strong>{preview.after.title}</strong>
      </p>
      <p className="review-text">{preview.after.description}</p>
      <ul className="plain">
        {indicators.map((indicator) => (
          <li key={indicator.name} className="mono small">
            {indicator.name}
          </li>
        ))}
      </ul>
      <details>
        <summary>{t("review.objects", { count: preview.objectCount })}</summary>
        <JsonView value={bundle} />
      </details>
      <details>
        <summary>{t("review.raw")}</summary>
        <pre className="review-raw mono small">{preview.bundle}</pre>
      </details>
      <p className="small">
        <span className="muted">{t("review.sha256")}</span> <Copyable text={preview.sha256} />
      </p>
    </div>
  );
}

interface ReviewProps {
  readonly item: ItemDetail;
  readonly preview: Preview;
  /** The buttons at the end. */
  readonly children?: ReactNode;
}

/** What stays beside exactly what leaves, to whom it goes, and the decision. */
export function Review({ item, preview, children }: ReviewProps) {
  const t = useTexts("intel");
  const named = useRecipientName();
  const listWords = useListWords();
  return (
    <Section title={t("review")}>
      <div className="review">
        <Stays item={item} preview={preview} />
        <Leaves preview={preview} />
      </div>
      {preview.leaks.length > 0 && (
        <div role="alert" className="field-fault">
          <p>✕ {t("review.leaks")}</p>
          <ul className="faults">
            {preview.leaks.map((leak) => (
              <li key={leak.path + leak.message}>
                <code>{leak.path}</code> {t(`removed.${leak.message}`)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {preview.faults.length > 0 && preview.recipients.length > 0 && (
        <p role="alert" className="field-fault">
          ✕ {t("review.faults")}
        </p>
      )}
      {preview.warnings.length > 0 && (
        <div role="status" className="review-warnings">
          <p>⚠ {t("review.warnings")}</p>
          <ul className="faults">
            {preview.warnings.map((warning) => (
              <li key={`${warning.value} ${warning.list}`}>
                <code>{warning.value}</code> {listWords(warning)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="review-end">
        <span className="muted">{t("review.to")}</span>
        <strong>
          {preview.recipients.length === 0 ? t("review.to.none") : preview.recipients.map(named).join("、")}
        </strong>
        <TlpTag tlp={preview.tlp} />
        {children}
      </div>
    </Section>
  );
}

/** The lines of a confirmation: what goes out, as what, and to whom, each by name. */
export function useReleaseWords(): (preview: Preview) => string[] {
  const t = useTexts("intel");
  const named = useRecipientName();
  const listWords = useListWords();
  return (preview) => [
    t("approve.what", { title: preview.after.title, tlp: tlpLabel(preview.tlp) }),
    ...preview.recipients.map((recipient) => `・${named(recipient)}`),
    ...preview.warnings.map((warning) => `⚠ ${warning.value}：${listWords(warning)}`),
    t("approve.final"),
  ];
}
