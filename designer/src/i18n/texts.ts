/**
 * Texts of the console. Every file defines its texts as pairs, `defineTexts({ save: ['保存', 'Save'] })`, and shows
 * them with `useTexts`.
 */
import { useMemo, useSyncExternalStore } from 'react';
import type { Text } from '../../../engine/contract/values/texts.ts';
import { defineTexts, LANGUAGES, translateWith, type Language, type Texts, type Translate } from './text-pairs.ts';

export { defineTexts, LANGUAGES, translateWith, type Language, type Texts, type Translate };

let shown: Language = 'zh-CN';
const listeners = new Set<() => void>();

/**
 * Returns a function that translates: `const t = useTexts(TEXTS); t('save')`. The language can change without a
 * reload.
 */
export function useTexts<T extends Texts>(texts: T): Translate<T> {
  const language = useLanguage();
  return useMemo(() => translateWith(texts, language), [texts, language]);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, () => shown);
}

/** Returns a function that shows a bilingual text, from the server or a document, in the current language. */
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
