import { ControlOutlined } from "@ant-design/icons";
import { definePage, lazy, type Page } from "../../../web/page.ts";

/** What the rules at work bring to the door of detection. */
export const rulePages: readonly Page[] = [
  definePage({
    path: "/rules",
    needs: "rules:read",
    component: lazy(() => import("./rules.page.tsx")),
    nav: { label: "detection:nav.rules", icon: ControlOutlined, order: 60, key: "r" },
  }),
  definePage({
    path: "/rules/try",
    needs: "logs:read",
    title: "detection:trial",
    component: lazy(() => import("./trial.page.tsx")),
  }),
  definePage({
    path: "/rules/$id",
    needs: "rules:read",
    title: "detection:rule",
    component: lazy(() => import("./rule.page.tsx")),
  }),
];
