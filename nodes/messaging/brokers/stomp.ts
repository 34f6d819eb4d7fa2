/** STOMP 1.2: receipts, one acknowledgement for each message after the store, dead letters with their reason. */
import type { Socket } from 'node:net';
import { Client, StompSocketState, type IFrame, type IMessage, type IStompSocket } from '@stomp/stompjs';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { isJsonType, isTextType, parseMediaType } from '../../shared/http/media-type.ts';
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
import { firstServer, joinWrites, openSocket } from './connect.ts';
import { connectFailed, connectionLost, destinationUnknown, loginRefused, notConfirmed, notTaken, refused, stopped } from './errors.ts';
import { HeldWindow } from './held-window.ts';
import { SettleInOrder } from './settle-in-order.ts';
import { endedInTime, within } from './within.ts';

const HEARTBEAT_MS = 10_000;
/** `message-id` is the broker's own, and some give another one with each delivery. */
const ID_HEADER = 'x-message-id';
const KEY_HEADER = 'x-message-key';
/** The messages of a group of JMS stay in order. ActiveMQ does not hand this header on. */
const GROUP_HEADER = 'JMSXGroupID';
/** What brokers add to the headers of the sender. */
const BROKER_HEADERS = new Set([
  ...['destination', 'message-id', 'subscription', 'ack', 'content-type', 'content-length', 'timestamp', 'priority', 'expires'],
  ...['persistent', 'receipt', 'redelivered', 'type', 'amq-msg-type', 'prefetch-count', ID_HEADER, KEY_HEADER, GROUP_HEADER],
]);

export default { openPublisher, consume, describe } satisfies Broker;

interface StompConnection {
  readonly client: Client;
  readonly socket: Socket;
  readonly isOpen: boolean;
  /** What the broker says of itself. */
  readonly product: string;
  /** Resolves when the connection is lost or closed. */
  readonly lost: Promise<AppError>;
  /** Resolves when the broker has done what the frame asks. `send` gets the header that demands the receipt. */
  confirm(destination: string, send: (headers: { receipt: string }) => void): Promise<void>;
  close(): Promise<void>;
}

function open(target: Target): Promise<StompConnection> {
  return firstServer(target, (server) => openServer(target, server));
}

async function openServer(target: Target, server: Server): Promise<StompConnection> {
  const { login, virtualHost = '/', clock, connectTimeoutMs } = target;
  const socket = await openSocket(target, server);
  joinWrites(socket);
  const connected = Promise.withResolvers<IFrame>();
  const lost = Promise.withResolvers<unknown>();
  const receipts = new Map<string, { readonly destination: string; readonly reject: (error: AppError) => void }>();
  let isOpen = true;
  const end = (cause: unknown) => {
    isOpen = false;
    lost.resolve(cause);
  };
  const client = new Client({
    webSocketFactory: () => toStompSocket(socket),
    reconnectDelay: 0,
    heartbeatIncoming: HEARTBEAT_MS,
    heartbeatOutgoing: HEARTBEAT_MS,
    connectHeaders: { host: virtualHost, ...(login === undefined ? {} : { login: login.user, passcode: login.password }) },
    onConnect: connected.resolve,
    onStompError(frame) {
      const receipt = receipts.get(frame.headers['receipt-id'] ?? '');
      if (receipt === undefined) return end(errorOf(frame));
      return receipt.reject(stompFailed(receipt.destination, errorOf(frame)));
    },
    onWebSocketClose: () => end(new Error('the other side closed the connection')),
  });
  socket.on('error', end);
  client.activate();
  let product: string;
  try {
    const failed = lost.promise.then((cause) => Promise.reject(cause));
    const { headers } = await within(clock, connectTimeoutMs, Promise.race([connected.promise, failed]));
    product = `STOMP ${headers['version'] ?? ''} ${headers['server'] ?? ''}`.trim();
  } catch (cause) {
    void client.deactivate({ force: true });
    socket.destroy();
    throw target.signal?.aborted ? stopped() : openFailed(server, cause);
  }
  let count = 0;
  const whenLost = lost.promise.then(connectionLost);
  void whenLost.then((error) => {
    for (const { reject } of receipts.values()) reject(notConfirmed('the connection was lost', error));
  });
  return {
    client,
    socket,
    product,
    lost: whenLost,
    get isOpen() {
      return isOpen;
    },
    async confirm(destination, send) {
      if (!isOpen) throw await whenLost;
      const receipt = `r-${++count}`;
      const confirmed = Promise.withResolvers<void>();
      receipts.set(receipt, { destination, reject: confirmed.reject });
      client.watchForReceipt(receipt, () => confirmed.resolve());
      try {
        send({ receipt });
        await confirmed.promise;
      } finally {
        receipts.delete(receipt);
      }
    },
    async close() {
      // The receipt of DISCONNECT says that the broker has everything that was sent before.
      await endedInTime(clock, client.deactivate());
      end(new Error('closed'));
      socket.destroy();
    },
  };
}

/** Hands the client, which is made for WebSockets, a socket that was opened by the guard. */
function toStompSocket(socket: Socket): IStompSocket {
  let readyState = StompSocketState.OPEN;
  const adapter: IStompSocket = {
    url: '',
    binaryType: 'arraybuffer',
    get readyState() {
      return readyState;
    },
    onopen: () => undefined,
    onclose: () => undefined,
    onerror: () => undefined,
    onmessage: () => undefined,
    send: (data) => void socket.write(data instanceof ArrayBuffer ? Buffer.from(data) : (data as string | Uint8Array)),
    close: () => void socket.end(),
    terminate: () => void socket.destroy(),
  };
  socket.on('data', (data) => void adapter.onmessage?.({ data: new Uint8Array(data).buffer }));
  socket.on('close', () => {
    readyState = StompSocketState.CLOSED;
    adapter.onclose?.({});
  });
  return adapter;
}

function errorOf({ headers, body }: IFrame): Error {
  return new Error(`${headers['message'] ?? ''} ${body}`.slice(0, 500));
}

function openFailed(server: Server, cause: unknown): AppError {
  const text = cause instanceof Error ? cause.message : '';
  if (/virtual host|vhost/i.test(text)) return loginRefused('virtual-host', cause);
  if (/password|passcode|credential|authenticat|access refused|bad connect|security/i.test(text)) return loginRefused('password', cause);
  return connectFailed(server, cause);
}

function stompFailed(destination: string, cause: Error): AppError {
  if (/not.?found|does not exist|unknown destination/i.test(cause.message)) return destinationUnknown(destination, 'absent', cause);
  if (/not authorized|access.?refused|denied|security/i.test(cause.message)) return refused(destination, 'ERROR', cause);
  return notTaken('ERROR', cause);
}

async function describe(target: Target): Promise<string> {
  const connection = await open(target);
  await connection.close();
  return connection.product;
}

async function openPublisher(target: Target): Promise<Publisher> {
  const connection = await open(target);
  return {
    get isUsable() {
      return connection.isOpen;
    },
    publish: (message) => send(connection, message),
    close: () => connection.close(),
  };
}

function addressOf(destination: string): string {
  return destination.startsWith('/') ? destination : `/queue/${destination}`;
}

function send(connection: StompConnection, { destination, id, key, contentType, headers, body }: Outgoing): Promise<void> {
  const { name, charset = 'UTF-8' } = parseMediaType(contentType);
  const isText = (isTextType(name) || isJsonType(name)) && charset.toUpperCase() === 'UTF-8';
  const keys = key === undefined ? {} : { [KEY_HEADER]: key, [GROUP_HEADER]: key };
  const own = { persistent: 'true', 'content-type': contentType, [ID_HEADER]: id, ...keys };
  // By this, ActiveMQ hands text to programs of JMS as a TextMessage.
  const kind = isText ? { 'amq-msg-type': 'text' } : {};
  return connection.confirm(destination, (receipt) =>
    connection.client.publish({
      destination: addressOf(destination),
      headers: { ...ofSender(headers), ...own, ...kind, ...receipt },
      binaryBody: body,
    }),
  );
}

/** Leaves out headers that the broker would take for its own: one named `destination` would send the message elsewhere. */
function ofSender(headers: Outgoing['headers']): Outgoing['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !BROKER_HEADERS.has(name.toLowerCase()) && name !== 'transaction'));
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const connection = await open(target);
  const { destination, window } = subscription;
  const consumer = new StompConsumer(connection, subscription, take);
  const prefetch = { 'activemq.prefetchSize': String(window), 'prefetch-count': String(window) };
  const subscribed = connection.confirm(destination, (receipt) => {
    const headers = { ack: 'client-individual', ...prefetch, ...receipt };
    connection.client.subscribe(addressOf(destination), (message) => consumer.receive(message), headers);
  });
  try {
    await within(target.clock, target.timeoutMs, Promise.race([subscribed, consumer.failed]));
    return consumer;
  } catch (error) {
    subscribed.catch(() => undefined);
    await connection.close();
    // A subscription without its receipt has changed nothing.
    throw connectionLost(error instanceof AppError && error.kind === 'unknown-outcome' ? error.cause : error);
  }
}

class StompConsumer implements Consumer {
  readonly #connection: StompConnection;
  readonly #subscription: Subscription;
  readonly #take: TakeMessage;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #settling = new SettleInOrder((reason) => this.#end(reason));
  /** Brokers that know no window of messages send more. */
  readonly #window: HeldWindow<IMessage>;
  #isOver = false;

  constructor(connection: StompConnection, subscription: Subscription, take: TakeMessage) {
    this.#connection = connection;
    this.#subscription = subscription;
    this.#take = take;
    this.#window = new HeldWindow(subscription.window, {
      handIn: (message) => this.#handIn(message),
      pause: () => connection.socket.pause(),
      resume: () => connection.socket.resume(),
    });
    void connection.lost.then((error) => this.#end(error));
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  /** Rejects with the reason for which it ended. */
  get failed(): Promise<never> {
    const failed = this.#ended.promise.then((reason) => Promise.reject(reason));
    failed.catch(() => undefined);
    return failed;
  }

  receive(message: IMessage): void {
    if (!this.#isOver) this.#window.receive(message);
  }

  async stop(): Promise<void> {
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (!wasOver) await this.#settling.drained();
    this.#connection.socket.resume();
    await this.#connection.close();
  }

  #handIn(message: IMessage): void {
    const incoming = toIncoming(message);
    this.#settling.add(this.#take(incoming), {
      stored: () => this.#acknowledge(message),
      dead: (reason) => this.#bury(incoming, reason),
    });
  }

  #acknowledge(message: IMessage): void {
    if (this.#connection.isOpen) message.ack();
    this.#window.settled(message, this.#isOver);
  }

  #bury(incoming: Incoming, reason: DeadReason): Promise<void> {
    // The receipt must come in.
    this.#connection.socket.resume();
    return send(this.#connection, toDeadLetter(incoming, reason, this.#subscription));
  }

  #end(reason: AppError): void {
    this.#isOver = true;
    this.#settling.end();
    this.#ended.resolve(reason);
  }
}

function toIncoming({ headers, binaryBody }: IMessage): Incoming {
  const entries = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    id: headers[ID_HEADER] ?? headers['amqp-message-id'] ?? stableId(headers['message-id']),
    place: undefined,
    key: headers[KEY_HEADER] ?? headers[GROUP_HEADER],
    contentType: headers['content-type'],
    headers: Object.fromEntries(entries.filter(([name]) => !BROKER_HEADERS.has(name))),
    body: binaryBody,
  };
}

/** ActiveMQ gives the id of JMS, which stays when the message is delivered again. */
function stableId(id: string | undefined): string | undefined {
  return id?.startsWith('ID:') === true ? id : undefined;
}
