import type { Clock } from '../../engine/contract/values/clock.ts';
import type { BreakerView, GroupState, InstanceView, LimitUse, LoadState } from '../documents/load-state.ts';
import type { ListedInstance } from '../load/balancer.ts';
import type { Breaker } from '../load/breaker.ts';
import { loadOf } from '../load/interface-load.ts';
import type { CompiledInterface } from '../pipeline/compile-interface.ts';
import type { PlanIndex } from '../plan-index.ts';
import type { Keepers } from '../policy-ports.ts';

type Times = Pick<Clock, 'now'>;

/** Reads the load of an interface from the state that its policies and its balancers keep. */
export function readLoadState(compiled: CompiledInterface, keepers: Keepers, inFlight: number, clock: Times, plan: PlanIndex): LoadState {
  const { interfaceId, front } = compiled.interface;
  const manual = plan.manualState(interfaceId);
  const { limit, breakers, grey } = loadOf(keepers);
  // What a policy kept stays after the interface has stopped to use the policy.
  const uses = (name: string) => compiled.before.some(({ policy }) => policy === name);
  const groups = compiled.listGroups?.().map(({ name, instances }): GroupState => {
    const breaker = uses('breaker') ? breakers.get(name) : undefined;
    return { name, ...(breaker && { breaker: viewBreaker(breaker, clock) }), instances: instances.map((one) => viewInstance(one, clock)) };
  });
  return {
    ...{ interfaceId, front, inFlight, ...compiled.handling },
    ...(manual !== undefined && clock.now() < manual.until && { manual: { state: manual.state, until: manual.until } }),
    ...(limit !== undefined &&
      uses('concurrency') && {
        concurrency: { limit: limit.limit, inFlight: limit.inFlight, queued: limit.queued, isAtCeiling: limit.isAtCeiling },
      }),
    ...(groups && { groups }),
    ...(grey !== undefined &&
      uses('grey-release') && { grey: { group: grey.group, percent: grey.release.percent, isRolledBack: grey.release.isRolledBack } }),
  };
}

/** Reads the use of the rate limits and quotas of an interface. */
export function readLimits({ before }: CompiledInterface, keepers: Keepers): readonly LimitUse[] {
  const { rates, quotas } = loadOf(keepers);
  return [
    ...(before.some(({ policy }) => policy === 'rate-limit') ? rates() : []),
    ...(before.some(({ policy }) => policy === 'quota') ? quotas() : []),
  ];
}

function viewBreaker({ state, times: { lastedMs, leftMs } }: Breaker, clock: Times): BreakerView {
  const now = clock.now();
  return { state, since: Math.round(now - lastedMs), ...(leftMs !== undefined && { until: Math.round(now + leftMs) }) };
}

function viewInstance({ ejectedForMs, latencyMs, ...instance }: ListedInstance, clock: Times): InstanceView {
  return {
    ...instance,
    ...(latencyMs !== undefined && { latencyMs: Math.round(latencyMs * 10) / 10 }),
    ...(ejectedForMs !== undefined && { ejectedUntil: Math.round(clock.now() + ejectedForMs) }),
  };
}
