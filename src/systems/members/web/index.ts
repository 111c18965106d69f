import {
  ApartmentOutlined,
  AuditOutlined,
  ContactsOutlined,
  DashboardOutlined,
  KeyOutlined,
  TeamOutlined,
} from "@ant-design/icons";
import { api, type ListAnswer } from "../../../web/api.ts";
import { defineDoor, definePage, lazy } from "../../../web/page.ts";
import type { Account, Org } from "../model.ts";
import { texts } from "./texts.ts";

export const web = defineDoor({
  namespace: "members",
  texts,
  pages: [
    definePage({
      path: "/orgs",
      needs: "members:read",
      component: lazy(() => import("./orgs.page.tsx")),
      nav: { label: "members:nav.orgs", icon: ApartmentOutlined, order: 80, key: "o" },
    }),
    definePage({
      path: "/orgs/new",
      needs: "members:manage",
      title: "members:org.new",
      component: lazy(() => import("./org-new.page.tsx")),
    }),
    definePage({
      path: "/orgs/$id",
      needs: "members:read",
      title: "members:org",
      component: lazy(() => import("./org.page.tsx")),
    }),
    definePage({
      path: "/orgs/$id/edit",
      needs: "members:manage",
      title: "members:org.edit",
      component: lazy(() => import("./org-edit.page.tsx")),
    }),
    definePage({
      path: "/accounts",
      needs: "members:manage",
      component: lazy(() => import("./accounts.page.tsx")),
      nav: { label: "members:nav.accounts", icon: TeamOutlined, order: 81, key: "u" },
    }),
    definePage({
      path: "/accounts/new",
      needs: "members:manage",
      title: "members:account.new",
      component: lazy(() => import("./account-new.page.tsx")),
    }),
    definePage({
      path: "/accounts/$id",
      needs: "members:manage",
      title: "members:account",
      component: lazy(() => import("./account.page.tsx")),
    }),
    definePage({
      path: "/contacts",
      needs: "members:read",
      component: lazy(() => import("./contacts.page.tsx")),
      nav: { label: "members:nav.contacts", icon: ContactsOutlined, order: 82, key: "c" },
    }),
    definePage({
      path: "/keys",
      needs: "keys:manage",
      component: lazy(() => import("./keys.page.tsx")),
      nav: { label: "members:nav.keys", icon: KeyOutlined, order: 83, key: "k" },
    }),
    definePage({
      path: "/keys/new",
      needs: "keys:manage",
      title: "members:key.new",
      component: lazy(() => import("./key-new.page.tsx")),
    }),
    definePage({
      path: "/platform",
      needs: "platform:read",
      component: lazy(() => import("./platform.page.tsx")),
      nav: { label: "members:nav.platform", icon: DashboardOutlined, order: 90, key: "p" },
    }),
    definePage({
      path: "/audit",
      needs: "audit:read",
      component: lazy(() => import("./audit.page.tsx")),
      nav: { label: "members:nav.audit", icon: AuditOutlined, order: 91, key: "t" },
    }),
    definePage({
      path: "/account",
      needs: "self:use",
      title: "members:own",
      component: lazy(() => import("./own.page.tsx")),
    }),
  ],
  home: [
    {
      id: "platform",
      needs: "platform:read",
      order: 50,
      component: lazy(() => import("./platform.card.tsx")),
    },
    {
      id: "contacts",
      needs: "members:manage",
      order: 30,
      component: lazy(() => import("./contacts.card.tsx")),
    },
  ],
  search: [
    {
      label: "members:nav.orgs",
      needs: "members:read",
      find: async (q, signal) => {
        const found = await api.get<ListAnswer<Org>>("/api/v1/orgs", { query: { q, limit: 6 }, signal });
        return found.items.map((org) => ({ title: org.name, detail: org.shortName, to: `/orgs/${org.id}` }));
      },
    },
    {
      label: "members:nav.accounts",
      needs: "members:manage",
      find: async (q, signal) => {
        const found = await api.get<ListAnswer<Account>>("/api/v1/accounts", {
          query: { q, limit: 6 },
          signal,
        });
        return found.items.map(({ id, displayName, name }) => ({
          title: displayName,
          detail: name,
          to: `/accounts/${id}`,
        }));
      },
    },
  ],
});
