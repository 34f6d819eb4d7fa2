/** The consuming trigger with a real RabbitMQ. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { listenTrigger, type ListenTriggerOptions } from '../../../engine/testing/listen-trigger.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import messagingConsume from '../../../nodes/messaging/consume.node.ts';
import messagingPublish from '../../../nodes/messaging/publish.node.ts';
import { eventually } from '../../conformance/eventually.ts';
import { startFaultProxy } from '../../servers/fault-proxy.ts';
import { showsContract } from '../shows-contract.ts';
import { RABBITMQ, withRabbitmq, type TestBroker } from './brokers-here.ts';

showsContract(import.meta.url, {
  happy: 'messages come in order, each as its content type says',
  slow: 'a broker that goes away ends the trigger, and the next one goes on where it was',
  'half-open': 'a broker that accepts and never answers is no broker',
  refusal: 'a message that cannot be read or is refused becomes a dead letter with its reason',
  duplicate: 'a message that is delivered again has the same dedupe key: its id, or the header that the sender fills',
  cancel: 'stopped in the midst of its messages, it acknowledges those under way and leaves the others',
  '10 MB': 'a message of 10 MB comes whole, and one above the limit becomes a dead letter',
});

const skip = RABBITMQ.skip ?? false;
let broker: TestBroker;
before(async () => {
  if (skip === false) broker = await RABBITMQ.start();
});
after(() => broker?.stop());

let names = 0;
async function newQueue(): Promise<string> {
  const name = `events-${++names}`;
  await broker.create(name);
  return name;
}

function adapterOf(settings: object = {}, limits: object = {}) {
  return { adapterId: 'adp_consume', settings: { ...broker.settings, ...settings }, limits };
}

async function publish(destination: string, data: unknown, more: { mediaType?: string; idempotencyKey?: string; headers?: object } = {}) {
  const { mediaType = 'application/json', idempotencyKey = `id-${JSON.stringify(data)?.slice(0, 30)}`, headers = {} } = more;
  await runNode(messagingPublish, {
    config: { destination, headers },
    message: createMessage(data, { mediaType }),
    adapter: adapterOf(),
    secrets: { '': broker.credential },
    idempotencyKey,
  });
}

async function listen(t: TestContext, config: object, options: Partial<ListenTriggerOptions> = {}) {
  const trigger = await listenTrigger(messagingConsume, {
    config: config as Record<string, unknown>,
    adapter: adapterOf(),
    secrets: { '': broker.credential },
    ...options,
  });
  t.after(() => trigger.stop());
  return trigger;
}

const dataOf = ({ message }: Arrival) => message.data;
const refused = (kind: 'input' | 'transient'): ArrivalResult => ({
  status: 'refused',
  error: toErrorRecord(new AppError('FLOW_REFUSED', kind, 'No visit number.')),
});

test('messages come in order, each as its content type says', { skip }, async (t) => {
  const destination = await newQueue();
  for (let n = 1; n <= 50; n += 1) await publish(destination, { n });
  await publish(destination, '心内科', { mediaType: 'text/plain' });
  await publish(destination, '{"n":51}', { mediaType: 'application/octet-stream' });
  const trigger = await listen(t, { destination });
  await eventually(() => trigger.arrivals.length === 52);
  const data = trigger.arrivals.map(dataOf);
  assert.deepEqual(
    data.slice(0, 50),
    Array.from({ length: 50 }, (_, index) => ({ n: index + 1 })),
  );
  assert.equal(data[50], '心内科');
  await trigger.stop();
  await publish(destination, new TextEncoder().encode('{"n":52}'), { mediaType: 'application/octet-stream' });
  const json = await listen(t, { destination, form: 'json' });
  assert.deepEqual(dataOf(await json.next()), { n: 52 });
});

test('a message that is delivered again has the same dedupe key: its id, or the header that the sender fills', { skip }, async (t) => {
  const destination = await newQueue();
  await publish(destination, {}, { idempotencyKey: 'id-1', headers: { 'X-Event': 'E17' } });
  const first = await listen(t, { destination }, { onArrival: () => refused('transient') });
  assert.equal((await first.next()).dedupeKey, `${destination}/id-1`);
  const reason = await first.ended;
  assert.ok(reason instanceof AppError && reason.code === 'MESSAGING_NOT_STORED');
  await first.stop();
  const duplicate: ArrivalResult = { status: 'duplicate', executionId: 'exe_1' };
  const second = await listen(t, { destination }, { onArrival: () => duplicate });
  assert.equal((await second.next()).dedupeKey, `${destination}/id-1`);
  await second.stop();
  await publish(destination, {}, { idempotencyKey: 'id-2', headers: { 'X-Event': 'E17' } });
  const third = await listen(t, { destination, identity: 'header', identityHeader: 'x-event' });
  assert.equal((await third.next()).dedupeKey, `${destination}/E17`);
  await assert.rejects(listen(t, { destination, identity: 'header' }), { code: 'NODE_CONFIG_WRONG' });
});

test('a message that cannot be read or is refused becomes a dead letter with its reason', { skip }, async (t) => {
  const destination = await newQueue();
  await publish(destination, new TextEncoder().encode('{'), { mediaType: 'application/octet-stream' });
  await publish(destination, { n: 1 });
  await publish(destination, { n: 2 });
  const trigger = await listen(
    t,
    { destination, form: 'json', deadLetter: `${destination}-refused` },
    { onArrival: ({ message }) => ((message.data as { n: number }).n === 1 ? refused('input') : { status: 'accepted', executionId: 'e' }) },
  );
  await eventually(() => trigger.arrivals.length === 2);
  const letters = await listen(t, { destination: `${destination}-refused`, form: 'text' });
  await eventually(() => letters.arrivals.length === 2);
  const [unreadable, unwanted] = letters.arrivals.map(({ message: { data, headers } }) => [data, headers['dead-letter-code']]);
  assert.deepEqual([unreadable?.[0], unwanted], ['{', ['{"n":1}', 'FLOW_REFUSED']]);
  assert.match(String(unreadable![1]), /^JSON_/);
  assert.equal(letters.arrivals[1]!.message.headers['dead-letter-reason'], 'No visit number.');
});

test('a message of 10 MB comes whole, and one above the limit becomes a dead letter', { skip }, async (t) => {
  const destination = await newQueue();
  const text = '病历摘要'.repeat(833_334);
  await publish(destination, text, { mediaType: 'text/plain' });
  await publish(destination, `${text}${text}`, { mediaType: 'text/plain', idempotencyKey: 'larger' });
  const trigger = await listen(t, { destination, maxBytes: 11_000_000 });
  assert.ok(dataOf(await trigger.next()) === text);
  const letters = await listen(t, { destination: `${destination}.dead`, maxBytes: 52_000_000 });
  assert.equal((await letters.next()).message.headers['dead-letter-code'], 'MESSAGING_MESSAGE_TOO_LARGE');
});

test('stopped in the midst of its messages, it acknowledges those under way and leaves the others', { skip }, async (t) => {
  const destination = await newQueue();
  for (let n = 1; n <= 20; n += 1) await publish(destination, { n });
  const stored = Promise.withResolvers<ArrivalResult>();
  const trigger = await listen(t, { destination, window: 5 }, { onArrival: () => stored.promise });
  await eventually(() => trigger.arrivals.length === 5);
  const stopping = trigger.stop();
  setTimeout(() => stored.resolve({ status: 'accepted', executionId: 'e' }), 100);
  await stopping;
  const rest = await listen(t, { destination });
  await eventually(() => rest.arrivals.length === 15);
  assert.deepEqual(dataOf(rest.arrivals[0]!), { n: 6 });
});

test('a broker that goes away ends the trigger, and the next one goes on where it was', { skip }, async (t) => {
  const destination = await newQueue();
  const proxy = await startFaultProxy({ targetPort: broker.target.servers[0]!.port });
  t.after(() => proxy.stop());
  const adapter = adapterOf({ servers: [{ host: '127.0.0.1', port: proxy.port }] });
  const first = await listen(t, { destination }, { adapter });
  await publish(destination, { n: 1 });
  await first.next();
  proxy.cut();
  const reason = await first.ended;
  assert.ok(reason instanceof AppError && reason.code === 'MESSAGING_CONNECTION_LOST' && reason.kind === 'transient');
  await first.stop();
  await publish(destination, { n: 2 });
  const second = await listen(t, { destination }, { adapter });
  await eventually(() => second.arrivals.some(({ message }) => (message.data as { n: number }).n === 2));
  const { url } = broker;
  await withRabbitmq(url, async (model) => void (await (await model.createChannel()).deleteQueue(destination)));
  const gone = await second.ended;
  assert.ok(gone instanceof AppError && gone.code === 'MESSAGING_DESTINATION_UNKNOWN');
});

test('a broker that accepts and never answers is no broker', { skip }, async (t) => {
  const proxy = await startFaultProxy({ targetPort: broker.target.servers[0]!.port });
  t.after(() => proxy.stop());
  proxy.swallow();
  const adapter = adapterOf({ servers: [{ host: '127.0.0.1', port: proxy.port }] }, { connectTimeoutMs: 300 });
  await assert.rejects(listen(t, { destination: 'x' }, { adapter }), { code: 'MESSAGING_CONNECT_FAILED' });
});

test('with a name prefix, only what begins with it is received from, or gets the dead letters', { skip }, async (t) => {
  const [own, other] = [await newQueue(), await newQueue()];
  const adapter = adapterOf({ namePrefix: own });
  await listen(t, { destination: own }, { adapter });
  for (const config of [{ destination: other }, { destination: own, deadLetter: other }])
    await assert.rejects(listen(t, config, { adapter }), (error: AppError) => error.code === 'BROKER_NAME_PREFIX');
});
