import { createInstance } from "i18next";
import { useCallback } from "react";
import { initReactI18next, useTranslation } from "react-i18next";
import type { Fault } from "../core/problem.ts";
import { kept } from "./kept.ts";
import type { WebDoor } from "./page.ts";
import { kitTexts } from "./texts/kit.ts";
import { problemTexts } from "./texts/problems.ts";

export type Language = "zh" | "en";
/** Values for the placeholders of a text. */
export type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: string, values?: Values) => string;

const instance = createInstance();

function announce(language: string): void {
  document.documentElement.lang = language === "en" ? "en" : "zh-Hant-TW";
}

/** Loads the texts of the kit and of every door; Chinese unless this device chose otherwise. */
export async function startTexts(doors: readonly WebDoor[]): Promise<void> {
  const resources: Record<Language, Record<string, object>> = {
    zh: { kit: kitTexts.zh, problem: problemTexts.zh },
    en: { kit: kitTexts.en, problem: problemTexts.en },
  };
  for (const door of doors) {
    resources.zh[door.namespace] = door.texts.zh;
    resources.en[door.namespace] = door.texts.en;
  }
  const language: Language = kept.read("language") === "en" ? "en" : "zh";
  await instance.use(initReactI18next).init({
    resources,
    lng: language,
    fallbackLng: "zh",
    keySeparator: false,
    defaultNS: "kit",
    interpolation: { escapeValue: false },
  });
  announce(language);
  instance.on("languageChanged", announce);
}

/** Words of one namespace in the language of the screen; `other:key` reaches another namespace. */
export function useTexts(namespace = "kit"): Translate {
  const { t } = useTranslation(namespace, { i18n: instance });
  return useCallback((key, values) => t(key, values ?? {}), [t]);
}

export function useLanguage(): [Language, (language: Language) => void] {
  const { i18n } = useTranslation("kit", { i18n: instance });
  const choose = useCallback((language: Language) => {
    kept.write("language", language);
    void instance.changeLanguage(language);
  }, []);
  return [i18n.language === "en" ? "en" : "zh", choose];
}

/** Why something was refused, in the language of the screen where its texts have the reason, else as the server said it. */
export function faultWords({ key, facts, message }: Pick<Fault, "key" | "facts" | "message">): string {
  return key !== undefined && instance.exists(key) ? instance.t(key, facts ?? {}) : message;
}

/** For words outside of React, such as a toast. */
export function translate(key: string, values: Values = {}): string {
  return instance.t(key, values);
}
