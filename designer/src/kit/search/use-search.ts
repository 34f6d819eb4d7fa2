/**
 * Searches by Chinese, pinyin (whole or initials) and English. The pinyin tables are large, so they are loaded at the
 * first search.
 */
import { useEffect, useMemo, useState } from 'react';

type ToPinyin = (text: string) => string;

let loaded: ToPinyin | undefined;
let loading: Promise<ToPinyin> | undefined;
const known = new Map<string, string>();

type TextOf<T> = (item: T) => string;

/**
 * Returns the items whose texts contain every word of the query. Items whose text begins with a match come first, then
 * those whose text has all words, then those that are found by their other words; otherwise the order stays.
 */
export function useSearch<T>(items: readonly T[], query: string, textOf: TextOf<T>, otherWordsOf: TextOf<T> = noWords): readonly T[] {
  const [toPinyin, setToPinyin] = useState<ToPinyin | undefined>(() => loaded);
  const isAsked = query.trim() !== '';
  useEffect(() => {
    if (!isAsked || toPinyin !== undefined) return;
    let isGone = false;
    void loadPinyin().then((found) => isGone || setToPinyin(() => found));
    return () => {
      isGone = true;
    };
  }, [isAsked, toPinyin]);
  return useMemo(() => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return items;
    const ranked = items.map((item) => ({ item, rank: rankOf(words, textOf(item), otherWordsOf(item), toPinyin) }));
    return [0, 1, 2].flatMap((place) => ranked.filter(({ rank }) => rank === place).map(({ item }) => item));
  }, [items, query, textOf, otherWordsOf, toPinyin]);
}

function noWords(): string {
  return '';
}

/** Returns the place of an item among those that were found; undefined if it does not have all words. */
function rankOf(words: readonly string[], text: string, otherWords: string, toPinyin: ToPinyin | undefined): number | undefined {
  const isIn = (whole: string) => words.every((word) => whole.includes(word));
  const searched = (given: string) => (toPinyin === undefined ? given.toLowerCase() : `${given.toLowerCase()} ${toPinyin(given)}`);
  const own = searched(text);
  if (isIn(own)) return own.startsWith(words[0] ?? '') ? 0 : 1;
  return otherWords !== '' && isIn(`${own} ${searched(otherWords)}`) ? 2 : undefined;
}

async function loadPinyin(): Promise<ToPinyin> {
  loading ??= import('pinyin-pro').then(({ pinyin }) => {
    loaded = (text) => {
      const kept = known.get(text);
      if (kept !== undefined) return kept;
      const syllables = pinyin(text, { toneType: 'none', type: 'array', nonZh: 'removed', v: true });
      const made = `${syllables.join('')} ${syllables.map((syllable) => syllable[0] ?? '').join('')}`;
      known.set(text, made);
      return made;
    };
    return loaded;
  });
  return loading;
}
