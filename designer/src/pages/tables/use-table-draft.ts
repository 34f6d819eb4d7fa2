import { useState } from 'react';
import type { Output } from '../../api/operation-types.ts';
import type { Owner } from './table-owner.tsx';
import { problemsOf, toEntries, toRows, type Row } from './table-rows.ts';

export type CodeTable = Output<'tables.get'>;

/** Keeps what the user edits of a code table. `document` is the whole table as it would be saved. */
export function useTableDraft(table: CodeTable) {
  const [rows, setRows] = useState<readonly Row[]>(() => toRows(table.entries));
  const [fallback, setFallback] = useState(table.fallback);
  const [owner, setOwner] = useState<Owner>({ domain: table.domain, sharedWith: table.sharedWith });
  const now = [toEntries(rows), fallback, owner.domain, owner.sharedWith];
  // `toRows` sorts by code, but the stored entries may be in another order. Sort them in the same way before comparing,
  // so that the order alone is no change.
  const opened = [toEntries(toRows(table.entries)), table.fallback, table.domain, table.sharedWith];
  const { fallback: _old, domain: _domain, sharedWith: _shared, ...rest } = table;
  return {
    rows,
    setRows,
    fallback,
    setFallback,
    owner,
    setOwner,
    isChanged: JSON.stringify(now) !== JSON.stringify(opened),
    problems: problemsOf(rows),
    document: { ...rest, ...given(owner), entries: toEntries(rows), ...(fallback === undefined ? {} : { fallback }) },
  };
}

/**
 * Returns the domain and the shared domains to save. A table without a domain belongs to the whole installation, so it
 * is not shared.
 */
function given({ domain, sharedWith }: Owner) {
  if (domain === undefined) return {};
  return { domain, ...(sharedWith === undefined ? {} : { sharedWith: [...sharedWith] }) };
}
