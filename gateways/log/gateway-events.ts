import type { Front } from '../../engine/contract/access/access.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger, Metrics } from '../../engine/contract/values/observe.ts';
import type { GatewayEvent, StateChange } from '../documents/gateway-questions.ts';

/** The changes of state of a gateway. They are logged and counted, and the last ones are kept for the console. */
export interface GatewayEvents {
  add(event: StateChange): void;
  /** Returns the last events, the newest first. */
  list(): readonly GatewayEvent[];
}

const MOST_KEPT = 500;

export function createGatewayEvents({
  clock,
  metrics,
  log,
  front,
}: {
  readonly clock: Pick<Clock, 'now'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly front: Front;
}): GatewayEvents {
  const kept: GatewayEvent[] = [];
  let count = 0;
  return {
    add(event) {
      kept.push({ number: ++count, at: clock.now(), ...event });
      if (kept.length > MOST_KEPT) kept.shift();
      metrics.count('gateway_events_total', { front, reason: event.kind });
      const { kind, interfaceId, subject, values } = event;
      log.warn('gateway.state-changed', { kind, interfaceId, subject, ...values });
    },
    list: () => [...kept].reverse(),
  };
}
