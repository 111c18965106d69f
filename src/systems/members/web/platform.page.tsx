import { DetailPage, Section, Shown, StateTag, Time, type Tone, useGet, useTexts } from "../../../web/kit.ts";
import { partName } from "./part-name.ts";
import {
  bytesWords,
  PLATFORM,
  type PlatformStanding,
  type PlatformState,
  standingOf,
} from "./platform-state.ts";

const TONES: Readonly<Record<PlatformStanding, Tone>> = {
  ready: "done",
  attention: "waiting",
  "not-ready": "bad",
};

/** The tables of events that have a name in words. */
const TABLES: readonly string[] = ["log_line"];

function Parts({ parts }: Pick<PlatformState, "parts">) {
  const t = useTexts("members");
  return (
    <div className="table-box table-auto">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("platform.part")}</th>
            <th scope="col">{t("account.state")}</th>
            <th scope="col">{t("platform.reason")}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ part, ready, reason }) => (
            <tr key={part}>
              <td>{partName(part, t)}</td>
              <td>
                <StateTag tone={ready ? "done" : "bad"}>
                  {t(ready ? "platform.ready" : "platform.not-ready")}
                </StateTag>
              </td>
              <td>{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Tables({ events }: Pick<PlatformState, "events">) {
  const t = useTexts("members");
  return (
    <div className="table-box table-auto">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("platform.table")}</th>
            <th scope="col" className="end">
              {t("platform.rows")}
            </th>
            <th scope="col" className="end">
              {t("platform.bytes")}
            </th>
          </tr>
        </thead>
        <tbody>
          {events.tables.map(({ table, rows, bytes }) => (
            <tr key={table}>
              <td>
                {TABLES.includes(table) ? (
                  t(`platform.table.${table}`)
                ) : (
                  <span className="mono">{table}</span>
                )}
              </td>
              <td className="end">{rows.toLocaleString("en")}</td>
              <td className="end">{bytesWords(bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The node itself: what works, what it holds, which version it is. */
export default function PlatformPage() {
  const t = useTexts("members");
  const got = useGet<PlatformState>(PLATFORM, { every: 15_000 });
  return (
    <Shown of={got}>
      {(state) => {
        const standing = standingOf(state);
        return (
          <DetailPage
            title={t("platform.title")}
            tags={
              <>
                <StateTag tone={TONES[standing]}>{t(`platform.${standing}`)}</StateTag>
                {!state.mailConfigured && <span className="muted">{t("platform.mail.none")}</span>}
              </>
            }
            facts={[
              { label: t("platform.node"), value: state.node.name },
              { label: t("platform.tier"), value: state.node.tier },
              {
                label: t("platform.sectors"),
                value: state.node.sectors.map((sector) => t(`kit:sector.${sector}`)).join(t("kit:comma")),
              },
              { label: t("platform.version"), value: state.version, copy: state.version },
              { label: t("platform.runtime"), value: state.runtime },
              { label: t("platform.started"), value: <Time at={state.startedAt} /> },
              { label: t("platform.memory"), value: bytesWords(state.memoryBytes) },
              {
                label: t("platform.mail"),
                value: (
                  <StateTag tone={state.mailConfigured ? "done" : "waiting"}>
                    {t(state.mailConfigured ? "platform.mail.on" : "platform.mail.off")}
                  </StateTag>
                ),
              },
            ]}
          >
            <Section title={t("platform.parts")}>
              <Parts parts={state.parts} />
            </Section>
            <Section title={t("platform.events")}>
              <p>{t(`platform.dialect.${state.events.dialect}`)}</p>
              <Tables events={state.events} />
            </Section>
            <Section title={t("platform.records")}>
              <p>{t(`platform.dialect.${state.records.dialect}`)}</p>
            </Section>
          </DetailPage>
        );
      }}
    </Shown>
  );
}
