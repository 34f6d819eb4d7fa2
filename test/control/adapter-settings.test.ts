/** Settings that do not fit their protocol are reported on save or import, not when the first message fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWithEngine } from './start-engine.ts';

const adapter = (environments: object) => ({
  ...{ adapterId: 'adp_feed', revision: 0, name: { 'zh-CN': '检验', en: 'Laboratory' }, protocol: 'mllp', owner: 'o', domain: 'd' },
  environments,
});

test('settings that do not fit the protocol are refused with their places, and nothing is stored', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const places = (issues: readonly { readonly path: string }[]) => issues.map(({ path }) => path).toSorted();

  const wrong = adapter({ TEST: { host: '127.0.0.1', port: 2575 }, PROD: { host: '127.0.0.1', port: 99_999, peers: 7 } });
  const saved = await admin.call('PUT', '/adapters/adp_feed', wrong);
  assert.deepEqual([saved.status, saved.body.code], [422, 'BINDING_INVALID'], JSON.stringify(saved.body));
  assert.deepEqual(places(saved.body.issues), ['/environments/PROD/peers', '/environments/PROD/port']);
  assert.equal((await admin.call('GET', '/adapters/adp_feed')).status, 404);

  const good = { ...adapter({ TEST: { host: '127.0.0.1', port: 2575 } }), adapterId: 'adp_good' };
  const bundle = { schema: 'bundle/1', adapters: [good, { ...wrong, adapterId: 'adp_pigeon', protocol: 'pigeon' }, wrong] };
  const imported = await admin.call('POST', '/bundles/import', bundle);
  assert.deepEqual([imported.status, imported.body.code], [422, 'BUNDLE_INVALID'], JSON.stringify(imported.body));
  assert.deepEqual(places(imported.body.issues), [
    '/adapters/1/protocol',
    '/adapters/2/environments/PROD/peers',
    '/adapters/2/environments/PROD/port',
  ]);
  assert.equal((await admin.call('GET', '/adapters/adp_good')).status, 404, 'nothing of it was imported');
});

test('a login without its settings, and a database without its server, are refused with their places', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const save = async (protocol: string, settings: object) => {
    const saved = await admin.call('PUT', '/adapters/adp_feed', { ...adapter({ TEST: settings }), protocol });
    return [saved.status, ((saved.body.issues ?? []) as readonly { readonly path: string }[]).map(({ path }) => path)];
  };
  const http = { baseUrl: 'https://a.example', auth: 'oauth2' };
  for (const protocol of ['http', 'soap', 'fhir'])
    assert.deepEqual(await save(protocol, http), [422, ['/environments/TEST/oauth2']], protocol);
  assert.deepEqual(await save('database', { engine: 'sqlserver', host: 'a.example' }), [
    422,
    ['/environments/TEST/database', '/environments/TEST/user'],
  ]);
  assert.deepEqual(await save('database', { engine: 'sqlite' }), [422, ['/environments/TEST/file']]);
  assert.deepEqual(await save('database', { engine: 'sqlserver', host: 'a.example', database: 'his', user: 'kq' }), [200, []]);
});
