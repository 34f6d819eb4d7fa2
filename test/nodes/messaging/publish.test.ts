/** The publishing node with a real RabbitMQ. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { ErrorKind } from '../../../engine/contract/values/errors.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { listenTrigger } from '../../../engine/testing/listen-trigger.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import messagingConsume from '../../../nodes/messaging/consume.node.ts';
import messagingPublish from '../../../nodes/messaging/publish.node.ts';
import { startFaultProxy } from '../../servers/fault-proxy.ts';
import { showsContract } from '../shows-contract.ts';
import { RABBITMQ, type TestBroker } from './brokers-here.ts';

showsContract(import.meta.url, {
  happy: 'data is published as JSON, text in its charset, bytes as they are, with headers and key',
  slow: 'a broker that does not confirm is an unknown outcome, and the next message opens another connection',
  'half-open': 'a broker that does not confirm is an unknown outcome, and the next message opens another connection',
  refusal: 'an unknown queue, an exchange without a queue, and values that are no header are refused',
  duplicate: 'a second run publishes under the same id',
  cancel: 'a stop before sending is transient, after sending an unknown outcome',
  '10 MB': 'a message of 10 MB arrives whole',
});

const skip = RABBITMQ.skip ?? false;
let broker: TestBroker;
before(async () => {
  if (skip === false) broker = await RABBITMQ.start();
});
after(() => broker?.stop());

const failsWith = (code: string, kind: ErrorKind) => (error: unknown) =>
  error instanceof AppError && error.code === code && error.kind === kind;

let names = 0;
async function newQueue(): Promise<string> {
  const name = `orders-${++names}`;
  await broker.create(name);
  return name;
}

function adapterOf(settings: object = {}, limits: object = {}) {
  return { adapterId: 'adp_publish', settings: { ...broker.settings, ...settings }, limits };
}

function publish(config: object, options: Partial<RunNodeOptions> = {}) {
  return runNode(messagingPublish, {
    config: config as Record<string, unknown>,
    adapter: adapterOf(),
    secrets: { '': broker.credential },
    ...options,
  });
}

async function consume(t: TestContext, destination: string, config: object = {}) {
  const trigger = await listenTrigger(messagingConsume, {
    config: { destination, ...config },
    adapter: adapterOf(),
    secrets: { '': broker.credential },
  });
  t.after(() => trigger.stop());
  return trigger;
}

test('data is published as JSON, text in its charset, bytes as they are, with headers and key', { skip }, async (t) => {
  const destination = await newQueue();
  const outcome = await publish(
    { destination, headers: { 'X-Ward': '{data.ward}', 'X-None': '{data.none}' }, key: { path: 'data.visit' } },
    { data: { ward: '心内科', visit: 'V17' }, idempotencyKey: 'key-1' },
  );
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit!['ok']![0]!.data, { destination, messageId: 'key-1' });
  const text = createMessage('慭龘', { mediaType: 'application/hl7-v2', charset: 'GB18030' });
  await publish({ destination }, { message: text });
  await publish({ destination, body: { value: '纯文本' } }, { message: createMessage({}, { mediaType: 'text/plain' }) });
  await publish({ destination }, { message: createMessage(new Uint8Array([0, 255]), { mediaType: 'application/octet-stream' }) });
  const trigger = await consume(t, destination);
  const [first, second, third, fourth] = [await trigger.next(), await trigger.next(), await trigger.next(), await trigger.next()];
  assert.deepEqual(first.message.data, { ward: '心内科', visit: 'V17' });
  assert.deepEqual(first.message.headers, {
    ...{ 'x-ward': '心内科', 'message-id': 'key-1', 'message-key': 'V17', 'message-source': destination },
  });
  assert.deepEqual([second.message.data, second.message.charset, second.message.mediaType], ['慭龘', 'GB18030', 'application/hl7-v2']);
  assert.equal(third.message.data, '纯文本');
  assert.deepEqual(fourth.message.data, new Uint8Array([0, 255]));
});

test('a second run publishes under the same id', { skip }, async (t) => {
  const destination = await newQueue();
  for (const idempotencyKey of ['a', 'a', 'b']) await publish({ destination }, { data: {}, idempotencyKey });
  const trigger = await consume(t, destination);
  const keys = [await trigger.next(), await trigger.next(), await trigger.next()].map(({ dedupeKey }) => dedupeKey);
  assert.deepEqual(keys, [`${destination}/a`, `${destination}/a`, `${destination}/b`]);
});

test('a message of 10 MB arrives whole', { skip }, async (t) => {
  const destination = await newQueue();
  const text = '病历摘要'.repeat(833_334);
  await publish({ destination }, { message: createMessage(text, { mediaType: 'text/plain' }) });
  const trigger = await consume(t, destination);
  assert.ok((await trigger.next()).message.data === text);
});

test('an unknown queue, an exchange without a queue, and values that are no header are refused', { skip }, async () => {
  const unknown = failsWith('MESSAGING_DESTINATION_UNKNOWN', 'input');
  await assert.rejects(publish({ destination: 'nowhere' }), unknown);
  await assert.rejects(publish({ destination: '/exchange/nowhere' }), unknown);
  await assert.rejects(publish({ destination: '/exchange/amq.topic', key: { value: 'no.queue' } }), unknown);
  const refused = failsWith('MESSAGING_VALUE', 'input');
  await assert.rejects(publish({ destination: 'x', key: { value: {} } }), refused);
  await assert.rejects(publish({ destination: 'x', headers: { a: '{data.a}' } }, { data: { a: 'x\ny' } }), refused);
  const secrets = { '': 'guest:wrong' };
  await assert.rejects(publish({ destination: 'x' }, { secrets }), failsWith('MESSAGING_LOGIN_REFUSED', 'input'));
  await assert.rejects(publish({ destination: 'x' }, { secrets: { '': 'guest' } }), failsWith('MESSAGING_CREDENTIAL', 'input'));
  const elsewhere = adapterOf({ servers: [{ host: 'mq.example' }] });
  await assert.rejects(publish({ destination: 'x' }, { adapter: elsewhere }), failsWith('MESSAGING_TLS_REQUIRED', 'input'));
});

test('a broker that does not confirm is an unknown outcome, and the next message opens another connection', { skip }, async (t) => {
  const destination = await newQueue();
  const port = broker.target.servers[0]!.port;
  const proxy = await startFaultProxy({ targetPort: port });
  t.after(() => proxy.stop());
  const adapter = adapterOf({ servers: [{ host: '127.0.0.1', port: proxy.port }] }, { timeoutMs: 500 });
  const send = (idempotencyKey: string) => publish({ destination }, { adapter, idempotencyKey });
  await send('a');
  proxy.swallow();
  await assert.rejects(send('b'), failsWith('MESSAGING_NOT_CONFIRMED', 'unknown-outcome'));
  proxy.heal();
  await send('b');
  proxy.cut();
  await send('c').catch(() => send('c'));
});

test('a stop before sending is transient, after sending an unknown outcome', { skip }, async (t) => {
  const destination = await newQueue();
  const stopped = failsWith('MESSAGING_STOPPED', 'transient');
  await assert.rejects(publish({ destination }, { signal: AbortSignal.abort() }), stopped);
  const proxy = await startFaultProxy({ targetPort: broker.target.servers[0]!.port });
  t.after(() => proxy.stop());
  const adapter = adapterOf({ servers: [{ host: '127.0.0.1', port: proxy.port }] });
  await publish({ destination }, { adapter });
  proxy.swallow();
  const stopping = new AbortController();
  const beforeFirstByte = () => void setTimeout(() => stopping.abort(), 50);
  await assert.rejects(
    publish({ destination }, { adapter, signal: stopping.signal, beforeFirstByte }),
    failsWith('MESSAGING_NOT_CONFIRMED', 'unknown-outcome'),
  );
});

test('with a name prefix, only what begins with it is published to', { skip }, async (t) => {
  const destination = await newQueue();
  const adapter = adapterOf({ namePrefix: destination });
  await publish({ destination, body: { value: 'x' } }, { adapter });
  for (const other of [await newQueue(), '/exchange/amq.topic'])
    await assert.rejects(publish({ destination: other, body: { value: 'x' } }, { adapter }), failsWith('BROKER_NAME_PREFIX', 'input'));
  const trigger = await consume(t, destination);
  await trigger.next();
});
