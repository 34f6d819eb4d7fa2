import { useQuery } from '@tanstack/react-query';
import type { PayloadAnswer } from '../../api/operations.ts';
import { call, type ApiError } from '../../api/client.ts';

/**
 * Loads the data of a message. Every read creates an audit entry, so it is loaded only when the user asks, never
 * refetched automatically, and dropped with the page. `state` changes when the message continues; the data is then
 * loaded again.
 */
export function usePayload(executionId: string, state: string, isWanted: boolean) {
  return useQuery<PayloadAnswer, ApiError>({
    queryKey: ['message-data', executionId, state],
    queryFn: ({ signal }) => call('executions.payload', { executionId }, { signal }),
    enabled: isWanted,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}
