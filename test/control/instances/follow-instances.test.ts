/** Groups of instances that follow a registry centre: what reaches the plan, what stays while the centre is away, and what people see. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import type { Adapter } from '../../../engine/contract/node/adapter.ts';
import type { AdapterType } from '../../../engine/contract/node/adapter-type.ts';
import type { RegisteredInstance } from '../../../engine/contract/node/find-instances.ts';
import type { Uses } from '../../../control/flows/uses.ts';
import type { InstanceListsOf } from '../../../control/instances/instances.ts';
import { openRevisionedStore } from '../../../control/registry/revisioned-store.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import registryCentre from '../../../nodes/registry-centre/registry-centre.adapter.ts';
import { outboundAnywhere } from '../../support/outbound.ts';
import { memoryBindings, startControl, type Running } from '../start-control.ts';

const CENTRE = 'adp_centre';
const SOURCE = { adapterId: CENTRE, service: 'lis' };
const at = (host: string, more: Partial<RegisteredInstance> = {}): RegisteredInstance => ({ host, port: 80, weight: 1, tags: [], ...more });
const document = (source: Record<string, unknown> = SOURCE) => ({
  ...{ interfaceId: 'ifc_lis', revision: 0, name: { 'zh-CN': '检验', en: 'Lab' }, domain: 'sh-city', front: 'bus', method: 'GET' },
  ...{ path: '/bus/lis', state: 'online', timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
  target: { kind: 'upstream', groups: [{ name: 'main', source }] },
});

/** Control with a registry centre that says what `centre.says` is. */
async function start(t: TestContext, says: () => readonly RegisteredInstance[]) {
  const centre = { says, asked: [] as unknown[] };
  const type: AdapterType = {
    ...registryCentre,
    createFindInstances: () => async (query) => {
      centre.asked.push(query);
      return { instances: centre.says() };
    },
  } as AdapterType;
  const bindings = memoryBindings();
  const adapter = { adapterId: CENTRE, protocol: 'registry-centre', settings: {} } as unknown as Adapter;
  const running = await startControl({
    ...bindings,
    bindings: { ...bindings.bindings, adapter: (id) => (id === CENTRE ? adapter : undefined) },
    nodes: { get: () => undefined, list: () => [], adapterTypes: () => [type] },
    outbound: { ...outboundAnywhere, guard: createOutboundGuard({ isExcepted: () => false }) },
  });
  t.after(running.stop);
  await running.admin.call('PUT', `/adapters/${CENTRE}`, {
    ...{
      adapterId: CENTRE,
      revision: 0,
      name: { 'zh-CN': '注册中心', en: 'Centre' },
      protocol: 'registry-centre',
      owner: '',
      domain: 'sh-city',
    },
    environments: { TEST: { addresses: ['http://10.0.0.8:8848'] } },
  });
  return { running, centre };
}

async function save({ admin }: Running, source?: Record<string, unknown>) {
  const saved = await admin.call('PUT', '/interfaces/ifc_lis', document(source));
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
}

const addresses = ({ plans }: Running): readonly string[] | undefined => {
  const target = plans.at(-1)!.interfaces.find(({ interfaceId }) => interfaceId === 'ifc_lis')?.target;
  return target?.kind === 'upstream' ? target.groups![0]!.instances!.map(({ address }) => address) : undefined;
};
const seen = async ({ admin }: Running) => ((await admin.call('GET', '/interfaces/ifc_lis/instances')).body as InstanceListsOf).lists[0]!;

async function until(running: Running, check: () => void | Promise<void>): Promise<void> {
  for (let time = 0; ; time++) {
    await running.clock.advance(200);
    await pause(2);
    try {
      await check();
      return;
    } catch (error) {
      if (time === 500) throw error;
    }
  }
}

test('the plan has the instances that the registry centre names, and follows them', async (t) => {
  const { running, centre } = await start(t, () => [
    at('10.0.0.2', { weight: 5, tags: ['v1', 'v1'] }),
    at('10.0.0.1'),
    at('fd00::1', { port: 81 }),
  ]);
  await save(running, { ...SOURCE, https: true, prefix: '/api', tag: 'v1' });
  await until(running, () =>
    assert.deepEqual(addresses(running), ['https://10.0.0.1:80/api', 'https://10.0.0.2:80/api', 'https://[fd00::1]:81/api']),
  );
  assert.deepEqual(centre.asked[0], { ...SOURCE, https: true, prefix: '/api', tag: 'v1' });
  const group = running.plans.at(-1)!.interfaces[0]!.target;
  assert.ok(group.kind === 'upstream' && group.groups![0]!.source === undefined, 'gateways know no registry centres');
  assert.deepEqual((await seen(running)).instances[1], { address: 'https://10.0.0.2:80/api', weight: 5, tags: ['v1'] });
  centre.says = () => [at('10.0.0.3')];
  await until(running, () => assert.deepEqual(addresses(running), ['https://10.0.0.3:80/api']));
});

test('while the registry centre is away, or its list cannot be used, the last list stays, and people see since when', async (t) => {
  const { running, centre } = await start(t, () => [at('10.0.0.1')]);
  await save(running);
  await until(running, () => assert.deepEqual(addresses(running), ['http://10.0.0.1:80']));
  const away = () => {
    throw new AppError('REGISTRY_UNREACHABLE', 'transient', 'away');
  };
  for (const [says, code] of [
    [away, 'REGISTRY_UNREACHABLE'],
    [() => [], 'REGISTRY_EMPTY'],
    [() => [at('10.0.0.9', { port: 0 })], 'REGISTRY_EMPTY'],
    [() => Array.from({ length: 101 }, (_none, i) => at('10.0.0.1', { port: i + 1 })), 'REGISTRY_TOO_MANY'],
    [() => [at('169.254.169.254'), at('127.0.0.1')], 'OUTBOUND_REFUSED'],
  ] as const) {
    centre.says = says;
    await until(running, async () => assert.equal((await seen(running)).failing?.code, code));
    assert.deepEqual(addresses(running), ['http://10.0.0.1:80']);
  }
  assert.ok((await seen(running)).failing!.since < running.clock.now());
  centre.says = () => [at('10.0.0.1'), at('127.0.0.1')];
  await until(running, async () => assert.equal((await seen(running)).failing, undefined));
  assert.deepEqual(addresses(running), ['http://10.0.0.1:80'], 'an address that is refused is left out');
});

test('an interface whose instances were never named is not served, others are', async (t) => {
  const { running, centre } = await start(t, () => []);
  await save(running);
  await until(running, async () => assert.equal((await seen(running)).failing?.code, 'REGISTRY_EMPTY'));
  assert.equal(addresses(running), undefined);
  centre.says = () => [at('10.0.0.1')];
  await until(running, () => assert.deepEqual(addresses(running), ['http://10.0.0.1:80']));
});

test('a registry centre that interfaces use is not deleted, and its list ends with the last interface', async (t) => {
  const { running } = await start(t, () => [at('10.0.0.1')]);
  await save(running);
  await until(running, () => assert.deepEqual(addresses(running), ['http://10.0.0.1:80']));
  const refused = await running.admin.call('DELETE', `/adapters/${CENTRE}`);
  assert.equal(refused.body.code, 'NAMED_BY_INTERFACES');
  const { interfaces } = (await running.admin.call('GET', `/uses?adapterId=${CENTRE}`)).body as Uses;
  assert.deepEqual(
    interfaces.map(({ interfaceId }) => interfaceId),
    ['ifc_lis'],
  );
  await running.admin.call('DELETE', '/interfaces/ifc_lis');
  const stored = await openRevisionedStore<{ readonly revision: number }>(running.documents, {
    collection: 'instance_lists',
    idOf: () => '',
  });
  await until(running, async () => assert.deepEqual(await stored.list(), []));
  assert.equal((await running.admin.call('DELETE', `/adapters/${CENTRE}`)).status, 200);
});

test('somebody who lacks the domain of the registry centre cannot use it', async (t) => {
  const { running } = await start(t, () => [at('10.0.0.1')]);
  const person = await running.person('other', ['analyst'], ['hospital-b']);
  const refused = await person.call('PUT', '/interfaces/ifc_lis', { ...document(), domain: 'hospital-b' });
  assert.equal(refused.status, 404);
});
