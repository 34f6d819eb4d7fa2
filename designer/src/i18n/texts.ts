/** Texts of the console: every file names its own as pairs, `defineTexts({ save: ['保存', 'Save'] })`, and shows them with `useTexts`. */
import i18next from 'i18next';
import { useMemo } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Text } from '../../../engine/contract/texts.ts';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

type Pair = readonly [zhCN: string, en: string];
export type Texts = Readonly<Record<string, Pair>>;
type Values = Readonly<Record<string, string | number>>;

/** Keeps the keys' types. Placeholders: `{{count}}`. */
export function defineTexts<const T extends Texts>(texts: T): T {
  return texts;
}

export type Translate<T extends Texts> = (key: keyof T & string, values?: Values) => string;

/** `const t = useTexts(TEXTS); t('save')`. Changes with the language, without a reload. */
export function useTexts<T extends Texts>(texts: T): Translate<T> {
  const { i18n } = useTranslation();
  const language = i18n.language as Language;
  return useMemo(() => translateWith(texts, language), [texts, language]);
}

/** The same outside React. */
export function translateWith<T extends Texts>(texts: T, language: Language): Translate<T> {
  return (key, values) => {
    const [zhCN, en] = texts[key] as Pair;
    const text = language === 'zh-CN' ? zhCN : en;
    return values === undefined ? text : i18next.services.interpolator.interpolate(text, { ...values }, language, { escapeValue: false });
  };
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
