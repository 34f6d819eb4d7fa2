import type { AppError } from '../../../../engine/contract/values/errors.ts';
import { sleep } from '../../../../engine/contract/values/clock.ts';
import { toDeadLetter, type Consumer, type Incoming, type Subscription, type TakeMessage, type Target } from '../broker.ts';
import { connectionLost } from '../errors.ts';
import { SettleInOrder } from '../settle-in-order.ts';
import { endedInTime, within } from '../within.ts';
import { toIncoming } from './messages.ts';
import { OK, StatusError, type Queue, type Received, type Status } from './protocol.ts';
import type { RocketMqPublisher } from './publisher.ts';
import { requestFailed } from './refusals.ts';
import type { Routes } from './routes.ts';
import { duration, EVERYTHING, type Session } from './session.ts';

/** The most that a broker hands out at once. */
const MAX_BATCH = 32;
/** How long a message is hidden from other consumers, and the next ones of its queue with it. After a crash it comes again after that. */
const HIDDEN_MS = 30_000;
const RENEW_MS = 10_000;
const POLL_MS = 5000;
/** The code of an answer without any message. */
const NO_MESSAGE = 40_401;
/** The broker had no time to look. */
const TOO_MANY = 42_900;

export interface ConsumerParts {
  readonly routes: Routes;
  readonly deadLetters: RocketMqPublisher;
  readonly target: Target;
  readonly subscription: Subscription;
  readonly take: TakeMessage;
  /** The queues of the topic, by broker. */
  readonly brokers: readonly (readonly [Queue, ...Queue[]])[];
  /** If true, the broker hands out nothing more of a queue before all that it handed out is acknowledged. */
  readonly isOrdered: boolean;
}

/** A message that is handed in and not settled. */
interface Entry {
  readonly session: Session;
  readonly messageId: string;
  receiptHandle: string;
  readonly receivedAt: number;
  renewed: Promise<void>;
  /** Called when the broker has the acknowledgement. */
  readonly onAcknowledged: () => void;
}

export class RocketMqConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #settling = new Map<string, SettleInOrder>();
  readonly #entries = new Set<Entry>();
  readonly #stopping = new AbortController();
  readonly #reading: Promise<unknown>;
  #settled: Entry[] = [];
  #acknowledging: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    void parts.routes.lost.then((error) => this.#end(connectionLost(error)));
    this.#renewLater();
    this.#reading = Promise.all(parts.brokers.map((queues) => this.#read(queues)));
    this.#reading.catch((cause: unknown) => this.#end(requestFailed(parts.subscription.destination, cause)));
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  async stop(): Promise<void> {
    const { routes, deadLetters, target } = this.#parts;
    const wasOver = this.#isOver;
    this.#isOver = true;
    this.#stopping.abort();
    // The broker would hand the messages that are released below to a call that nobody waits for.
    await this.#reading.catch(() => undefined);
    if (!wasOver) await Promise.all([...this.#settling.values()].map((settling) => settling.drained()));
    this.#acknowledge();
    await endedInTime(target.clock, this.#acknowledging);
    await endedInTime(target.clock, this.#release());
    await Promise.all([routes.close(), deadLetters.close()]);
  }

  async #read(queues: readonly [Queue, ...Queue[]]): Promise<void> {
    const { routes, subscription, brokers, isOrdered, target } = this.#parts;
    const [broker] = queues;
    const share = Math.max(1, Math.floor(subscription.window / brokers.length));
    const enough = Math.ceil(Math.min(MAX_BATCH, share) / 2);
    const session = await routes.sessionOf(broker);
    const underWay = new UnderWay();
    let onRoom = () => {};
    this.#stopping.signal.addEventListener('abort', () => onRoom());
    while (!this.#isOver) {
      const room = Math.min(MAX_BATCH, share - underWay.messages);
      // A request that finds all queues blocked is answered only when the broker looks again, 100 ms later.
      if (room < enough || (isOrdered && underWay.queues >= queues.length)) {
        await new Promise<void>((resolve) => (onRoom = resolve));
        continue;
      }
      const messages = await this.#receive(session, broker, room);
      for (const message of messages) {
        const leave = underWay.enter(message.systemProperties.queueId);
        this.#handIn(session, broker, message, () => {
          leave();
          onRoom();
        });
      }
      if (messages.length === 0) await sleep(target.clock, 10).catch(() => undefined);
    }
  }

  async #receive(session: Session, broker: Queue, batchSize: number): Promise<readonly Received[]> {
    const { subscription, target } = this.#parts;
    const ms = POLL_MS + target.timeoutMs;
    const messages: Received[] = [];
    let status: Status | undefined;
    const request = {
      group: { name: subscription.group },
      messageQueue: { ...broker, id: -1, topic: { name: subscription.destination } },
      filterExpression: EVERYTHING,
      batchSize,
      invisibleDuration: duration(HIDDEN_MS),
      longPollingTimeout: duration(POLL_MS),
    };
    const call = session.receive<{ readonly status?: Status; readonly message?: Received }>('ReceiveMessage', request, { ms }, (answer) => {
      if (answer.message) messages.push(answer.message);
      else if (answer.status) status = answer.status;
    });
    await within(target.clock, ms, call.done);
    if (status !== undefined && ![OK, NO_MESSAGE, TOO_MANY].includes(status.code)) throw new StatusError(status);
    return messages;
  }

  #handIn(session: Session, broker: Queue, message: Received, onAcknowledged: () => void): void {
    const { take, target } = this.#parts;
    const { messageId, receiptHandle, queueId } = message.systemProperties;
    const receivedAt = target.clock.monotonic();
    const entry: Entry = { session, messageId, receiptHandle, receivedAt, renewed: Promise.resolve(), onAcknowledged };
    this.#entries.add(entry);
    if (this.#isOver) return;
    const incoming = toIncoming(message);
    this.#settlingOf(`${broker.broker.name}/${queueId}`).add(take(incoming), {
      stored: () => this.#done(entry),
      dead: (reason) => this.#bury(incoming, reason),
    });
  }

  #settlingOf(queue: string): SettleInOrder {
    let settling = this.#settling.get(queue);
    if (settling === undefined) this.#settling.set(queue, (settling = new SettleInOrder((reason) => this.#end(reason))));
    return settling;
  }

  #bury(incoming: Incoming, reason: { readonly code: string; readonly message: string }): Promise<void> {
    return this.#parts.deadLetters.publish(toDeadLetter(incoming, reason, this.#parts.subscription));
  }

  #done(entry: Entry): void {
    this.#entries.delete(entry);
    if (this.#settled.push(entry) === 1) setImmediate(() => this.#acknowledge());
  }

  /** The messages that are settled in the same turn of the event loop are acknowledged together. */
  #acknowledge(): void {
    const all = this.#settled;
    this.#settled = [];
    for (const session of new Set(all.map((entry) => entry.session))) {
      const done = this.#sendAcknowledgement(
        session,
        all.filter((entry) => entry.session === session),
      );
      done.catch((cause: unknown) => this.#end(connectionLost(cause)));
      this.#acknowledging = Promise.allSettled([this.#acknowledging, done]);
    }
  }

  /** A message that the broker does not know any more in this form comes again, and is recognised by its id. */
  async #sendAcknowledgement(session: Session, entries: readonly Entry[]): Promise<void> {
    const { destination, group } = this.#parts.subscription;
    await Promise.all(entries.map(({ renewed }) => renewed));
    const request = {
      group: { name: group },
      topic: { name: destination },
      entries: entries.map(({ messageId, receiptHandle }) => ({ messageId, receiptHandle })),
    };
    await session.call('AckMessage', request);
    for (const { onAcknowledged } of entries) onAcknowledged();
  }

  #renewLater(): void {
    const { clock } = this.#parts.target;
    clock.after(RENEW_MS, () => {
      if (this.#isOver) return;
      const due = clock.monotonic() - RENEW_MS;
      for (const entry of this.#entries) if (entry.receivedAt <= due) entry.renewed = this.#hide(entry, HIDDEN_MS);
      this.#renewLater();
    });
  }

  /** What is not settled is delivered again at once, not after the time for which it is hidden. */
  async #release(): Promise<void> {
    await Promise.all([...this.#entries].map((entry) => this.#hide(entry, 0)));
  }

  /** Never rejects: in the worst case, the message comes again later or twice. */
  async #hide(entry: Entry, ms: number): Promise<void> {
    const { destination, group } = this.#parts.subscription;
    const { session, messageId, receiptHandle } = entry;
    const request = { group: { name: group }, topic: { name: destination }, messageId, receiptHandle, invisibleDuration: duration(ms) };
    try {
      const answer = await session.call<{ readonly receiptHandle: string }>('ChangeInvisibleDuration', request);
      if (answer.receiptHandle !== '') entry.receiptHandle = answer.receiptHandle;
    } catch {
      // The connection is lost.
    }
  }

  #end(reason: AppError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopping.abort();
    for (const settling of this.#settling.values()) settling.end();
    this.#ended.resolve(reason);
  }
}

/** Counts messages that are handed in and not acknowledged, and the queues that they are from. */
class UnderWay {
  readonly #byQueue = new Map<number, number>();
  messages = 0;

  get queues(): number {
    return this.#byQueue.size;
  }

  /** Adds a message of a queue. The returned function takes it away. */
  enter(queueId: number): () => void {
    this.messages += 1;
    this.#byQueue.set(queueId, (this.#byQueue.get(queueId) ?? 0) + 1);
    return () => {
      this.messages -= 1;
      const left = this.#byQueue.get(queueId)! - 1;
      if (left === 0) this.#byQueue.delete(queueId);
      else this.#byQueue.set(queueId, left);
    };
  }
}
