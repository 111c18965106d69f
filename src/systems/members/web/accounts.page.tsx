import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import {
  Go,
  ListPage,
  StateTag,
  serverNow,
  Time,
  useGo,
  useLanguage,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { Account } from "../model.ts";

export const ACCOUNTS = "/api/v1/accounts";

/** The state of an account in one word, the most pressing first. */
export function AccountState({ account }: { readonly account: Account }) {
  const t = useTexts("members");
  if (account.state === "disabled") return <StateTag tone="quiet">{t("account.disabled")}</StateTag>;
  if (account.lockedUntil !== null && Date.parse(account.lockedUntil) > serverNow())
    return <StateTag tone="bad">{t("account.locked")}</StateTag>;
  if (account.mustChangePassword) return <StateTag tone="waiting">{t("account.must-change")}</StateTag>;
  return <StateTag tone="done">{t("account.active")}</StateTag>;
}

/** The people who may sign in. */
export default function AccountsPage() {
  const t = useTexts("members");
  const go = useGo();
  const { orgs } = useSession();
  const [language] = useLanguage();
  const orgName = useOrgName();
  return (
    <ListPage<Account>
      name="accounts"
      title={t("nav.accounts")}
      path={ACCOUNTS}
      id={(row) => row.id}
      open={(row) => `/accounts/${row.id}`}
      search="q"
      columns={[
        {
          key: "display",
          label: t("account.display"),
          phone: "title",
          render: (row) => row.displayName,
          text: (row) => row.displayName,
        },
        {
          key: "name",
          label: t("account.name"),
          render: (row) => <span className="mono">{row.name}</span>,
          text: (row) => row.name,
        },
        {
          key: "org",
          label: t("org"),
          render: (row) => orgName(row.orgId, language) ?? <Go to={`/orgs/${row.orgId}`}>{t("org")}</Go>,
          text: (row) => orgName(row.orgId),
        },
        {
          key: "roles",
          label: t("account.roles"),
          render: (row) => row.roles.map((role) => t(`kit:role.${role}`)).join(t("kit:comma")),
          text: (row) => row.roles.join(" "),
        },
        {
          key: "state",
          label: t("account.state"),
          width: 130,
          phone: "side",
          render: (row) => <AccountState account={row} />,
          text: (row) => row.state,
        },
        {
          key: "totp",
          label: t("account.totp"),
          width: 110,
          phone: "hidden",
          render: (row) => (
            <StateTag tone={row.hasTotp ? "done" : "waiting"}>
              {t(row.hasTotp ? "account.totp.on" : "account.totp.off")}
            </StateTag>
          ),
          text: (row) => String(row.hasTotp),
        },
        {
          key: "last",
          label: t("account.last"),
          width: 150,
          render: (row) =>
            row.lastSignInAt === null ? (
              <span className="muted">{t("account.never")}</span>
            ) : (
              <Time at={row.lastSignInAt} />
            ),
          text: (row) => row.lastSignInAt,
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
      side={
        <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => go("/accounts/new")}>
          {t("account.new")}
        </Button>
      }
      empty={{ title: t("accounts.none") }}
    />
  );
}
