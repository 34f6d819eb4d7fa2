import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call, type ApiError } from '../../api/client.ts';
import type { Output } from '../../api/operation-types.ts';
import type { RequestItem } from '../../kit/approval/request-words.tsx';

/** Maximum number of pages, of 50 requests each. One user has at most 20 open requests. */
const MOST_PAGES = 20;

interface PageWish {
  readonly after?: string;
}

interface AllRequests {
  /**
   * All requests; undefined until all pages are loaded. A part of the list is useless, because counts, search and
   * filters need all of it.
   */
  readonly items: readonly RequestItem[] | undefined;
  readonly isReading: boolean;
  /** True if more requests exist than are listed. */
  readonly isCut: boolean;
  readonly error: ApiError | null;
  readonly refresh: () => void;
}

/** Loads all requests. The API returns them in pages, but the console shows one list. */
export function useAllRequests(): AllRequests {
  const list = useInfiniteQuery<Output<'requests.list'>, ApiError, Pages, readonly string[], PageWish>({
    queryKey: ['requests.list'],
    queryFn: ({ pageParam, signal }) => call('requests.list', pageParam, { signal }),
    initialPageParam: {},
    getNextPageParam: ({ next }) => (next === undefined ? undefined : { after: next }),
    select: ({ pages }) => ({ count: pages.length, items: unique(pages.flatMap(({ items }) => items)) }),
    refetchInterval: 15_000,
  });
  const { data, hasNextPage, isFetching, error, fetchNextPage, refetch } = list;
  const isCut = hasNextPage && (data?.count ?? 0) >= MOST_PAGES;
  const isMissing = hasNextPage && !isCut;
  useEffect(() => {
    if (isMissing && !isFetching && error === null) void fetchNextPage();
  }, [isMissing, isFetching, error, fetchNextPage]);
  return {
    items: isMissing ? undefined : data?.items,
    isReading: list.isPending || isMissing,
    isCut,
    error,
    refresh: () => void refetch(),
  };
}

interface Pages {
  readonly count: number;
  readonly items: readonly RequestItem[];
}

/**
 * Returns the requests without duplicates. If a request is decided while the pages are being loaded, two pages may
 * contain it.
 */
function unique(items: readonly RequestItem[]): readonly RequestItem[] {
  return [...new Map(items.map((item) => [item.requestId, item])).values()];
}
