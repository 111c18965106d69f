import { CloudServerOutlined, SearchOutlined } from "@ant-design/icons";
import { definePage, lazy, type Page } from "../../../web/page.ts";

/** What log search and ingest health bring to the door of detection. */
export const logPages: readonly Page[] = [
  definePage({
    path: "/logs",
    needs: "logs:read",
    component: lazy(() => import("./logs.page.tsx")),
    nav: { label: "detection:nav.logs", icon: SearchOutlined, order: 50, key: "l" },
  }),
  definePage({
    path: "/logs/$eventId",
    needs: "logs:read",
    title: "detection:log",
    component: lazy(() => import("./log.page.tsx")),
  }),
  definePage({
    path: "/log-sources",
    needs: "platform:read",
    component: lazy(() => import("./ingest.page.tsx")),
    nav: { label: "detection:nav.ingest", icon: CloudServerOutlined, order: 62, key: "d" },
  }),
];
