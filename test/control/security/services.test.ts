import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInterface } from '../../gateways/support/city-plan.ts';
import { buildService } from '../../gateways/support/services.ts';
import { startControl } from '../start-control.ts';

test('a service is taken offline as a whole, the plan says so, and only who may publish does it', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const service = buildService({ revision: 0 });
  assert.equal((await running.admin.call('PUT', '/services/svc_orders', service)).status, 200);
  const target = { kind: 'upstream' as const, instances: ['https://orders.example'] };
  const named = buildInterface({ revision: 0, serviceId: 'svc_orders', target });
  assert.equal((await running.admin.call('PUT', '/interfaces/ifc_book', named)).status, 200);
  const foreign = await running.admin.call('PUT', '/interfaces/ifc_far', { ...named, interfaceId: 'ifc_far', path: '/far', domain: 'far' });
  assert.deepEqual([foreign.body.code, foreign.body.issues[0].path], ['INTERFACE_INVALID', '/serviceId']);
  assert.deepEqual((await running.admin.call('GET', '/services')).body.items, [{ ...service, revision: 1, interfaces: 1 }]);
  const keeper = await running.person('keeper', ['security-admin']);
  assert.equal((await keeper.call('PUT', '/services/svc_orders/state', { state: 'offline' })).body.code, 'PERMISSION_DENIED');
  const operator = await running.person('operator', ['operator']);
  assert.equal((await operator.call('PUT', '/services/svc_orders/state', { state: 'offline' })).status, 200);
  await running.control.flushPlan();
  assert.deepEqual(running.plans.at(-1)!.services, [{ ...service, revision: 2, state: 'offline' }]);
  assert.equal((await operator.call('DELETE', '/services/svc_orders')).body.code, 'NAMED_BY_INTERFACES');
  assert.equal((await running.admin.call('DELETE', '/interfaces/ifc_book')).status, 200);
  assert.equal((await operator.call('DELETE', '/services/svc_orders')).status, 200);
});
