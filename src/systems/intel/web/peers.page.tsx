import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { tlpLabel } from "../../../core/tlp.ts";
import { ListPage, StateTag, Time, TlpTag, useGo, useMay, useTexts } from "../../../web/kit.ts";
import type { Peer } from "../peers/model.ts";

export const PEERS = "/api/v1/peers";
export const PEER_TONES = { new: "waiting", good: "done", failing: "bad", paused: "quiet" } as const;

/** Whom the node exchanges with (mission I1). */
export default function PeersPage() {
  const t = useTexts("intel");
  const go = useGo();
  const manages = useMay("platform:manage");
  return (
    <ListPage<Peer>
      name="intel.peers"
      title={t("peers.nav")}
      path={PEERS}
      id={(row) => row.id}
      open={(row) => `/peers/${row.id}`}
      {...(manages
        ? {
            side: (
              <Button type="primary" icon={<PlusOutlined />} onClick={() => go("/peers/new")}>
                {t("peers.new")}
              </Button>
            ),
          }
        : {})}
      columns={[
        {
          key: "name",
          label: t("peers.name"),
          phone: "title",
          render: (row) => <strong>{row.name}</strong>,
          text: (row) => row.name,
        },
        { key: "url", label: t("peers.url"), render: (row) => row.url, text: (row) => row.url },
        {
          key: "ceiling",
          label: t("peers.ceiling"),
          width: 140,
          phone: "hidden",
          render: (row) => <TlpTag tlp={row.ceiling} />,
          text: (row) => tlpLabel(row.ceiling),
        },
        {
          key: "moved",
          label: t("peers.moved"),
          width: 110,
          render: (row) => movedOf(row).toLocaleString("en"),
          text: (row) => String(movedOf(row)),
        },
        {
          key: "state",
          label: t("peers.state"),
          width: 120,
          phone: "side",
          render: (row) => <StateTag tone={PEER_TONES[row.state]}>{t(`peers.state.${row.state}`)}</StateTag>,
          text: (row) => row.state,
        },
        {
          key: "last",
          label: t("peers.last"),
          width: 150,
          render: (row) => (row.lastGoodAt === null ? "–" : <Time at={row.lastGoodAt} ago />),
          text: (row) => row.lastGoodAt,
        },
        {
          key: "error",
          label: t("peers.error"),
          render: (row) => row.lastError,
          text: (row) => row.lastError,
        },
      ]}
      empty={{ title: t("peers.none"), advice: t(manages ? "peers.none.advice" : "peers.none.wait") }}
    />
  );
}

function movedOf(peer: Peer): number {
  return peer.lines.reduce((sum, line) => sum + line.counts.moved, 0);
}
