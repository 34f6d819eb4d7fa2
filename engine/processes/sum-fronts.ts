/** Sums what gateways report about their fronts, over gateways and processes. */
import type { FrontCalls } from '../contract/calls/front-calls.ts';
import type { GatewayCondition } from '../contract/calls/gateway-condition.ts';
import { addUnproven } from '../contract/calls/refusal-sources.ts';
import { addCounts } from './sum-calls.ts';

/** Returns one entry for each front, sorted by its name. */
export function sumFrontCalls(parts: readonly (readonly FrontCalls[])[]): readonly FrontCalls[] {
  const sums = new Map<string, FrontCalls>();
  for (const part of parts.flat()) {
    const sum = sums.get(part.front);
    sums.set(part.front, sum === undefined ? part : add(sum, part));
  }
  return [...sums.values()].sort((a, b) => a.front.localeCompare(b.front));
}

function add(a: FrontCalls, b: FrontCalls): FrontCalls {
  const all = addCounts(a.all, b.all);
  return { front: a.front, all, unrouted: a.unrouted + b.unrouted, unproven: addUnproven(a.unproven, b.unproven) };
}

/** Returns each condition once, since it began anywhere, with the values of the gateway where it began last. */
export function joinConditions(parts: readonly (readonly GatewayCondition[])[]): readonly GatewayCondition[] {
  const joined = new Map<string, GatewayCondition>();
  for (const condition of parts.flat().toSorted((a, b) => a.since - b.since)) {
    const key = `${condition.kind} ${condition.interfaceId} ${condition.group}`;
    joined.set(key, { ...condition, since: joined.get(key)?.since ?? condition.since });
  }
  return [...joined.values()];
}
