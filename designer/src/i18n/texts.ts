/** Texts of the console: every file names its own as pairs, `defineTexts({ save: ['保存', 'Save'] })`, and shows them with `useTexts`. */
import { useMemo, useSyncExternalStore } from 'react';
import type { Text } from '../../../engine/contract/values/texts.ts';
import { defineTexts, LANGUAGES, translateWith, type Language, type Texts, type Translate } from './text-pairs.ts';

export { defineTexts, LANGUAGES, translateWith, type Language, type Texts, type Translate };

let shown: Language = 'zh-CN';
const listeners = new Set<() => void>();

/** `const t = useTexts(TEXTS); t('save')`. Changes with the language, without a reload. */
export function useTexts<T extends Texts>(texts: T): Translate<T> {
  const language = useLanguage();
  return useMemo(() => translateWith(texts, language), [texts, language]);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => shown);
}

/** Shows a text that came from the server or stands in a document in both languages. */
export function useText(): (text: Text | undefined) => string {
  const language = useLanguage();
  return (text) => (text === undefined ? '' : text[language] || text['zh-CN'] || text.en);
}

export function setLanguage(language: Language): void {
  document.documentElement.lang = language;
  shown = language;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
