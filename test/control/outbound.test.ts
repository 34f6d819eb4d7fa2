/** Where adapters may connect: a real engine, real sockets, no exceptions. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { OutboundList } from '../../control/outbound/outbound.ts';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { Health } from '../../engine/contract/node/probe.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { startWithEngine } from './start-engine.ts';

const name = { 'zh-CN': '指标', en: 'Metrics' };

function adapter(protocol: string, settings: Record<string, unknown>, revision = 0): AdapterDocument {
  return { adapterId: 'adp_inside', revision, name, protocol, owner: 'o', domain: 'd', environments: { TEST: settings } };
}

/** What only this machine may read, such as `/metrics`. */
async function listen(t: TestContext, server: Server = createHttp((_request, response) => response.end('secret 1'))) {
  const state = { port: 0, connections: 0 };
  server.on('connection', (socket) => {
    state.connections++;
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  state.port = (server.address() as AddressInfo).port;
  return state;
}

async function start(t: TestContext, allowed: readonly string[] = []) {
  const running = await startWithEngine({ allowed });
  t.after(() => running.stop());
  const [analyst, security] = [await running.person('anna', ['analyst']), await running.person('sec', ['security-admin'])];
  return { running, analyst, security };
}

test('an address that cannot be one is named as wrong, when it is saved and when it is tried', async (t) => {
  const { running, analyst } = await start(t);
  for (const host of ['127.0.0.1%2f:8080', '[::1%25lo]:8080', 'his.example:99999']) {
    const document = adapter('http', { baseUrl: `http://${host}/metrics`, auth: 'none' });
    const saved = await analyst.call('PUT', '/adapters/adp_inside', document);
    assert.deepEqual([saved.status, saved.body.code], [422, 'OUTBOUND_URL'], `${host}: ${JSON.stringify(saved.body)}`);
    assert.ok(saved.body.message.includes(host));
    const tried = (await analyst.call('POST', '/adapters/test', document)).body as Health;
    assert.equal(tried.steps.at(-1)?.error?.code, 'OUTBOUND_URL', host);
  }
  await running.engine.bindings.store.saveAdapter(adapter('http', { baseUrl: 'http://[::1%25lo]:8080', auth: 'none' }), 0);
  const tested = (await analyst.call('POST', '/adapters/adp_inside/test')).body as Health;
  assert.equal(tested.steps.at(-1)?.error?.code, 'OUTBOUND_URL');
});

test('imports nothing of a bundle whose adapter leads where none may; one that is here and the same stays', async (t) => {
  const { running, analyst } = await start(t);
  for (const [baseUrl, code] of [
    ['http://169.254.169.254/', 'OUTBOUND_REFUSED'],
    ['http://[::1%25lo]:8080', 'OUTBOUND_URL'],
  ]) {
    const document = adapter('http', { baseUrl, auth: 'none' });
    const answer = await analyst.call('POST', '/bundles/import', { schema: 'bundle/1', adapters: [document] });
    assert.equal(answer.body.code, 'BUNDLE_INVALID', JSON.stringify(answer.body));
    assert.deepEqual([answer.body.issues[0].path, answer.body.issues[0].code], ['/adapters/0', code]);
  }
  const stored = await running.engine.bindings.store.saveAdapter(adapter('http', { baseUrl: 'http://127.0.0.1:1', auth: 'none' }), 0);
  const same = await analyst.call('POST', '/bundles/import', { schema: 'bundle/1', adapters: [stored] });
  assert.equal(same.status, 200, JSON.stringify(same.body));
});

test('an analyst reaches nothing of this machine through an adapter: neither by saving, nor by trying, nor by a saved one', async (t) => {
  const inside = await listen(t);
  const { running, analyst, security } = await start(t);
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0.0.0.0', '169.254.169.254']) {
    const document = adapter('http', { baseUrl: `http://${host}:${inside.port}/metrics`, auth: 'none' });
    const saved = await analyst.call('PUT', '/adapters/adp_inside', document);
    assert.deepEqual([saved.status, saved.body.code], [422, 'OUTBOUND_REFUSED'], `${host}: ${JSON.stringify(saved.body)}`);
    const tried = (await analyst.call('POST', '/adapters/test', document)).body as Health;
    assert.equal(tried.steps.at(-1)?.error?.code, 'OUTBOUND_REFUSED', host);
  }
  assert.equal(inside.connections, 0);
  // One that came past the check, by a bundle.
  const document = adapter('http', { baseUrl: `http://localhost:${inside.port}`, auth: 'none' });
  await running.engine.bindings.store.saveAdapter(document, 0);
  const tested = (await analyst.call('POST', '/adapters/adp_inside/test')).body as Health;
  assert.equal(tested.steps.at(-1)?.error?.code, 'OUTBOUND_REFUSED');
  assert.match(tested.steps.at(-1)?.error?.fix ?? '', /security administrator/);
  assert.equal(inside.connections, 0);

  const refused = await analyst.call('PUT', `/outbound/127.0.0.1:${inside.port}`, { reason: 'I want to' });
  assert.equal(refused.status, 403);
  const allowed = await security.call('PUT', `/outbound/127.0.0.1:${inside.port}`, { reason: 'the sidecar of hospital A' });
  assert.equal(allowed.status, 200, JSON.stringify(allowed.body));
  assert.equal(((await analyst.call('POST', '/adapters/adp_inside/test')).body as Health).ok, true);
  assert.ok(inside.connections > 0);
  const { items } = (await analyst.call('GET', '/outbound')).body as OutboundList;
  assert.deepEqual(
    items.map(({ target, reason, isConfirmed, by }) => ({ target, reason, isConfirmed, by })),
    [{ target: `127.0.0.1:${inside.port}`, reason: 'the sidecar of hospital A', isConfirmed: true, by: 'sec' }],
  );

  assert.equal((await security.call('DELETE', `/outbound/127.0.0.1:${inside.port}`)).status, 200);
  const withdrawn = (await analyst.call('POST', '/adapters/adp_inside/test')).body as Health;
  assert.equal(withdrawn.steps.at(-1)?.error?.code, 'OUTBOUND_REFUSED');
});

test('MLLP and mail are bound by the same list', async (t) => {
  const inside = await listen(t, createServer());
  const { analyst } = await start(t);
  const imap = (host: string) => ({ user: 'u', imap: { host, port: inside.port, security: 'none' } });
  for (const host of ['127.0.0.1', 'localhost']) {
    const mllp = (await analyst.call('POST', '/adapters/test', adapter('mllp', { host, port: inside.port }))).body as Health;
    assert.equal(mllp.steps.at(-1)?.error?.code, 'OUTBOUND_REFUSED');
    const mail = await analyst.call('PUT', '/adapters/adp_inside', adapter('mail', imap(host)));
    assert.equal(mail.body.code, 'OUTBOUND_REFUSED');
  }
  assert.equal(inside.connections, 0);
});

test('the connection test of a listener knocks at no door but its own', async (t) => {
  const { analyst } = await start(t);
  const settings = { listen: { host: '169.254.169.254', port: 80 }, peers: ['10.0.0.1'] };
  const tested = (await analyst.call('POST', '/adapters/test', adapter('mllp', settings))).body as Health;
  assert.equal(tested.steps.at(-1)?.error?.code, 'MLLP_NOT_LISTENING');
});

test('an upgrade lists what adapters of this environment use, and it works until the security administrator decides', async (t) => {
  const inside = await listen(t);
  const documents = createMemoryDocuments({ clock: fakeClock() });
  const before = await startWithEngine({ documents });
  const old = adapter('http', { baseUrl: `http://127.0.0.1:${inside.port}`, auth: 'none' });
  await before.engine.bindings.store.saveAdapter(old, 0);
  // The store of a version that knew no bounds has no mark either.
  await before.engine.outbound.exceptions.remove({ host: '127.0.0.1', port: inside.port });
  await (await documents.open({ name: 'outbound_seeded', schema: {} as never, indexes: [] })).remove('adapters');
  const { createEngine } = await import('../../engine/create-engine.ts');
  const { createMemorySharedState } = await import('../../storage/in-process/memory-shared-state.ts');
  const { createMemoryWorkQueue } = await import('../../storage/in-process/memory-work-queue.ts');
  const { createMemoryBlobs } = await import('../../storage/memory/memory-blobs.ts');
  const { plainSeal } = await import('./start-control.ts');
  const { systemClock } = await import('../../engine/host/system-clock.ts');
  const { silentLogger, silentMetrics } = await import('../../engine/contract/values/observe.ts');
  const clock = systemClock;
  const upgraded = () =>
    createEngine({
      ...{ documents, clock, log: silentLogger, metrics: silentMetrics, seal: plainSeal, environment: 'TEST' },
      ...{ workQueue: createMemoryWorkQueue({ clock }), shared: createMemorySharedState({ clock }), blobs: createMemoryBlobs({ clock }) },
      nodeFolders: [new URL('../../nodes', import.meta.url)],
      tls: () => Promise.resolve(undefined),
    });
  const engine = await upgraded();
  const [seeded] = await engine.outbound.exceptions.list();
  assert.deepEqual([seeded?.host, seeded?.port, seeded?.isConfirmed, seeded?.by], ['127.0.0.1', inside.port, false, 'upgrade']);
  assert.match(seeded?.reason ?? '', /adp_inside/);
  assert.equal((await engine.outbound.guard.resolve('127.0.0.1', inside.port)).length, 1);
  await engine.outbound.exceptions.remove({ host: '127.0.0.1', port: inside.port });
  await engine.stop(1000);
  const again = await upgraded();
  assert.deepEqual(await again.outbound.exceptions.list(), [], 'what was withdrawn does not come back');
  await again.stop(1000);
  await before.stop();
});
