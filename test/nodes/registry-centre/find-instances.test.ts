/** Registry centres by their documented HTTP answers. A real Consul is asked in `consul.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import { createFindInstances } from '../../../nodes/registry-centre/find-instances.ts';
import { probeRegistry } from '../../../nodes/registry-centre/probe.ts';
import { anyFile } from '../../../engine/testing/anywhere.ts';
import { askingWith, startRegistry } from './registry.ts';

/** An entry of `GET /v1/health/service/lis` of Consul, with fields that are not used. */
const entry = (address: string, port: number, more: Record<string, unknown> = {}) => ({
  Node: { ID: 'x', Node: 'n1', Address: '10.0.0.9', Datacenter: 'dc1', Meta: {} },
  Service: { ID: 'lis-1', Service: 'lis', Address: address, Port: port, Tags: ['v1'], Weights: { Passing: 3, Warning: 1 }, ...more },
  Checks: [],
});
/** A host of `GET /nacos/v1/ns/instance/list` (Nacos Open API guide). */
const host = (ip: string, more: Record<string, unknown> = {}) => ({
  ...{ instanceId: `${ip}#8080`, ip, port: 8080, weight: 1.0, healthy: true, enabled: true, ephemeral: true, metadata: {} },
  ...{ clusterName: 'DEFAULT', serviceName: 'DEFAULT_GROUP@@lis', ...more },
});

test('Consul is asked for passing instances with token and tag, and by its index it waits for a change', async (t) => {
  const { address, asked } = await startRegistry(t, (_asked, response) => {
    response.setHeader('x-consul-index', '17');
    return [entry('10.0.0.1', 80), entry('', 81, { Tags: null, Weights: undefined })];
  });
  const settings = { kind: 'consul', addresses: [address], login: true, datacenter: 'dc1' };
  const find = createFindInstances();
  const query = { service: 'lis report', tag: 'v1' };
  const first = await find(query, askingWith(settings));
  assert.deepEqual(first, {
    instances: [
      { host: '10.0.0.1', port: 80, weight: 3, tags: ['v1'] },
      { host: '10.0.0.9', port: 81, weight: 1, tags: [] },
    ],
    cursor: '17',
  });
  assert.equal(asked[0]!.url, '/v1/health/service/lis%20report?passing=true&tag=v1&dc=dc1');
  assert.equal(asked[0]!.headers['x-consul-token'], 'lab:secret');
  await find(query, askingWith(settings, { cursor: '17', waitMs: 30_000 }));
  assert.match(asked[1]!.url, /&index=17&wait=30s$/);
  const backwards = await find(query, askingWith(settings, { cursor: '18' }));
  assert.equal(backwards.cursor, undefined);
});

test('Nacos v1 is asked with group and namespace, and with a token that is taken once', async (t) => {
  const { address, asked } = await startRegistry(t, ({ url, body }, response) => {
    if (url.startsWith('/nacos/v1/auth/login')) {
      assert.equal(body, 'username=lab&password=secret');
      return { accessToken: 'tok', tokenTtl: 18_000, globalAdmin: false };
    }
    if (!url.includes('accessToken=tok')) return void (response.writeHead(403), response.end());
    const hosts = [
      host('10.0.0.1'),
      host('10.0.0.2', { weight: 0.5 }),
      host('10.0.0.3', { healthy: false }),
      host('10.0.0.4', { enabled: false }),
    ];
    return { name: 'DEFAULT_GROUP@@lis', groupName: 'DEFAULT_GROUP', clusters: '', cacheMillis: 10_000, hosts };
  });
  const settings = { kind: 'nacos', addresses: [`${address}/nacos`], login: true };
  const find = createFindInstances();
  for (let time = 0; time < 2; time++) {
    const { instances, cursor } = await find({ service: 'lis', group: 'LAB', namespace: 'ns-1' }, askingWith(settings));
    assert.deepEqual(
      instances.map(({ host: ip, weight }) => [ip, weight]),
      [
        ['10.0.0.1', 1],
        ['10.0.0.2', 1],
      ],
    );
    assert.equal(cursor, undefined);
  }
  assert.equal(asked.length, 3, 'one login, two questions');
  assert.match(asked[1]!.url, /^\/nacos\/v1\/ns\/instance\/list\?serviceName=lis&groupName=LAB&healthyOnly=true&namespaceId=ns-1&/);
  const all = await find({ service: 'lis', withUnhealthy: true }, askingWith(settings));
  assert.equal(all.instances.length, 3);
});

test('Nacos v2 and v3 wrap what they return', async (t) => {
  const { address, asked } = await startRegistry(t, ({ url }) =>
    url.includes('/v2/')
      ? { code: 0, message: 'success', data: { name: 'lis', hosts: [host('10.0.0.1')] } }
      : url.includes('gone')
        ? { code: 20_004, message: 'resource not found', data: null }
        : { code: 0, message: 'success', data: [host('10.0.0.2')] },
  );
  for (const [api, ip, path] of [
    ['v2', '10.0.0.1', '/v2/ns/instance/list'],
    ['v3', '10.0.0.2', '/v3/client/ns/instance/list'],
  ] as const) {
    const { instances } = await createFindInstances()({ service: 'lis' }, askingWith({ kind: 'nacos', api, addresses: [address] }));
    assert.deepEqual(
      instances.map((one) => one.host),
      [ip],
    );
    assert.ok(asked.at(-1)!.url.startsWith(path));
  }
  const gone = createFindInstances()({ service: 'gone' }, askingWith({ kind: 'nacos', api: 'v3', addresses: [address] }));
  await assert.rejects(gone, { code: 'REGISTRY_ANSWER', kind: 'transient' });
});

test('an answer that is none, a refused login, silence and a closed port each have an error, and the next address is tried', async (t) => {
  const good = await startRegistry(t, () => []);
  const ask = (address: string, more = {}) =>
    createFindInstances()({ service: 'lis' }, askingWith({ kind: 'consul', addresses: [address] }, more));
  for (const body of ['<html>', '{}', '[{"Node":{}}]', `[${'{"a":1},'.repeat(600_000)}{}]`]) {
    const { address } = await startRegistry(t, () => body);
    await assert.rejects(ask(address), (error: { code: string }) => /^REGISTRY_(ANSWER|UNREACHABLE)$/.test(error.code));
  }
  const refusing = await startRegistry(t, (_asked, response) => void (response.writeHead(403), response.end('ACL not found: lab:secret')));
  await assert.rejects(ask(refusing.address), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'REGISTRY_LOGIN');
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  const moved = await startRegistry(t, (_asked, response) => void (response.writeHead(302, { location: good.address }), response.end()));
  await assert.rejects(ask(moved.address), { code: 'REGISTRY_ANSWER' });
  const silent = await startRegistry(t, () => undefined);
  await assert.rejects(ask(silent.address), { code: 'REGISTRY_UNREACHABLE', kind: 'transient' });
  const find = createFindInstances();
  const both = askingWith({ kind: 'consul', addresses: ['http://127.0.0.1:9', good.address] });
  await assert.rejects(find({ service: 'lis' }, both), { code: 'REGISTRY_UNREACHABLE' });
  assert.deepEqual((await find({ service: 'lis' }, both)).instances, []);
});

test('a registry centre at a refused address is not connected to, and the connection test says so', async (t) => {
  const { address, asked } = await startRegistry(t, () => []);
  const settings = { kind: 'consul', addresses: [address] };
  const outbound = createOutboundGuard({ isExcepted: () => false });
  await assert.rejects(createFindInstances()({ service: 'lis' }, askingWith(settings, { outbound })), { code: 'OUTBOUND_REFUSED' });
  const probed = (more = {}) => probeRegistry({ ...askingWith(settings, more), files: anyFile });
  assert.deepEqual(
    (await probed({ outbound })).steps.map(({ ok }) => ok),
    [true, false],
  );
  assert.equal(asked.length, 0);
  assert.equal((await probed()).ok, true);
});
