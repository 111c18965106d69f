import { CloudDownloadOutlined, HistoryOutlined, ImportOutlined } from "@ant-design/icons";
import { definePage, lazy, type Page } from "../../../web/page.ts";

/** What imports and feeds bring to the door of intel. */
export const importPages: readonly Page[] = [
  definePage({
    path: "/intel/import",
    needs: "intel:write",
    component: lazy(() => import("./import-new.page.tsx")),
    nav: { label: "intel:nav.import", icon: ImportOutlined, order: 44 },
  }),
  definePage({
    path: "/intel/imports",
    needs: "intel:read",
    component: lazy(() => import("./imports.page.tsx")),
    nav: { label: "intel:nav.imports", icon: HistoryOutlined, order: 45 },
  }),
  definePage({
    path: "/intel/imports/$id",
    needs: "intel:read",
    title: "intel:import",
    component: lazy(() => import("./import.page.tsx")),
  }),
  definePage({
    path: "/intel/feeds",
    needs: "intel:read",
    component: lazy(() => import("./feeds.page.tsx")),
    nav: { label: "intel:nav.feeds", icon: CloudDownloadOutlined, order: 46 },
  }),
  definePage({
    path: "/intel/feeds/new",
    needs: "intel:write",
    title: "intel:feed.new",
    component: lazy(() => import("./feed-new.page.tsx")),
  }),
  definePage({
    path: "/intel/feeds/$id",
    needs: "intel:read",
    title: "intel:nav.feeds",
    component: lazy(() => import("./feed.page.tsx")),
  }),
  definePage({
    path: "/intel/feeds/$id/edit",
    needs: "intel:write",
    title: "intel:feed.edit",
    component: lazy(() => import("./feed-edit.page.tsx")),
  }),
];
