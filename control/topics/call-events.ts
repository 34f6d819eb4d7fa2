import { given } from '../../engine/contract/values/given.ts';
import type { NewEvent } from '../../engine/topics/bus-topic-store.ts';
import type { HeardReplies, RecentCall } from '../../gateways/documents/gateway-questions.ts';
import type { Owners } from '../action/owners.ts';
import { domainsOf } from './domains-of.ts';
import { latestOf, type SeenByGateway } from './seen-by-gateway.ts';

export interface CallChanges {
  readonly events: readonly NewEvent[];
  readonly seen: SeenByGateway;
}

/** Returns the calls that the gateways report, by gateway and in the order in which they ended. */
export async function callEvents({ replies }: HeardReplies, seen: SeenByGateway, owners: Owners, now: number): Promise<CallChanges> {
  const domainsOfInterface = createDomainsOf(owners);
  const events: NewEvent[] = [];
  const next: Record<string, number> = {};
  for (const { reply } of replies) {
    if (reply.kind !== 'recent-calls') continue;
    for (const { gateway, calls, newest } of reply.gateways) {
      const last = seen[gateway];
      const missed = last === undefined ? 0 : (calls[0]?.number ?? newest + 1) - last - 1;
      if (missed > 0) events.push(missedCalls(gateway, calls[0]?.at ?? now, missed, last!));
      for (const call of calls) events.push(toEvent(gateway, call, await domainsOfInterface(call.interfaceId)));
      next[gateway] = calls.at(-1)?.number ?? newest;
    }
  }
  return { events, seen: latestOf(seen, next) };
}

const HOW = { ok: 'completed', refused: 'refused', failed: 'failed', unknown: 'failed' } as const;

function toEvent(gateway: string, call: RecentCall, domains: readonly string[]): NewEvent {
  const { number, at, interfaceId, outcome, ...data } = call;
  return {
    id: `call-${gateway}-${at}-${number}`,
    type: `call.${HOW[outcome]}`,
    subject: interfaceId,
    at,
    data: { gateway, ...given({ ...data, outcome }) },
    domains,
  };
}

function missedCalls(gateway: string, at: number, missed: number, after: number): NewEvent {
  return { id: `call-${gateway}-${at}-after-${after}`, type: 'calls.missed', at, data: { gateway, missed }, domains: [] };
}

/** Many calls are of the same interface. */
function createDomainsOf(owners: Owners): (interfaceId: string | undefined) => Promise<readonly string[]> {
  const known = new Map<string, Promise<readonly string[]>>();
  return (interfaceId) => {
    if (interfaceId === undefined) return Promise.resolve([]);
    const found = known.get(interfaceId) ?? owners.interface(interfaceId).then(domainsOf);
    known.set(interfaceId, found);
    return found;
  };
}
