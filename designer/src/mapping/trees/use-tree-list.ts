import { useCallback, useMemo, useState } from 'react';
import { rowFinder, visibleRows, type TreeRow, type TreeShape } from '../../model/mapping/tree-rows.ts';

export interface TreeList<T> {
  readonly rows: readonly TreeRow<T>[];
  readonly query: string;
  setQuery(query: string): void;
  toggle(key: string): void;
  /** Returns the index of a row. If the row is hidden in a folded row, returns the index of the folded row. */
  find(key: string): number | undefined;
}

/** Returns the visible rows of a tree. Remembers which rows are folded and what the user searches for. */
export function useTreeList<T>(roots: readonly T[], shape: TreeShape<T>, startFolded: () => ReadonlySet<string>): TreeList<T> {
  const [query, setQuery] = useState('');
  const [folded, setFolded] = useState(startFolded);
  const toggle = useCallback(
    (key: string) =>
      setFolded((now) => {
        const next = new Set(now);
        if (!next.delete(key)) next.add(key);
        return next;
      }),
    [],
  );
  const rows = useMemo(() => visibleRows(roots, shape, folded, query), [roots, shape, folded, query]);
  const find = useMemo(() => rowFinder(roots, shape, rows), [roots, shape, rows]);
  return useMemo(() => ({ rows, query, setQuery, toggle, find }), [rows, query, toggle, find]);
}
