/** Refetches the lists on the screen when control sends an event, or may have sent one while disconnected. */
import { useQueryClient } from '@tanstack/react-query';
import { useLive, useReconnected } from '../api/live.ts';

export function useLiveRefresh(): void {
  const client = useQueryClient();
  const refresh = (areas: readonly string[]) =>
    void client.invalidateQueries({
      predicate: ({ queryKey }) => typeof queryKey[0] === 'string' && areas.includes(queryKey[0].split('.')[0] ?? ''),
    });
  useLive('flow', () => refresh(['flows', 'system']));
  useLive('alarms', () => refresh(['alarms']));
  useLive('plan', () => refresh(['interfaces', 'system']));
  useReconnected(() => refresh(['flows', 'system', 'alarms', 'interfaces']));
}
