import { defineDoor } from "../../../web/page.ts";
import { alertHome, alertPages, alertSearch } from "./alert-door.ts";
import { alertTexts } from "./alert-texts.ts";
import { logPages } from "./log-door.ts";
import { logTexts } from "./log-texts.ts";

export const web = defineDoor({
  namespace: "detection",
  texts: { zh: { ...alertTexts.zh, ...logTexts.zh }, en: { ...alertTexts.en, ...logTexts.en } },
  pages: [...alertPages, ...logPages],
  home: [...alertHome],
  search: [...alertSearch],
});
