/** Administration of a real RabbitMQ with two virtual hosts, each with its own user. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { ChannelModel } from 'amqplib';
import { connect } from 'amqplib';
import type { BrokerAdministration } from '../../../../engine/contract/node/broker-administration.ts';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { open } from '../../../../nodes/messaging/administration/rabbitmq.ts';
import { withinPrefix } from '../../../../nodes/messaging/administration/within-prefix.ts';
import type { Target } from '../../../../nodes/messaging/brokers/broker.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { prepareRabbitmq, startRabbitmq, type RabbitmqServer } from '../../../servers/rabbitmq.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { failsWith } from '../brokers/conformance.ts';

const LIMITS = { count: 10, eachBytes: 1000, mayCount: false };
const anyPlace = () => true;

/** A quorum queue adds how often it delivered a message. */
function withoutCount({ 'x-delivery-count': _count, ...headers }: Readonly<Record<string, unknown>>): object {
  return headers;
}

describe('administration of RabbitMQ', { skip: prepareRabbitmq() ?? false }, () => {
  let server: RabbitmqServer;
  before(async () => {
    server = await startRabbitmq({ management: true });
    for (const host of ['a', 'b']) {
      server.control('add_vhost', host);
      server.control('add_user', `user-${host}`, `secret-${host}`);
      server.control('set_user_tags', `user-${host}`, 'management');
      server.control('set_permissions', '-p', host, `user-${host}`, '.*', '.*', '.*');
    }
  });
  after(() => server?.stop());

  const target = (host: string, changed: Partial<Target> = {}): Target => ({
    servers: [{ host: '127.0.0.1', port: server.port }],
    virtualHost: host,
    login: { mechanism: 'password', user: `user-${host}`, password: `secret-${host}` },
    tls: undefined,
    connectTimeoutMs: 5000,
    timeoutMs: 10_000,
    outbound: anywhere,
    clock: wallClock(),
    clientName: 'kangqiao test',
    ...changed,
  });
  const administer = (t: TestContext, host: string, changed: Partial<Target> = {}): BrokerAdministration => {
    const management = { host: '127.0.0.1', port: server.managementPort! };
    const administration = open({ target: target(host, changed), management, limitBytes: 10_000_000 });
    t.after(() => administration.close());
    return administration;
  };
  const withModel = async (host: string, work: (model: ChannelModel) => Promise<void>) => {
    const model = await connect(`amqp://user-${host}:secret-${host}@127.0.0.1:${server.port}/${host}`);
    await work(model);
    await model.close();
  };
  const publish = (host: string, queue: string, messages: readonly (readonly [string, object])[]) =>
    withModel(host, async (model) => {
      const channel = await model.createConfirmChannel();
      for (const [text, properties] of messages) channel.publish('', queue, Buffer.from(text), { persistent: true, ...properties });
      await channel.waitForConfirms();
    });
  const readAll = async (host: string, queue: string) => {
    const texts: { text: string; id: unknown; headers: object; expiration: unknown }[] = [];
    await withModel(host, async (model) => {
      const channel = await model.createChannel();
      for (let got = await channel.get(queue, { noAck: true }); got !== false; got = await channel.get(queue, { noAck: true }))
        texts.push({
          text: got.content.toString(),
          id: got.properties.messageId as unknown,
          headers: withoutCount(got.properties.headers ?? {}),
          expiration: got.properties.expiration as unknown,
        });
    });
    return texts;
  };

  it('creates queues, topics and bindings once, lists them with their numbers, and removes them', async (t) => {
    const admin = administer(t, 'a');
    assert.deepEqual(await admin.about(), {
      product: 'RabbitMQ',
      version: (await admin.about()).version!,
      features: { kinds: ['queue', 'topic'], subscriptions: 'bindings', endSessions: true, virtualHosts: true },
    });
    const dead = { kind: 'queue', name: '检验.dead', type: 'classic' } as const;
    const queue = { kind: 'queue', name: '检验/结果', deadLetterTo: dead.name } as const;
    const topic = { kind: 'topic', name: 'wards', type: 'topic' } as const;
    for (const one of [dead, queue, topic]) {
      await admin.create(one);
      await assert.rejects(admin.create(one), failsWith('BROKER_EXISTS', 'input'));
    }
    await assert.rejects(admin.create({ ...dead, type: 'quorum' }), failsWith('BROKER_EXISTS', 'input'));
    const subscription = { topic: 'wards', subscriber: queue.name, key: 'ward.#' };
    await admin.subscribe(subscription);
    await assert.rejects(admin.subscribe(subscription), failsWith('BROKER_EXISTS', 'input'));
    await assert.rejects(admin.subscribe({ ...subscription, subscriber: 'nowhere' }), failsWith('NOT_FOUND', 'input'));
    await publish('a', queue.name, [['x', {}]]);
    await eventually(async () => (await admin.destinations()).some(({ name, messages }) => name === queue.name && messages === 1));
    const found = (await admin.destinations()).filter(({ name }) => !name.startsWith('amq.'));
    assert.deepEqual(found.map(({ kind, name, type, deadLetterTo }) => [kind, name, type, deadLetterTo]).sort(), [
      ['queue', '检验.dead', 'classic', undefined],
      ['queue', '检验/结果', 'quorum', '检验.dead'],
      ['topic', 'wards', 'topic', undefined],
    ]);
    assert.deepEqual(await admin.subscriptions(), [{ ...subscription, lag: 1, consumers: 0 }]);
    await admin.unsubscribe(subscription);
    await assert.rejects(admin.unsubscribe(subscription), failsWith('NOT_FOUND', 'input'));
    assert.deepEqual([await admin.remove(queue), await admin.remove(dead), await admin.remove(topic)], [1, 0, 0]);
    for (const one of [queue, dead, topic]) await assert.rejects(admin.remove(one), failsWith('NOT_FOUND', 'input'));
    await assert.rejects(admin.remove({ kind: 'topic', name: 'amq.topic' }), failsWith('BROKER_REFUSED', 'input'));
  });

  it('shows messages without consuming them, in part if they are long, and asks first if a look counts as a delivery', async (t) => {
    const admin = administer(t, 'a');
    const queue = { kind: 'queue', name: 'looked-at', type: 'classic' } as const;
    await admin.create(queue);
    const headers = { 'message-key': 'P1', 科室: '心内科', times: 2 };
    await publish('a', queue.name, [
      ['入院通知', { messageId: 'id-1', contentType: 'text/plain', headers }],
      ['x'.repeat(5000), {}],
    ]);
    for (let look = 1; look <= 3; look += 1) {
      const [first, second] = await admin.browse(queue, LIMITS);
      const { body, ...about } = first!;
      assert.equal(Buffer.from(body).toString(), '入院通知');
      assert.deepEqual(about, { id: 'id-1', key: 'P1', contentType: 'text/plain', headers: { 科室: '心内科', times: '2' }, sizeBytes: 12 });
      assert.deepEqual([second!.body.byteLength, second!.sizeBytes], [1000, 5000]);
    }
    assert.equal((await admin.browse(queue, { ...LIMITS, count: 1 })).length, 1);
    assert.equal((await readAll('a', queue.name)).length, 2);
    await withModel('a', async (model) => {
      const channel = await model.createChannel();
      await channel.assertQueue('counted', { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 5 } });
    });
    await publish('a', 'counted', [['x', {}]]);
    const counted = { kind: 'queue', name: 'counted' } as const;
    await assert.rejects(admin.browse(counted, LIMITS), failsWith('BROKER_BROWSE_COUNTS', 'input'));
    assert.equal((await admin.browse(counted, { ...LIMITS, mayCount: true })).length, 1);
  });

  it('moves dead letters back to where they came from, each with all it had, and leaves those that have no place', async (t) => {
    const admin = administer(t, 'a');
    for (const name of ['adt', 'orders', 'all.dead', 'elsewhere']) await admin.create({ kind: 'queue', name });
    const ofKangqiao = (origin: string) => ({ 'dead-letter-code': 'JSON_SYNTAX', 'dead-letter-reason': 'x', 'dead-letter-origin': origin });
    const letters = Array.from({ length: 250 }, (_, n) => {
      const origin = n % 10 === 7 ? (n % 20 === 7 ? 'gone' : undefined) : n % 2 === 0 ? 'adt' : 'orders';
      const headers = { kept: `${n}`, CC: ['elsewhere'], ...(origin === undefined ? {} : ofKangqiao(origin)) };
      return [`m${n}`, { messageId: `id-${n}`, headers, priority: 1, userId: 'user-a' }] as const;
    });
    // The sender's own copies are not what this is about.
    await publish('a', 'all.dead', letters);
    await admin.purge({ kind: 'queue', name: 'elsewhere' });
    const seen: number[] = [];
    const order = { from: { kind: 'queue', name: 'all.dead' }, limit: 1000, mayReach: anyPlace } as const;
    assert.deepEqual(await admin.move(order, (moved) => seen.push(moved)), { moved: 225, left: 25 });
    assert.ok(seen.length >= 2 && seen.at(-1) === 225, 'tells how far it is');
    const back = [...(await readAll('a', 'adt')), ...(await readAll('a', 'orders'))];
    assert.equal(new Set(back.map(({ text }) => text)).size, 225);
    for (const { text, id, headers } of back) assert.deepEqual([id, headers], [`id-${text.slice(1)}`, { kept: text.slice(1) }]);
    const kept = await readAll('a', 'all.dead');
    assert.deepEqual(
      kept.map(({ text }) => Number(text.slice(1)) % 10),
      Array(25).fill(7),
      'in their order',
    );
    assert.deepEqual(await readAll('a', 'elsewhere'), [], 'no copies');
  });

  it('moves back what the broker itself made a dead letter, and stops between batches when it is told to', async (t) => {
    const ending = new AbortController();
    const admin = administer(t, 'a', { signal: ending.signal });
    await admin.create({ kind: 'queue', name: 'expired' });
    await admin.create({ kind: 'queue', name: 'short', type: 'classic', deadLetterTo: 'expired' });
    await publish('a', 'short', [['late', { expiration: '1', messageId: 'id-late' }]]);
    await eventually(async () => (await admin.browse({ kind: 'queue', name: 'expired' }, LIMITS)).length === 1);
    const back = { from: { kind: 'queue', name: 'expired' }, limit: 10, mayReach: anyPlace } as const;
    assert.deepEqual(await admin.move(back, () => undefined), { moved: 1, left: 0 });
    const texts = await readAll('a', 'short');
    assert.deepEqual(
      texts.map(({ text, id }) => [text, id]),
      [['late', 'id-late']],
    );
    await publish(
      'a',
      'expired',
      Array.from({ length: 300 }, (_, n) => [`m${n}`, {}] as const),
    );
    const onward = { ...back, to: 'short', limit: 300 };
    const stopped = await admin.move(onward, () => ending.abort());
    assert.deepEqual(stopped, { moved: 30, left: 0, isStopped: true });
    assert.deepEqual([(await readAll('a', 'short')).length, (await readAll('a', 'expired')).length], [30, 270]);
  });

  it('loses no message when its connection is cut in the middle of a move', async (t) => {
    const admin = administer(t, 'a', { clientName: 'the mover' });
    for (const name of ['cut-from', 'cut-to']) await admin.create({ kind: 'queue', name });
    await publish(
      'a',
      'cut-from',
      Array.from({ length: 600 }, (_, n) => [`m${n}`, { messageId: `id-${n}` }] as const),
    );
    const order = { from: { kind: 'queue', name: 'cut-from' }, to: 'cut-to', limit: 5000, mayReach: anyPlace } as const;
    const cut = () => server.control('close_all_connections', '--vhost', 'a', 'a test');
    let cuts = 0;
    await assert.rejects(
      admin.move(order, (moved) => {
        if (moved >= 90 && cuts++ === 0) cut();
      }),
      failsWith('MESSAGING_CONNECTION_LOST', 'transient'),
    );
    const again = administer(t, 'a');
    await again.move(order, () => undefined);
    const there = new Map((await readAll('a', 'cut-to')).map(({ text, id }) => [text, id]));
    assert.equal(there.size, 600);
    for (const [text, id] of there) assert.equal(id, `id-${text.slice(1)}`);
    assert.deepEqual(await readAll('a', 'cut-from'), []);
  });

  it('purges and counts; moving to a queue that does not exist moves nothing', async (t) => {
    const admin = administer(t, 'a');
    const queue = { kind: 'queue', name: 'full' } as const;
    await admin.create(queue);
    await publish(
      'a',
      'full',
      Array.from({ length: 7 }, () => ['x', {}] as const),
    );
    for (const to of ['nowhere', 'full'])
      await assert.rejects(admin.move({ from: queue, to, limit: 10, mayReach: anyPlace }, () => undefined));
    assert.equal(await admin.purge(queue), 7);
    assert.equal(await admin.purge(queue), 0);
  });

  it('lists the sessions that rabbitmqctl lists, with what they consume, and ends one', async (t) => {
    const admin = administer(t, 'a');
    await admin.create({ kind: 'queue', name: 'watched' });
    const url = `amqp://user-a:secret-a@127.0.0.1:${server.port}/a`;
    const models = await Promise.all(['lab', 'his', 'pacs'].map((name) => connect(url, { clientProperties: { connection_name: name } })));
    for (const model of models) model.on('error', () => undefined);
    const channel = await models[1]!.createChannel();
    channel.on('error', () => undefined);
    await channel.consume('watched', () => undefined);
    const listed = () => {
      const lines = server
        .control('list_connections', 'vhost', 'user', 'peer_port', 'connected_at', 'client_properties')
        .trim()
        .split('\n');
      return lines.filter((line) => line.startsWith('a\t')).map((line) => line.split('\t').slice(1, 4).join(' '));
    };
    const sessions = async () => await admin.sessions();
    await eventually(async () => (await sessions()).some(({ consumes }) => consumes.length > 0));
    const own = (await sessions()).map(({ user, address, since }) => `${user} ${address.split(':')[1]} ${since}`);
    assert.deepEqual(own.sort(), listed().sort());
    const byName = new Map((await sessions()).map((session) => [session.client, session]));
    assert.deepEqual([...byName.keys()].sort(), ['his', 'lab', 'pacs']);
    assert.deepEqual(byName.get('his')!.consumes, ['watched']);
    await admin.endSession(byName.get('lab')!.sessionId);
    await eventually(async () => (await sessions()).length === 2);
    await assert.rejects(admin.endSession(byName.get('lab')!.sessionId), failsWith('NOT_FOUND', 'input'));
    for (const model of models) await model.close().catch(() => undefined);
    await eventually(async () => (await sessions()).length === 0 && listed().length === 0);
  });

  it('reaches nothing of another virtual host, by a name of dots or slashes neither, even as a user who may', async (t) => {
    await administer(t, 'b').create({ kind: 'queue', name: 'secret-of-b' });
    await publish('b', 'secret-of-b', [['P9', {}]]);
    const mighty = { login: { mechanism: 'password', user: 'guest', password: 'guest' } } as const;
    server.control('set_permissions', '-p', 'a', 'guest', '.*', '.*', '.*');
    server.control('set_permissions', '-p', 'b', 'guest', '.*', '.*', '.*');
    const admin = administer(t, 'a', mighty);
    const model = await connect(`amqp://user-b:secret-b@127.0.0.1:${server.port}/b`);
    model.on('error', () => undefined);
    const adminOfB = administer(t, 'b');
    await eventually(async () => (await adminOfB.sessions()).length === 1);
    const sessionOfB = (await adminOfB.sessions())[0]!;
    const told = JSON.stringify([await admin.destinations(), await admin.subscriptions(), await admin.sessions()]);
    assert.ok(!told.includes('secret-of-b') && !told.includes(sessionOfB.sessionId));
    const gone = failsWith('NOT_FOUND', 'input');
    for (const name of ['secret-of-b', '..', '.', '../b/secret-of-b', 'b/secret-of-b', '%2e%2e', '..%2fb%2fsecret-of-b', '\ud800']) {
      const queue = { kind: 'queue', name } as const;
      await assert.rejects(admin.browse(queue, LIMITS), gone, name);
      await assert.rejects(admin.subscribe({ topic: name, subscriber: name }), gone, name);
      await assert.rejects(admin.unsubscribe({ topic: name, subscriber: name }), gone, name);
      await assert.rejects(admin.remove({ kind: 'topic', name }), gone, name);
      if (name === '\ud800') continue;
      await assert.rejects(admin.purge(queue), gone, name);
      await assert.rejects(admin.remove(queue), gone, name);
      await assert.rejects(
        admin.move({ from: queue, limit: 1, mayReach: anyPlace }, () => undefined),
        gone,
        name,
      );
    }
    for (const name of ['..', '.']) await assert.rejects(admin.create({ kind: 'queue', name }), failsWith('BROKER_NAME', 'input'));
    await assert.rejects(admin.endSession(sessionOfB.sessionId), gone);
    await model.close();
    assert.deepEqual(
      (await readAll('b', 'secret-of-b')).map(({ text }) => text),
      ['P9'],
    );
    await assert.rejects(administer(t, 'b', { login: target('a').login }).destinations(), failsWith('BROKER_REFUSED', 'input'));
  });

  it('within a prefix, what has another name is as absent as what does not exist', async (t) => {
    const whole = administer(t, 'a');
    for (const name of ['h1.in', 'h1.dead', 'h2.in']) await whole.create({ kind: 'queue', name });
    await whole.create({ kind: 'topic', name: 'h2.news', type: 'fanout' });
    await whole.subscribe({ topic: 'h2.news', subscriber: 'h1.in' });
    await publish('a', 'h1.dead', [['x', { headers: { 'dead-letter-origin': 'h2.in' } }]]);
    const admin = withinPrefix(whole, 'h1.');
    const model = await connect(`amqp://user-a:secret-a@127.0.0.1:${server.port}/a`);
    const channel = await model.createChannel();
    await channel.consume('h2.in', () => undefined);
    await eventually(async () => (await whole.sessions()).some(({ consumes }) => consumes.includes('h2.in')));
    assert.deepEqual((await admin.destinations()).map(({ name }) => name).sort(), ['h1.dead', 'h1.in']);
    assert.deepEqual([await admin.subscriptions(), await admin.sessions(), await admin.virtualHosts()], [[], [], []]);
    await whole.create({ kind: 'topic', name: 'h1.news', type: 'fanout' });
    for (const subscriber of ['h1.in', 'h2.in']) await whole.subscribe({ topic: 'h1.news', subscriber });
    await publish('a', 'h2.in', [['y', {}]]);
    await eventually(async () => (await whole.subscriptions()).some(({ subscriber, lag }) => subscriber === 'h2.in' && lag === 1));
    assert.deepEqual(
      (await admin.subscriptions()).map(({ subscriber }) => subscriber),
      ['h1.in'],
    );
    const errorOf = async (act: Promise<unknown>, name: string) =>
      act.then(
        () => 'no error',
        (error: { code: string; message: string }) => `${error.code} ${error.message.replaceAll(name, 'NAME')}`,
      );
    for (const act of [
      (name: string) => admin.browse({ kind: 'queue', name }, LIMITS),
      (name: string) => admin.purge({ kind: 'queue', name }),
      (name: string) => admin.remove({ kind: 'queue', name }),
      (name: string) => admin.move({ from: { kind: 'queue', name }, limit: 1, mayReach: anyPlace }, () => undefined),
      (name: string) => admin.move({ from: { kind: 'queue', name: 'h1.in' }, to: name, limit: 1, mayReach: anyPlace }, () => undefined),
      (name: string) => admin.unsubscribe({ topic: name, subscriber: 'h1.in' }),
      (name: string) => admin.unsubscribe({ topic: 'h1.news', subscriber: name }),
      (name: string) => admin.create({ kind: 'queue', name }),
      (name: string) => admin.create({ kind: 'queue', name: 'h1.x', deadLetterTo: name }),
    ])
      assert.equal(await errorOf(act('h2.in'), 'h2.in'), await errorOf(act('h9.no'), 'h9.no'));
    assert.ok((await whole.subscriptions()).some(({ topic, subscriber }) => topic === 'h1.news' && subscriber === 'h2.in'));
    const [session] = await whole.sessions();
    await assert.rejects(admin.endSession(session!.sessionId), failsWith('NOT_FOUND', 'input'));
    const back = { from: { kind: 'queue', name: 'h1.dead' }, limit: 10, mayReach: anyPlace } as const;
    assert.deepEqual(await admin.move(back, () => undefined), { moved: 0, left: 1 });
    await model.close();
  });

  it('says truthfully that it cannot be reached, that the login is wrong, and that the chain is not trusted', async (t) => {
    const wrong = administer(t, 'a', { login: { mechanism: 'password', user: 'user-a', password: 'no' } });
    await assert.rejects(wrong.destinations(), failsWith('MESSAGING_LOGIN_REFUSED', 'input'));
    await assert.rejects(wrong.purge({ kind: 'queue', name: 'x' }), failsWith('MESSAGING_LOGIN_REFUSED', 'input'));
    const management = { host: '127.0.0.1', port: server.port };
    const other = open({ target: target('a'), management, limitBytes: 1000 });
    t.after(() => other.close());
    await assert.rejects(other.about(), failsWith('BROKER_API_FAILED', 'transient'));
    const small = open({ target: target('a'), management: { host: '127.0.0.1', port: server.managementPort! }, limitBytes: 100 });
    t.after(() => small.close());
    await assert.rejects(small.destinations(), failsWith('BROKER_API_FAILED', 'transient'));
    const tls = { ca: (await createAuthority()).ca };
    const secure = open({ target: target('a', { tls }), management: { host: '127.0.0.1', port: server.managementPort! }, limitBytes: 100 });
    t.after(() => secure.close());
    await assert.rejects(secure.about(), failsWith('BROKER_API_FAILED', 'transient'));
  });
});
