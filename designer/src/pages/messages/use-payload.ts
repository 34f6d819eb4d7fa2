import { useQuery } from '@tanstack/react-query';
import type { PayloadAnswer } from '../../api/operations.ts';
import { call, type ApiError } from '../../api/client.ts';

/**
 * Loads the data of a message. Every read creates an audit entry. So the data is loaded only when the user asks for it,
 * is never refetched automatically, and is forgotten when the user leaves the page. When the message continues, `state`
 * changes and the data is loaded again.
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
