/** Message brokers by the API: two hospitals with a virtual host each in one real RabbitMQ. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { BrokerDetails, BrokerItem } from '../../control/brokers/brokers.ts';
import type { BrowsedMessages } from '../../control/brokers/browse-broker.ts';
import type { RequestItem } from '../../control/requests/requests.ts';
import { ROUTES } from '../../control/api/routes.ts';
import { eventually } from '../conformance/eventually.ts';
import { withRabbitmq } from '../nodes/messaging/brokers-here.ts';
import { prepareRabbitmq, startRabbitmq, type RabbitmqServer } from '../servers/rabbitmq.ts';
import { startWithEngine, type RunningEngine } from './start-engine.ts';
import type { Client } from './start-control.ts';

const HOSTS = ['a', 'b'] as const;

describe('message brokers', { skip: prepareRabbitmq() ?? false }, () => {
  let server: RabbitmqServer;
  let running: RunningEngine;
  let analyst: Client;
  let keeper: Client;
  let auditor: Client;

  before(async () => {
    server = await startRabbitmq({ management: true });
    for (const host of HOSTS) {
      server.control('add_vhost', host);
      server.control('add_user', `user-${host}`, `secret-${host}`);
      server.control('set_user_tags', `user-${host}`, 'management');
      server.control('set_permissions', '-p', host, `user-${host}`, '.*', '.*', '.*');
    }
    // The user of the whole broker, as an installation may have it.
    for (const host of HOSTS) server.control('set_permissions', '-p', host, 'guest', '.*', '.*', '.*');
    running = await startWithEngine();
    const security = await running.person('sec', ['security-admin']);
    const credentials = { adp_a: 'user-a:secret-a', adp_b: 'user-b:secret-b', adp_all: 'guest:guest' };
    for (const [adapterId, value] of Object.entries(credentials)) {
      const host = adapterId.slice(4) === 'all' ? 'a' : adapterId.slice(4);
      await saveAdapter(adapterId, `hospital-${adapterId.slice(4)}`, { virtualHost: host });
      const saved = await security.call('PUT', `/secrets/${adapterId}`, { value, adapters: [adapterId] });
      assert.equal(saved.status, 200, JSON.stringify(saved.body));
    }
    analyst = await running.person('ann', ['analyst'], ['hospital-a']);
    keeper = await running.person('kim', ['system-admin'], ['hospital-a']);
    auditor = await running.person('aud', ['audit-admin']);
  });
  after(async () => {
    await running?.stop();
    await server?.stop();
  });

  async function saveAdapter(adapterId: string, domain: string, more: object): Promise<void> {
    const bothRights = await running.person(`maker-${adapterId}`, ['analyst', 'security-admin']);
    const saved = await bothRights.call('PUT', `/adapters/${adapterId}`, {
      ...{
        adapterId,
        revision: 0,
        name: { 'zh-CN': `中间件 ${domain}`, en: `Broker ${domain}` },
        protocol: 'messaging',
        owner: '',
        domain,
      },
      environments: { TEST: settings(more) },
      credential: adapterId,
    });
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
  }

  function settings(more: object): object {
    const host = '127.0.0.1';
    return { broker: 'rabbitmq', servers: [{ host, port: server.port }], management: { host, port: server.managementPort }, ...more };
  }

  const publish = (host: string, queue: string, texts: readonly string[]) =>
    withRabbitmq(`amqp://user-${host}:secret-${host}@127.0.0.1:${server.port}/${host}`, async (model) => {
      const channel = await model.createConfirmChannel();
      for (const text of texts)
        channel.publish('', queue, Buffer.from(text), { persistent: true, headers: { 'dead-letter-origin': 'adt' } });
      await channel.waitForConfirms();
    });
  const at = (adapterId: string, rest = '') => `/brokers/${adapterId}${rest}`;
  const namesOf = async (who: Client, adapterId: string) =>
    ((await who.call('GET', at(adapterId, '/destinations'))).body.items as { kind: string; name: string }[])
      .filter(({ name }) => !name.startsWith('amq.'))
      .map(({ name }) => name);

  test('a person sees the brokers of the own domains, what they may see there, and what can be done', async () => {
    const { items } = (await analyst.call('GET', '/brokers')).body as { items: BrokerItem[] };
    assert.deepEqual(items, [
      {
        adapterId: 'adp_a',
        name: { 'zh-CN': '中间件 hospital-a', en: 'Broker hospital-a' },
        domain: 'hospital-a',
        broker: 'rabbitmq',
        servers: [`127.0.0.1:${server.port}`],
        virtualHost: 'a',
      },
    ]);
    const { about } = (await analyst.call('GET', at('adp_a'))).body as BrokerDetails;
    assert.equal(about?.product, 'RabbitMQ');
    assert.equal(((await running.admin.call('GET', '/brokers')).body as { items: unknown[] }).items.length, 3);
  });

  test('a user of host A sees and touches nothing of B by any route, and it looks like what does not exist', async () => {
    const b = await running.person('ben', ['analyst'], ['hospital-b']);
    await b.call('POST', at('adp_b', '/destinations'), { kind: 'queue', name: 'only-in-b' });
    await publish('b', 'only-in-b', ['patient of B']);
    const bodies: Readonly<Record<string, object>> = {
      'brokers.create-destination': { kind: 'queue', name: 'new' },
      'brokers.browse': { kind: 'queue', name: 'only-in-b', mayCount: true },
      'brokers.move': { kind: 'queue', name: 'only-in-b', to: 'adt' },
      'brokers.purge': { kind: 'queue', name: 'only-in-b' },
      'brokers.remove-destination': { kind: 'queue', name: 'only-in-b' },
      'brokers.subscribe': { topic: 'amq.topic', subscriber: 'only-in-b' },
      'brokers.unsubscribe': { topic: 'amq.topic', subscriber: 'only-in-b' },
      'brokers.end-session': { sessionId: 'x' },
      'brokers.create-virtual-host': { name: 'mine' },
      'brokers.remove-virtual-host': { name: 'b' },
    };
    const whole = await running.person('whole-a', ['analyst', 'operator', 'system-admin'], ['hospital-a']);
    const said = ({ status, body }: { status: number; body: Record<string, unknown> }, adapterId: string) => {
      const { requestId: _requestId, ...rest } = body;
      return JSON.stringify([status, rest]).replaceAll(adapterId, 'ID');
    };
    for (const { method, path, action } of ROUTES.filter((route) => route.action.startsWith('brokers.') && route.path.includes(':'))) {
      const ask = async (adapterId: string) =>
        said(await whole.call(method, path.replace(':adapterId', adapterId), method === 'GET' ? undefined : bodies[action]), adapterId);
      assert.equal(await ask('adp_b'), await ask('adp_no'), action);
      assert.match(await ask('adp_b'), /NOT_FOUND|DOMAINS_ALL_NEEDED/, action);
      if (method === 'GET') continue;
      // Through the own adapter, also if its login may do everything.
      for (const name of ['only-in-b', '..', '../b/only-in-b', 'b/only-in-b']) {
        const foreign = { ...bodies[action], ...('topic' in bodies[action]! ? { topic: name } : { name }) };
        if (action.includes('virtual-host') || action.includes('session') || action.includes('create')) continue;
        assert.equal((await whole.call(method, path.replace(':adapterId', 'adp_a'), foreign)).status, 404, `${action} ${name}`);
      }
    }
    for (const list of ['destinations', 'subscriptions', 'sessions', 'virtual-hosts'])
      assert.doesNotMatch(JSON.stringify((await whole.call('GET', at('adp_a', `/${list}`))).body), /only-in-b|user-b/, list);
    const asked = { action: 'brokers.purge', input: { adapterId: 'adp_b', kind: 'queue', name: 'only-in-b' }, reason: 'x' };
    assert.equal((await analyst.call('POST', '/requests', asked)).status, 404);
    assert.equal((await b.call('POST', at('adp_b', '/destinations/browse'), { kind: 'queue', name: 'only-in-b' })).body.items.length, 1);
  });

  test('messages are seen by those who may see payloads, with an audit line, and stay', async () => {
    await analyst.call('POST', at('adp_a', '/destinations'), { kind: 'queue', name: 'results' });
    await publish('a', 'results', ['张三 血常规', 'x'.repeat(10_000)]);
    const browse = { kind: 'queue', name: 'results' };
    for (const roles of [['viewer'], ['system-admin']]) {
      const person = await running.person(`no-${roles[0]}`, roles, ['hospital-a']);
      const refused = await person.call('POST', at('adp_a', '/destinations/browse'), browse);
      assert.equal(refused.body.code, 'PERMISSION_DENIED');
      assert.equal((await person.call('GET', at('adp_a', '/destinations'))).status, 200);
    }
    const { items } = (await analyst.call('POST', at('adp_a', '/destinations/browse'), browse)).body as BrowsedMessages;
    assert.deepEqual([items[0]?.form, items[0]?.data, items[0]?.truncated], ['text', '张三 血常规', undefined]);
    assert.deepEqual([items[1]?.data.length, items[1]?.sizeBytes, items[1]?.truncated], [4096, 10_000, true]);
    const lines = JSON.stringify((await auditor.call('GET', '/audit?action=brokers.browse&actor=ann')).body);
    assert.match(lines, /adp_a results/);
    assert.doesNotMatch(lines, /张三/);
    await eventually(async () =>
      ((await analyst.call('GET', at('adp_a', '/destinations'))).body as { items: Counted[] }).items.some(hasMessages(2)),
    );
  });

  test('an analyst may not purge but asks for it; who may decides, and the audit line says how many messages it were', async () => {
    await analyst.call('POST', at('adp_a', '/destinations'), { kind: 'queue', name: 'to-purge' });
    await publish('a', 'to-purge', ['1', '2', '3']);
    const input = { kind: 'queue', name: 'to-purge' };
    assert.equal((await analyst.call('POST', at('adp_a', '/destinations/purge'), input)).body.code, 'PERMISSION_DENIED');
    const request = { action: 'brokers.purge', input: { adapterId: 'adp_a', ...input }, reason: '测试数据' };
    const asked = (await analyst.call('POST', '/requests', request)).body as RequestItem;
    assert.deepEqual(asked.names, [
      { 'zh-CN': '中间件 hospital-a', en: 'Broker hospital-a' },
      { 'zh-CN': 'to-purge', en: 'to-purge' },
    ]);
    const other = await running.person('ken', ['system-admin'], ['hospital-b']);
    assert.equal((await other.call('POST', `/requests/${asked.requestId}/decide`, { accept: true, reason: 'ok' })).status, 404);
    const decided = await keeper.call('POST', `/requests/${asked.requestId}/decide`, { accept: true, reason: '已核对' });
    assert.equal((decided.body as RequestItem).status, 'done', JSON.stringify(decided.body));
    const acts = JSON.stringify((await auditor.call('GET', '/audit?action=brokers.purge&actor=kim')).body);
    assert.match(acts, /"messages":3/);
    assert.deepEqual((await keeper.call('POST', at('adp_a', '/destinations/purge'), input)).body, { messages: 0 });
    assert.deepEqual((await keeper.call('POST', at('adp_a', '/destinations/remove'), input)).body, { removed: true, messages: 0 });
    assert.ok(!(await namesOf(analyst, 'adp_a')).includes('to-purge'));
  });

  test('dead letters go back to their source with progress', async () => {
    for (const name of ['adt', 'adt.dead']) await analyst.call('POST', at('adp_a', '/destinations'), { kind: 'queue', name });
    await publish(
      'a',
      'adt.dead',
      Array.from({ length: 70 }, (_, n) => `m${n}`),
    );
    const response = await analyst.raw('POST', at('adp_a', '/destinations/move'), {
      headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
      body: JSON.stringify({ kind: 'queue', name: 'adt.dead' }),
    });
    const lines = (await response.text()).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as unknown),
      [{ progress: { moved: 30 } }, { progress: { moved: 60 } }, { progress: { moved: 70 } }, { result: { moved: 70, left: 0 } }],
    );
    assert.match(JSON.stringify((await auditor.call('GET', '/audit?action=brokers.move&actor=ann')).body), /"moved":70/);
  });

  test('virtual hosts belong to the whole broker: only people with all domains see others, create and delete them', async () => {
    const admin = running.admin;
    const names = async (who: Client, adapterId: string) =>
      ((await who.call('GET', at(adapterId, '/virtual-hosts'))).body.items as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(await names(analyst, 'adp_a'), ['a']);
    assert.deepEqual(await names(admin, 'adp_all'), ['/', 'a', 'b']);
    assert.equal((await keeper.call('POST', at('adp_a', '/virtual-hosts'), { name: 'c' })).body.code, 'DOMAINS_ALL_NEEDED');
    assert.equal((await admin.call('POST', at('adp_a', '/virtual-hosts'), { name: 'c' })).body.code, 'BROKER_REFUSED');
    assert.equal((await admin.call('POST', at('adp_all', '/virtual-hosts'), { name: 'c' })).status, 200);
    assert.equal((await admin.call('POST', at('adp_all', '/virtual-hosts'), { name: 'c' })).body.code, 'BROKER_EXISTS');
    assert.equal((await admin.call('POST', at('adp_all', '/virtual-hosts/remove'), { name: 'a' })).body.code, 'BROKER_REFUSED');
    assert.equal((await admin.call('POST', at('adp_all', '/virtual-hosts/remove'), { name: 'c' })).status, 200);
    assert.deepEqual(await names(admin, 'adp_all'), ['/', 'a', 'b']);
  });

  test('an adapter without a management address or without a login has no administration, and says why', async () => {
    const { management: _management, ...without } = settings({ virtualHost: 'a' }) as { management: unknown };
    const maker = await running.person('max', ['analyst'], ['hospital-a']);
    const document = (adapterId: string, TEST: object) => ({
      ...{ adapterId, revision: 0, name: { 'zh-CN': '无', en: 'None' }, protocol: 'messaging', owner: '', domain: 'hospital-a' },
      environments: { TEST },
    });
    await maker.call('PUT', '/adapters/adp_plain', document('adp_plain', without));
    await maker.call('PUT', '/adapters/adp_open', document('adp_open', { ...settings({ virtualHost: 'b' }), login: 'none' }));
    await maker.call('PUT', '/adapters/adp_uat', { ...document('adp_uat', without), environments: { UAT: without } });
    const withoutOf = async (adapterId: string) => ((await maker.call('GET', at(adapterId))).body as BrokerDetails).without;
    assert.deepEqual(await Promise.all(['adp_plain', 'adp_open'].map(withoutOf)), ['management', 'login']);
    for (const adapterId of ['adp_plain', 'adp_open'])
      assert.equal((await maker.call('GET', at(adapterId, '/destinations'))).body.code, 'BROKER_NOT_ADMINISTERED');
    assert.equal((await maker.call('GET', at('adp_uat', '/destinations'))).body.code, 'ADAPTER_NOT_HERE');
  });

  test('while the broker is down it says so and since when, and forgets it when it is back', async () => {
    await server.kill();
    const since = async () => ((await analyst.call('GET', at('adp_a'))).body as BrokerDetails).failure;
    const first = await since();
    assert.equal(first?.error.code, 'BROKER_API_FAILED');
    assert.equal((await analyst.call('GET', at('adp_a', '/destinations'))).status, 503);
    assert.equal((await since())?.since, first?.since);
    const { items } = (await analyst.call('GET', '/brokers')).body as { items: BrokerItem[] };
    assert.equal(items.find(({ adapterId }) => adapterId === 'adp_a')?.failure?.since, first?.since);
    await server.restart();
    await eventually(async () => (await since()) === undefined);
    assert.deepEqual((await namesOf(analyst, 'adp_a')).includes('results'), true);
  });
});

interface Counted {
  readonly name: string;
  readonly messages?: number;
}

function hasMessages(count: number) {
  return ({ name, messages }: Counted) => name === 'results' && messages === count;
}
