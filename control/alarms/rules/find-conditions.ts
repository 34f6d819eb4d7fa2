import type { GatewayCondition, GatewayConditionKind } from '../../../engine/contract/calls/gateway-condition.ts';
import { interfaceNames, MINUTE_MS, type Finding, type RuleDeps } from './alarm-rule.ts';

/**
 * Returns the conditions of this kind of all gateways that `isLong` accepts; it gets how many minutes a condition has
 * lasted. Skips interfaces that were removed in the meantime.
 */
export async function findConditions(
  deps: RuleDeps,
  kind: GatewayConditionKind,
  isLong: (minutes: number, condition: GatewayCondition) => boolean,
): Promise<readonly Finding[]> {
  const now = deps.clock.now();
  const all = await deps.engine.processes.gatewayConditions();
  const found = all.filter((condition) => condition.kind === kind && isLong((now - condition.since) / MINUTE_MS, condition));
  const names = await interfaceNames(deps, found);
  return found.flatMap(({ interfaceId, group, since, values }) => {
    const name = names.get(interfaceId);
    if (name === undefined) return [];
    const subject = group === '' ? interfaceId : `${interfaceId}/${group}`;
    return [{ subject, values: { interfaceId, group, since, ...values }, name }];
  });
}
