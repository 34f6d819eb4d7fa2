import { useInfiniteQuery } from '@tanstack/react-query';
import type { ExecutionPage, ExecutionSummary } from '../../../../engine/operate/interface.ts';
import { call, type ApiError, type Input } from '../../api/client.ts';

type Listing = 'executions.list' | 'executions.search' | 'executions.held';

/** What is asked, of which operation. */
export type Question = { readonly [Id in Listing]: { readonly id: Id; readonly query: Omit<Input<Id>, 'limit' | 'after'> } }[Listing];

const PAGE = 50;
const READ_PAGE = 200;
const LIVE_PAGES = 3;

/** Page after page by the server's cursor: stable while messages come in. `refreshMs`: asks anew by itself. */
export function useMessagePages(question: Question, refreshMs: number | undefined) {
  const list = useInfiniteQuery<ExecutionPage, ApiError, { pages: ExecutionPage[] }, readonly unknown[], string | undefined>({
    queryKey: [question.id, 'pages', question.query],
    queryFn: ({ pageParam, signal }) => readPage(question, PAGE, pageParam, signal),
    initialPageParam: undefined,
    getNextPageParam: ({ next }) => next,
    // Each page is a call: who has gone back far looks at what is past.
    refetchInterval: ({ state }) => (refreshMs === undefined || (state.data?.pages.length ?? 0) > LIVE_PAGES ? false : refreshMs),
  });
  return { ...list, rows: list.data?.pages.flatMap(({ items }) => items) ?? [] };
}

/** All that fits, up to `most`; `isCut` when there is more. */
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
