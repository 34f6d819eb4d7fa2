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

test('settings of another product are refused, and say for which products they are', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const save = async (protocol: string, settings: object) => {
    const saved = await admin.call('PUT', '/adapters/adp_feed', { ...adapter({ TEST: settings }), protocol });
    return { status: saved.status, issues: (saved.body.issues ?? []) as readonly { readonly path: string; readonly text?: object }[] };
  };
  const kafka = { broker: 'kafka', servers: [{ host: 'mq.example' }], virtualHost: 'lis' };
  const { status, issues } = await save('messaging', kafka);
  assert.equal(status, 422);
  assert.equal(issues[0]!.path, '/environments/TEST/virtualHost');
  assert.deepEqual(issues[0]!.text, {
    'zh-CN':
      '“虚拟主机”只在“消息中间件”为 RabbitMQ、JMS 中间件：ActiveMQ、Artemis 等（AMQP 1.0）、STOMP 1.2（ActiveMQ 等）、Redis Streams 时使用，请删除',
    en: '"Virtual host" is only used if "Broker" is RabbitMQ, JMS brokers: ActiveMQ, Artemis and others (AMQP 1.0), STOMP 1.2 (ActiveMQ and others), Redis streams. Remove it.',
  });
  const http = { baseUrl: 'https://a.example', auth: 'oauth2' };
  const oauth2 = { tokenUrl: 'https://b.example/token', clientId: 'kq', keyId: 'k-1' };
  const nested = await save('http', { ...http, oauth2 });
  assert.deepEqual(
    nested.issues.map(({ path }) => path),
    ['/environments/TEST/oauth2/keyId'],
  );
  const receiving = { kind: 'server', listen: { host: '127.0.0.1', port: 2121 }, nameCharset: 'GBK' };
  const ofClient = await save('file', { ...receiving, user: 'lis' });
  assert.deepEqual(
    ofClient.issues.map(({ path }) => path),
    ['/environments/TEST/user'],
  );
  assert.equal((await save('messaging', { ...kafka, virtualHost: undefined })).status, 200);
  const rabbit = { ...adapter({ TEST: { ...kafka, broker: 'rabbitmq' } }), revision: 1, protocol: 'messaging' };
  assert.equal((await admin.call('PUT', '/adapters/adp_feed', rabbit)).status, 200);
});
