/**
 * RabbitMQ: lists by the HTTP API of the management plugin, acts that count or move messages by AMQP. The virtual host is
 * part of every path and of the AMQP connection, so nothing of another one can be named.
 */
import type { ChannelModel } from 'amqplib';
import {
  brokerNotFound,
  type BrokerAbout,
  type BrokerAdministration,
  type BrokerDestination,
  type BrokerSession,
  type BrokerSubscription,
  type BrokerVirtualHost,
  type BrowsedMessage,
  type BrowseLimits,
  type DestinationRef,
  type MoveOrder,
  type MoveResult,
  type NewDestination,
  type SubscriptionRef,
} from '../../../engine/contract/node/broker-administration.ts';
import { given } from '../../../engine/contract/values/given.ts';
import { closeModel, open as openModel } from '../brokers/rabbitmq.ts';
import type { AdministrationOptions } from './administration-options.ts';
import { brokerExists, brokerRefused, browseCounts, wrongName } from './errors.ts';
import { ManagementApi } from './management-api.ts';
import {
  Bindings,
  Connections,
  Consumers,
  Exchanges,
  fieldsOf,
  Messages,
  numberOf,
  OneQueue,
  Overview,
  Queues,
  textOf,
  VirtualHosts,
  type Binding,
  type Connection,
  type Exchange,
  type GotMessage,
  type Queue,
} from './rabbitmq-answers.ts';
import { countMessages, moveMessages } from './rabbitmq-move.ts';

const QUEUE_FIELDS =
  '?columns=name,type,durable,messages,messages_unacknowledged,message_bytes,consumers,arguments,effective_policy_definition';
const KEY_HEADER = 'message-key';
const MAX_HEADERS = 100;
const MAX_HEADER_LENGTH = 4000;

export function open(options: AdministrationOptions): BrokerAdministration {
  return new RabbitmqAdministration(options);
}

class RabbitmqAdministration implements BrokerAdministration {
  readonly #options: AdministrationOptions;
  readonly #host: string;
  readonly #api: ManagementApi;
  #model: Promise<ChannelModel> | undefined;

  constructor(options: AdministrationOptions) {
    const { target, management, limitBytes } = options;
    this.#options = options;
    this.#host = target.virtualHost ?? '/';
    this.#api = new ManagementApi(target, management!, limitBytes);
  }

  async about(): Promise<BrokerAbout> {
    const { rabbitmq_version: version } = await this.#api.read(['overview'], Overview);
    return {
      product: 'RabbitMQ',
      ...given({ version }),
      features: { kinds: ['queue', 'topic'], subscriptions: 'bindings', endSessions: true, virtualHosts: true },
    };
  }

  async destinations(): Promise<readonly BrokerDestination[]> {
    const queues = await this.#api.read(['queues', this.#host], Queues, QUEUE_FIELDS);
    const exchanges = await this.#api.read(['exchanges', this.#host], Exchanges);
    return [...queues.map(toQueue), ...exchanges.filter(({ name }) => name !== '').map(toTopic)];
  }

  async subscriptions(): Promise<readonly BrokerSubscription[]> {
    const bindings = await this.#api.read(['bindings', this.#host], Bindings);
    const queues = new Map((await this.#api.read(['queues', this.#host], Queues, QUEUE_FIELDS)).map((queue) => [queue.name, queue]));
    return bindings.filter(isOfQueue).map(({ source, destination, routing_key }) => ({
      ...{ topic: source, subscriber: destination, key: routing_key },
      ...given({ lag: queues.get(destination)?.messages, consumers: queues.get(destination)?.consumers }),
    }));
  }

  async sessions(): Promise<readonly BrokerSession[]> {
    const connections = await this.#connections();
    const consumers = await this.#api.read(['consumers', this.#host], Consumers);
    const queuesOf = new Map<string, Set<string>>();
    for (const { queue, channel_details } of consumers) {
      const connection = textOf(fieldsOf(channel_details)['connection_name']);
      if (connection === undefined) continue;
      const names = queuesOf.get(connection) ?? new Set();
      queuesOf.set(connection, names.add(queue.name));
    }
    return connections.map((connection) => toSession(connection, [...(queuesOf.get(connection.name) ?? [])].sort()));
  }

  async virtualHosts(): Promise<readonly BrokerVirtualHost[]> {
    const hosts = await this.#api.read(['vhosts'], VirtualHosts);
    return hosts.map(({ name, messages }) => ({ name, isOwn: name === this.#host, ...given({ messages }) }));
  }

  async create(destination: NewDestination): Promise<void> {
    const { kind, name, type, deadLetterTo, retainMs } = destination;
    if (isDots(name)) throw wrongName(name);
    const path = [kind === 'queue' ? 'queues' : 'exchanges', this.#host, name];
    const deadLetters = deadLetterTo === undefined ? {} : { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': deadLetterTo };
    const queue = { 'x-queue-type': type ?? 'quorum', ...deadLetters, ...given({ 'x-message-ttl': retainMs }) };
    const outcome = await this.#api
      .change('PUT', path, { durable: true, auto_delete: false, ...(kind === 'queue' ? { arguments: queue } : { type: type ?? 'topic' }) })
      .catch((error: Error) => {
        throw /inequivalent arg/.test(error.message) ? brokerExists(name) : error;
      });
    if (outcome === 'absent') throw brokerNotFound(this.#host);
    if (outcome !== 'created') throw brokerExists(name);
  }

  async remove({ kind, name }: DestinationRef): Promise<number> {
    if (kind === 'queue') return countMessages(await this.#connected(), name, (channel) => channel.deleteQueue(name));
    await this.#change('DELETE', ['exchanges', this.#host, name], name);
    return 0;
  }

  async purge({ kind, name }: DestinationRef): Promise<number> {
    if (kind !== 'queue') throw brokerNotFound(name);
    return countMessages(await this.#connected(), name, (channel) => channel.purgeQueue(name));
  }

  /** The broker puts the messages back to their places after it has sent them. */
  async browse({ kind, name }: DestinationRef, { count, eachBytes, mayCount }: BrowseLimits): Promise<readonly BrowsedMessage[]> {
    if (kind !== 'queue') throw brokerNotFound(name);
    const { deliveryLimit } = toQueue(await this.#api.read(['queues', this.#host, name], OneQueue));
    if (deliveryLimit !== undefined && !mayCount) throw browseCounts(deliveryLimit);
    const question = { count, ackmode: 'ack_requeue_true', encoding: 'auto', truncate: eachBytes };
    return (await this.#api.ask(['queues', this.#host, name, 'get'], question, Messages)).map(toBrowsed);
  }

  async move(order: MoveOrder, onMoved: (moved: number) => void): Promise<MoveResult> {
    if (order.from.kind !== 'queue') throw brokerNotFound(order.from.name);
    return moveMessages({ ...this.#options, model: await this.#connected() }, order, onMoved);
  }

  async subscribe({ topic, subscriber, key = '' }: SubscriptionRef): Promise<void> {
    const path = ['bindings', this.#host, 'e', topic, 'q', subscriber];
    const existing = await this.#api.read(path, Bindings);
    if (existing.some(({ routing_key }) => routing_key === key)) throw brokerExists(`${topic} → ${subscriber}`);
    await this.#change('POST', path, `${topic} → ${subscriber}`, { routing_key: key, arguments: {} });
  }

  async unsubscribe({ topic, subscriber, key = '' }: SubscriptionRef): Promise<void> {
    const path = ['bindings', this.#host, 'e', topic, 'q', subscriber];
    const found = (await this.#api.read(path, Bindings)).filter(({ routing_key }) => routing_key === key);
    if (found.length === 0) throw brokerNotFound(`${topic} → ${subscriber}`);
    for (const { properties_key } of found) await this.#change('DELETE', [...path, properties_key], subscriber);
  }

  /** The user of the adapter may see connections of other virtual hosts too. */
  async endSession(sessionId: string): Promise<void> {
    const isOwn = (await this.#connections()).some(({ name }) => name === sessionId);
    if (!isOwn) throw brokerNotFound(sessionId);
    await this.#change('DELETE', ['connections', sessionId], sessionId);
  }

  async createVirtualHost(name: string): Promise<void> {
    if (isDots(name)) throw wrongName(name);
    if ((await this.#api.change('PUT', ['vhosts', name], {})) !== 'created') throw brokerExists(name);
  }

  async removeVirtualHost(name: string): Promise<void> {
    if (name === this.#host) throw brokerRefused('it is the virtual host of this adapter');
    await this.#change('DELETE', ['vhosts', name], name);
  }

  async close(): Promise<void> {
    await this.#model?.then((model) => closeModel(model, this.#options.target)).catch(() => undefined);
    await this.#api.close();
  }

  async #connections(): Promise<readonly Connection[]> {
    const connections = await this.#api.read(['vhosts', this.#host, 'connections'], Connections);
    return connections.filter(({ vhost }) => vhost === this.#host);
  }

  async #change(method: 'POST' | 'DELETE', path: readonly string[], name: string, body?: object): Promise<void> {
    if ((await this.#api.change(method, path, body)) === 'absent') throw brokerNotFound(name);
  }

  #connected(): Promise<ChannelModel> {
    // The signal would end the connection in the middle of a batch; an act that is stopped ends after it.
    const { signal: _signal, ...target } = this.#options.target;
    this.#model ??= openModel(target);
    return this.#model;
  }
}

function isDots(name: string): boolean {
  return name === '.' || name === '..';
}

/** The bindings of the nameless exchange are the queues themselves; those between exchanges have no queue. */
function isOfQueue({ source, destination_type }: Binding): boolean {
  return source !== '' && destination_type === 'queue';
}

function toQueue(queue: Queue): BrokerDestination {
  const options = fieldsOf(queue.arguments);
  const policy = fieldsOf(queue.effective_policy_definition);
  const exchange = options['x-dead-letter-exchange'] ?? policy['dead-letter-exchange'];
  const key = options['x-dead-letter-routing-key'] ?? policy['dead-letter-routing-key'];
  return {
    ...{ kind: 'queue', name: queue.name, type: queue.type ?? 'classic', durable: queue.durable },
    ...given({
      messages: queue.messages,
      unacknowledged: queue.messages_unacknowledged,
      bytes: queue.message_bytes,
      consumers: queue.consumers,
      // Without a name of an exchange, the key is the name of a queue.
      deadLetterTo: textOf(exchange) ?? (exchange === '' ? textOf(key) : undefined),
      deliveryLimit: numberOf(options['x-delivery-limit']) ?? numberOf(policy['delivery-limit']),
    }),
  };
}

function toTopic({ name, type, durable, internal }: Exchange): BrokerDestination {
  const isBuiltIn = name.startsWith('amq.') || internal === true;
  return { kind: 'topic', name, type, durable, ...(isBuiltIn ? { builtIn: true as const } : {}) };
}

function toSession(connection: Connection, consumes: readonly string[]): BrokerSession {
  const { name, user, peer_host, peer_port, connected_at, protocol, client_properties } = connection;
  const properties = fieldsOf(client_properties);
  return {
    sessionId: name,
    client: textOf(properties['connection_name']) ?? textOf(properties['product']) ?? '',
    address: peer_host === undefined ? '' : `${peer_host}:${peer_port ?? ''}`,
    ...given({ user, since: connected_at, protocol }),
    consumes,
  };
}

function toBrowsed(message: GotMessage): BrowsedMessage {
  const properties = fieldsOf(message.properties);
  const { [KEY_HEADER]: key, ...headers } = textsOf(properties['headers']);
  return {
    ...given({
      id: textOf(properties['message_id']),
      key: key ?? (message.exchange === '' ? undefined : message.routing_key),
      contentType: textOf(properties['content_type']),
    }),
    headers,
    body: Buffer.from(message.payload, message.payload_encoding === 'base64' ? 'base64' : 'utf8'),
    sizeBytes: message.payload_bytes,
  };
}

function textsOf(headers: unknown): Record<string, string> {
  const texts = Object.entries(fieldsOf(headers))
    .slice(0, MAX_HEADERS)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const);
  return Object.fromEntries(texts.filter(([, text]) => text.length <= MAX_HEADER_LENGTH));
}
