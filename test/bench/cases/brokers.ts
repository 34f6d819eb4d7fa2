/** The publishing node on real brokers, beside the bare client with the same number of messages in flight. */
import { Producer } from '@platformatic/kafka';
import { connect } from 'amqplib';
import { Redis } from 'ioredis';
import rhea, { type Delivery, type EventContext } from 'rhea';
import { createMessage, type Message } from '../../../engine/contract/values/message.ts';
import type { ActionNode, BuildContext, NodeContext } from '../../../engine/contract/node/node.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { checkConfig, resolveAdapter } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import messagingPublish from '../../../nodes/messaging/publish.node.ts';
import {
  ACTIVEMQ,
  KAFKA,
  MQTT,
  RABBITMQ,
  REDIS,
  ROCKETMQ,
  STOMP,
  type TestBroker,
  type TestBrokerKind,
} from '../../nodes/messaging/brokers-here.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { median, rounded } from '../measure/compare.ts';
import { startProgram } from '../measure/program.ts';
import { withStarted, type Keep } from '../measure/with-started.ts';
import { adtFromBroker } from '../flows/adt-flow.ts';
import { segmentsOf } from '../flows/admission.ts';
import type { StoreCounts } from '../programs/flows.ts';
import type { Received } from '../programs/receiver.ts';
import { FEED_FLOW, runThroughput, until, withFeed } from './durable-feed.ts';

const MESSAGES = 5000;
const WINDOW = 200;
const ROUNDS = 5;
const WARM_UP = 4000;
const FEED_MESSAGES = 10_000;
const BODY = 'x'.repeat(1024);

type Send = (number: number) => Promise<unknown>;

export const brokerCases: readonly BenchCase[] = [
  { name: 'publish-rabbitmq', run: () => withStarted((keep) => runPublish('publish-rabbitmq', RABBITMQ, bareRabbitmq, keep)) },
  { name: 'consume-rabbitmq', run: () => withStarted((keep) => runConsume('consume-rabbitmq', RABBITMQ, keep)) },
  { name: 'consume-kafka', run: () => withStarted((keep) => runConsume('consume-kafka', KAFKA, keep)) },
  { name: 'publish-kafka', run: () => withStarted((keep) => runPublish('publish-kafka', KAFKA, bareKafka, keep)) },
  { name: 'publish-amqp', run: () => withStarted((keep) => runPublish('publish-amqp', ACTIVEMQ, bareAmqp, keep)) },
  { name: 'publish-redis', run: () => withStarted((keep) => runPublish('publish-redis', REDIS, bareRedis, keep)) },
  { name: 'consume-amqp', run: () => withStarted((keep) => runConsume('consume-amqp', ACTIVEMQ, keep)) },
  { name: 'consume-stomp', run: () => withStarted((keep) => runConsume('consume-stomp', STOMP, keep)) },
  { name: 'consume-mqtt', run: () => withStarted((keep) => runConsume('consume-mqtt', MQTT, keep)) },
  { name: 'consume-redis', run: () => withStarted((keep) => runConsume('consume-redis', REDIS, keep)) },
  { name: 'consume-rocketmq', run: () => withStarted((keep) => runConsume('consume-rocketmq', ROCKETMQ, keep)) },
];

/** A hospital's feed from a broker: the first messages warm up, then it is measured until all have come to the district. */
async function runConsume(name: string, kind: TestBrokerKind, keep: Keep): Promise<readonly BenchLine[]> {
  const adt = await withFeed(runThroughput);
  const server = keep(await kind.start());
  // A topic of RocketMQ has 8 queues unless another number is given.
  await server.create('adt', FEED_FLOW, 8);
  const send = nodeOf(server, { destination: 'adt', headers: { patient: '{data.patient}' }, body: { path: 'data.text' } });
  await perSecond((number) => send(number, admissionOf(number)), WARM_UP + FEED_MESSAGES);
  const receiver = keep(await startProgram<'received', Received>('receiver', {}));
  const { settings, credential } = server;
  const district = { protocol: 'http', settings: { baseUrl: `http://127.0.0.1:${receiver.port}` }, maxConcurrency: 64 };
  const adapters = { adp_broker: { protocol: 'messaging', settings, credential, maxConcurrency: 64 }, adp_district: district };
  keep(await startProgram<'counts', StoreCounts>('flows', { flows: [adtFromBroker(FEED_FLOW, 'adt')], adapters }));
  const received = async () => (await receiver.ask('received')).requests;
  await until(async () => (await received()) >= WARM_UP);
  const [from, startedAt] = [await received(), performance.now()];
  await until(async () => (await received()) >= WARM_UP + FEED_MESSAGES);
  const rate = Math.round(((WARM_UP + FEED_MESSAGES - from) * 1000) / (performance.now() - startedAt));
  const { requests, keys } = await receiver.ask('received');
  const ratio = rounded(rate / adt.perSecond);
  return [
    {
      case: name,
      perSecond: rate,
      baselinePerSecond: adt.perSecond,
      ratio,
      deliveredTwice: requests - keys,
      target: 'ratio >= 0.8',
      isReached: ratio >= 0.8,
      baseline: 'durable-adt of the same run',
    },
  ];
}

function admissionOf(number: number): Message {
  const patient = `P${String(number % 500).padStart(6, '0')}`;
  return createMessage(
    { patient, text: segmentsOf('B', number, patient).join('\r') },
    { mediaType: 'application/hl7-v2', charset: 'UTF-8' },
  );
}

async function runPublish(
  name: string,
  kind: TestBrokerKind,
  bare: (server: TestBroker, destination: string, keep: Keep) => Promise<Send>,
  keep: Keep,
): Promise<readonly BenchLine[]> {
  const server = keep(await kind.start());
  await server.create('bench');
  const text = createMessage(BODY, { mediaType: 'text/plain' });
  const publish = nodeOf(server, { destination: 'bench' });
  const own: Send = (number) => publish(number, text);
  const base = await bare(server, 'bench', keep);
  for (const send of [own, base]) await perSecond(send);
  const rounds: { readonly own: number; readonly base: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const isOwnFirst = round % 2 === 0;
    const first = await perSecond(isOwnFirst ? own : base);
    const second = await perSecond(isOwnFirst ? base : own);
    rounds.push(isOwnFirst ? { own: first, base: second } : { own: second, base: first });
  }
  const ratio = rounded(median(rounds.map((round) => round.own / round.base)));
  return [
    {
      case: name,
      perSecond: Math.round(median(rounds.map((round) => round.own))),
      baselinePerSecond: Math.round(median(rounds.map((round) => round.base))),
      ratio,
      target: 'ratio >= 0.5',
      isReached: ratio >= 0.5,
      baseline: `the bare client, one send a message, ${WINDOW} in flight`,
    },
  ];
}

async function perSecond(send: Send, messages = MESSAGES): Promise<number> {
  let next = 0;
  const startedAt = performance.now();
  const sender = async () => {
    while (next < messages) await send(next++);
  };
  await Promise.all(Array.from({ length: WINDOW }, sender));
  return (messages * 1000) / (performance.now() - startedAt);
}

function nodeOf(
  { settings, credential }: TestBroker,
  wanted: Record<string, unknown>,
): (number: number, message: Message) => Promise<void> {
  const node = messagingPublish as unknown as ActionNode;
  const config = checkConfig(node, wanted);
  const run = node.prepare(config, {} as BuildContext);
  const adapter = resolveAdapter('messaging', { settings: { ...settings, window: WINDOW }, limits: { timeoutMs: 20_000 } });
  const common = { config, adapter, outbound: anywhere, clock: wallClock(), log: silentLogger };
  return async (number, message) => {
    const own = {
      scope: { message, nodes: {}, now: 0 },
      signal: new AbortController().signal,
      idempotencyKey: `key-${number}`,
      secret: async () => credential,
      beforeFirstByte: () => undefined,
    };
    await run({ ...common, ...own } as unknown as NodeContext<Record<string, unknown>>, message);
  };
}

async function bareRabbitmq({ url }: TestBroker, destination: string, keep: Keep): Promise<Send> {
  const model = await connect(url);
  keep({ stop: () => model.close() });
  const channel = await model.createConfirmChannel();
  const body = Buffer.from(BODY);
  return (number) =>
    new Promise<void>((resolve, reject) => {
      channel.sendToQueue(destination, body, { persistent: true, mandatory: true, messageId: `key-${number}` }, (error: unknown) =>
        error === null ? resolve() : reject(error as Error),
      );
    });
}

async function bareKafka({ target, credential }: TestBroker, topic: string, keep: Keep): Promise<Send> {
  const [username, password] = credential.split(':') as [string, string];
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [...target.servers],
    idempotent: true,
    sasl: { mechanism: 'SCRAM-SHA-256', username, password },
  });
  keep({ stop: () => producer.close() });
  const value = Buffer.from(BODY);
  return () => producer.send({ messages: [{ topic, value }] });
}

async function bareAmqp({ target }: TestBroker, destination: string, keep: Keep): Promise<Send> {
  const { user, password } = target.login!;
  const connection = rhea.create_container().connect({ ...target.servers[0]!, username: user, password });
  keep({ stop: async () => connection.close() });
  const sender = connection.open_sender({ target: { address: destination, durable: 2, capabilities: ['queue'] } });
  const sent = new Map<Delivery, () => void>();
  sender.on('accepted', ({ delivery }: EventContext) => {
    sent.get(delivery!)?.();
    sent.delete(delivery!);
  });
  await new Promise((resolve) => sender.once('sendable', resolve));
  return (number) =>
    new Promise<void>((resolve) => void sent.set(sender.send({ message_id: `key-${number}`, durable: true, body: BODY }), resolve));
}

async function bareRedis({ target, credential }: TestBroker, stream: string, keep: Keep): Promise<Send> {
  const redis = new Redis(target.servers[0]!.port, '127.0.0.1', { password: credential.slice(credential.indexOf(':') + 1) });
  keep({ stop: async () => void redis.disconnect() });
  return (number) => redis.xadd(stream, '*', 'id', `key-${number}`, 'body', BODY);
}
