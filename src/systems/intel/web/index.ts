import { ApiOutlined, DatabaseOutlined, InboxOutlined, SafetyCertificateOutlined } from "@ant-design/icons";
import { api, type ListAnswer } from "../../../web/api.ts";
import { defineDoor, definePage, lazy } from "../../../web/page.ts";
import type { ItemRow, Released } from "../model.ts";
import { feedTexts } from "./feed-texts.ts";
import { importPages } from "./import-door.ts";
import { importTexts } from "./import-texts.ts";
import { peerTexts } from "./peer-texts.ts";
import { reasonTexts } from "./reason-texts.ts";
import { texts } from "./texts.ts";

export const web = defineDoor({
  namespace: "intel",
  texts: {
    zh: { ...texts.zh, ...importTexts.zh, ...feedTexts.zh, ...peerTexts.zh, ...reasonTexts.zh },
    en: { ...texts.en, ...importTexts.en, ...feedTexts.en, ...peerTexts.en, ...reasonTexts.en },
  },
  pages: [
    ...importPages,
    definePage({
      path: "/intel",
      needs: "intel:read",
      component: lazy(() => import("./items.page.tsx")),
      nav: { label: "intel:nav.items", icon: SafetyCertificateOutlined, order: 40, key: "n" },
    }),
    definePage({
      path: "/intel/new",
      needs: "intel:write",
      title: "intel:new",
      component: lazy(() => import("./item-new.page.tsx")),
    }),
    definePage({
      path: "/intel/received",
      needs: "intel:read",
      component: lazy(() => import("./received.page.tsx")),
      nav: { label: "intel:nav.received", icon: InboxOutlined, order: 41 },
    }),
    definePage({
      path: "/intel/received/$id",
      needs: "intel:read",
      title: "intel:nav.received",
      component: lazy(() => import("./received-item.page.tsx")),
    }),
    definePage({
      path: "/peers",
      needs: "platform:read",
      component: lazy(() => import("./peers.page.tsx")),
      nav: { label: "intel:peers.nav", icon: ApiOutlined, order: 84 },
    }),
    definePage({
      path: "/collections",
      needs: "platform:read",
      component: lazy(() => import("./collections.page.tsx")),
      nav: { label: "intel:collections.nav", icon: DatabaseOutlined, order: 85 },
    }),
    definePage({
      path: "/collections/$id",
      needs: "platform:read",
      title: "intel:collections.nav",
      component: lazy(() => import("./collection.page.tsx")),
    }),
    definePage({
      path: "/peers/$id/edit",
      needs: "platform:manage",
      title: "intel:peers.edit",
      component: lazy(() => import("./peer-edit.page.tsx")),
    }),
    definePage({
      path: "/peers/new",
      needs: "platform:manage",
      title: "intel:peers.new",
      component: lazy(() => import("./peer-new.page.tsx")),
    }),
    definePage({
      path: "/peers/$id",
      needs: "platform:read",
      title: "intel:peers.nav",
      component: lazy(() => import("./peer.page.tsx")),
    }),
    definePage({
      path: "/intel/$id",
      needs: "intel:read",
      title: "intel:item",
      component: lazy(() => import("./item.page.tsx")),
    }),
    definePage({
      path: "/intel/$id/edit",
      needs: "intel:write",
      title: "intel:edit",
      component: lazy(() => import("./item-edit.page.tsx")),
    }),
  ],
  home: [
    {
      id: "intel.review",
      needs: "intel:approve",
      order: 12,
      component: lazy(() => import("./review.card.tsx")),
    },
  ],
  search: [
    {
      label: "intel:nav.items",
      needs: "intel:read",
      find: async (q, signal) => {
        const found = await api.get<ListAnswer<ItemRow>>("/api/v1/intel/items", {
          query: { q, limit: 6 },
          signal,
        });
        return found.items.map((item) => ({ title: item.title, detail: item.kind, to: `/intel/${item.id}` }));
      },
    },
    {
      label: "intel:nav.received",
      needs: "intel:read",
      find: async (q, signal) => {
        const found = await api.get<ListAnswer<Released>>("/api/v1/intel/released", {
          query: { q, limit: 6 },
          signal,
        });
        return found.items.map((item) => ({
          title: item.title,
          detail: item.kind,
          to: `/intel/received/${item.id}`,
        }));
      },
    },
  ],
});
