import { SmallTable, usePhone, useTexts } from "../../../web/kit.ts";
import { type Cause, REASONS, type Refusal } from "../reasons/model.ts";
import { placeWords } from "./place.ts";

/** Words of a reason in the language of the screen; of one without a key, as the server said it. */
export function useWhy(): (cause: Cause) => string {
  const t = useTexts("intel");
  return ({ why, facts, message }) => {
    if (!Object.hasOwn(REASONS, why)) return message;
    return t(`why.${why}`, facts["found"] === "the end" ? { ...facts, found: t("refused.end") } : facts);
  };
}

/** Each reason with its place and the rule that is broken. */
export function RefusalTable({ refusals }: { readonly refusals: readonly Refusal[] }) {
  const t = useTexts("intel");
  const why = useWhy();
  // Beside place and rule the reason would be out of sight there.
  if (usePhone()) return <RefusalLines refusals={refusals} more={0} />;
  return (
    <SmallTable heads={[t("refused.place"), t("refused.rule"), t("refused.why")]}>
      {refusals.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes while it is shown.
        <tr key={`${at}`}>
          <td className="mono wrap">{placeWords(each.path, t)}</td>
          <td className="mono">{each.rule}</td>
          <td>{why(each)}</td>
        </tr>
      ))}
    </SmallTable>
  );
}

/** The same within a row of a list: place, rule and reason in a line each. */
export function RefusalLines({
  refusals,
  more,
}: {
  readonly refusals: readonly Refusal[];
  readonly more: number;
}) {
  const t = useTexts("intel");
  const why = useWhy();
  return (
    <ul className="plain small import-reasons">
      {refusals.map((each, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes while it is shown.
        <li key={`${at}`}>
          <code className="mono wrap">{placeWords(each.path, t)}</code> {why(each)}{" "}
          <span className="muted mono">{each.rule}</span>
        </li>
      ))}
      {more > 0 && <li className="muted">{t("refused.more", { count: more.toLocaleString("en") })}</li>}
    </ul>
  );
}
