import assert from 'node:assert/strict';
import { test } from 'node:test';
import state from '../../../../gateways/policies/caller/state.policy.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../../support/city-plan.ts';
import { callSigned, startGateway } from '../../support/start-gateway.ts';
import { buildService } from '../../support/services.ts';
import { runPolicy } from '../../support/run-policy.ts';

test('an interface that is offline answers GW40403', async () => {
  assert.equal((await runPolicy(state, { interface: { state: 'offline' } })).error?.code, 'GW40403');
  assert.equal((await runPolicy(state, {})).error, undefined);
});

test('an interface of a service that is offline or gone answers GW40402, whatever its own state', async () => {
  const run = (service: Parameters<typeof buildService>[0] | undefined, own: 'online' | 'offline' = 'online') =>
    runPolicy(state, { interface: { serviceId: 'svc_orders', state: own }, plan: { services: service ? [buildService(service)] : [] } });
  assert.equal((await run({ state: 'online' })).error, undefined);
  assert.equal((await run({ state: 'offline' })).error?.code, 'GW40402');
  assert.equal((await run({ state: 'offline' }, 'offline')).error?.code, 'GW40403');
  const gone = await run(undefined);
  assert.equal(gone.error?.code, 'GW40402');
  assert.deepEqual(gone.exchange.notes, [{ policy: 'state', where: 'svc_orders', what: 'service-missing' }]);
});

test('a running gateway answers each reason with its own code, and a service that comes back is served by the next request', async (t) => {
  const key = await createTestKey('HMAC-SM3', 'app');
  const interfaces = [
    buildInterface({ interfaceId: 'ifc_on', path: '/open/v1/on', serviceId: 'svc_orders' }),
    buildInterface({ interfaceId: 'ifc_off', path: '/open/v1/off', serviceId: 'svc_orders', state: 'offline' }),
    buildInterface({ interfaceId: 'ifc_closed', path: '/open/v1/closed', policies: { 'caller-domain': { domains: [] } }, domain: 'far' }),
    buildInterface({ interfaceId: 'ifc_ungranted', path: '/open/v1/ungranted' }),
    buildInterface({ interfaceId: 'ifc_elsewhere', path: '/open/v1/elsewhere', domain: 'elsewhere' }),
  ];
  const plan = await buildPlan([key], interfaces, { services: [buildService({ state: 'offline' })] });
  const granted = { ...plan, grants: plan.grants.filter(({ interfaceId }) => interfaceId !== 'ifc_ungranted') };
  const started = await startGateway(granted, { settings: { domains: ['city', 'far'] } });
  t.after(started.stop);
  const codeOf = async (name: string) => {
    const answer = await callSigned(started.gateway, await signRequest(key, { path: `/open/v1/${name}` }));
    return answer.code ?? answer.status;
  };
  assert.equal(await codeOf('on'), 'GW40402');
  assert.equal(await codeOf('off'), 'GW40403');
  assert.equal(await codeOf('closed'), 'GW40303');
  assert.equal(await codeOf('ungranted'), 'GW40301');
  assert.equal(await codeOf('elsewhere'), 'GW40401', 'this node does not serve the domain');
  started.feed.publish({ ...granted, number: 2, services: [buildService({ state: 'online' })] });
  while (started.gateway.applied() < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await codeOf('on'), 200);
});
