/** Searches node types by Chinese, pinyin and English. */
import type { NodeDescription } from '../../api/operations.ts';
import { useSearch } from '../../kit/search/use-search.ts';

export function useNodeSearch(types: readonly NodeDescription[], query: string): readonly NodeDescription[] {
  return useSearch(types, query, searchedText);
}

function searchedText({ text, type, adapter }: NodeDescription): string {
  return `${text.label['zh-CN']} ${text.label.en} ${type} ${adapter ?? ''}`;
}
