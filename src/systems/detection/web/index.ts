import { defineDoor } from "../../../web/page.ts";
import { alertHome, alertPages, alertSearch } from "./alert-door.ts";
import { alertTexts } from "./alert-texts.ts";

export const web = defineDoor({
  namespace: "detection",
  texts: alertTexts,
  pages: [...alertPages],
  home: [...alertHome],
  search: [...alertSearch],
});
