import { setImmediate } from 'node:timers';
import type { GaugeValue, Labels, Metrics } from '../../engine/contract/values/observe.ts';
import type { GroupState, LoadState } from '../documents/load-state.ts';

/** Shows the load of each interface and of its instance groups. `read` is called when metrics are collected. */
export function registerLoadGauges(metrics: Metrics, readAll: () => readonly LoadState[]): void {
  const read = sharedInTurn(readAll);
  metrics.gauges('gateway_interface_in_flight', ['interface'], () =>
    read().map(({ interfaceId, inFlight }) => ({ labels: { interface: interfaceId }, value: inFlight })),
  );
  metrics.gauges('gateway_concurrency_limit', ['interface'], () => concurrencyOf(read(), 'limit'));
  metrics.gauges('gateway_concurrency_queued', ['interface'], () => concurrencyOf(read(), 'queued'));
  metrics.gauges('gateway_breakers', ['interface', 'group', 'state'], () =>
    ofGroups(read(), ({ breaker }, labels) => (breaker ? [{ labels: { ...labels, state: breaker.state }, value: 1 }] : [])),
  );
  metrics.gauges('gateway_instances', ['interface', 'group', 'state'], () =>
    ofGroups(read(), ({ instances }, labels) => instances.map(({ state }) => ({ labels: { ...labels, state }, value: 1 }))),
  );
}

function concurrencyOf(loads: readonly LoadState[], field: 'limit' | 'queued'): GaugeValue[] {
  return loads.flatMap(({ interfaceId, concurrency }) =>
    concurrency === undefined ? [] : [{ labels: { interface: interfaceId }, value: concurrency[field] }],
  );
}

function ofGroups(loads: readonly LoadState[], valuesOf: (group: GroupState, labels: Labels) => GaugeValue[]): GaugeValue[] {
  return loads.flatMap(({ interfaceId, groups = [] }) =>
    groups.flatMap((group) => valuesOf(group, { interface: interfaceId, group: group.name })),
  );
}

/** All gauges of one collection share a reading, because a gateway may have thousands of interfaces. */
function sharedInTurn<Value>(read: () => Value): () => Value {
  let shared: { readonly value: Value } | undefined;
  return () => {
    if (shared === undefined) {
      shared = { value: read() };
      setImmediate(() => (shared = undefined));
    }
    return shared.value;
  };
}
