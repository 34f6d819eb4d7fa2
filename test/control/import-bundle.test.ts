/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
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

test('imports nothing of a bundle in which an id stands more than once, and names each place', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const answer = await running.admin.call('POST', '/bundles/import', {
    schema: 'bundle/1',
    adapters: [hospital('https://a.example'), hospital('https://b.example')],
    flows: [flow('flw_new'), flow('flw_new'), flow('flw_new')],
  });
  assert.deepEqual([answer.status, answer.body.code], [422, 'BUNDLE_INVALID']);
  assert.deepEqual(
    answer.body.issues.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
    ['/adapters/1 BUNDLE_ID_TWICE', '/flows/1 BUNDLE_ID_TWICE', '/flows/2 BUNDLE_ID_TWICE'],
  );
  assert.equal((await running.admin.call('GET', '/flows/flw_new')).status, 404);
  assert.equal((await running.admin.call('GET', '/adapters/adp_a')).status, 404);
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

test('imports nothing of a bundle that would replace what is in use here, and names each thing with the places', async (t) => {
  const { running, admin, stored, incoming } = await withLiveThings(t);
  const before = await Promise.all(stored.map((path) => admin.call('GET', path)));
  const plans = running.plans.length;
  const answer = await admin.call('POST', '/bundles/import', incoming);
  assert.deepEqual([answer.status, answer.body.code], [422, 'BUNDLE_WOULD_REPLACE']);
  assert.deepEqual(
    answer.body.issues.map(({ path, code, values }: Told) => [path, code, values.id, values.changed]),
    [
      ['/adapters/0', 'BUNDLE_REPLACES', 'adp_a', '/owner, /environments/PROD'],
      ['/tables/0', 'BUNDLE_REPLACES', 'wards', '/entries/01, /entries/02'],
      ['/interfaces/0', 'BUNDLE_REPLACES', 'ifc_a', '/timeoutMs'],
    ],
  );
  const after = await Promise.all(stored.map((path) => admin.call('GET', path)));
  assert.deepEqual(
    after.map(({ body }) => body),
    before.map(({ body }) => body),
  );
  assert.equal((await admin.call('GET', '/flows/flw_new')).status, 404);
  assert.equal(running.plans.length, plans);
});

test('asked to replace, an import keeps the settings of environments that the bundle does not have', async (t) => {
  const { admin, incoming } = await withLiveThings(t);
  const answer = await admin.call('POST', '/bundles/import?replace=true', incoming);
  assert.deepEqual(
    [answer.status, answer.body],
    [200, { adapters: 1, tables: 1, flows: 2, services: 0, ipLists: 0, ruleSets: 0, interfaces: 1 }],
  );
  const { environments, owner } = (await admin.call('GET', '/adapters/adp_a')).body;
  assert.deepEqual(environments, { DEV: { baseUrl: 'https://dev.example' }, PROD: { baseUrl: 'https://prod.example' } });
  assert.equal(owner, 'elsewhere');
  assert.deepEqual((await admin.call('GET', '/code-tables/wards')).body.entries, { '02': 'B' });
  assert.equal((await admin.call('GET', '/interfaces/ifc_a')).body.timeoutMs, 9000);
});

test('an import keeps the user info of an address that the export masked, and refuses a mask with nothing behind it', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { admin } = running;
  await admin.call('PUT', '/adapters/adp_a', hospital('https://user:pass-word@a.example'));
  const calling = { id: 'n_call', type: 'http.call@1', label: 'Ask', config: { path: '/' }, adapter: 'adp_a' };
  await admin.call('PUT', '/flows/flw_a', flow('flw_a', { nodes: [calling], edges: [] }));
  const exported = (await admin.call('POST', '/bundles/export', { flowIds: ['flw_a'] })).body;
  assert.equal(exported.adapters[0].environments.DEV.baseUrl, 'https://***@a.example');
  exported.adapters[0].owner = 'elsewhere';
  const imported = await admin.call('POST', '/bundles/import?replace=true', exported);
  assert.equal(imported.status, 200, JSON.stringify(imported.body));
  const kept = (await admin.call('GET', '/adapters/adp_a')).body;
  assert.deepEqual([kept.owner, kept.environments.DEV.baseUrl], ['elsewhere', 'https://user:pass-word@a.example']);
  for (const baseUrl of ['https://***@b.example', 'https://***@a.example/more']) {
    exported.adapters[0].environments.DEV.baseUrl = baseUrl;
    const refused = await admin.call('POST', '/bundles/import?replace=true', exported);
    assert.deepEqual(
      refused.body.issues?.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
      ['/adapters/0/environments/DEV/baseUrl BUNDLE_MASKED'],
    );
  }
  assert.equal((await admin.call('GET', '/adapters/adp_a')).body.environments.DEV.baseUrl, 'https://user:pass-word@a.example');
});

test('an import leaves alone what is the same here, and replaces drafts without being asked', async (t) => {
  const { admin, stored, incoming } = await withLiveThings(t);
  const own = (await admin.call('POST', '/bundles/export', {})).body;
  const flows = [flow('flw_a', { domain: 'changed' }), incoming.flows[1]];
  const adapters = [(await admin.call('GET', '/adapters/adp_a')).body];
  const tables = own.tables.map((table: object) => ({ ...table, revision: 77 }));
  const answer = await admin.call('POST', '/bundles/import', { ...own, adapters, tables, flows });
  assert.deepEqual(
    [answer.status, answer.body],
    [200, { adapters: 1, tables: 1, flows: 2, services: 0, ipLists: 0, ruleSets: 0, interfaces: 1 }],
  );
  assert.equal((await admin.call('GET', '/flows/flw_a')).body.domain, 'changed');
  for (const path of stored) assert.equal((await admin.call('GET', path)).body.revision, 1, `${path} is not written again`);
});

test('who may not edit secrets leads no credential elsewhere by an import that keeps the other environments', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin', 'analyst']);
  const bound = hospital('https://dev.example', 'hospital-a');
  assert.equal((await keeper.call('PUT', '/adapters/adp_a', bound)).status, 200);
  const elsewhere = { ...bound, environments: { PROD: { baseUrl: 'https://prod.example' } } };
  const bundle = { schema: 'bundle/1', adapters: [elsewhere] };
  const analyst = await running.person('analyst', ['analyst']);
  for (const replace of ['', '?replace=true'])
    assert.equal((await analyst.call('POST', `/bundles/import${replace}`, bundle)).body.code, 'PERMISSION_DENIED');
  // With its own environments kept, nothing that the credential is sent to changes.
  const same = { schema: 'bundle/1', adapters: [{ ...bound, environments: {}, owner: 'B' }] };
  assert.equal((await analyst.call('POST', '/bundles/import?replace=true', same)).status, 200);
});

test('the trail names what an import made and changed, and where', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const auditor = await running.person('ines', ['audit-admin']);
  await running.admin.call('PUT', '/adapters/adp_a', hospital('https://a.example'));
  const bundle = { schema: 'bundle/1', adapters: [hospital('https://b.example')], flows: [flow('flw_new')] };
  assert.equal((await running.admin.call('POST', '/bundles/import?replace=true', bundle)).status, 200);
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

interface Told {
  readonly path: string;
  readonly code: string;
  readonly values: { readonly id: string; readonly changed: string };
}

/** An adapter, a table, a flow and an interface that are in use, and a bundle of another environment that has them too. */
async function withLiveThings(t: TestContext) {
  const running = await startControl();
  t.after(running.stop);
  const { admin } = running;
  const wards = { tableId: 'wards', revision: 0, name: { 'zh-CN': '病区', en: 'Wards' }, entries: { '01': 'A' } };
  const documents = [
    ['/adapters/adp_a', hospital('https://dev.example')],
    ['/code-tables/wards', wards],
    ['/flows/flw_a', flow('flw_a')],
    ['/interfaces/ifc_a', bookings('ifc_a', 'flw_a', '/open/v1/a')],
  ] as const;
  for (const [path, document] of documents) assert.equal((await admin.call('PUT', path, document)).status, 200);
  const environments = { PROD: { baseUrl: 'https://prod.example' } };
  const incoming = {
    schema: 'bundle/1',
    adapters: [{ ...hospital(''), owner: 'elsewhere', environments }],
    tables: [{ ...wards, entries: { '02': 'B' } }],
    flows: [flow('flw_a'), flow('flw_new')],
    interfaces: [{ ...bookings('ifc_a', 'flw_a', '/open/v1/a'), timeoutMs: 9000 }],
  };
  return { running, admin, incoming, stored: ['/adapters/adp_a', '/code-tables/wards', '/interfaces/ifc_a'] };
}

test('one export has all that gateways need, and one import takes it: a provider and the interfaces that ask it too', async (t) => {
  const [from, to] = [await startControl(), await startControl()];
  t.after(from.stop);
  t.after(to.stop);
  const roles = ['analyst', 'operator', 'security-admin'];
  const [giver, taker] = [await from.person('ada', roles), await to.person('bob', roles)];
  const put = async (path: string, document: object) => {
    const answer = await giver.call('PUT', path, document);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const name = { 'zh-CN': '市', en: 'City' };
  const upstream = { kind: 'upstream', instances: ['http://beds.internal'] };
  const rule = { locator: 'path:id', subject: 'token.sub', op: 'memberOf', relation: 'family', provider: 'ifc_z_family' };
  await put('/services/svc_beds', { serviceId: 'svc_beds', revision: 0, name, domain: 'sh-city', state: 'online' });
  const list = { listId: 'ipl_city', revision: 0, name, kind: 'white', everywhere: false, domain: 'sh-city', fronts: ['user'] };
  await put('/ip-lists/ipl_city', { ...list, entries: [{ range: '10.0.0.0/8', reason: 'the city' }] });
  await put('/interfaces/ifc_z_family', { ...bookings('ifc_z_family', '', '/bus/v1/family'), front: 'bus', target: upstream });
  await put('/object-rules/ors_own', { ruleSetId: 'ors_own', revision: 0, name, domain: 'sh-city', match: 'all', rules: [rule] });
  const policies = { 'object-access': { ruleSets: ['ors_own'], rules: [rule] }, 'ip-list': { lists: ['ipl_city'] } };
  const record = { ...bookings('ifc_a_record', '', '/user/v1/records/:id'), front: 'user', target: upstream, serviceId: 'svc_beds' };
  await put('/interfaces/ifc_a_record', { ...record, policies });
  const exported = (await giver.call('POST', '/bundles/export', {})).body;
  const ids = (kind: string, id: string) => exported[kind].map((one: Record<string, unknown>) => one[id]);
  assert.deepEqual(
    [ids('interfaces', 'interfaceId'), ids('services', 'serviceId'), ids('ipLists', 'listId'), ids('ruleSets', 'ruleSetId')],
    [['ifc_a_record', 'ifc_z_family'], ['svc_beds'], ['ipl_city'], ['ors_own']],
  );
  const answer = await taker.call('POST', '/bundles/import', exported);
  assert.deepEqual(
    [answer.status, answer.body],
    [200, { adapters: 0, tables: 0, flows: 0, services: 1, ipLists: 1, ruleSets: 1, interfaces: 2 }],
  );
  assert.equal((await taker.call('GET', '/interfaces/ifc_a_record')).body.serviceId, 'svc_beds');
  const wrong = { ...exported.ipLists[0], listId: 'ipl_wrong', entries: [{ range: 'nowhere', reason: 'a test' }] };
  const refused = await taker.call('POST', '/bundles/import', { schema: 'bundle/1', ipLists: [wrong] });
  assert.deepEqual([refused.body.code, refused.body.issues[0].path], ['BUNDLE_INVALID', '/ipLists/0']);
  const analyst = await to.person('ann', ['analyst']);
  assert.equal(
    (await analyst.call('POST', '/bundles/import', { schema: 'bundle/1', ipLists: [{ ...exported.ipLists[0], listId: 'ipl_new' }] })).body
      .code,
    'PERMISSION_DENIED',
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
