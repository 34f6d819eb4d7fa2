/** RabbitMQ by AMQP 0-9-1: publisher confirms, acknowledgements, dead letters with their reason. */
import { isIP, type Socket } from 'node:net';
import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage, type Options, type SocketOptions } from 'amqplib';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import {
  toDeadLetter,
  type Broker,
  type Consumer,
  type DeadReason,
  type Incoming,
  type Outgoing,
  type Publisher,
  type Server,
  type Subscription,
  type TakeMessage,
  type Target,
} from './broker.ts';
import { firstServer, joinWrites } from './connect.ts';
import {
  connectFailed,
  connectionLost,
  destinationUnknown,
  loginRefused,
  notConfirmed,
  notTaken,
  refused,
  stopped,
  tooLarge,
} from './errors.ts';
import { SettleInOrder } from './settle-in-order.ts';
import { endedInTime, within } from './within.ts';

/** A connection whose other side is silent for two of these is lost. */
const HEARTBEAT_SEC = 10;
/** Maximum number of exchanges that a connection publishes to at the same time; each has a channel. */
const MAX_CHANNELS = 200;
const EXCHANGE = '/exchange/';
/** A queue has no key, so the key is a header there. */
const KEY_HEADER = 'message-key';

/** Reply codes of AMQP 0-9-1. */
const ACCESS_REFUSED = 403;
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 406;

export default { openPublisher, consume, describe } satisfies Broker;

export function open(target: Target): Promise<ChannelModel> {
  return firstServer(target, (server) => openServer(target, server));
}

async function openServer(target: Target, server: Server): Promise<ChannelModel> {
  const { tls, outbound, connectTimeoutMs, clientName, signal, login, virtualHost = '/' } = target;
  if (signal?.aborted) throw stopped();
  const options: Options.Connect = {
    protocol: tls === undefined ? 'amqp' : 'amqps',
    hostname: server.host,
    port: server.port,
    username: login?.user ?? '',
    password: login?.password ?? '',
    vhost: encodeURIComponent(virtualHost),
    heartbeat: HEARTBEAT_SEC,
  };
  const socket: SocketOptions & { lookup: unknown; signal?: AbortSignal } = {
    lookup: outbound.lookup(server.port),
    timeout: connectTimeoutMs,
    // Otherwise a message of more than 2 KB waits for the delayed acknowledgement of TCP.
    noDelay: true,
    keepAlive: true,
    keepAliveDelay: 30_000,
    clientProperties: { connection_name: clientName },
    ...(signal === undefined ? {} : { signal }),
    ...(tls === undefined ? {} : { minVersion: 'TLSv1.2' as const, ...(tls.ca === undefined ? {} : { ca: tls.ca }) }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  };
  try {
    // If the host is an IP address, connecting does not call `lookup`, which checks addresses. So check it here.
    if (isIP(server.host) !== 0) await outbound.resolve(server.host, server.port);
    const model = await connect(options, socket);
    model.on('error', () => undefined);
    joinWrites((model.connection as unknown as { readonly stream: Socket }).stream);
    return model;
  } catch (cause) {
    if (signal?.aborted) throw stopped();
    throw openFailed(server, cause);
  }
}

function openFailed(server: Server, cause: unknown): AppError {
  const text = cause instanceof Error ? cause.message : '';
  if (/ACCESS[-_]REFUSED/.test(text)) return loginRefused('password', cause);
  // The client does not say why the broker closed the connection instead of opening the virtual host.
  if (/ConnectionOpenOk; got <ConnectionClose/.test(text)) return loginRefused('virtual-host', cause);
  return connectFailed(server, cause);
}

export async function closeModel(model: ChannelModel, { clock }: Target): Promise<void> {
  await endedInTime(clock, model.close());
}

async function describe(target: Target): Promise<string> {
  const model = await open(target);
  const { product, version } = model.connection.serverProperties;
  await closeModel(model, target);
  return `${product} ${version}`;
}

async function openPublisher(target: Target): Promise<Publisher> {
  return new RabbitPublisher(await open(target), target);
}

/**
 * Publishes each exchange's messages on a channel of its own: the broker closes a channel on errors such as an unknown
 * exchange, and the messages to others must not suffer from that.
 */
class RabbitPublisher implements Publisher {
  readonly #model: ChannelModel;
  readonly #target: Target;
  readonly #lines = new Map<string, Promise<PublishLine>>();
  #isOpen = true;
  #isBlocked = false;

  constructor(model: ChannelModel, target: Target) {
    this.#model = model;
    this.#target = target;
    model.on('close', () => (this.#isOpen = false));
    model.on('blocked', () => (this.#isBlocked = true));
    model.on('unblocked', () => (this.#isBlocked = false));
  }

  get isUsable(): boolean {
    return this.#isOpen;
  }

  async publish(message: Outgoing): Promise<void> {
    if (this.#isBlocked) throw notTaken('the broker lacks memory or disk');
    const route = routeOf(message);
    const line = await this.#lineOf(route.exchange);
    return line.publish(message, route);
  }

  close(): Promise<void> {
    this.#isOpen = false;
    return closeModel(this.#model, this.#target);
  }

  #lineOf(exchange: string): Promise<PublishLine> {
    const known = this.#lines.get(exchange);
    if (known !== undefined) return known;
    if (this.#lines.size >= MAX_CHANNELS) throw notTaken(`more than ${MAX_CHANNELS} exchanges at once`);
    const { clock, timeoutMs } = this.#target;
    const forget = () => void this.#lines.delete(exchange);
    const opened = within(clock, timeoutMs, this.#model.createConfirmChannel())
      .catch((cause: unknown) => {
        forget();
        throw connectionLost(cause);
      })
      .then((channel) => {
        channel.on('close', forget);
        return new PublishLine(channel);
      });
    this.#lines.set(exchange, opened);
    return opened;
  }
}

interface Route {
  readonly exchange: string;
  readonly routingKey: string;
}

function routeOf({ destination, key = '' }: Pick<Outgoing, 'destination' | 'key'>): Route {
  if (!destination.startsWith(EXCHANGE)) return { exchange: '', routingKey: destination };
  return { exchange: destination.slice(EXCHANGE.length), routingKey: key };
}

class PublishLine {
  readonly #channel: ConfirmChannel;
  /** Messages that no queue takes; the broker returns them before it confirms them. */
  readonly #returned = new Set<string>();
  #failure: (Error & { readonly code?: unknown }) | undefined;
  #hasConfirmed = false;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel;
    channel.on('error', (error) => (this.#failure = error));
    channel.on('return', ({ fields, properties }) => this.#returned.add(tokenOf(fields.routingKey, properties.messageId)));
  }

  publish(message: Outgoing, { exchange, routingKey }: Route): Promise<void> {
    const { destination, id, key, contentType, body } = message;
    const isQueue = exchange === '';
    const headers = isQueue && key !== undefined ? { ...message.headers, [KEY_HEADER]: key } : message.headers;
    const options = { persistent: true, mandatory: true, messageId: id, contentType, headers };
    return new Promise((resolve, reject) => {
      const onConfirm = (error: Error | null) => {
        const isReturned = this.#returned.delete(tokenOf(routingKey, id));
        if (error !== null) return reject(this.#failed(destination, error));
        this.#hasConfirmed = true;
        if (isReturned) return reject(destinationUnknown(destination, isQueue ? 'absent' : 'unroutable'));
        return resolve();
      };
      try {
        this.#channel.publish(exchange, routingKey, toBuffer(body), options, onConfirm);
      } catch (cause) {
        reject(connectionLost(cause));
      }
    });
  }

  #failed(destination: string, cause: Error): AppError {
    if (cause.message === 'message nacked') return notTaken('negative confirm', cause);
    // Earlier messages of the channel may be stored although their confirms are lost.
    if (this.#failure === undefined || this.#hasConfirmed) return notConfirmed('the connection was lost', cause);
    return channelFailed(destination, this.#failure) ?? notConfirmed('the broker closed the channel', cause);
  }
}

function tokenOf(routingKey: string, id: unknown): string {
  return JSON.stringify([routingKey, id]);
}

function toBuffer(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Returns the error for a channel that the broker closed; undefined for reasons that say nothing of the destination. */
function channelFailed(destination: string, cause: unknown): AppError | undefined {
  const { code, message } = cause as { readonly code?: unknown; readonly message: string };
  if (code === NOT_FOUND) return destinationUnknown(destination, 'absent', cause);
  if (code === PRECONDITION_FAILED && /message size/.test(message)) return tooLarge(cause);
  if (code === ACCESS_REFUSED || code === PRECONDITION_FAILED) return refused(destination, code, cause);
  return undefined;
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const model = await open(target);
  try {
    // The client does not notice it if the connection is lost while it closes a channel, so the whole has one time limit.
    return await within(target.clock, target.timeoutMs, startConsumer(model, target, subscription, take));
  } catch (error) {
    await closeModel(model, target);
    throw connectionLost(error);
  }
}

async function startConsumer(model: ChannelModel, target: Target, subscription: Subscription, take: TakeMessage): Promise<RabbitConsumer> {
  await makeDeadLetterQueue(model, subscription.deadLetter);
  const { destination, window } = subscription;
  const channel = await channelFor(model);
  const consumer = new RabbitConsumer({ model, channel, target, subscription, take });
  await channel.checkQueue(destination).catch((cause: unknown) => rethrow(destination, cause));
  await channel.prefetch(window);
  const { consumerTag } = await channel
    .consume(destination, (message) => consumer.receive(message))
    .catch((cause: unknown) => rethrow(destination, cause));
  consumer.tag = consumerTag;
  return consumer;
}

async function channelFor(model: ChannelModel): Promise<ConfirmChannel> {
  const channel = await model.createConfirmChannel();
  channel.on('error', () => undefined);
  return channel;
}

function rethrow(destination: string, cause: unknown): never {
  throw channelFailed(destination, cause) ?? connectionLost(cause);
}

/** A failed check closes its channel, so creating the queue needs another one. */
async function makeDeadLetterQueue(model: ChannelModel, name: string): Promise<void> {
  const checking = await channelFor(model);
  try {
    await checking.checkQueue(name);
    await checking.close();
    return;
  } catch (cause) {
    if ((cause as { readonly code?: unknown }).code !== NOT_FOUND) rethrow(name, cause);
  }
  const creating = await channelFor(model);
  const options = { durable: true, arguments: { 'x-queue-type': 'quorum' } };
  await creating.assertQueue(name, options).catch((cause: unknown) => rethrow(name, cause));
  await creating.close();
}

interface ConsumerParts {
  readonly model: ChannelModel;
  readonly channel: ConfirmChannel;
  readonly target: Target;
  readonly subscription: Subscription;
  readonly take: TakeMessage;
}

class RabbitConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #settling = new SettleInOrder((reason) => this.#end(reason));
  readonly #deadLetters: PublishLine;
  #isOver = false;
  /** The last message that may be acknowledged, with all before it. */
  #settled: ConsumeMessage | undefined;
  tag = '';

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#deadLetters = new PublishLine(parts.channel);
    parts.channel.on('error', (error) => this.#end(channelFailed(parts.subscription.destination, error) ?? connectionLost(error)));
    parts.channel.on('close', () => this.#end(connectionLost(new Error('closed by the broker'))));
    parts.model.on('error', (error) => this.#end(connectionLost(error)));
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  /** Without a message, the queue was deleted. */
  receive(message: ConsumeMessage | null): void {
    const { subscription, take } = this.#parts;
    if (this.#isOver) return;
    if (message === null) return this.#end(destinationUnknown(subscription.destination, 'absent'));
    const incoming = toIncoming(message);
    this.#settling.add(take(incoming), {
      stored: () => this.#acknowledge(message),
      dead: (reason) => this.#bury(incoming, reason),
    });
  }

  async stop(): Promise<void> {
    const { model, channel, target } = this.#parts;
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (!wasOver) {
      await endedInTime(target.clock, channel.cancel(this.tag));
      await this.#settling.drained();
    }
    this.#flush();
    // Closing the connection would overtake the acknowledgement, because the client sends it by another queue.
    await endedInTime(target.clock, channel.close());
    await closeModel(model, target);
  }

  /** One acknowledgement covers all messages that are settled in one turn of the event loop. */
  #acknowledge(message: ConsumeMessage): void {
    if (this.#settled === undefined) setImmediate(() => this.#flush());
    this.#settled = message;
  }

  #flush(): void {
    const settled = this.#settled;
    this.#settled = undefined;
    if (settled === undefined) return;
    try {
      this.#parts.channel.ack(settled, true);
    } catch (error) {
      this.#end(connectionLost(error));
    }
  }

  #bury(incoming: Incoming, reason: DeadReason): Promise<void> {
    const letter = toDeadLetter(incoming, reason, this.#parts.subscription);
    return this.#deadLetters.publish(letter, routeOf(letter));
  }

  #end(reason: AppError): void {
    this.#isOver = true;
    this.#settling.end();
    this.#ended.resolve(reason);
  }
}

function toIncoming({ fields, properties, content }: ConsumeMessage): Incoming {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties.headers ?? {})) headers[name] = textOf(value);
  const { [KEY_HEADER]: keyOfQueue, ...others } = headers;
  return {
    id: textOrAbsent(properties.messageId),
    place: undefined,
    key: keyOfQueue ?? (fields.exchange === '' ? undefined : fields.routingKey),
    contentType: textOrAbsent(properties.contentType),
    headers: others,
    body: content,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function textOrAbsent(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
