/** Apache Kafka: idempotent producer, consumer group, offsets committed after the store, dead letters in a topic. */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { Admin, Consumer as KafkaGroup, Producer, type Message as KafkaMessage, type MessagesStream } from '@platformatic/kafka';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import {
  toDeadLetter,
  type Broker,
  type Consumer,
  type DeadReason,
  type Incoming,
  type Subscription,
  type TakeMessage,
  type Target,
} from './broker.ts';
import { connectionLost } from './errors.ts';
import { kafkaFailed, openFailed } from './kafka-errors.ts';
import { guardPool } from './kafka-guard.ts';
import { KafkaPublisher } from './kafka-publisher.ts';
import { SettleInOrder } from './settle-in-order.ts';
import { endedInTime, within } from './within.ts';

const RETRY_MS = 250;
/** The client turns one retry or none into endless retries. */
const FEWEST_RETRIES = 2;
/** A consumer that is silent for so long has lost its partitions. */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2000;
/** How long the broker waits for a first message before it answers a fetch. */
const FETCH_WAIT_MS = 500;
const FETCH_BYTES = 8 * 1024 * 1024;
const MECHANISMS = { password: 'PLAIN', 'scram-sha-256': 'SCRAM-SHA-256', 'scram-sha-512': 'SCRAM-SHA-512' } as const;
const ID_HEADER = 'message-id';
const TYPE_HEADER = 'content-type';

export default { openPublisher, consume, describe } satisfies Broker;

export function clientOptions({ servers, login, tls, connectTimeoutMs, timeoutMs, clientName }: Target) {
  const hasNames = servers.every(({ host }) => isIP(host) === 0);
  return {
    clientId: clientName.replace(/[^\w.-]/g, '-'),
    bootstrapBrokers: servers.map(({ host, port }) => ({ host, port })),
    connectTimeout: connectTimeoutMs,
    requestTimeout: timeoutMs,
    retries: Math.max(FEWEST_RETRIES, Math.floor(timeoutMs / RETRY_MS)),
    retryDelay: RETRY_MS,
    autocreateTopics: false,
    ...(tls === undefined ? {} : { tls: { minVersion: 'TLSv1.2' as const, ...(tls.ca === undefined ? {} : { ca: tls.ca }) } }),
    ...(tls === undefined ? {} : { tlsServerName: tls.serverName ?? hasNames }),
    ...(login === undefined ? {} : { sasl: { mechanism: MECHANISMS[login.mechanism], username: login.user, password: login.password } }),
  };
}

/** Runs the work with a client for administration. Rejects with the errors of `openFailed`. */
async function withAdmin<T>(target: Target, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(clientOptions(target));
  guardPool(admin.connections, target);
  try {
    return await work(admin);
  } finally {
    await endedInTime(target.clock, admin.close());
  }
}

/** The client tries each server again and again, so the whole of it has the time of one connection and one answer. */
function firstMetadata(client: Admin | Producer, { clock, connectTimeoutMs, timeoutMs }: Target) {
  return within(clock, connectTimeoutMs + timeoutMs, client.metadata({ retries: 0 }));
}

async function describe(target: Target): Promise<string> {
  if (target.signal?.aborted) throw openFailed(target, undefined);
  return withAdmin(target, async (admin) => {
    const { id, brokers } = await firstMetadata(admin, target).catch((cause: unknown) => Promise.reject(openFailed(target, cause)));
    return `Kafka ${id}, ${[...brokers.values()].map(({ host, port }) => `${host}:${port}`).join(', ')}`;
  });
}

async function openPublisher(target: Target): Promise<KafkaPublisher> {
  const producer = new Producer({ ...clientOptions(target), idempotent: true });
  guardPool(producer.connections, target);
  try {
    await firstMetadata(producer, target);
  } catch (cause) {
    await endedInTime(target.clock, producer.close());
    throw openFailed(target, cause);
  }
  return new KafkaPublisher(producer, target);
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const { destination, group, member } = subscription;
  const cluster = await withAdmin(target, (admin) => prepareTopics(admin, target, subscription));
  const client = new KafkaGroup({
    ...clientOptions(target),
    groupId: group,
    // Another process takes the place of one that was killed at once, instead of waiting for the end of its session. It
    // gets the partitions of that one, so a member with another topic must have another name: it would receive nothing.
    groupInstanceId: `${member}-${createHash('sha256').update(destination).digest('hex').slice(0, 16)}`,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: SESSION_MS,
  });
  guardPool(client.connections, target);
  try {
    const options = {
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: FETCH_WAIT_MS,
      maxBytes: FETCH_BYTES,
    } as const;
    const stream = await client.consume({ topics: [destination], ...options });
    guardPool(stream.connections, target);
    return new KafkaConsumer({ client, stream, target, subscription, take, cluster });
  } catch (cause) {
    await endedInTime(target.clock, client.close(true));
    throw kafkaFailed(destination, cause) ?? connectionLost(cause);
  }
}

/** Returns the id of the cluster. The topic must exist; that of the dead letters is created. */
async function prepareTopics(admin: Admin, target: Target, { destination, deadLetter }: Subscription): Promise<string> {
  const { id } = await firstMetadata(admin, target).catch((cause: unknown) => Promise.reject(openFailed(target, cause)));
  await requireTopic(admin, destination);
  try {
    await requireTopic(admin, deadLetter);
  } catch (error) {
    if ((error as AppError).code !== 'MESSAGING_DESTINATION_UNKNOWN') throw error;
    await admin.createTopics({ topics: [deadLetter], partitions: 1, replicas: -1 }).catch((cause: unknown) => {
      throw kafkaFailed(deadLetter, cause) ?? connectionLost(cause);
    });
  }
  return id;
}

async function requireTopic(admin: Admin, topic: string): Promise<void> {
  try {
    await admin.metadata({ topics: [topic], retries: 0, forceUpdate: true });
  } catch (cause) {
    throw kafkaFailed(topic, cause) ?? connectionLost(cause);
  }
}

interface ConsumerParts {
  readonly client: KafkaGroup;
  readonly stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>;
  readonly target: Target;
  readonly subscription: Subscription;
  readonly take: TakeMessage;
  readonly cluster: string;
}

class KafkaConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #partitions = new Map<number, SettleInOrder>();
  /** The last settled message of each partition that is not committed yet. */
  readonly #settled = new Map<number, KafkaMessage>();
  #committing: Promise<void> | undefined;
  #deadLetters: Promise<KafkaPublisher> | undefined;
  #inFlight = 0;
  #isOver = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    parts.stream.on('error', (error) => this.#end(connectionLost(error)));
    parts.stream.on('close', () => this.#end(connectionLost(new Error('the client ended the stream'))));
    parts.stream.on('data', (message) => this.#receive(message));
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  async stop(): Promise<void> {
    const { client, stream, target } = this.#parts;
    const wasOver = this.#isOver;
    this.#isOver = true;
    stream.pause();
    if (!wasOver) await Promise.all([...this.#partitions.values()].map((partition) => partition.drained()));
    await endedInTime(target.clock, this.#commit());
    await endedInTime(target.clock, client.close(true));
    await this.#deadLetters?.then((publisher) => publisher.close()).catch(() => undefined);
  }

  #receive(message: KafkaMessage): void {
    if (this.#isOver) return;
    const { subscription, take, stream, cluster } = this.#parts;
    const incoming = toIncoming(message, cluster);
    this.#inFlight += 1;
    if (this.#inFlight >= subscription.window) stream.pause();
    this.#partition(message.partition).add(take(incoming), {
      stored: () => this.#done(message),
      dead: (reason) => this.#bury(incoming, reason),
    });
  }

  #partition(number: number): SettleInOrder {
    let partition = this.#partitions.get(number);
    if (partition === undefined) this.#partitions.set(number, (partition = new SettleInOrder((reason) => this.#end(reason))));
    return partition;
  }

  #done(message: KafkaMessage): void {
    const { stream, subscription } = this.#parts;
    this.#settled.set(message.partition, message);
    this.#inFlight -= 1;
    if (this.#isOver) return;
    if (this.#inFlight < subscription.window && stream.isPaused()) stream.resume();
    this.#commit().catch((error: unknown) => this.#end(connectionLost(error)));
  }

  /** Commits what is settled. One request is under way at a time; the next one covers what was settled meanwhile. */
  #commit(): Promise<void> {
    this.#committing ??= this.#commitAll().finally(() => (this.#committing = undefined));
    return this.#committing;
  }

  async #commitAll(): Promise<void> {
    // The messages that are settled in the same turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#settled.size > 0) {
      const offsets = [...this.#settled.values()].map(({ topic, partition, offset, leaderEpoch }) => ({
        ...{ topic, partition, offset: offset + 1n, leaderEpoch },
      }));
      this.#settled.clear();
      await this.#parts.client.commit({ offsets });
    }
  }

  async #bury(incoming: Incoming, reason: DeadReason): Promise<void> {
    const { target, subscription } = this.#parts;
    this.#deadLetters ??= openPublisher(target);
    await (await this.#deadLetters).publish(toDeadLetter(incoming, reason, subscription));
  }

  #end(reason: AppError): void {
    this.#isOver = true;
    for (const partition of this.#partitions.values()) partition.end();
    this.#ended.resolve(reason);
  }
}

function toIncoming({ topic, partition, offset, key, value, headers }: KafkaMessage, cluster: string): Incoming {
  const texts: Record<string, string> = {};
  for (const [name, text] of headers) texts[name.toString()] = text?.toString() ?? '';
  const { [ID_HEADER]: id, [TYPE_HEADER]: contentType, ...others } = texts;
  return {
    id: id === '' ? undefined : id,
    place: `${cluster}/${topic}/${partition}/${offset}`,
    key: key?.toString(),
    contentType,
    headers: others,
    // A tombstone has no value.
    body: value ?? Buffer.alloc(0),
  };
}
