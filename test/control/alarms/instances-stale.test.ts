import assert from 'node:assert/strict';
import { test } from 'node:test';
import rule from '../../../control/alarms/rules/gateways/instances-stale.rule.ts';
import type { RuleDeps } from '../../../control/alarms/rules/alarm-rule.ts';

test('a registry centre without a usable list is found after the bound, once, with its earliest time and the number of services', async () => {
  const list = (listId: string, since?: number) => ({
    ...{ listId, adapterId: 'adp_centre', service: listId, instances: [], changedAt: 0 },
    ...(since === undefined ? {} : { failing: { since, code: 'REGISTRY_EMPTY' } }),
  });
  const lists = [list('a', 60_000), list('b', 30_000), list('c'), list('d', 590_000)];
  const name = { 'zh-CN': '中心', en: 'Centre' };
  const check = rule.createCheck({
    registry: { instanceLists: { list: async () => lists } },
    clock: { now: () => 600_000 },
    adapterNames: async () => new Map([['adp_centre', name]]),
  } as unknown as RuleDeps);
  const values = { adapterId: 'adp_centre', count: 2, since: 30_000, code: 'REGISTRY_EMPTY' };
  assert.deepEqual(await check(5), [{ subject: 'adp_centre', values, name }]);
  assert.deepEqual(await check(20), []);
  assert.match(rule.describe(values, name).en, /"Centre".*2 service\(s\).*REGISTRY_EMPTY/);
});
