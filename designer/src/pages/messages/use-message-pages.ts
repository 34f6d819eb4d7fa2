import { useInfiniteQuery } from '@tanstack/react-query';
import type { ExecutionPage, ExecutionSummary } from '../../api/operations.ts';
import { call, type ApiError } from '../../api/client.ts';
import type { Input } from '../../api/operation-types.ts';

type Listing = 'executions.list' | 'executions.search' | 'executions.held';

/** The operation to call, with its query. */
export type Question = { readonly [Id in Listing]: { readonly id: Id; readonly query: Omit<Input<Id>, 'limit' | 'after'> } }[Listing];

const PAGE = 50;
const READ_PAGE = 200;
const LIVE_PAGES = 3;

/**
 * Loads a list of messages page by page. The server's cursor marks where the next page begins, so that new messages do
 * not shift the pages. `refreshMs` is the polling interval in milliseconds.
 */
export function useMessagePages(question: Question, refreshMs: number | undefined) {
  const list = useInfiniteQuery<ExecutionPage, ApiError, { pages: ExecutionPage[] }, readonly unknown[], string | undefined>({
    queryKey: [question.id, 'pages', question.query],
    queryFn: ({ pageParam, signal }) => readPage(question, PAGE, pageParam, signal),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
    // Stop polling if the user has loaded many pages. Each page needs a call, and the user is then looking at old
    // messages.
    refetchInterval: ({ state }) => (refreshMs === undefined || (state.data?.pages.length ?? 0) > LIVE_PAGES ? false : refreshMs),
  });
  return { ...list, rows: list.data?.pages.flatMap(({ items }) => items) ?? [] };
}

export type MessagePages = ReturnType<typeof useMessagePages>;

/** Reads up to `most` messages. `isCut` is true if there are more. */
export async function readMessages(
  question: Question,
  most: number,
  onRead: (count: number) => void,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly ExecutionSummary[]; readonly isCut: boolean }> {
  const rows: ExecutionSummary[] = [];
  let after: string | undefined;
  do {
    const page = await readPage(question, READ_PAGE, after, signal);
    rows.push(...page.items);
    after = page.next;
    onRead(rows.length);
  } while (after !== undefined && rows.length < most);
  return { rows, isCut: after !== undefined };
}

function readPage({ id, query }: Question, limit: number, after: string | undefined, signal: AbortSignal): Promise<ExecutionPage> {
  return call(id, { ...query, limit, ...(after === undefined ? {} : { after }) } as Input<Listing>, { signal });
}
