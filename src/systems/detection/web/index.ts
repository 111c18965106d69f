import { defineDoor } from "../../../web/page.ts";
import { alertHome, alertPages, alertSearch } from "./alert-door.ts";
import { alertTexts } from "./alert-texts.ts";
import { logPages } from "./log-door.ts";
import { logTexts } from "./log-texts.ts";
import { rulePages } from "./rule-door.ts";
import { ruleFaultTexts } from "./rule-fault-texts.ts";
import { ruleTexts } from "./rule-texts.ts";
import { trialTexts } from "./trial-texts.ts";

export const web = defineDoor({
  namespace: "detection",
  texts: {
    zh: { ...alertTexts.zh, ...logTexts.zh, ...ruleTexts.zh, ...ruleFaultTexts.zh, ...trialTexts.zh },
    en: { ...alertTexts.en, ...logTexts.en, ...ruleTexts.en, ...ruleFaultTexts.en, ...trialTexts.en },
  },
  pages: [...alertPages, ...logPages, ...rulePages],
  home: [...alertHome],
  search: [...alertSearch],
});
