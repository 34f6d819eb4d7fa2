import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export interface Opened<T> {
  /** What is edited; a later answer of the query does not take its place, so that nothing typed is lost. */
  readonly opened: T | undefined;
  readonly setOpened: (next: T) => void;
  /** Takes what the platform has now. */
  readonly reload: () => void;
}

/** The document of an edit page as it was when the page was opened at this id; another id opens another document. */
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
