import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import {
  api,
  ConfirmDialog,
  ListPage,
  StateTag,
  serverNow,
  Time,
  TlpTag,
  useAct,
  useGo,
  useLanguage,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { ApiKey } from "../model.ts";

const KEYS = "/api/v1/keys";

function stateOf({ revokedAt, expiresAt }: ApiKey): "revoked" | "expired" | "active" {
  if (revokedAt !== null) return "revoked";
  return Date.parse(expiresAt) <= serverNow() ? "expired" : "active";
}

const TONES = { revoked: "quiet", expired: "bad", active: "done" } as const;

/** The keys of machines. */
export default function KeysPage() {
  const t = useTexts("members");
  const go = useGo();
  const { orgs } = useSession();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const [chosen, setChosen] = useState<readonly ApiKey[]>([]);
  const revoke = useAct((id: string) => api.del<ApiKey>(`${KEYS}/${id}`), {
    done: t("key.revoked.done"),
    touches: [KEYS],
  });
  return (
    <>
      <ListPage<ApiKey>
        name="keys"
        title={t("nav.keys")}
        path={KEYS}
        id={(row) => row.id}
        columns={[
          {
            key: "name",
            label: t("key.name"),
            phone: "title",
            render: (row) => <strong>{row.name}</strong>,
            text: (row) => row.name,
          },
          {
            key: "prefix",
            label: t("key.prefix"),
            width: 130,
            render: (row) => <Shown of={row} />,
            text: shownOf,
          },
          {
            key: "org",
            label: t("org"),
            width: 150,
            render: (row) => orgName(row.orgId, language) ?? "–",
            text: (row) => orgName(row.orgId),
          },
          {
            key: "permissions",
            label: t("key.permissions"),
            width: 200,
            render: (row) =>
              row.permissions.map((one) => t(`permission.${one.replace(":", ".")}`)).join(t("kit:comma")),
            text: (row) => row.permissions.join(" "),
          },
          {
            key: "clearance",
            label: t("key.clearance.short"),
            width: 130,
            phone: "hidden",
            render: (row) => <TlpTag tlp={row.clearance} />,
            text: (row) => row.clearance,
          },
          {
            key: "state",
            label: t("key.state"),
            width: 90,
            phone: "side",
            render: (row) => <StateTag tone={TONES[stateOf(row)]}>{t(`key.${stateOf(row)}`)}</StateTag>,
            text: (row) => stateOf(row),
          },
          {
            key: "expires",
            label: t("key.expires"),
            width: 130,
            render: (row) => <Expiry of={row} />,
            text: (row) => row.expiresAt,
          },
          {
            key: "last",
            label: t("key.last"),
            width: 120,
            render: (row) =>
              row.lastUsedAt === null ? (
                <span className="muted">{t("key.never")}</span>
              ) : (
                <Time at={row.lastUsedAt} ago />
              ),
            text: (row) => row.lastUsedAt,
          },
        ]}
        filters={[
          {
            name: "orgId",
            label: t("org"),
            kind: "choice",
            options: orgs.map(({ id, name }) => ({ value: id, label: name })),
          },
        ]}
        acts={[
          {
            key: "r",
            label: t("key.revoke"),
            needs: "keys:manage",
            danger: true,
            when: (rows) => rows.some((row) => row.revokedAt === null),
            run: (rows) => setChosen(rows.filter((row) => row.revokedAt === null)),
          },
        ]}
        side={
          <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => go("/keys/new")}>
            {t("key.new")}
          </Button>
        }
        empty={{ title: t("keys.none"), advice: t("keys.none.advice") }}
      />
      <ConfirmDialog
        open={chosen.length > 0}
        title={t("key.revoke")}
        what={chosen.map((key) => t("key.revoke.what", { name: key.name, shown: shownOf(key) }))}
        confirm={t("key.revoke")}
        danger
        send={async () => {
          for (const key of chosen) if ((await revoke.run(key.id)) === undefined) return false;
          return true;
        }}
        close={() => setChosen([])}
      />
    </>
  );
}

/** What tells a key from others: the beginning of its secret, or its certificate. */
function shownOf({ prefix, certificate }: ApiKey): string {
  return certificate?.name ?? (certificate === null ? `${prefix}…` : `SHA-256 ${prefix}…`);
}

function Shown({ of }: { readonly of: ApiKey }) {
  const t = useTexts("members");
  if (of.certificate === null) return <span className="mono">{shownOf(of)}</span>;
  const { subject, sha256 } = of.certificate;
  return (
    <span title={[subject, sha256].filter((each) => each !== null).join("\n")}>
      {t("key.certificate.short")} <span className="mono">{shownOf(of)}</span>
    </span>
  );
}

/** When a key ends; of a certificate that ends within a month, in words. */
function Expiry({ of: { expiresAt, certificate, revokedAt } }: { readonly of: ApiKey }) {
  const t = useTexts("members");
  const days = Math.floor((Date.parse(expiresAt) - serverNow()) / 86_400_000);
  const soon = certificate !== null && revokedAt === null && days >= 0 && days < 30;
  return (
    <>
      <Time at={expiresAt} />
      {soon ? (
        <>
          {" "}
          <StateTag tone="waiting">{t("key.soon", { days: String(days) })}</StateTag>
        </>
      ) : null}
    </>
  );
}
