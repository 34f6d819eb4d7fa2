/** Administration of a real Kafka: topics, groups and their members, messages, within a prefix. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import type { BrokerAdministration } from '../../../../engine/contract/node/broker-administration.ts';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import { open } from '../../../../nodes/messaging/administration/kafka.ts';
import { withinPrefix } from '../../../../nodes/messaging/administration/within-prefix.ts';
import type { Target } from '../../../../nodes/messaging/brokers/broker.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { prepareKafka, startKafka, type KafkaServer } from '../../../servers/kafka.ts';
import { failsWith } from '../brokers/conformance.ts';

const LIMITS = { count: 10, eachBytes: 1000, mayCount: false };
const anyPlace = () => true;
type Message = readonly [text: string | null, headers?: Readonly<Record<string, string>>, key?: string];

describe('administration of Kafka', { skip: prepareKafka() ?? false }, () => {
  let server: KafkaServer;
  let cluster: string;
  before(async () => {
    server = await startKafka();
    const admin = new Admin(client());
    cluster = (await admin.metadata({ topics: [] })).id;
    await admin.close();
  });
  after(() => server?.stop());

  const client = () => ({ clientId: 'test', bootstrapBrokers: [`127.0.0.1:${server.port}`], retries: 20, retryDelay: 250 });
  const target = (changed: Partial<Target> = {}): Target => ({
    servers: [{ host: '127.0.0.1', port: server.loginPort }],
    virtualHost: undefined,
    login: { mechanism: 'scram-sha-256', user: 'bob', password: 'bob-secret' },
    tls: undefined,
    connectTimeoutMs: 5000,
    timeoutMs: 20_000,
    outbound: anywhere,
    clock: wallClock(),
    clientName: 'kangqiao test',
    ...changed,
  });
  const administer = (t: TestContext, changed: Partial<Target> = {}): BrokerAdministration => {
    const administration = open({ target: target(changed), management: undefined, limitBytes: 10_000_000 });
    t.after(() => administration.close());
    return administration;
  };
  const publish = async (topic: string, messages: readonly Message[], partition?: number) => {
    // A partition of a new topic may still be without a leader; what is sent again then is stored once only if it is idempotent.
    const producer = new Producer({ ...client(), idempotent: true });
    await producer.send({
      messages: messages.map(([text, headers = {}, key]) => ({
        topic,
        ...(key === undefined ? {} : { key: Buffer.from(key) }),
        ...(partition === undefined ? {} : { partition }),
        value: (text === null ? null : Buffer.from(text)) as Buffer,
        headers: new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)])),
      })),
    });
    await producer.close();
  };
  const textsOf = async (admin: BrokerAdministration, name: string, count = 5000) =>
    (await admin.browse({ kind: 'topic', name }, { ...LIMITS, count })).map(({ body }) => Buffer.from(body).toString());
  /** A consumer in a group that has committed what it read. */
  const consume = async (t: TestContext, groupId: string, topic: string, clientId = 'lis') => {
    const consumer = new Consumer({ ...client(), clientId, groupId, sessionTimeout: 10_000, heartbeatInterval: 1000 });
    const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest', autocommit: 100 });
    stream.on('error', () => undefined);
    const got: string[] = [];
    stream.on('data', (message: { value: Buffer }) => got.push(message.value.toString()));
    const close = () => consumer.close(true);
    t.after(() => close().catch(() => undefined));
    return { got, close };
  };

  it('creates topics once, lists them with their numbers, and removes them', async (t) => {
    const admin = administer(t);
    assert.equal((await admin.about()).product, 'Apache Kafka');
    const topic = { kind: 'topic', name: 'lab-results', partitions: 3, retainMs: 86_400_000 } as const;
    await admin.create(topic);
    await assert.rejects(admin.create(topic), failsWith('BROKER_EXISTS', 'input'));
    await assert.rejects(admin.create({ kind: 'topic', name: 'a b' }), failsWith('BROKER_NAME', 'input'));
    await assert.rejects(admin.create({ kind: 'queue', name: 'q' }), failsWith('BROKER_CANNOT', 'input'));
    await publish(topic.name, [['1'], ['2'], ['3']]);
    const found = (await admin.destinations()).filter(({ name }) => name === topic.name);
    assert.deepEqual(found, [{ kind: 'topic', name: 'lab-results', type: 'log', durable: true, messages: 3, partitions: 3, consumers: 0 }]);
    assert.equal(await admin.remove(topic), 3);
    await assert.rejects(admin.remove(topic), failsWith('NOT_FOUND', 'input'));
    assert.ok(!(await admin.destinations()).some(({ name }) => name.startsWith('__')), 'no internal topics');
    await assert.rejects(admin.purge({ kind: 'topic', name: '__consumer_offsets' }), failsWith('NOT_FOUND', 'input'));
  });

  it('shows the newest messages without a trace in the groups, not those of aborted transactions', async (t) => {
    const admin = administer(t);
    const topic = { kind: 'topic', name: 'looked-at' } as const;
    await admin.create(topic);
    await publish(
      topic.name,
      Array.from({ length: 30 }, (_, n) => [`m${n}`] as const),
    );
    await publish(topic.name, [
      ['入院通知', { 'message-id': 'id-1', 'content-type': 'text/plain', ward: '心内科' }, 'P1'],
      ['x'.repeat(5000)],
      [null],
    ]);
    const producer = new Producer({ ...client(), transactionalId: 'aborting', idempotent: true });
    const transaction = await producer.beginTransaction();
    await transaction.send({ messages: [{ topic: topic.name, value: Buffer.from('ABORTED') }] });
    await transaction.abort();
    await producer.close();
    const groups = await admin.subscriptions();
    const shown = await admin.browse(topic, LIMITS);
    const bodies = shown.map(({ body }) => Buffer.from(body).toString());
    assert.ok(!bodies.includes('ABORTED'));
    const notice = shown.find(({ id }) => id === 'id-1')!;
    const { at, body, ...about } = notice;
    assert.ok(Math.abs(at! - Date.now()) < 60_000);
    assert.equal(Buffer.from(body).toString(), '入院通知');
    assert.deepEqual(about, {
      place: '0/30',
      id: 'id-1',
      contentType: 'text/plain',
      key: 'P1',
      headers: { ward: '心内科' },
      sizeBytes: 12,
    });
    assert.ok(shown.some(({ body: cut, sizeBytes }) => cut.byteLength === 1000 && sizeBytes === 5000));
    assert.deepEqual(await admin.subscriptions(), groups);
  });

  it('lists groups with their lag and the members that Kafka lists, and ends a subscription that nobody uses', async (t) => {
    const admin = administer(t);
    for (const name of ['adt', 'orders']) await admin.create({ kind: 'topic', name, partitions: 2 });
    await publish('adt', [['1'], ['2'], ['3'], ['4']]);
    const reading = await consume(t, 'ward-system', 'adt', 'ward-client');
    const lag = async () =>
      (await admin.subscriptions()).find(({ subscriber, topic }) => subscriber === 'ward-system' && topic === 'adt')?.lag;
    await eventually(async () => reading.got.length === 4 && (await lag()) === 0);
    const raw = new Admin(client());
    t.after(() => raw.close());
    const members = [...(await raw.describeGroups({ groups: ['ward-system'] })).get('ward-system')!.members.values()];
    assert.deepEqual(
      (await admin.sessions()).map(({ sessionId, client: name, address, group, consumes }) => [sessionId, name, address, group, consumes]),
      members.map(({ id, clientId, clientHost }) => [`ward-system/${id}`, clientId, clientHost.replace('/', ''), 'ward-system', ['adt']]),
    );
    assert.equal((await admin.destinations()).find(({ name }) => name === 'adt')?.consumers, 1);
    const subscription = { topic: 'adt', subscriber: 'ward-system' };
    await assert.rejects(admin.unsubscribe(subscription), failsWith('BROKER_REFUSED', 'input'));
    await assert.rejects(admin.subscribe(subscription), failsWith('BROKER_EXISTS', 'input'));
    await reading.close();
    await eventually(async () => (await admin.sessions()).length === 0);
    await publish('adt', [['5'], ['6'], ['7']]);
    assert.equal(await lag(), 3);
    const late = { topic: 'adt', subscriber: 'late-system' };
    await admin.subscribe(late);
    await publish('adt', [['8']]);
    const found = (await admin.subscriptions()).filter(({ topic }) => topic === 'adt').map(({ subscriber, lag: of }) => [subscriber, of]);
    assert.deepEqual(found.toSorted(), [
      ['late-system', 1],
      ['ward-system', 4],
    ]);
    await admin.unsubscribe(late);
    await admin.unsubscribe(subscription);
    assert.deepEqual(
      (await admin.subscriptions()).filter(({ topic }) => topic === 'adt'),
      [],
    );
    await assert.rejects(admin.unsubscribe(subscription), failsWith('NOT_FOUND', 'input'));
    await assert.rejects(admin.endSession('x'), failsWith('BROKER_CANNOT', 'input'));
  });

  it('moves dead letters back in order with all they had, up to the first that has no place, and purges the rest', async (t) => {
    const admin = administer(t);
    for (const name of ['results', 'results.dead', 'elsewhere']) await admin.create({ kind: 'topic', name });
    const letter = (origin: string) => ({
      'dead-letter-origin': origin,
      'dead-letter-code': 'JSON_SYNTAX',
      'dead-letter-reason': 'x',
      kept: '是',
    });
    const own = letter(`${cluster}/results/0/17`);
    await publish(
      'results.dead',
      Array.from({ length: 1200 }, (_, n) => [`m${n}`, own, 'P1'] as const),
    );
    await publish('results.dead', [
      ['lost', letter('other-cluster/results/0/1')],
      ['after', own],
    ]);
    const order = { from: { kind: 'topic', name: 'results.dead' }, limit: 100_000, mayReach: anyPlace } as const;
    const seen: number[] = [];
    assert.deepEqual(await admin.move(order, (moved) => seen.push(moved)), { moved: 1200, left: 2 });
    assert.ok(seen.length >= 2 && seen.at(-1) === 1200, String(seen));
    assert.deepEqual(
      await textsOf(admin, 'results'),
      Array.from({ length: 1200 }, (_, n) => `m${n}`),
    );
    const [last] = await admin.browse({ kind: 'topic', name: 'results' }, { ...LIMITS, count: 1 });
    assert.deepEqual([last!.key, last!.headers], ['P1', { kept: '是' }]);
    assert.deepEqual(await textsOf(admin, 'results.dead'), ['lost', 'after']);
    await assert.rejects(
      admin.move({ ...order, to: 'nowhere' }, () => undefined),
      failsWith('NOT_FOUND', 'input'),
    );
    await assert.rejects(
      admin.move({ ...order, to: 'results.dead' }, () => undefined),
      failsWith('BROKER_REFUSED', 'input'),
    );
    assert.deepEqual(await admin.move({ ...order, to: 'elsewhere', limit: 1 }, () => undefined), { moved: 1, left: 0 });
    assert.deepEqual(await textsOf(admin, 'elsewhere'), ['lost']);
    assert.equal(await admin.purge({ kind: 'topic', name: 'results.dead' }), 1);
    assert.deepEqual(await textsOf(admin, 'results.dead'), []);
    assert.equal(await admin.purge({ kind: 'topic', name: 'results.dead' }), 0);
  });

  it('stops between batches when it is told to; nothing is lost or doubled', async (t) => {
    const ending = new AbortController();
    const admin = administer(t, { signal: ending.signal });
    for (const name of ['long', 'long-to']) await admin.create({ kind: 'topic', name, partitions: 2 });
    for (const partition of [0, 1])
      await publish(
        'long',
        Array.from({ length: 1000 }, (_, n) => [`${partition}-${n}`] as const),
        partition,
      );
    const order = { from: { kind: 'topic', name: 'long' }, to: 'long-to', limit: 100_000, mayReach: anyPlace } as const;
    const result = await admin.move(order, () => ending.abort());
    assert.equal(result.isStopped, true);
    const rest = administer(t);
    const both = [...(await textsOf(rest, 'long')), ...(await textsOf(rest, 'long-to'))];
    assert.deepEqual([both.length, new Set(both).size], [2000, 2000]);
    await rest.move(order, () => undefined);
    assert.equal(new Set(await textsOf(rest, 'long-to')).size, 2000);
    assert.deepEqual(await textsOf(rest, 'long'), []);
  });

  it('within a prefix, topics, groups and members of others are as absent as what does not exist', async (t) => {
    const whole = administer(t);
    for (const name of ['h1.in', 'h1.dead', 'h2.in']) await whole.create({ kind: 'topic', name });
    await publish('h2.in', [['patient of h2']]);
    await publish('h1.dead', [['x', { 'dead-letter-origin': `${cluster}/h2.in/0/1` }]]);
    const reading = await consume(t, 'h2-group', 'h2.in');
    await eventually(async () => reading.got.length === 1 && (await whole.sessions()).length === 1);
    const admin = withinPrefix(whole, 'h1.');
    assert.deepEqual((await admin.destinations()).map(({ name }) => name).sort(), ['h1.dead', 'h1.in']);
    assert.deepEqual([await admin.subscriptions(), await admin.sessions(), await admin.virtualHosts()], [[], [], []]);
    const errorOf = (act: Promise<unknown>, name: string) =>
      act.then(
        () => 'no error',
        (error: { code: string; message: string }) => `${error.code} ${error.message.replaceAll(name, 'NAME')}`,
      );
    for (const act of [
      (name: string) => admin.browse({ kind: 'topic', name }, LIMITS),
      (name: string) => admin.purge({ kind: 'topic', name }),
      (name: string) => admin.remove({ kind: 'topic', name }),
      (name: string) => admin.move({ from: { kind: 'topic', name: 'h1.in' }, to: name, limit: 1, mayReach: anyPlace }, () => undefined),
      (name: string) => admin.move({ from: { kind: 'topic', name }, limit: 1, mayReach: anyPlace }, () => undefined),
      (name: string) => admin.subscribe({ topic: name, subscriber: 'h1.group' }),
      (name: string) => admin.unsubscribe({ topic: name, subscriber: 'h2-group' }),
      (name: string) => admin.create({ kind: 'topic', name }),
    ])
      assert.equal(await errorOf(act('h2.in'), 'h2.in'), await errorOf(act('h9.no'), 'h9.no'));
    const back = { from: { kind: 'topic', name: 'h1.dead' }, limit: 10, mayReach: anyPlace } as const;
    assert.deepEqual(await admin.move(back, () => undefined), { moved: 0, left: 1 });
    assert.deepEqual(await textsOf(whole, 'h2.in'), ['patient of h2']);
  });

  it('says truthfully that the login is wrong and that nobody is there', async (t) => {
    const wrong = administer(t, { login: { mechanism: 'scram-sha-256', user: 'bob', password: 'no' } });
    await assert.rejects(wrong.about(), failsWith('MESSAGING_LOGIN_REFUSED', 'input'));
    const nobody = administer(t, { servers: [{ host: '127.0.0.1', port: 1 }], timeoutMs: 2000 });
    await assert.rejects(nobody.about(), failsWith('MESSAGING_CONNECT_FAILED', 'transient'));
    await assert.rejects(nobody.destinations(), failsWith('MESSAGING_CONNECT_FAILED', 'transient'));
  });
});
