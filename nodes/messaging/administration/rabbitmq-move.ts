/** Moves messages of RabbitMQ by AMQP: published with confirm first, then acknowledged. */
import type { ChannelModel, ConfirmChannel, ConsumeMessage, Options } from 'amqplib';
import { brokerNotFound, type MoveOrder, type MoveResult } from '../../../engine/contract/node/broker-administration.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { connectionLost, destinationUnknown, notTaken } from '../brokers/errors.ts';
import { DEAD_LETTER_HEADERS, DEAD_LETTER_ORIGIN, type Target } from '../brokers/broker.ts';
import { within } from '../brokers/within.ts';
import { brokerRefused } from './errors.ts';

/**
 * Messages that are taken from the queue before their confirms are awaited. A quorum queue holds back acknowledgements
 * beyond 32 and forgets them when the channel closes, so that the messages would be in both places.
 */
const BATCH = 30;
/** Messages that the broker sends ahead to each consumer. */
const WINDOW = 100;
/** With more messages that cannot be moved, it stops. */
const MAX_LEFT = 10_000;
/** After this time without a message, the queue may be empty. */
const QUIET_MS = 500;

/** Reply codes of AMQP 0-9-1. */
const NOT_FOUND = 404;
const REFUSALS: readonly unknown[] = [403, 405, 406];

/** Headers by which the broker sends copies to further queues (sender-selected distribution). */
const COPIES = ['CC', 'BCC'];
/** Written by a quorum queue. */
const DELIVERY_COUNT = 'x-delivery-count';

export interface MoveParts {
  readonly model: ChannelModel;
  readonly target: Target;
}

/** Runs an act that returns a number of messages. Rejects with NOT_FOUND (input) if there is no such queue. */
export async function countMessages(
  model: ChannelModel,
  name: string,
  act: (channel: ConfirmChannel) => Promise<{ readonly messageCount: number }>,
): Promise<number> {
  const channel = await channelOf(model);
  try {
    // Deleting a queue that does not exist would succeed.
    await channel.checkQueue(name);
    return (await act(channel)).messageCount;
  } catch (cause) {
    throw failed(name, cause);
  } finally {
    await channel.close().catch(() => undefined);
  }
}

export async function moveMessages(parts: MoveParts, order: MoveOrder, onMoved: (moved: number) => void): Promise<MoveResult> {
  const { from, to, limit } = order;
  if (to === from.name) throw brokerRefused('source and destination are the same');
  const mover = new Mover(parts, order, await channelOf(parts.model));
  try {
    const there = await countMessages(parts.model, from.name, (channel) => channel.checkQueue(from.name));
    if (to !== undefined && !(await mover.exists(to))) throw brokerNotFound(to);
    return await mover.moveAll(Math.min(limit, there), onMoved);
  } catch (cause) {
    throw failed(from.name, cause);
  } finally {
    await mover.close();
  }
}

interface Moved {
  readonly message: ConsumeMessage;
  readonly destination: string;
}

class Mover {
  readonly #parts: MoveParts;
  readonly #order: MoveOrder;
  readonly #channel: ConfirmChannel;
  readonly #known = new Map<string, Promise<boolean>>();
  /** Queues that vanished while messages were published to them. */
  readonly #vanished = new Set<string>();
  readonly #delivered: (ConsumeMessage | null)[] = [];
  #onDelivery: () => void = () => undefined;
  #consumers = 0;
  /** Messages that stay. The broker keeps them for this channel, so that it does not deliver them again. */
  #left = 0;
  #closedBy: Error | undefined;

  constructor(parts: MoveParts, order: MoveOrder, channel: ConfirmChannel) {
    this.#parts = parts;
    this.#order = order;
    this.#channel = channel;
    channel.on('return', ({ fields }) => this.#vanished.add(fields.routingKey));
    channel.on('error', (error: Error) => (this.#closedBy = error));
    channel.on('close', () => this.#onDelivery());
  }

  async moveAll(count: number, onMoved: (moved: number) => void): Promise<MoveResult> {
    let [taken, moved] = [0, 0];
    const isStopped = () => this.#parts.target.signal?.aborted === true || this.#left >= MAX_LEFT;
    if (count > 0) await this.#channel.prefetch(Math.min(WINDOW, count));
    while (taken < count && !isStopped()) {
      const batch = await this.#take(Math.min(BATCH, count - taken));
      if (batch.taken === 0) break;
      taken += batch.taken;
      await this.#publishAll(batch.moving);
      moved += batch.moving.length;
      onMoved(moved);
    }
    return { moved, left: this.#left, ...(isStopped() && taken < count ? { isStopped: true as const } : {}) };
  }

  exists(name: string): Promise<boolean> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(name);
    this.#known.set(name, asked);
    return asked;
  }

  /** Messages that are not acknowledged go back to their places when the channel closes. */
  async close(): Promise<void> {
    await this.#channel.close().catch(() => undefined);
  }

  /** A failed check closes its channel. */
  async #ask(name: string): Promise<boolean> {
    const channel = await channelOf(this.#parts.model);
    try {
      await channel.checkQueue(name);
      await channel.close();
      return true;
    } catch (cause) {
      if ((cause as { readonly code?: unknown }).code === NOT_FOUND) return false;
      throw cause;
    }
  }

  async #take(count: number): Promise<{ readonly moving: readonly Moved[]; readonly taken: number }> {
    const moving: Moved[] = [];
    for (let taken = 0; taken < count; taken += 1) {
      const message = await this.#next();
      if (message === undefined) return { moving, taken };
      const destination = this.#order.to ?? originOf(message);
      if (destination !== undefined && (await this.#accepts(destination))) moving.push({ message, destination });
      else this.#left += 1;
    }
    return { moving, taken: count };
  }

  /** Returns undefined if there are no more messages, because others consume them too. */
  async #next(): Promise<ConsumeMessage | undefined> {
    // Messages that stay use up the window of a consumer.
    if (this.#left >= this.#consumers * WINDOW - BATCH) await this.#addConsumer();
    const { clock } = this.#parts.target;
    while (this.#delivered.length === 0) {
      if (this.#closedBy !== undefined) throw this.#closedBy;
      const arrived = new Promise<void>((resolve) => (this.#onDelivery = resolve));
      const isLate = await within(clock, QUIET_MS, arrived).then(
        () => false,
        () => true,
      );
      if (isLate && (await this.#within(this.#channel.checkQueue(this.#order.from.name))).messageCount === 0) break;
    }
    const message = this.#delivered.shift();
    if (message === null) throw brokerNotFound(this.#order.from.name);
    return message;
  }

  async #addConsumer(): Promise<void> {
    this.#consumers += 1;
    const take = (message: ConsumeMessage | null) => {
      this.#delivered.push(message);
      this.#onDelivery();
    };
    await this.#within(this.#channel.consume(this.#order.from.name, take));
  }

  async #accepts(destination: string): Promise<boolean> {
    if (this.#order.to !== undefined) return true;
    return destination !== this.#order.from.name && this.#order.mayReach(destination) && this.exists(destination);
  }

  async #publishAll(moving: readonly Moved[]): Promise<void> {
    const confirms = moving.map((one) => this.#publish(one));
    const outcomes = await this.#within(Promise.allSettled(confirms));
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    // The broker does not say which of several messages it returned, so all of that queue stay.
    for (const { message, destination } of moving)
      if (refused === undefined && !this.#vanished.has(destination)) this.#channel.ack(message);
    if (refused !== undefined) throw this.#closedBy ?? connectionLost(refused.reason);
    for (const { destination } of moving) if (this.#vanished.has(destination)) throw destinationUnknown(destination, 'absent');
  }

  #publish({ message, destination }: Moved): Promise<void> {
    return new Promise((resolve, reject) => {
      const onConfirm = (error: Error | null) => (error === null ? resolve() : reject(notConfirmed(error)));
      try {
        this.#channel.publish('', destination, message.content, this.#propertiesOf(message), onConfirm);
      } catch (cause) {
        reject(connectionLost(cause));
      }
    });
  }

  #propertiesOf({ properties }: ConsumeMessage): Options.Publish {
    const { userId, headers, ...others } = properties as Omit<Options.Publish, 'headers'> & {
      readonly headers?: Readonly<Record<string, unknown>>;
    };
    const dropped = [...COPIES, DELIVERY_COUNT, ...(this.#order.to === undefined ? DEAD_LETTER_HEADERS : [])];
    const kept = Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !dropped.includes(name)));
    // The broker refuses the name of another user as the sender.
    const sender = userId !== undefined && userId === this.#parts.target.login?.user ? { userId } : {};
    return { ...others, ...sender, headers: kept, mandatory: true };
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#parts.target;
    return within(clock, timeoutMs, work);
  }
}

/** The message stays in its queue in both cases. */
function notConfirmed(cause: Error): AppError {
  return cause.message === 'message nacked' ? notTaken('negative confirm', cause) : connectionLost(cause);
}

/** Returns the queue from which a message came to the dead letters: as Kangqiao wrote it, or as the broker did. */
function originOf({ properties }: ConsumeMessage): string | undefined {
  const headers = (properties.headers ?? {}) as Readonly<Record<string, unknown>>;
  const origin = headers[DEAD_LETTER_ORIGIN] ?? headers['x-first-death-queue'];
  return typeof origin === 'string' && origin !== '' ? origin : undefined;
}

async function channelOf(model: ChannelModel): Promise<ConfirmChannel> {
  const channel = await model.createConfirmChannel().catch((cause: unknown) => Promise.reject(connectionLost(cause)));
  channel.on('error', () => undefined);
  return channel;
}

function failed(name: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const { code, message } = cause as { readonly code?: unknown; readonly message: string };
  if (code === NOT_FOUND) return brokerNotFound(name);
  if (REFUSALS.includes(code)) return brokerRefused(message, cause);
  return connectionLost(cause);
}
