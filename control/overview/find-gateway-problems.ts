/**
 * Finds what is wrong with the calls of gateways, from what the gateways count: nothing is read from their logs.
 * Contains ids, names of interfaces, codes, numbers, and addresses that many refused calls came from.
 */
import type { Front } from '../../engine/contract/access/access.ts';
import type { GatewayCondition } from '../../engine/contract/calls/gateway-condition.ts';
import { mainSource, type Source } from '../../engine/contract/calls/refusal-sources.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { DomainScope } from '../access/domains.ts';
import type { EngineView } from '../action/engine-view.ts';
import { toCallState } from '../adapters/call-states.ts';
import type { Registry } from '../registry/registry.ts';

export interface FindGatewayProblemsServices {
  readonly clock: Clock;
  readonly registry: Registry;
  readonly engine: EngineView;
}

/** An interface whose calls fail, or whose target no longer responds. */
export interface FailingInterface {
  readonly interfaceId: string;
  readonly name: Text;
  /** `partly`: at least a tenth of the calls fails. `slow`: a call has waited for a response for long. */
  readonly state: 'failing' | 'partly' | 'slow';
  /** Calls in the last five minutes, and how many of them failed. */
  readonly calls: number;
  readonly failed: number;
  /** The code of the last failure. */
  readonly code?: string;
  /** Since when all attempts have failed; absent if some succeed. */
  readonly since?: number;
}

export interface ShownCondition extends GatewayCondition {
  readonly name: Text;
}

/** Many calls that a front refused within five minutes, before it was known who calls. */
export interface RefusalWave {
  readonly front: Front;
  readonly code: string;
  readonly count: number;
  readonly since: number;
  /** The source of at least half of these calls; absent if there is none. */
  readonly source?: Source & { readonly count: number };
}

export interface GatewayProblems {
  readonly failingInterfaces: readonly FailingInterface[];
  readonly conditions: readonly ShownCondition[];
  /** Only for people with all domains: these calls belong to no domain. */
  readonly waves?: readonly RefusalWave[];
}

/** Fewer refused calls may be chance, and so may a small share of all calls of the front. */
const WAVE_LEAST = 10;
const WAVE_SHARE = 0.1;

export async function findGatewayProblems(services: FindGatewayProblemsServices, domains: DomainScope): Promise<GatewayProblems> {
  const { engine, registry } = services;
  const failing = await findFailing(services);
  const conditions = await engine.processes.gatewayConditions();
  const documents = failing.length + conditions.length === 0 ? [] : domains.keep(await registry.interfaces.list());
  const names = new Map(documents.map(({ interfaceId, name }) => [interfaceId, name]));
  const withName = <Item extends { readonly interfaceId: string }>(items: readonly Item[]) =>
    items.flatMap((item) => {
      const name = names.get(item.interfaceId);
      return name === undefined ? [] : [{ ...item, name }];
    });
  return {
    failingInterfaces: withName(failing),
    conditions: withName(conditions),
    ...(domains.only === undefined ? { waves: await findWaves(engine) } : {}),
  };
}

/** Returns the failing interfaces, first those whose calls all fail, then by the number of failed calls. */
async function findFailing({ engine, clock }: FindGatewayProblemsServices): Promise<readonly Omit<FailingInterface, 'name'>[]> {
  const now = clock.now();
  const found = Array.from(await engine.processes.interfaceCalls(), ([interfaceId, counts]) => {
    const { state, recent, lastError, failingSince: since } = toCallState(counts, now);
    if (state !== 'failing' && state !== 'partly' && state !== 'slow') return [];
    const code = lastError?.code;
    const { calls, failed } = recent;
    return [{ interfaceId, state, calls, failed, ...(code !== undefined && { code }), ...(since !== undefined && { since }) }];
  }).flat();
  return found.sort((a, b) => RANK[a.state] - RANK[b.state] || b.failed - a.failed);
}

const RANK = { failing: 0, slow: 1, partly: 2 };

async function findWaves({ processes }: EngineView): Promise<readonly RefusalWave[]> {
  return (await processes.frontCalls()).flatMap(({ front, all, unproven }) =>
    unproven
      .filter(({ count }) => count >= Math.max(WAVE_LEAST, all.recent.calls * WAVE_SHARE))
      .map((refusal) => {
        const { code, count, since } = refusal;
        const source = mainSource(refusal);
        return { front, code, count, since, ...(source === undefined ? {} : { source }) };
      }),
  );
}
