/** Searches node types by Chinese, pinyin and English, and by what else people call them. */
import type { NodeDescription } from '../../api/operations.ts';
import { useSearch } from '../../kit/search/use-search.ts';

export function useNodeSearch(types: readonly NodeDescription[], query: string): readonly NodeDescription[] {
  return useSearch(types, query, nameOf, otherWordsOf);
}

function nameOf({ text, type, adapter }: NodeDescription): string {
  return `${text.label['zh-CN']} ${text.label.en} ${type} ${adapter ?? ''}`;
}

function otherWordsOf({ text, adapterWords }: NodeDescription): string {
  return `${text.words ?? ''} ${adapterWords ?? ''}`;
}
