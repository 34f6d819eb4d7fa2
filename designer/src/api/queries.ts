/** React's side of the API client: queries named by operation and input, and mutations that refresh what they may have changed. */
import { QueryClient, useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { ApiError, call, type Input, type OperationId, type Output } from './client.ts';

const FRESH_MS = 5000;
const MOST_TRIES = 2;
const BACK_MS = 5000;

/** One for the whole console. Refusals are answers and not asked again; an unreachable platform is, until it is back. */
export function createQueryClient(): QueryClient {
  const retry = (count: number, error: unknown) =>
    error instanceof ApiError && (error.status === 0 || error.status === 503) && count < MOST_TRIES;
  const refetchInterval = ({ state: { error } }: { readonly state: { readonly error: unknown } }) =>
    error instanceof ApiError && error.status === 0 ? BACK_MS : false;
  return new QueryClient({
    defaultOptions: {
      queries: { retry, refetchInterval, staleTime: FRESH_MS, refetchOnWindowFocus: true, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  });
}

export interface QueryOptions {
  readonly enabled?: boolean;
  readonly refetchIntervalMs?: number;
  /** Shows the last answer while the next one comes (paging, filters). */
  readonly keepPrevious?: boolean;
}

/** `useQueryOf('flows.list', {})`: loading, error and data of one reading operation. */
export function useQueryOf<Id extends OperationId>(
  id: Id,
  input: Input<Id>,
  options: QueryOptions = {},
): UseQueryResult<Output<Id>, ApiError> {
  return useQuery<Output<Id>, ApiError>({
    queryKey: [id, input],
    queryFn: ({ signal }) => call(id, input, { signal }),
    enabled: options.enabled ?? true,
    ...(options.refetchIntervalMs === undefined ? {} : { refetchInterval: options.refetchIntervalMs }),
    ...(options.keepPrevious === true ? { placeholderData: (previous: Output<Id> | undefined) => previous as never } : {}),
  });
}

export type MutationInput<Id extends OperationId> = Input<Id> & { readonly $reason?: string };

/** `useMutationOf('adapters.save')`: afterwards every query of the same area (`adapters.*`) and those named in `refresh` are asked anew. */
export function useMutationOf<Id extends OperationId>(
  id: Id,
  refresh: readonly string[] = [],
): UseMutationResult<Output<Id>, ApiError, MutationInput<Id>> {
  const client = useQueryClient();
  const areas = [id.split('.')[0], ...refresh];
  return useMutation<Output<Id>, ApiError, MutationInput<Id>>({
    mutationFn: ({ $reason, ...input }) => call(id, input as unknown as Input<Id>, $reason === undefined ? {} : { reason: $reason }),
    onSettled: () =>
      client.invalidateQueries({
        predicate: ({ queryKey }) => typeof queryKey[0] === 'string' && areas.includes(queryKey[0].split('.')[0]),
      }),
  });
}
