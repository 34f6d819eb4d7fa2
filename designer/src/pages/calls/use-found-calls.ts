import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call, type ApiError } from '../../api/client.ts';
import type { CallLine, FoundCallList } from '../../api/operations.ts';
import type { CallQuery } from './use-call-conditions.ts';

const PAGE = 100;
const NONE: readonly CallLine[] = [];

/**
 * Finds calls, newest first, and earlier ones on request. A search reads the logs of all gateways, so it only runs when
 * the user asks for it.
 */
export function useFoundCalls(query: CallQuery, isEnabled: boolean) {
  const found = useInfiniteQuery<FoundCallList, ApiError, Pages, readonly [string, CallQuery], { readonly to?: number }>({
    queryKey: ['calls.search', query],
    queryFn: ({ pageParam, signal }) => call('calls.search', { ...query, ...pageParam, limit: PAGE }, { signal }),
    initialPageParam: {},
    // Calls older than `readTo` may be missing from a page, so the next page begins there.
    getNextPageParam: ({ readTo }, _pages, { to }) => (readTo === undefined ? undefined : { to: readTo === to ? readTo - 1 : readTo }),
    enabled: isEnabled,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    placeholderData: (previous) => previous,
  });
  const calls = useMemo(() => (found.data === undefined ? NONE : newestFirst(found.data.pages)), [found.data]);
  const last = found.data?.pages.at(-1);
  return { ...found, calls, gateways: last?.gateways, asked: last?.asked, readTo: last?.readTo };
}

interface Pages {
  readonly pages: readonly FoundCallList[];
}

/** Identifies a call in the list. One trace id may have several calls. */
export function keyOf({ processId, front, interfaceId = '', at, traceId }: CallLine): string {
  return `${at} ${traceId} ${front} ${interfaceId} ${processId}`;
}

/** Two pages may contain the same call, because both include the calls of the time between them. */
function newestFirst(pages: readonly FoundCallList[]): readonly CallLine[] {
  const byKey = new Map(pages.flatMap(({ items }) => items.map((item) => [keyOf(item), item])));
  return [...byKey.values()].sort((a, b) => b.at - a.at);
}
