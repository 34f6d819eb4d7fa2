import { given } from '../../engine/contract/values/given.ts';
import type { NewEvent } from '../../engine/topics/bus-topic-store.ts';
import type { GatewayEvent, HeardReplies } from '../../gateways/documents/gateway-questions.ts';
import type { Owners } from '../action/owners.ts';
import { domainsOf } from './domains-of.ts';
import { latestOf, type SeenByGateway } from './seen-by-gateway.ts';

export interface GatewayChanges {
  readonly events: readonly NewEvent[];
  readonly seen: SeenByGateway;
}

/**
 * Returns what changed at the gateways since `seen`, in the order of their times. A gateway keeps its last events only in
 * memory: if some were lost between two looks, an event `gateway.events-missed` says how many.
 */
export async function gatewayStateEvents({ replies }: HeardReplies, seen: SeenByGateway, owners: Owners): Promise<GatewayChanges> {
  const found: NewEvent[] = [];
  const next: Record<string, number> = {};
  for (const { processId, reply } of replies) {
    if (reply.kind !== 'events') continue;
    for (const [front, events] of Object.entries(Object.groupBy(reply.events, (event) => event.front))) {
      const gateway = `${processId}/${front}`;
      const last = seen[gateway];
      const newer = events!.filter(({ number }) => number > (last ?? 0)).sort((a, b) => a.number - b.number);
      const [first] = newer;
      const missed = first === undefined || last === undefined ? 0 : first.number - last - 1;
      if (missed > 0) found.push(missedEvents(gateway, first!, missed));
      for (const event of newer) found.push(await toEvent(gateway, event, owners));
      next[gateway] = newer.at(-1)?.number ?? last ?? 0;
    }
  }
  return { events: found.sort((a, b) => a.at - b.at), seen: latestOf(seen, next) };
}

async function toEvent(gateway: string, event: GatewayEvent, owners: Owners): Promise<NewEvent> {
  const { at, number, kind, interfaceId, subject, values } = event;
  return {
    id: `gateway-${gateway}-${number}`,
    type: `gateway.${kind}`,
    subject: interfaceId,
    at,
    data: { gateway, ...given({ about: subject, values }) },
    domains: interfaceId === undefined ? [] : domainsOf(await owners.interface(interfaceId)),
  };
}

function missedEvents(gateway: string, { at, number }: GatewayEvent, missed: number): NewEvent {
  return { id: `gateway-${gateway}-before-${number}`, type: 'gateway.events-missed', at, data: { gateway, missed }, domains: [] };
}
