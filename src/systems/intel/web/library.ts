import { AimOutlined, DatabaseOutlined } from "@ant-design/icons";
import { api, type ListAnswer } from "../../../web/api.ts";
import { defineDoor, definePage, lazy } from "../../../web/page.ts";
import type { LibraryRow } from "../library/model.ts";
import { texts } from "./library-texts.ts";
import { thingTexts } from "./library-thing-texts.ts";
import { matrixTexts } from "./matrix-texts.ts";

/** The library's pages: search, one object, the matrices of ATT&CK. */
export const libraryWeb = defineDoor({
  namespace: "library",
  texts: {
    zh: { ...texts.zh, ...thingTexts.zh, ...matrixTexts.zh },
    en: { ...texts.en, ...thingTexts.en, ...matrixTexts.en },
  },
  pages: [
    definePage({
      path: "/library",
      needs: "intel:read",
      component: lazy(() => import("./library.page.tsx")),
      nav: { label: "library:nav.library", icon: DatabaseOutlined, order: 42, key: "b" },
    }),
    definePage({
      path: "/library/$id",
      needs: "intel:read",
      title: "library:object",
      component: lazy(() => import("./library-object.page.tsx")),
    }),
    definePage({
      path: "/matrix",
      needs: "intel:read",
      component: lazy(() => import("./matrix.page.tsx")),
      nav: { label: "library:nav.matrix", icon: AimOutlined, order: 43, key: "m" },
    }),
  ],
  search: [
    {
      label: "library:nav.library",
      needs: "intel:read",
      find: async (q, signal) => {
        const found = await api.get<ListAnswer<LibraryRow>>("/api/v1/intel/library", {
          query: { q, limit: 6 },
          signal,
        });
        return found.items.map((row) => ({ title: row.name, detail: row.type, to: `/library/${row.id}` }));
      },
    },
  ],
});
