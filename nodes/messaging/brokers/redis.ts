/** Redis streams: consumer groups, acknowledgements after the store, dead letters in a stream. Trimming is the owner's. */
import { Redis, type RedisOptions } from 'ioredis';
import type { Socket } from 'node:net';
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
import { firstServer, openSocket } from './connect.ts';
import {
  connectFailed,
  connectionLost,
  destinationUnknown,
  loginRefused,
  notConfirmed,
  notTaken,
  reasonOf,
  refused,
  stopped,
  tooLarge,
} from './errors.ts';
import { SettleInOrder } from './settle-in-order.ts';
import { endedInTime, within } from './within.ts';

const BLOCK_MS = 1000;
/** Messages of another consumer of the group that were not acknowledged for so long are taken over. */
const ABANDONED_MS = 300_000;
const CLAIM_EVERY_MS = 60_000;
const BODY = 'body';
const HEADER = 'header:';

export default { openPublisher, consume, describe } satisfies Broker;

function open(target: Target): Promise<Redis> {
  return firstServer(target, (server) => openServer(target, server));
}

async function openServer(target: Target, server: Server): Promise<Redis> {
  const { login, virtualHost = '0', clientName, clock, connectTimeoutMs } = target;
  const socket = await openSocket(target, server);
  const options = {
    Connector: connectorOf(socket) as unknown as NonNullable<RedisOptions['Connector']>,
    lazyConnect: true,
    protocol: 2 as const,
    db: Number(virtualHost),
    connectionName: clientName.replace(/[^\w.-]/g, '-'),
    ...(login === undefined ? {} : { username: login.user, password: login.password }),
    // A connection that is lost stays so: what it sent is either confirmed or not.
    retryStrategy: () => null,
    reconnectOnError: null,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  } satisfies RedisOptions;
  const redis = new Redis(options);
  let failure: unknown;
  redis.on('error', (error) => (failure ??= error));
  try {
    await within(clock, connectTimeoutMs, redis.connect());
    return redis;
  } catch (cause) {
    redis.disconnect();
    socket.destroy();
    throw target.signal?.aborted ? stopped() : openFailed(server, failure ?? cause);
  }
}

/** Hands the client a socket that was opened by the guard. */
function connectorOf(socket: Socket) {
  return class {
    check(): boolean {
      return true;
    }

    async connect(): Promise<Socket> {
      return socket;
    }

    disconnect(): void {
      socket.end();
    }
  };
}

function openFailed(server: Server, cause: unknown): AppError {
  const text = cause instanceof Error ? cause.message : '';
  if (/^(WRONGPASS|NOAUTH|NOPERM)|invalid password|called without any password/.test(text)) return loginRefused('password', cause);
  if (/DB index|value is not an integer/.test(text)) return loginRefused('virtual-host', cause);
  return connectFailed(server, cause);
}

/** Returns the error for a reply of Redis; undefined if the connection was lost meanwhile. */
function redisFailed(key: string, cause: unknown): AppError | undefined {
  if ((cause as { readonly name?: string } | null)?.name !== 'ReplyError') return undefined;
  const text = (cause as Error).message;
  const code = /^[A-Z]+/.exec(text)?.[0] ?? 'ERR';
  if (/requires the key to exist|^NOGROUP/.test(text)) return destinationUnknown(key, 'absent', cause);
  if (/string exceeds maximum|invalid bulk length/.test(text)) return tooLarge(cause);
  if (['NOPERM', 'WRONGTYPE', 'MOVED', 'ASK'].includes(code)) return refused(key, code, cause);
  return notTaken(code, cause);
}

async function close(redis: Redis, { clock }: Target): Promise<void> {
  await endedInTime(clock, redis.quit());
  redis.disconnect();
}

async function describe(target: Target): Promise<string> {
  const redis = await open(target);
  const about = (await redis.call('HELLO')) as readonly unknown[];
  await close(redis, target);
  return `Redis ${String(about[about.indexOf('version') + 1])}`;
}

async function openPublisher(target: Target): Promise<Publisher> {
  const redis = await open(target);
  return {
    get isUsable() {
      return redis.status === 'ready';
    },
    publish: (message) => add(redis, message, 'existing'),
    close: () => close(redis, target),
  };
}

/** Resolves when Redis has added the message to the stream. */
async function add(redis: Redis, message: Outgoing, where: 'existing' | 'any'): Promise<void> {
  const { destination, id, key, contentType, headers, body } = message;
  if (redis.status !== 'ready') throw connectionLost(new Error('closed'));
  const fields = [
    ...['id', id, 'content-type', contentType, ...(key === undefined ? [] : ['key', key])],
    ...Object.entries(headers).flatMap(([name, value]) => [HEADER + name, value]),
  ];
  const existing = where === 'existing' ? ['NOMKSTREAM'] : [];
  let place: unknown;
  try {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    place = await redis.call('XADD', [destination, ...existing, '*', ...fields, BODY, bytes]);
  } catch (cause) {
    throw redisFailed(destination, cause) ?? notConfirmed(reasonOf(cause), cause);
  }
  if (place === null) throw destinationUnknown(destination, 'absent');
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const { destination, deadLetter, group } = subscription;
  const redis = await open(target);
  try {
    await createGroup(redis, destination, group);
    await createStream(redis, deadLetter);
    // Reading blocks its connection.
    const reader = await open(target);
    return new RedisConsumer({ redis, reader, target, subscription, take });
  } catch (cause) {
    await close(redis, target);
    throw redisFailed(destination, cause) ?? connectionLost(cause);
  }
}

/** A new group begins with the oldest message of the stream. */
async function createGroup(redis: Redis, key: string, group: string): Promise<void> {
  try {
    await redis.xgroup('CREATE', key, group, '0');
  } catch (cause) {
    if (!/^BUSYGROUP/.test((cause as Error).message)) throw cause;
  }
}

async function createStream(redis: Redis, key: string): Promise<void> {
  if ((await redis.exists(key)) === 1) return;
  // There is no other command that makes an empty stream.
  const group = 'kangqiao-creates-the-stream';
  await redis.xgroup('CREATE', key, group, '$', 'MKSTREAM');
  await redis.xgroup('DESTROY', key, group);
}

interface ConsumerParts {
  readonly redis: Redis;
  readonly reader: Redis;
  readonly target: Target;
  readonly subscription: Subscription;
  readonly take: TakeMessage;
}

/** An entry of a stream: its id, and names and values in turn; null if it was trimmed. */
type Entry = readonly [id: Buffer, fields: readonly Buffer[] | null];

class RedisConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #settling = new SettleInOrder((reason) => this.#end(reason));
  readonly #inFlight = new Set<string>();
  readonly #reading: Promise<void>;
  #settled: string[] = [];
  #acknowledging: Promise<void> = Promise.resolve();
  #onSettled = () => {};
  #isOver = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    for (const redis of [parts.redis, parts.reader]) redis.on('end', () => this.#end(connectionLost(new Error('closed'))));
    this.#reading = this.#read().catch((cause: unknown) => {
      this.#end(redisFailed(parts.subscription.destination, cause) ?? connectionLost(cause));
    });
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  async stop(): Promise<void> {
    const { redis, reader, target } = this.#parts;
    const wasOver = this.#isOver;
    this.#isOver = true;
    this.#onSettled();
    reader.disconnect();
    await this.#reading;
    if (!wasOver) await this.#settling.drained();
    this.#acknowledge();
    await endedInTime(target.clock, this.#acknowledging);
    await close(redis, target);
  }

  /** First the messages that this consumer was given before and did not acknowledge, then new ones. */
  async #read(): Promise<void> {
    const { clock } = this.#parts.target;
    let from = '0';
    let claimAt = clock.monotonic();
    while (!this.#isOver) {
      const room = this.#parts.subscription.window - this.#inFlight.size;
      if (room <= 0) {
        await new Promise<void>((resolve) => (this.#onSettled = resolve));
        continue;
      }
      if (from === '>' && clock.monotonic() >= claimAt) {
        this.#handIn(await this.#claim(room));
        claimAt = clock.monotonic() + CLAIM_EVERY_MS;
        continue;
      }
      const entries = await this.#next(from, room);
      this.#handIn(entries);
      if (from !== '>') from = entries.length === 0 ? '>' : String(entries.at(-1)![0]);
    }
  }

  async #next(from: string, count: number): Promise<readonly Entry[]> {
    const { reader, subscription, target } = this.#parts;
    const { destination, group, member } = subscription;
    const args = ['GROUP', group, member, 'COUNT', count, 'BLOCK', BLOCK_MS, 'STREAMS', destination, from];
    // A dead connection is silent.
    const reply = await within(target.clock, BLOCK_MS + target.timeoutMs, reader.callBuffer('XREADGROUP', args));
    const [stream] = (reply ?? []) as readonly (readonly [Buffer, readonly Entry[]])[];
    return stream?.[1] ?? [];
  }

  async #claim(count: number): Promise<readonly Entry[]> {
    const { reader, subscription } = this.#parts;
    const { destination, group, member } = subscription;
    const reply = await reader.callBuffer('XAUTOCLAIM', [destination, group, member, ABANDONED_MS, '0-0', 'COUNT', count]);
    return (reply as readonly [Buffer, readonly Entry[]])[1];
  }

  #handIn(entries: readonly Entry[]): void {
    const { take, subscription } = this.#parts;
    for (const [place, fields] of entries) {
      const id = String(place);
      if (this.#isOver || this.#inFlight.has(id)) continue;
      this.#inFlight.add(id);
      if (fields === null) {
        this.#done(id);
        continue;
      }
      const incoming = toIncoming(`${subscription.destination}/${id}`, fields);
      this.#settling.add(take(incoming), { stored: () => this.#done(id), dead: (reason) => this.#bury(incoming, reason) });
    }
  }

  #done(id: string): void {
    this.#inFlight.delete(id);
    if (this.#settled.push(id) === 1) setImmediate(() => this.#acknowledge());
    this.#onSettled();
  }

  /** The messages that are settled in the same turn of the event loop are acknowledged together. */
  #acknowledge(): void {
    const ids = this.#settled;
    this.#settled = [];
    if (ids.length === 0) return;
    const { redis, subscription } = this.#parts;
    const done = redis.xack(subscription.destination, subscription.group, ...ids).then(() => undefined);
    this.#acknowledging = Promise.all([this.#acknowledging, done]).then(() => undefined);
    this.#acknowledging.catch((cause: unknown) => this.#end(connectionLost(cause)));
  }

  #bury(incoming: Incoming, reason: DeadReason): Promise<void> {
    return add(this.#parts.redis, toDeadLetter(incoming, reason, this.#parts.subscription), 'any');
  }

  #end(reason: AppError): void {
    this.#isOver = true;
    this.#settling.end();
    this.#onSettled();
    this.#ended.resolve(reason);
  }
}

/** An entry without the field `body` comes from another program: all its fields together are the content, as JSON. */
function toIncoming(place: string, fields: readonly Buffer[]): Incoming {
  const all = new Map<string, Buffer>();
  for (let index = 0; index + 1 < fields.length; index += 2) all.set(String(fields[index]), fields[index + 1]!);
  const body = all.get(BODY);
  const id = all.get('id')?.toString();
  const named = [...all].filter(([name]) => name.startsWith(HEADER));
  return {
    id: id === '' ? undefined : id,
    place,
    key: body === undefined ? undefined : all.get('key')?.toString(),
    contentType: body === undefined ? 'application/json' : all.get('content-type')?.toString(),
    headers: Object.fromEntries(named.map(([name, value]) => [name.slice(HEADER.length), value.toString()])),
    body: body ?? Buffer.from(JSON.stringify(Object.fromEntries([...all].map(([name, value]) => [name, value.toString()])))),
  };
}
