/** Texts of the console: every file names its own as pairs, `defineTexts({ save: ['保存', 'Save'] })`, and shows them with `useTexts`. */
import i18next from 'i18next';
import { useMemo } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Text } from '../../../engine/contract/texts.ts';
import { defineTexts, LANGUAGES, translateWith, type Language, type Texts, type Translate } from './text-pairs.ts';

export { defineTexts, LANGUAGES, translateWith, type Language, type Texts, type Translate };

/** `const t = useTexts(TEXTS); t('save')`. Changes with the language, without a reload. */
export function useTexts<T extends Texts>(texts: T): Translate<T> {
  const { i18n } = useTranslation();
  const language = i18n.language as Language;
  return useMemo(() => translateWith(texts, language), [texts, language]);
}

export function useLanguage(): Language {
  return useTranslation().i18n.language as Language;
}

/** Shows a text that came from the server or stands in a document in both languages. */
export function useText(): (text: Text | undefined) => string {
  const language = useLanguage();
  return (text) => (text === undefined ? '' : text[language] || text['zh-CN'] || text.en);
}

export function setLanguage(language: Language): void {
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/** Once, before the first picture. */
export async function startTexts(language: Language): Promise<void> {
  document.documentElement.lang = language;
  await i18next.use(initReactI18next).init({ lng: language, fallbackLng: 'zh-CN', resources: {}, interpolation: { escapeValue: false } });
}
