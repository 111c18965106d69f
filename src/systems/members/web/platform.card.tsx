import { HomeBox, Shown, StateTag, useGet, useTexts } from "../../../web/kit.ts";
import { partName } from "./part-name.ts";
import { PLATFORM, type PlatformStanding, type PlatformState, standingOf } from "./platform-state.ts";

const TITLES: Readonly<Record<PlatformStanding, string>> = {
  ready: "platform.title",
  attention: "platform.warnings",
  "not-ready": "platform.faults",
};

/** What is broken on the node, and that no mail would leave. */
export default function PlatformCard() {
  const t = useTexts("members");
  const got = useGet<PlatformState>(PLATFORM, { every: 30_000 });
  return (
    <Shown of={got}>
      {(state) => {
        const { parts, mailConfigured } = state;
        const broken = parts.filter(({ ready }) => !ready);
        const count = broken.length + (mailConfigured ? 0 : 1);
        return (
          <HomeBox title={t(TITLES[standingOf(state)])} count={count} to="/platform">
            <ul className="plain stack-tight">
              {broken.map(({ part, reason }) => (
                <li key={part}>
                  <StateTag tone="bad">{partName(part, t)}</StateTag> {reason}
                </li>
              ))}
              {!mailConfigured && (
                <li>
                  <StateTag tone="waiting">{t("platform.mail")}</StateTag> {t("platform.mail.off")}
                </li>
              )}
            </ul>
          </HomeBox>
        );
      }}
    </Shown>
  );
}
