import { Button } from "antd";
import { useState } from "react";
import {
  api,
  ReasonDialog,
  Section,
  Shown,
  StateTag,
  Time,
  TlpTag,
  toast,
  useGet,
  useLanguage,
  useMay,
  useOrgName,
  useTexts,
  useTouch,
} from "../../../web/kit.ts";
import type { LibraryRow, SameDecision, SameReason, SameThings, SameVerdict } from "../library/model.ts";
import { differencesOf } from "./library-changes.ts";
import { LIBRARY, ObjectLink } from "./library-parts.tsx";

interface Asked {
  readonly verdict: SameVerdict;
  readonly other: LibraryRow;
}

function Reasons({ of }: { readonly of: readonly SameReason[] }) {
  const t = useTexts("library");
  return (
    <span className="muted wrap">
      {of.map(({ by, text }) => t(`same.by.${by}`, { text })).join(t("kit:comma"))}
    </span>
  );
}

/** What the members say differently: a property a row, a member a column. */
function Beside({ members }: { readonly members: SameThings["members"] }) {
  const t = useTexts("library");
  const orgName = useOrgName();
  const [language] = useLanguage();
  const differences = differencesOf(members.map(({ document }) => document));
  return (
    <details>
      <summary>{t("same.beside")}</summary>
      {differences.length === 0 ? (
        <p className="muted">{t("same.beside.equal")}</p>
      ) : (
        <>
          <p className="muted">{t("same.beside.why")}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
          <section className="library-scroll" tabIndex={0} aria-label={t("same.beside")}>
            <table className="library-table library-beside">
              <thead>
                <tr>
                  <th>{t("property")}</th>
                  {members.map(({ row }) => (
                    <th key={row.id}>
                      {row.name} <span className="muted">{orgName(row.orgId, language) ?? row.orgId}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {differences.map(({ property, says }) => (
                  <tr key={property}>
                    <td className="mono">{property}</td>
                    {members.map(({ row }, at) => (
                      <td key={row.id} className="wrap">
                        {says[at]}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </details>
  );
}

function Decisions({
  of,
  undo,
}: {
  readonly of: readonly SameDecision[];
  readonly undo: ((decision: SameDecision) => void) | undefined;
}) {
  const t = useTexts("library");
  if (of.length === 0) return null;
  return (
    <>
      <h3>{t("same.decisions")}</h3>
      <ul>
        {of.map((decision) => (
          <li key={decision.id}>
            {t(`same.verdict.${decision.verdict}`, { one: decision.oneName, other: decision.otherName })}{" "}
            <Time at={decision.at} />{" "}
            <span className="muted">{t("same.said", { by: decision.by, reason: decision.reason })}</span>{" "}
            {decision.undone === null ? (
              undo !== undefined && (
                <Button size="small" onClick={() => undo(decision)}>
                  {t("same.undo")}
                </Button>
              )
            ) : (
              <span className="muted">
                {t("same.taken", { by: decision.undone.by, reason: decision.undone.reason })}{" "}
                <Time at={decision.undone.at} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is the same thing under other ids, why, what may be, and what was decided about it. */
export function SameThing({ row }: { readonly row: LibraryRow }) {
  const t = useTexts("library");
  const touch = useTouch();
  const mayDecide = useMay("intel:write");
  const path = `${LIBRARY}/${row.id}/same`;
  const got = useGet<SameThings>(path);
  const [asked, setAsked] = useState<Asked>();
  const [undoing, setUndoing] = useState<SameDecision>();
  const verdicts = (other: LibraryRow, of: readonly SameVerdict[]) =>
    mayDecide && (
      <span className="row wrap">
        {of.map((verdict) => (
          <Button key={verdict} size="small" onClick={() => setAsked({ verdict, other })}>
            {t(verdict === "same" ? "same.join" : "same.part")}
          </Button>
        ))}
      </span>
    );
  const sent = (word: string) => {
    toast.done(word);
    touch([LIBRARY]);
  };
  return (
    <Section title={t("same")}>
      <Shown of={got}>
        {({ members, total, more, sources, proposals, decisions }) => (
          <>
            <p className="muted">{t("same.why")}</p>
            {total < 2 ? (
              <p className="muted">{t("same.alone")}</p>
            ) : (
              <>
                <p>{t("same.count", { objects: more ? `${total}+` : total, sources })}</p>
                <ul>
                  {members.map((member, at) => (
                    <li key={member.row.id}>
                      {at === 0 ? <strong>{t("same.this")}</strong> : <ObjectLink node={member.row} />}{" "}
                      <TlpTag tlp={member.row.tlp} />{" "}
                      {member.row.revoked && <StateTag tone="bad">{t("revoked")}</StateTag>}{" "}
                      {member.decided && <StateTag tone="quiet">{t("same.decided")}</StateTag>}{" "}
                      <Reasons of={member.reasons} />{" "}
                      {at > 0 && !member.decided && verdicts(member.row, ["different"])}
                    </li>
                  ))}
                </ul>
                {total > members.length && (
                  <p className="muted">{t("same.more", { count: members.length })}</p>
                )}
                <Beside members={members} />
              </>
            )}
            {proposals.length > 0 && (
              <>
                <h3>{t("same.proposals")}</h3>
                <ul>
                  {proposals.map((proposal) => (
                    <li key={proposal.row.id}>
                      <ObjectLink node={proposal.row} /> <TlpTag tlp={proposal.row.tlp} />{" "}
                      <Reasons of={proposal.reasons} /> {verdicts(proposal.row, ["same", "different"])}
                    </li>
                  ))}
                </ul>
              </>
            )}
            <Decisions of={decisions} undo={mayDecide ? setUndoing : undefined} />
          </>
        )}
      </Shown>
      <ReasonDialog
        open={asked !== undefined}
        title={t(asked?.verdict === "different" ? "same.part" : "same.join")}
        what={[
          t(asked?.verdict === "different" ? "same.part.what" : "same.join.what", {
            one: row.name,
            other: asked?.other.name ?? "",
          }),
        ]}
        text="needed"
        label={t("same.reason")}
        confirm={t(asked?.verdict === "different" ? "same.part" : "same.join")}
        send={async ({ text }) => {
          await api.post(path, { other: asked?.other.id, verdict: asked?.verdict, reason: text });
          sent(t("same.done"));
        }}
        close={() => setAsked(undefined)}
      />
      <ReasonDialog
        open={undoing !== undefined}
        title={t("same.undo.title")}
        what={[t("same.undo.what")]}
        text="needed"
        label={t("same.reason")}
        confirm={t("same.undo")}
        send={async ({ text }) => {
          await api.post(`${path}/${undoing?.id ?? ""}/undo`, { reason: text });
          sent(t("same.undone"));
        }}
        close={() => setUndoing(undefined)}
      />
    </Section>
  );
}
