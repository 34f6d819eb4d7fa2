/**
 * Finds interfaces that refuse most of their calls, for example because a key has expired, a grant is missing, or a
 * caller sends invalid requests.
 */
import type { RefusalCause } from '../../engine/contract/calls/refusal-causes.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { toCallState } from '../adapters/call-states.ts';
import type { DomainScope } from '../access/domains.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface FindRefusingInterfacesServices {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly engine: EngineView;
}

export interface RefusingInterface {
  readonly interfaceId: string;
  readonly name: Text;
  /** Calls in the last five minutes; `refused` counts those that were refused. */
  readonly calls: number;
  readonly refused: number;
  /** The most frequent cause. */
  readonly cause: RefusalCause;
}

/** Returns the refusing interfaces, the longest refusing first. */
export async function findRefusingInterfaces(
  { engine, clock, registry }: FindRefusingInterfacesServices,
  domains: DomainScope,
): Promise<readonly RefusingInterface[]> {
  const now = clock.now();
  const states = new Map(Array.from(await engine.processes.interfaceCalls(), ([id, counts]) => [id, toCallState(counts, now)]));
  if (!states.values().some(({ state }) => state === 'refused')) return [];
  const refusing = domains.keep(await registry.interfaces.list()).flatMap(({ interfaceId, name }) => {
    const { state, recent, refusals: [cause] = [] } = states.get(interfaceId) ?? {};
    if (state !== 'refused' || recent === undefined || cause === undefined) return [];
    return [{ interfaceId, name, calls: recent.calls, refused: recent.refused, cause }];
  });
  return refusing.sort((a, b) => a.cause.since - b.cause.since);
}
