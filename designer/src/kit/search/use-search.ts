/**
 * Searches by Chinese, pinyin (whole or initials) and English. The pinyin tables are large, so they are loaded at the
 * first search.
 */
import { useEffect, useMemo, useState } from 'react';

type ToPinyin = (text: string) => string;

let loaded: ToPinyin | undefined;
let loading: Promise<ToPinyin> | undefined;
const known = new Map<string, string>();

/**
 * Returns the items whose text contains every word of the query. Items whose text begins with a match come first;
 * otherwise the order stays.
 */
export function useSearch<T>(items: readonly T[], query: string, textOf: (item: T) => string): readonly T[] {
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
  return useMemo(() => search(items, query, textOf, toPinyin), [items, query, textOf, toPinyin]);
}

function search<T>(items: readonly T[], query: string, textOf: (item: T) => string, toPinyin: ToPinyin | undefined): readonly T[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  const ranked = items.map((item) => {
    const text = textOf(item);
    const lower = text.toLowerCase();
    const whole = toPinyin === undefined ? lower : `${lower} ${toPinyin(text)}`;
    return { item, isFit: words.every((word) => whole.includes(word)), isFirst: lower.startsWith(words[0] ?? '') };
  });
  const fitting = ranked.filter(({ isFit }) => isFit);
  return [...fitting.filter(({ isFirst }) => isFirst), ...fitting.filter(({ isFirst }) => !isFirst)].map(({ item }) => item);
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
