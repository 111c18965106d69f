import {
  Copyable,
  DetailPage,
  Section,
  Shown,
  StateTag,
  Time,
  TlpTag,
  useGet,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Released } from "../model.ts";
import { RELEASED } from "./parts.tsx";

/** One item as its recipients read it. */
export default function ReceivedItemPage() {
  const t = useTexts("intel");
  const id = useParam("id");
  const got = useGet<Released>(`${RELEASED}/${id}`, { topics: ["intel.withdrawn"] });
  return (
    <Shown of={got}>
      {(item) => (
        <DetailPage
          back={{ to: "/intel/received", label: t("nav.received") }}
          title={item.title}
          tags={
            <>
              <TlpTag tlp={item.tlp} />
              <span>{t(`kind.${item.kind}`)}</span>
              {item.withdrawnAt !== null && <StateTag tone="bad">{t("state.withdrawn")}</StateTag>}
            </>
          }
          next={item.withdrawnAt === null ? undefined : { text: t("received.withdrawn") }}
          acts={
            <a className="ant-btn" href={`${RELEASED}/${id}/bundle`} download={`${id}.json`}>
              {t("download")}
            </a>
          }
          facts={[
            { label: t("released"), value: <Time at={item.releasedAt} /> },
            {
              label: t("withdrawn"),
              value: item.withdrawnAt === null ? null : <Time at={item.withdrawnAt} />,
            },
            { label: t("review.sha256"), value: <Copyable text={item.sha256} /> },
          ]}
        >
          <Section title={t("description")}>
            <p className="wrap" style={{ whiteSpace: "pre-wrap" }}>
              {item.description}
            </p>
          </Section>
        </DetailPage>
      )}
    </Shown>
  );
}
