import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export interface Opened<T> {
  /** The edited document. A later response of the query does not replace it, so that the user's input is not lost. */
  readonly opened: T | undefined;
  readonly setOpened: (next: T) => void;
  /** Replaces the edited document by the platform's current one. */
  readonly reload: () => void;
}

/**
 * Returns the document as it was when the page was opened. After a change of `id`, returns the document with the new
 * id.
 */
export function useOpened<T>(query: UseQueryResult<T>, id: string, idOf: (document: T) => string): Opened<T> {
  const [held, setHeld] = useState<T>();
  const isOther = held === undefined || idOf(held) !== id;
  useEffect(() => {
    if (isOther && query.data !== undefined) setHeld(() => query.data);
  }, [isOther, query.data]);
  const reload = async () => {
    const { data } = await query.refetch();
    if (data !== undefined) setHeld(() => data);
  };
  return { opened: isOther ? undefined : held, setOpened: (next) => setHeld(() => next), reload: () => void reload() };
}
