/** MQTT 5: QoS 1, a session that the broker keeps, acknowledgements after the store, dead letters in a topic. */
import { createHash, randomUUID } from 'node:crypto';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import {
  toDeadLetter,
  type Broker,
  type Consumer,
  type DeadReason,
  type Incoming,
  type Outgoing,
  type Publisher,
  type Subscription,
  type TakeMessage,
  type Target,
} from './broker.ts';
import { connectionLost, notConfirmed, refused, tooLarge } from './errors.ts';
import { mqttFailed, openMqtt, type MqttConnection } from './mqtt-connection.ts';
import { HeldWindow } from './held-window.ts';
import { SettleInOrder } from './settle-in-order.ts';
import { within } from './within.ts';

/** A consumer that does not come back within this time loses its messages. */
const KEEP_SEC = 7 * 86_400;
/** Dead letters wait without end for their reader. */
const FOREVER_SEC = 0xffff_ffff;
const ID_PROPERTY = 'message-id';
const KEY_PROPERTY = 'message-key';
const TOPIC_HEADER = 'mqtt-topic';
/** With the value `true`, the broker keeps the message for later subscribers, as the last one of its topic. */
const RETAIN_HEADER = 'mqtt-retain';
const MAX_PACKET_ID = 65_535;
/** Room for topic, headers and the form of the packet. */
const ENVELOPE_BYTES = 16 * 1024;

export default { openPublisher, consume, describe } satisfies Broker;

async function describe(target: Target): Promise<string> {
  await (await openPublisher(target)).close();
  return 'MQTT 5';
}

async function openPublisher(target: Target): Promise<MqttPublisher> {
  const onPacket = (packet: Packet) => publisher.receive(packet);
  const connection = await openMqtt(target, { clientId: `kangqiao-${randomUUID()}`, keepSeconds: 0, window: 1, onPacket });
  const publisher = new MqttPublisher(connection);
  return publisher;
}

export interface Entry {
  readonly message: Outgoing;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Publishes no more messages at once than the broker accepts. */
export class MqttPublisher implements Publisher {
  readonly #connection: MqttConnection;
  readonly #waiting: Entry[] = [];
  readonly #sent = new Map<number, Entry>();
  #lastId = 0;

  constructor(connection: MqttConnection) {
    this.#connection = connection;
    void connection.lost.then((error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      for (const { reject } of this.#sent.values()) reject(notConfirmed('the connection was lost', error));
      this.#sent.clear();
    });
  }

  get isUsable(): boolean {
    return this.#connection.isOpen;
  }

  async publish(message: Outgoing): Promise<void> {
    if (isFilter(message.destination)) throw refused(message.destination, 'topic', undefined);
    if (message.body.length + ENVELOPE_BYTES > this.#connection.limits.bytes) throw tooLarge();
    if (!this.#connection.isOpen) throw await this.#connection.lost;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#sendAll();
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  receive(packet: Packet): void {
    if (packet.cmd !== 'puback') return;
    const entry = this.#sent.get(packet.messageId!);
    this.#sent.delete(packet.messageId!);
    if (entry !== undefined) settle(entry, packet.reasonCode ?? 0);
    this.#sendAll();
  }

  #sendAll(): void {
    while (this.#waiting.length > 0 && this.#sent.size < this.#connection.limits.messages) {
      const entry = this.#waiting.shift()!;
      const messageId = this.#nextId();
      this.#sent.set(messageId, entry);
      this.#connection.send(toPacket(entry.message, messageId));
    }
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % MAX_PACKET_ID) + 1;
    while (this.#sent.has(this.#lastId));
    return this.#lastId;
  }
}

/** A filter names many topics, so nothing can be published to it. */
function isFilter(topic: string): boolean {
  return /[+#]/.test(topic);
}

function isRetained({ headers }: Outgoing): boolean {
  return headers[RETAIN_HEADER] === 'true';
}

function settle({ message, resolve, reject }: Entry, code: number): void {
  const failure = mqttFailed(message.destination, code);
  // A retained message is stored although nobody has subscribed.
  if (failure === undefined || (isRetained(message) && failure.code === 'MESSAGING_DESTINATION_UNKNOWN')) resolve();
  else reject(failure);
}

function toPacket(message: Outgoing, messageId: number): IPublishPacket {
  const { destination, id, key, contentType, body } = message;
  const { [RETAIN_HEADER]: _retain, ...headers } = message.headers;
  return {
    cmd: 'publish',
    messageId,
    qos: 1,
    dup: false,
    retain: isRetained(message),
    topic: destination,
    payload: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    properties: {
      contentType,
      userProperties: { ...headers, [ID_PROPERTY]: id, ...(key === undefined ? {} : { [KEY_PROPERTY]: key }) },
    },
  };
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const { deadLetter, destination, group, window } = subscription;
  if (isFilter(deadLetter)) throw refused(deadLetter, 'topic', undefined);
  // A topic stores nothing by itself. So the session of its future reader is made first.
  const keeper = await subscribe(target, { topic: deadLetter, group: deadLetter, keepSeconds: FOREVER_SEC, window: 1 }, () => undefined);
  await keeper.close();
  const consumer = new MqttConsumer(target, subscription, take);
  const onPacket = (packet: IPublishPacket, from: MqttConnection) => consumer.receive(packet, from);
  const connection = await subscribe(target, { topic: destination, group, keepSeconds: KEEP_SEC, window }, onPacket);
  consumer.begin(connection);
  return consumer;
}

interface SubscribeOptions {
  readonly topic: string;
  readonly group: string;
  readonly keepSeconds: number;
  readonly window: number;
}

/** Resolves when the broker has accepted the subscription. Messages can come before, if it knows the session. */
async function subscribe(
  target: Target,
  { topic, group, keepSeconds, window }: SubscribeOptions,
  onMessage: (packet: IPublishPacket, from: MqttConnection) => void,
): Promise<MqttConnection> {
  const granted = Promise.withResolvers<number>();
  const early: IPublishPacket[] = [];
  const session: { connection?: MqttConnection } = {};
  const onPacket = (packet: Packet) => {
    if (packet.cmd === 'suback') granted.resolve(packet.granted[0] as number);
    if (packet.cmd !== 'publish') return;
    if (session.connection === undefined) early.push(packet);
    else onMessage(packet, session.connection);
  };
  // A session has one topic: the messages of another one would come too.
  const clientId = `kangqiao-${createHash('sha256')
    .update(JSON.stringify([group, topic]))
    .digest('base64url')
    .slice(0, 13)}`;
  const connection = await openMqtt(target, { clientId, keepSeconds, window, onPacket });
  session.connection = connection;
  for (const packet of early) onMessage(packet, connection);
  try {
    // A retained message comes only when the session is new, and not at each connection.
    connection.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1, rh: 1 }] });
    const lost = connection.lost.then((error) => Promise.reject(error));
    const failure = mqttFailed(topic, await within(target.clock, target.timeoutMs, Promise.race([granted.promise, lost])));
    if (failure !== undefined) throw failure;
    return connection;
  } catch (error) {
    connection.destroy();
    throw connectionLost(error);
  }
}

interface Arrived {
  readonly packet: IPublishPacket;
  readonly from: MqttConnection;
}

class MqttConsumer implements Consumer {
  readonly #target: Target;
  readonly #subscription: Subscription;
  readonly #take: TakeMessage;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #settling = new SettleInOrder((reason) => this.#end(reason));
  #connection: MqttConnection | undefined;
  #deadLetters: Promise<MqttPublisher> | undefined;
  /** Some brokers send more than the window, and messages with QoS 0 have none. */
  readonly #window: HeldWindow<Arrived>;
  #isOver = false;

  constructor(target: Target, subscription: Subscription, take: TakeMessage) {
    this.#target = target;
    this.#subscription = subscription;
    this.#take = take;
    this.#window = new HeldWindow(subscription.window, {
      handIn: (arrived) => this.#handIn(arrived),
      pause: ({ from }) => from.pause(),
      resume: ({ from }) => from.resume(),
    });
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  begin(connection: MqttConnection): void {
    this.#connection = connection;
    void connection.lost.then((error) => this.#end(error));
  }

  receive(packet: IPublishPacket, from: MqttConnection): void {
    if (!this.#isOver) this.#window.receive({ packet, from });
  }

  #handIn(arrived: Arrived): void {
    const incoming = toIncoming(arrived.packet, this.#subscription.destination);
    this.#settling.add(this.#take(incoming), {
      stored: () => this.#acknowledge(arrived),
      dead: (reason) => this.#bury(incoming, reason),
    });
  }

  async stop(): Promise<void> {
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (!wasOver) await this.#settling.drained();
    await this.#connection?.close();
    await this.#deadLetters?.then((publisher) => publisher.close()).catch(() => undefined);
  }

  #acknowledge(arrived: Arrived): void {
    const { packet, from } = arrived;
    if (packet.qos > 0) from.send({ cmd: 'puback', messageId: packet.messageId!, reasonCode: 0 });
    this.#window.settled(arrived, this.#isOver);
  }

  async #bury(incoming: Incoming, reason: DeadReason): Promise<void> {
    this.#deadLetters ??= openPublisher(this.#target);
    await (await this.#deadLetters).publish(toDeadLetter(incoming, reason, this.#subscription));
  }

  #end(reason: AppError): void {
    this.#isOver = true;
    this.#settling.end();
    this.#ended.resolve(reason);
  }
}

function toIncoming({ topic, payload, retain, properties = {} }: IPublishPacket, filter: string): Incoming {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties.userProperties ?? {}))
    all[name] = typeof value === 'string' ? value : JSON.stringify(value);
  const { [ID_PROPERTY]: id, [KEY_PROPERTY]: key, ...headers } = all;
  if (topic !== filter) headers[TOPIC_HEADER] = topic;
  if (retain) headers[RETAIN_HEADER] = 'true';
  return {
    id: id === '' ? undefined : id,
    place: undefined,
    key,
    contentType: properties.contentType,
    headers,
    body: typeof payload === 'string' ? Buffer.from(payload) : payload,
  };
}
