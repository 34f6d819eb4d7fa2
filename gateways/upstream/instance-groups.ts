import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Keepers } from '../policy-ports.ts';
import type { StateChange } from '../documents/gateway-questions.ts';
import { groupsOf } from '../documents/upstream-target.ts';
import type { Target } from '../documents/interface-document.ts';
import { Balancer, type Candidate, type KnownInstance } from '../load/balancer.ts';
import { HealthChecks, type HealthEvent } from '../load/health-checks.ts';
import type { EjectionEvent } from '../load/outlier-ejection.ts';
import { askHealth } from './ask-health.ts';
import type { Instance, UpstreamPools } from './create-pools.ts';

/** One group of the instances of an interface. */
export interface InstanceGroup {
  readonly name: string;
  readonly balancer: Balancer;
  connectionsOf(chosen: Candidate): Instance;
}

/** The groups of an interface, the usual one first. They are held while a version of the interface is served. */
export interface InstanceGroups {
  readonly all: readonly [InstanceGroup, ...InstanceGroup[]];
  named(name: string | undefined): InstanceGroup;
  close(): void;
}

export interface InstanceGroupsDeps {
  readonly interfaceId: string;
  readonly pools: UpstreamPools;
  readonly keepers: Keepers;
  readonly clock: Clock;
  /** The zone of this gateway. */
  readonly zone?: string | undefined;
  report(event: StateChange): void;
}

const CHECK_INTERVAL_MS = 5_000;

/** Opens the groups of a target. What is known about their instances is kept over versions of the interface. */
export function openInstanceGroups(target: Extract<Target, { kind: 'upstream' }>, deps: InstanceGroupsDeps): InstanceGroups {
  const { balancing = 'round-robin', healthCheck } = target;
  const opened: Instance[] = [];
  const stops: (() => void)[] = [];
  const all = groupsOf(target).map(({ name, instances }) => {
    if (instances.length === 0) throw new TypeError(`the group ${name} has no instances`);
    const known = deps.keepers.ofInterface(`instances ${name}`, () => new Map<string, KnownInstance>());
    const onChange = reporter(name, deps);
    const balancer = new Balancer({
      ...{ clock: deps.clock, zone: deps.zone },
      instances,
      balancing,
      known,
      random: Math.random,
      onChange,
    });
    const connections = new Map(instances.map(({ address }) => [address, deps.pools.open(address)]));
    opened.push(...connections.values());
    if (healthCheck === undefined) for (const instance of known.values()) instance.isHealthy = true;
    else stops.push(startChecks(healthCheck, known, connections, onChange, deps));
    return { name, balancer, connectionsOf: ({ address }: Candidate) => connections.get(address)! };
  });
  const byName = new Map(all.map((group) => [group.name, group]));
  return {
    all: all as [InstanceGroup, ...InstanceGroup[]],
    named: (name) => (name === undefined ? undefined : byName.get(name)) ?? all[0]!,
    close() {
      for (const stop of stops) stop();
      deps.pools.release(opened);
    },
  };
}

function startChecks(
  { path, intervalMs = CHECK_INTERVAL_MS }: { readonly path: string; readonly intervalMs?: number },
  known: Map<string, KnownInstance>,
  connections: ReadonlyMap<string, Instance>,
  onChange: (event: HealthEvent) => void,
  { clock }: InstanceGroupsDeps,
): () => void {
  // A later plan empties the map, and this version of the interface still needs its instances.
  const instances = new Map(known);
  const checks = new HealthChecks({
    ...{ clock, intervalMs, onChange },
    instances: [...instances].map(([address, { isHealthy }]) => ({ address, isHealthy })),
    probe: (address) => askHealth(connections.get(address)!, path, clock),
    onHealth: (address, isHealthy) => void (instances.get(address)!.isHealthy = isHealthy),
  });
  checks.start();
  return () => checks.stop();
}

function reporter(group: string, { interfaceId, report }: InstanceGroupsDeps): (event: EjectionEvent | HealthEvent) => void {
  return ({ kind, address, ...values }) => report({ kind, interfaceId, subject: address, values: { group, ...values } });
}
