/**
 * React hooks for the API client: queries keyed by operation and input, and mutations that refresh the queries they
 * may affect.
 */
import { QueryClient, useMutation, useQuery, useQueryClient, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import { ApiError, call, type CallOptions, readList } from './client.ts';
import type { Input, ListId, OperationId, Output } from './operation-types.ts';

const FRESH_MS = 5000;
const MOST_TRIES = 2;
const BACK_MS = 5000;

/**
 * Creates the only query client of the console. A query that was refused is not repeated. If the platform is
 * unreachable, the query is repeated until the platform responds.
 */
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
  /** While new data loads (next page, other filter), shows the previous data. */
  readonly keepPrevious?: boolean;
}

/** Reads one operation: `useQueryOf('flows.list', {})` returns its loading state, error and data. */
export function useQueryOf<Id extends OperationId>(
  id: Id,
  input: Input<Id>,
  options: QueryOptions = {},
): UseQueryResult<Output<Id>, ApiError> {
  return useRead(id, input, options, call);
}

/**
 * Reads a whole list, which the API returns in pages: `useListOf('flows.list', {})` returns its loading state, error
 * and data.
 */
export function useListOf<Id extends ListId>(id: Id, input: Input<Id>, options: QueryOptions = {}): UseQueryResult<Output<Id>, ApiError> {
  return useRead(id, input, options, readList);
}

type Read<Id extends OperationId> = (id: Id, input: Input<Id>, options: CallOptions) => Promise<Output<Id>>;

function useRead<Id extends OperationId>(
  id: Id,
  input: Input<Id>,
  options: QueryOptions,
  read: Read<Id>,
): UseQueryResult<Output<Id>, ApiError> {
  return useQuery<Output<Id>, ApiError>({
    queryKey: [id, input],
    queryFn: ({ signal }) => read(id, input, { signal }),
    enabled: options.enabled ?? true,
    ...(options.refetchIntervalMs === undefined ? {} : { refetchInterval: options.refetchIntervalMs }),
    ...(options.keepPrevious === true ? { placeholderData: (previous: Output<Id> | undefined) => previous as never } : {}),
  });
}

export type MutationInput<Id extends OperationId> = Input<Id> & { readonly $reason?: string };

/**
 * Calls one operation that changes something: `useMutationOf('adapters.save')`. Afterwards refetches every query of
 * the same area (`adapters.*`) and of the areas in `refresh`.
 */
export function useMutationOf<Id extends OperationId>(
  id: Id,
  refresh: readonly string[] = [],
): UseMutationResult<Output<Id>, ApiError, MutationInput<Id>> {
  const client = useQueryClient();
  const areas = [id.split('.')[0], ...refresh];
  return useMutation<Output<Id>, ApiError, MutationInput<Id>>({
    mutationFn: (input) => call(id, input, input.$reason === undefined ? {} : { reason: input.$reason }),
    onSettled: () =>
      client.invalidateQueries({
        predicate: ({ queryKey }) => typeof queryKey[0] === 'string' && areas.includes(queryKey[0].split('.')[0]),
      }),
  });
}
