import { WarningOutlined } from "@ant-design/icons";
import { api, type ListAnswer } from "../../../web/api.ts";
import { defineDoor, definePage, lazy } from "../../../web/page.ts";
import type { Incident } from "../model.ts";
import { texts } from "./texts.ts";

export const web = defineDoor({
  namespace: "incidents",
  texts,
  pages: [
    definePage({
      path: "/incidents",
      needs: "incidents:read",
      component: lazy(() => import("./incidents.page.tsx")),
      nav: { label: "incidents:nav.incidents", icon: WarningOutlined, order: 20, key: "i" },
    }),
    definePage({
      path: "/incidents/new",
      needs: "incidents:report",
      title: "incidents:report",
      component: lazy(() => import("./report.page.tsx")),
    }),
    definePage({
      path: "/incidents/$id",
      needs: "incidents:read",
      title: "incidents:incident",
      component: lazy(() => import("./incident.page.tsx")),
    }),
    definePage({
      path: "/incidents/$id/facts",
      needs: "incidents:report",
      title: "incidents:facts.change",
      component: lazy(() => import("./facts.page.tsx")),
    }),
    definePage({
      path: "/incidents/$id/closing-report",
      needs: "incidents:work",
      title: "incidents:closing.report",
      component: lazy(() => import("./closing-report.page.tsx")),
    }),
  ],
  home: [
    {
      id: "incidents",
      needs: "incidents:read",
      order: 5,
      component: lazy(() => import("./incidents.card.tsx")),
    },
  ],
  search: [
    {
      label: "incidents:nav.incidents",
      needs: "incidents:read",
      find: async (q, signal) => {
        const found = await api.get<ListAnswer<Incident>>("/api/v1/incidents", {
          query: { q, limit: 6 },
          signal,
        });
        return found.items.map(({ id, number, title }) => ({
          title,
          detail: number,
          to: `/incidents/${id}`,
        }));
      },
    },
  ],
});
