import { SafetyOutlined } from "@ant-design/icons";
import { defineDoor, definePage, lazy } from "../../../web/page.ts";
import { warninglistTexts } from "./warninglist-texts.ts";

/** Pages of the reference lists beside the library: warninglists. */
export const listsWeb = defineDoor({
  namespace: "lists",
  texts: warninglistTexts,
  pages: [
    definePage({
      path: "/warninglists",
      needs: "self:use",
      component: lazy(() => import("./warninglists.page.tsx")),
      nav: {
        label: "lists:warning.nav",
        icon: SafetyOutlined,
        order: 43.8,
        needs: ["intel:write", "platform:manage"],
      },
    }),
    definePage({
      path: "/warninglists/new",
      needs: "platform:manage",
      title: "lists:warning.take",
      component: lazy(() => import("./warninglist-new.page.tsx")),
    }),
    definePage({
      path: "/warninglists/$key",
      needs: "self:use",
      title: "lists:warning.nav",
      component: lazy(() => import("./warninglist.page.tsx")),
    }),
  ],
});
