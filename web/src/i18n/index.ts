// Both languages, and the sentence of a refusal in the one that is chosen.
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import { Refusal, setLanguage } from "../api/client";
import { preference, subscribeToPreferences, type Language } from "../ui/preferences";
import { en } from "./en";
import { zh, type Chinese } from "./zh";

function speak(language: Language): void {
  document.documentElement.lang = language;
  setLanguage(language);
  if (i18next.language !== language) void i18next.changeLanguage(language);
}

export function startLanguages(): void {
  void i18next.use(initReactI18next).init({
    lng: preference("language").get(),
    fallbackLng: false,
    resources: { "zh-CN": { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  speak(preference("language").get());
  subscribeToPreferences(() => speak(preference("language").get()));
}

/** Every key there is: one that is not, does not compile. */
export type Key = { [Part in keyof Chinese]: `${Part}.${keyof Chinese[Part] & string}` }[keyof Chinese];
export type Say = (key: Key, values?: Record<string, string | number>) => string;

/** The words in the chosen language. */
export function useSay(): Say {
  const { t } = useTranslation();
  return (key, values) => t(key, values ?? {});
}

/** A word of a fixed vocabulary; one that this client does not know yet is shown as it came. */
export function useWord(): (part: keyof Chinese, word: string | null | undefined) => string {
  const { t, i18n } = useTranslation();
  return (part, word) => {
    if (word === null || word === undefined) return t("common.none");
    return i18n.exists(`${part}.${word}`) ? t(`${part}.${word}`) : word;
  };
}

/** What an alarm says: the server's sentence, or ours for its kind. name: of what it is about, as far as it is known. */
export function useAlarm(): (alarm: { kind: string; sentence: string }, name: string) => string {
  const { t, i18n } = useTranslation();
  return ({ kind, sentence }, name) => (i18n.exists(`alarm.${kind}`) ? t(`alarm.${kind}`, { name }) : sentence);
}

/** What went wrong, in a sentence and the next step. The server speaks English so far; its codes have Chinese sentences here. */
export function useSentence(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return (error) => {
    if (!(error instanceof Refusal)) return error instanceof Error ? error.message : String(error);
    const parts = [error.sentence, error.todo];
    const own = `refusal.${error.code}`;
    if (i18n.language === "zh-CN" && i18n.exists(own)) {
      parts.splice(0, 2, t(own, { where: error.where }));
      if (error.retryAfter > 0) parts.push(t("signin.wait", { seconds: error.retryAfter }));
    }
    if (error.status >= 500 && error.support) parts.push(t("common.support", { support: error.support }));
    return parts.filter(Boolean).join(i18n.language === "zh-CN" ? "" : " ");
  };
}
