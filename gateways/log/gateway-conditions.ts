/**
 * Knows which conditions of a gateway need attention. Events name the interfaces to look at, and the load state of an
 * interface decides. So a condition ends when its state is normal again, or when the interface is no longer served.
 */
import type { GatewayCondition } from '../../engine/contract/calls/gateway-condition.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { StateChange } from '../documents/gateway-questions.ts';
import type { GroupState, LoadState } from '../documents/load-state.ts';

type Found = Omit<GatewayCondition, 'since' | 'interfaceId'>;

/** Events after which an interface may have a condition. */
const STARTS: ReadonlySet<string> = new Set([
  'calls-paused',
  'breaker-opened',
  'instance-ejected',
  'instance-unhealthy',
  'grey-rolled-back',
]);
const MOST_WATCHED = 500;
/** An ejected instance is tried again only if calls arrive. Without any, it is unknown whether it works. */
const UNTRIED_MS = 300_000;

export class GatewayConditions {
  readonly #clock: Pick<Clock, 'now'>;
  /** By interface: the time of its last event, and since when it has its conditions. */
  readonly #watched = new Map<string, { eventAt: number; readonly since: Map<string, number> }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  note({ kind, interfaceId }: StateChange): void {
    if (interfaceId === undefined || !STARTS.has(kind)) return;
    const now = this.#clock.now();
    const known = this.#watched.get(interfaceId);
    if (known !== undefined) known.eventAt = now;
    else if (this.#watched.size < MOST_WATCHED) this.#watched.set(interfaceId, { eventAt: now, since: new Map() });
  }

  isWatched(interfaceId: string): boolean {
    return this.#watched.has(interfaceId);
  }

  /** Returns the conditions. `loads`: the loads of the watched interfaces that are served. */
  list(loads: readonly LoadState[]): readonly GatewayCondition[] {
    const byInterface = new Map(loads.map((load) => [load.interfaceId, load]));
    return [...this.#watched].flatMap(([interfaceId, watched]) => {
      const load = byInterface.get(interfaceId);
      const found = load === undefined ? [] : this.#find(load, watched.eventAt);
      if (found.length === 0) this.#watched.delete(interfaceId);
      const keys = new Set(found.map(keyOf));
      for (const key of watched.since.keys()) if (!keys.has(key)) watched.since.delete(key);
      return found.map((condition) => {
        const since = watched.since.get(keyOf(condition)) ?? watched.eventAt;
        watched.since.set(keyOf(condition), since);
        return { ...condition, interfaceId, since };
      });
    });
  }

  #find({ groups = [], grey, manual }: LoadState, eventAt: number): readonly Found[] {
    const isUntried = this.#clock.now() - eventAt > UNTRIED_MS;
    return [
      ...(manual?.state === 'open' ? [{ kind: 'breaker-open', group: '', values: { by: 'person', until: manual.until } } as const] : []),
      ...groups.flatMap((group) => [...findBreaker(group), ...findInstances(group, isUntried)]),
      ...(grey?.isRolledBack === true ? [{ kind: 'grey-rolled-back', group: grey.group, values: {} } as const] : []),
    ];
  }
}

/** A breaker that lets more and more calls through is not open: the target works again. */
function findBreaker({ name: group, breaker }: GroupState): readonly Found[] {
  if (breaker === undefined || (breaker.state !== 'open' && breaker.state !== 'half-open')) return [];
  return [{ kind: 'breaker-open', group, values: { by: 'traffic' } }];
}

function findInstances({ name: group, instances }: GroupState, isUntried: boolean): readonly Found[] {
  const out = instances.filter(({ state }) => state === 'ejected' || state === 'unhealthy' || (state === 'probing' && !isUntried));
  const [first] = out;
  return first === undefined
    ? []
    : [{ kind: 'instances-out', group, values: { out: out.length, of: instances.length, address: first.address } }];
}

function keyOf({ kind, group }: Found): string {
  return `${kind} ${group}`;
}
