import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSafeSite } from '../../gateways/support/safe-sites.ts';
import { startControl } from '../start-control.ts';

test('a site is stored as browsers send it, reaches the plan, and what is no site is refused', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin']);
  const site = buildSafeSite('HTTPS://*.Example.CN:443', { revision: 0 });
  const saved = await keeper.call('PUT', '/safe-sites/sit_1', site);
  assert.deepEqual([saved.status, (saved.body as { origin: string }).origin], [200, 'https://*.example.cn']);
  await running.control.flushPlan();
  assert.deepEqual(running.plans.at(-1)!.safeSites, [{ ...site, origin: 'https://*.example.cn', revision: 1 }]);
  for (const origin of ['example.cn', 'https://example.cn/path', 'https://a@example.cn', 'https://*', 'ftp://example.cn', 'https://a.*.cn'])
    assert.equal((await keeper.call('PUT', '/safe-sites/sit_2', { ...site, siteId: 'sit_2', origin })).status, 422, origin);
  assert.equal((await keeper.call('DELETE', '/safe-sites/sit_1')).status, 200);
});
