import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flow, startControl, type Client } from './start-control.ts';

test('imports nothing of a bundle in which a route is taken, by one that is stored or one of its own', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_old', flow('flw_old'));
  assert.equal((await running.admin.call('PUT', '/interfaces/ifc_old', bookings('ifc_old', 'flw_old', '/open/v1/a/:id'))).status, 200);
  const answer = await running.admin.call('POST', '/bundles/import', {
    schema: 'bundle/1',
    flows: [flow('flw_new')],
    interfaces: [
      bookings('ifc_taken', 'flw_new', '/open/v1/a/:number'),
      bookings('ifc_b', 'flw_new', '/open/v1/b'),
      bookings('ifc_twice', 'flw_new', '/open/v1/b'),
      bookings('ifc_lost', 'flw_nobody', '/open/v1/c'),
    ],
  });
  assert.deepEqual([answer.status, answer.body.code], [422, 'BUNDLE_INVALID']);
  assert.deepEqual(
    answer.body.issues.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
    [
      '/interfaces/0/path INTERFACE_ROUTE_CLASH',
      '/interfaces/2/path INTERFACE_ROUTE_CLASH',
      '/interfaces/3/target/flowId INTERFACE_FLOW_UNKNOWN',
    ],
  );
  assert.equal((await running.admin.call('GET', '/flows/flw_new')).status, 404);
  assert.equal((await running.admin.call('GET', '/interfaces/ifc_b')).status, 404);
});

test('imports nothing of a bundle in which a secret is not meant for its adapter', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin', 'analyst']);
  await keeper.call('PUT', '/secrets/hospital-a', { value: 'x', adapters: ['adp_other'] });
  const answer = await keeper.call('POST', '/bundles/import', {
    schema: 'bundle/1',
    adapters: [hospital('https://a.example', 'hospital-a')],
    flows: [flow('flw_new')],
  });
  assert.deepEqual([answer.body.code, answer.body.issues[0].code], ['BUNDLE_INVALID', 'SECRET_NOT_BOUND']);
  assert.equal((await keeper.call('GET', '/flows/flw_new')).status, 404);
});

test('the trail names what an import made and changed, and where', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  await running.admin.call('PUT', '/adapters/adp_a', hospital('https://a.example'));
  const bundle = { schema: 'bundle/1', adapters: [hospital('https://b.example')], flows: [flow('flw_new')] };
  assert.equal((await running.admin.call('POST', '/bundles/import', bundle)).status, 200);
  const { subject } = await lineOf(auditor, 'bundles.import', 'intent');
  assert.equal(subject, 'flw_new adp_a');
  const { before, after } = await lineOf(auditor, 'bundles.import', 'result');
  assert.deepEqual(before, { 'adapter adp_a': { revision: 1 } });
  assert.deepEqual(after, {
    'adapter adp_a': { revision: 2, changed: ['/environments/DEV/baseUrl'] },
    'flow flw_new': { revision: 1 },
  });
});

test('the trail tells from which state an interface was put on or off line', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  await running.admin.call('PUT', '/interfaces/ifc_a', bookings('ifc_a', 'flw_a', '/open/v1/a'));
  await running.admin.call('PUT', '/interfaces/ifc_a/state', { state: 'offline' });
  const { before, after } = await lineOf(auditor, 'interfaces.set-state', 'result');
  assert.deepEqual(
    [before, after],
    [
      { state: 'online', revision: 1 },
      { state: 'offline', revision: 2 },
    ],
  );
});

interface Line {
  readonly phase: string;
  readonly subject?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

async function lineOf(auditor: Client, action: string, phase: string): Promise<Line> {
  const { items } = (await auditor.call('GET', `/audit?limit=10&action=${action}`)).body as { items: Line[] };
  const line = items.find((item) => item.phase === phase);
  assert.ok(line);
  return line;
}

function hospital(baseUrl: string, credential?: string) {
  const name = { 'zh-CN': '医院甲', en: 'Hospital A' };
  const about = { adapterId: 'adp_a', revision: 0, name, protocol: 'http', owner: 'A', domain: 'sh-city' };
  return { ...about, environments: { DEV: { baseUrl } }, ...(credential === undefined ? {} : { credential }) };
}

function bookings(interfaceId: string, flowId: string, path: string) {
  const name = { 'zh-CN': '预约', en: 'Booking' };
  const times = { timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0 };
  const place = { domain: 'sh-city', front: 'open', method: 'GET', path, state: 'online', target: { kind: 'flow', flowId } };
  return { interfaceId, revision: 0, name, ...place, ...times, log: 'in' };
}
