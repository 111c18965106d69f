import { SafetyOutlined, StarOutlined, TagsOutlined } from "@ant-design/icons";
import { defineDoor, definePage, lazy } from "../../../web/page.ts";
import { taxonomyTexts } from "./taxonomy-texts.ts";
import { warninglistTexts } from "./warninglist-texts.ts";

/** Pages of the reference lists beside the library: taxonomies, galaxies, warninglists. */
export const listsWeb = defineDoor({
  namespace: "lists",
  texts: {
    zh: { ...warninglistTexts.zh, ...taxonomyTexts.zh },
    en: { ...warninglistTexts.en, ...taxonomyTexts.en },
  },
  pages: [
    definePage({
      path: "/taxonomies",
      needs: "intel:read",
      component: lazy(() => import("./taxonomies.page.tsx")),
      nav: { label: "lists:taxonomy.nav", icon: TagsOutlined, order: 43.2, needs: ["intel:write"] },
    }),
    definePage({
      path: "/taxonomies/$namespace",
      needs: "intel:read",
      title: "lists:taxonomy.nav",
      component: lazy(() => import("./taxonomy.page.tsx")),
    }),
    definePage({
      path: "/galaxies",
      needs: "intel:read",
      component: lazy(() => import("./galaxies.page.tsx")),
      nav: { label: "lists:galaxy.nav", icon: StarOutlined, order: 43.4, needs: ["intel:write"] },
    }),
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
