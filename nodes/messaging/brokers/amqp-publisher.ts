import type { Delivery, EventContext, Sender, Session } from 'rhea';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { amqpFailed, terminusOf, type AmqpConnection, type Refusal } from './amqp-connection.ts';
import { toAmqp } from './amqp-message.ts';
import type { Outgoing, Publisher, Target } from './broker.ts';
import { notConfirmed, notTaken, tooLarge } from './errors.ts';

/** Maximum number of destinations that a connection publishes to at the same time; each has a session. */
const MAX_SESSIONS = 200;
/** Most messages of one session that are not confirmed yet. */
const SESSION_MESSAGES = 10_000;

export class AmqpPublisher implements Publisher {
  readonly #amqp: AmqpConnection;
  readonly #target: Target;
  readonly #lines = new Map<string, AmqpLine>();

  constructor(amqp: AmqpConnection, target: Target) {
    this.#amqp = amqp;
    this.#target = target;
  }

  get isUsable(): boolean {
    return this.#amqp.isOpen;
  }

  async publish(message: Outgoing): Promise<void> {
    const { destination } = message;
    let line = this.#lines.get(destination);
    if (line === undefined) {
      if (this.#lines.size >= MAX_SESSIONS) throw notTaken(`more than ${MAX_SESSIONS} destinations at once`);
      line = new AmqpLine(this.#amqp, this.#target, destination);
      this.#lines.set(destination, line);
      void line.ended.then(() => this.#lines.delete(destination));
    }
    return line.publish(message);
  }

  close(): Promise<void> {
    return this.#amqp.close();
  }
}

interface Entry {
  readonly message: Outgoing;
  readonly resolve: () => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Publishes to one destination, in a session of its own: some brokers end a session on errors such as an unknown
 * destination, and the messages to others must not suffer from that.
 */
export class AmqpLine {
  readonly #target: Target;
  readonly #session: Session;
  readonly #sender: Sender;
  readonly #waiting: Entry[] = [];
  readonly #sent = new Map<Delivery, Entry>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<AppError>();
  #failure: AppError | undefined;
  #cancelTimer: (() => void) | undefined;
  #isKnown = false;

  /** `to`: the address, if it is another one than that of the destination. */
  constructor(amqp: AmqpConnection, target: Target, destination: string, to?: object) {
    const { connection, lost } = amqp;
    const usual = terminusOf(destination, amqp, target);
    this.#target = target;
    this.#session = connection.create_session({ outgoing: SESSION_MESSAGES });
    this.#session.begin();
    // Durable: RabbitMQ creates a queue as the link asks.
    this.#sender = this.#session.open_sender({ target: { ...(to ?? usual), durable: 2 } });
    this.#opened.promise.catch(() => undefined);
    const end = (refusal: unknown) => this.#end(amqpFailed(destination, refusal as Refusal | undefined));
    this.#session.on('session_error', () => end(this.#session.error));
    this.#session.on('session_close', () => end(this.#session.error));
    this.#sender.on('sender_error', () => end(this.#sender.error));
    this.#sender.on('sender_close', () => end(this.#sender.error));
    void lost.then((error) => this.#end(error));
    this.#sender.on('sendable', () => this.#sendAll());
    if (to === undefined && target.addressForm === 'rabbitmq-3') this.#lookUp(usual);
    else this.#isKnown = true;
    this.#settleBy('accepted', (entry) => entry.resolve());
    this.#settleBy('released', (entry) => entry.reject(notTaken('released')));
    this.#settleBy('rejected', (entry, delivery) => {
      entry.reject(amqpFailed(destination, (delivery.remote_state as { readonly error?: Refusal } | undefined)?.error));
    });
  }

  /** Resolves when the broker takes messages. Rejects with the reason why it does not. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get ended(): Promise<AppError> {
    return this.#ended.promise;
  }

  publish(message: Outgoing): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ message, resolve, reject });
      return this.#sendAll();
    });
  }

  /** RabbitMQ 3 confirms messages to a queue that does not exist, and loses them. It refuses to let them be read. */
  #lookUp(source: object): void {
    const reader = this.#session.open_receiver({ source, credit_window: 0, autoaccept: false });
    reader.on('receiver_open', () => {
      if (!reader.source?.address) return;
      this.#isKnown = true;
      reader.close();
      this.#sendAll();
    });
  }

  #settleBy(outcome: string, settle: (entry: Entry, delivery: Delivery) => void): void {
    this.#sender.on(outcome, ({ delivery }: EventContext) => {
      const entry = this.#sent.get(delivery!);
      this.#sent.delete(delivery!);
      if (entry !== undefined) settle(entry, delivery!);
    });
  }

  #sendAll(): void {
    if (this.#isKnown && this.#sender.sendable()) this.#opened.resolve();
    while (this.#isKnown && this.#waiting.length > 0 && this.#sender.sendable()) {
      this.#stopTimer();
      const entry = this.#waiting.shift()!;
      const { max_message_size: limit } = this.#sender;
      if (limit !== undefined && limit > 0 && entry.message.body.length > limit) entry.reject(tooLarge());
      else this.#sent.set(this.#sender.send(toAmqp(entry.message)), entry);
    }
    if (this.#waiting.length === 0) return this.#stopTimer();
    // A broker without memory or disk grants no credit. What was not sent is known not to be stored.
    const { clock, timeoutMs } = this.#target;
    this.#cancelTimer ??= clock.after(timeoutMs / 2, () => {
      this.#cancelTimer = undefined;
      for (const { reject } of this.#waiting.splice(0)) reject(notTaken('the broker grants no credit'));
    });
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #end(failure: AppError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#stopTimer();
    this.#opened.reject(failure);
    this.#ended.resolve(failure);
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
    for (const { reject } of this.#sent.values()) reject(notConfirmed('the connection was lost', failure));
    this.#sent.clear();
    if (!this.#session.is_closed()) this.#session.close();
  }
}
