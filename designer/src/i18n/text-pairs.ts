/** Texts as pairs, without React: used by `texts.ts` and by pure modules of the console. */

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

type Pair = readonly [zhCN: string, en: string];
export type Texts = Readonly<Record<string, Pair>>;
type Values = Readonly<Record<string, string | number>>;

/**
 * Returns the texts with the types of their keys. Texts may contain placeholders, `{{count}}`, and words that depend
 * on a number: `{{count}} {{count|call|calls}}`.
 */
export function defineTexts<const T extends Texts>(texts: T): T {
  return texts;
}

export type Translate<T extends Texts> = (key: keyof T & string, values?: Values) => string;

/** Does the same as `useTexts`, outside React. */
export function translateWith<T extends Texts>(texts: T, language: Language): Translate<T> {
  return (key, values = {}) => {
    const [zhCN, en] = texts[key] as Pair;
    const text = language === 'zh-CN' ? zhCN : en;
    return text.replace(PLACEHOLDER, (whole, name: string, one?: string, many?: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return (String(value) === '1' ? one : many) ?? String(value);
    });
  };
}

const PLACEHOLDER = /\{\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}\}/g;
