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
  // Rows are sorted by code, but the stored entries keep the order in which they were saved. Sort them too before
  // comparing.
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

/** Returns the owner to save. Without a domain the table has no owner that could share it. */
function given({ domain, sharedWith }: Owner) {
  if (domain === undefined) return {};
  return { domain, ...(sharedWith === undefined ? {} : { sharedWith: [...sharedWith] }) };
}
