import { useInfiniteQuery } from '@tanstack/react-query';
import type { ExecutionPage, ExecutionSummary } from '../../../../engine/services.ts';
import { call, type ApiError, type Input } from '../../api/client.ts';

type Listing = 'executions.list' | 'executions.held';
type QueryOf<Id extends Listing> = Omit<Input<Id>, 'limit' | 'after'>;

const PAGE = 50;
const READ_PAGE = 200;
const LIVE_PAGES = 3;

/** Page after page by the server's cursor: stable while messages come in. `refreshMs`: asks anew by itself. */
export function useMessagePages<Id extends Listing>(id: Id, query: QueryOf<Id>, refreshMs: number | undefined) {
  const list = useInfiniteQuery<ExecutionPage, ApiError, { pages: ExecutionPage[] }, readonly unknown[], string | undefined>({
    queryKey: [id, 'pages', query],
    queryFn: ({ pageParam, signal }) =>
      call(id, { ...query, limit: PAGE, ...(pageParam === undefined ? {} : { after: pageParam }) } as Input<Id>, {
        signal,
      }) as Promise<ExecutionPage>,
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
    // Each page is a call: who has gone back far looks at what is past.
    refetchInterval: ({ state }) => (refreshMs === undefined || (state.data?.pages.length ?? 0) > LIVE_PAGES ? false : refreshMs),
  });
  return { ...list, rows: list.data?.pages.flatMap(({ items }) => items) ?? [] };
}

/** All that fits, up to `most`; `isCut` when there is more. */
export async function readMessages<Id extends Listing>(
  id: Id,
  query: QueryOf<Id>,
  most: number,
  onRead: (count: number) => void,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly ExecutionSummary[]; readonly isCut: boolean }> {
  const rows: ExecutionSummary[] = [];
  let after: string | undefined;
  do {
    const page = (await call(id, { ...query, limit: READ_PAGE, ...(after === undefined ? {} : { after }) } as Input<Id>, {
      signal,
    })) as ExecutionPage;
    rows.push(...page.items);
    after = page.next;
    onRead(rows.length);
  } while (after !== undefined && rows.length < most);
  return { rows, isCut: after !== undefined };
}
