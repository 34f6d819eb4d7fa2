import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call, type ApiError } from '../../api/client.ts';
import type { Outputs } from '../../api/outputs.ts';
import type { RequestItem } from '../../kit/approval/request-words.tsx';

/** Of 50 each: one person has 20 open ones at most. */
const MOST_PAGES = 20;

interface PageWish {
  readonly after?: string;
}

interface AllRequests {
  /** Undefined until all are read: what is counted, searched and filtered is the whole. */
  readonly items: readonly RequestItem[] | undefined;
  readonly isReading: boolean;
  /** There are more than are listed. */
  readonly isCut: boolean;
  readonly error: ApiError | null;
  readonly refresh: () => void;
}

/** The API gives requests a page at a time; the list of the console has them all. */
export function useAllRequests(): AllRequests {
  const list = useInfiniteQuery<Outputs['requests.list'], ApiError, Pages, readonly string[], PageWish>({
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

/** One that was decided between two pages would stand on both. */
function unique(items: readonly RequestItem[]): readonly RequestItem[] {
  return [...new Map(items.map((item) => [item.requestId, item])).values()];
}
