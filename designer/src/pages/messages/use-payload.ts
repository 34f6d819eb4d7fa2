import { useQuery } from '@tanstack/react-query';
import type { PayloadAnswer } from '../../../../control/executions/execution-payload.ts';
import { call, type ApiError } from '../../api/client.ts';

/**
 * Every reading leaves an audit line: asked for when the person wants it, never anew by itself, and forgotten with the page. `state` changes
 * when the message goes on: what was seen before is then asked for anew.
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
