/**
 * Finds failing adapters and counts the messages that each one delays, so that operators see which adapter to repair
 * first.
 */
import type { Text } from '../../engine/contract/values/texts.ts';
import { toCallState } from './call-states.ts';
import type { DomainScope } from '../access/domains.ts';
import type { NamedHeldGroup } from '../held/held-groups.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { FlowUses } from '../flows/flow-uses.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface FindFailingAdaptersServices {
  readonly clock: Clock;
  readonly bindingStore: BindingStore;
  readonly counter: ExecutionCounter;
  readonly engine: EngineView;
  readonly flowUses: FlowUses;
}

export interface FailingAdapter {
  readonly adapterId: string;
  readonly name: Text;
  /** The contact for this system. */
  readonly owner: string;
  readonly since: number;
  readonly code: string;
  readonly lastOkAt?: number;
  /**
   * `held` counts messages held at nodes that use the adapter. `waiting` counts messages in flows that use the adapter
   * and that wait for a retry or for their turn. Both counts are absent if the person may not read executions.
   */
  readonly held?: number;
  readonly waiting?: number;
}

/**
 * Returns the failing adapters, the longest failing first. `groups` are all groups of held executions; absent if the
 * person may not read executions.
 */
export async function findFailingAdapters(
  services: FindFailingAdaptersServices,
  domains: DomainScope,
  groups: readonly NamedHeldGroup[] | undefined,
): Promise<readonly FailingAdapter[]> {
  const { engine, clock, bindingStore } = services;
  const calls = await engine.processes.adapterCalls();
  const states = new Map(Array.from(calls, ([id, counts]) => [id, toCallState(counts, clock.now())]));
  if (!states.values().some(({ state }) => state === 'failing')) return [];
  const failing: FailingAdapter[] = [];
  for (const { adapterId, name, owner } of domains.keep(await bindingStore.listAdapters())) {
    const now = states.get(adapterId);
    if (now?.state !== 'failing' || now.failingSince === undefined || now.lastError === undefined) continue;
    const { failingSince, lastError, lastOkAt } = now;
    const ok = lastOkAt === undefined ? {} : { lastOkAt };
    failing.push({ adapterId, name, owner, since: failingSince, code: lastError.code, ...ok });
  }
  failing.sort((a, b) => a.since - b.since);
  return groups === undefined || failing.length === 0 ? failing : withCounts(failing, groups, services, domains);
}

async function withCounts(
  failing: readonly FailingAdapter[],
  groups: readonly NamedHeldGroup[],
  { flowUses, counter }: FindFailingAdaptersServices,
  domains: DomainScope,
): Promise<readonly FailingAdapter[]> {
  const uses = await flowUses.of('adapter');
  const flowsOf = (adapterId: string) => domains.keep(uses.get(adapterId) ?? []).filter(({ inPublished }) => inPublished);
  return Promise.all(
    failing.map(async (adapter) => {
      const waiting = await counter.waiting(flowsOf(adapter.adapterId).map(({ flowId }) => flowId));
      const held = groups.filter((group) => group.adapter?.adapterId === adapter.adapterId);
      return {
        ...adapter,
        held: held.reduce((sum, { count }) => sum + count, 0),
        waiting: Object.values(waiting).reduce((sum, count) => sum + count, 0),
      };
    }),
  );
}
