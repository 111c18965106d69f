import { AlertOutlined } from "@ant-design/icons";
import { api, type ListAnswer } from "../../../web/api.ts";
import { definePage, type HomeCard, lazy, type Page, type SearchProvider } from "../../../web/page.ts";
import type { Alert } from "../model.ts";

/** What the alert queue brings to the door of detection. */
export const alertPages: readonly Page[] = [
  definePage({
    path: "/alerts",
    needs: "alerts:read",
    component: lazy(() => import("./alerts.page.tsx")),
    nav: { label: "detection:nav.alerts", icon: AlertOutlined, order: 10, key: "a" },
  }),
  definePage({
    path: "/alerts/$id",
    needs: "alerts:read",
    title: "detection:alert",
    component: lazy(() => import("./alert.page.tsx")),
  }),
  definePage({
    path: "/alerts/$id/sights",
    needs: "alerts:read",
    title: "detection:alert.sights",
    component: lazy(() => import("./sights.page.tsx")),
  }),
];

export const alertHome: readonly HomeCard[] = [
  { id: "alerts", needs: "alerts:work", order: 10, component: lazy(() => import("./alerts.card.tsx")) },
];

export const alertSearch: readonly SearchProvider[] = [
  {
    label: "detection:nav.alerts",
    needs: "alerts:read",
    find: async (q, signal) => {
      const found = await api.get<ListAnswer<Alert>>("/api/v1/alerts", { query: { q, limit: 6 }, signal });
      return found.items.map((alert) => ({
        title: alert.titleZh ?? alert.title,
        detail: alert.mainEntity.slice(alert.mainEntity.indexOf(" ") + 1),
        to: `/alerts/${alert.id}`,
      }));
    },
  },
];
