/**
 * AMQP 1.0: JMS brokers (ActiveMQ, Artemis), RabbitMQ and others. Confirms by disposition, durable subscriptions of
 * topics, dead letters with their reason.
 */
import type { Delivery, EventContext, Receiver, Session } from 'rhea';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { amqpFailed, isTopic, openAmqp, terminusOf, type AmqpConnection, type Refusal } from './amqp-connection.ts';
import { isJavaObject, toIncoming } from './amqp-message.ts';
import { AmqpLine, AmqpPublisher } from './amqp-publisher.ts';
import {
  toDeadLetter,
  type Broker,
  type Consumer,
  type DeadReason,
  type Incoming,
  type Subscription,
  type TakeMessage,
  type Target,
  type Verdict,
} from './broker.ts';
import { connectionLost, unreadable } from './errors.ts';
import { SettleInOrder } from './settle-in-order.ts';
import { within } from './within.ts';

export default { openPublisher, consume, describe } satisfies Broker;

async function describe(target: Target): Promise<string> {
  const amqp = await openAmqp(target);
  const { product, version } = (amqp.connection.properties ?? {}) as { readonly product?: unknown; readonly version?: unknown };
  await amqp.close();
  return ['AMQP 1.0', product, version].filter((part) => typeof part === 'string').join(' ');
}

async function openPublisher(target: Target): Promise<AmqpPublisher> {
  return new AmqpPublisher(await openAmqp(target), target);
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const { destination, group, window } = subscription;
  const isDurable = isTopic(destination);
  // The name of the connection and that of the link together are the name of a durable subscription.
  const amqp = await openAmqp(target, isDurable ? group : undefined);
  try {
    const deadLetters = await openDeadLetters(amqp, target, subscription.deadLetter);
    const session = amqp.connection.create_session({ incoming: window + 1 });
    session.begin();
    const subscribed = { durable: 2, expiry_policy: 'never', distribution_mode: 'copy' };
    const receiver = session.open_receiver({
      name: isDurable ? destination : `${group} ${Math.random()}`,
      source: { ...terminusOf(destination, amqp, target), ...(isDurable ? subscribed : { durable: 2 }) },
      credit_window: 0,
      autoaccept: false,
    });
    const consumer = new AmqpConsumer({ amqp, session, receiver, target, subscription, take, deadLetters });
    await within(target.clock, target.timeoutMs, consumer.opened);
    return consumer;
  } catch (error) {
    await amqp.close();
    throw connectionLost(error);
  }
}

/** Opens the line to the dead letters. RabbitMQ 3 creates a queue only under this other form of its address. */
async function openDeadLetters(amqp: AmqpConnection, target: Target, destination: string): Promise<AmqpLine> {
  const open = async (to?: object) => {
    const line = new AmqpLine(amqp, target, destination, to);
    await within(target.clock, target.timeoutMs, line.opened);
    return line;
  };
  try {
    return await open();
  } catch (error) {
    const isAbsent = (error as AppError).code === 'MESSAGING_DESTINATION_UNKNOWN';
    if (!isAbsent || target.addressForm !== 'rabbitmq-3') throw error;
    return open({ address: `/queue/${destination}` });
  }
}

interface ConsumerParts {
  readonly amqp: AmqpConnection;
  readonly session: Session;
  readonly receiver: Receiver;
  readonly target: Target;
  readonly subscription: Subscription;
  readonly take: TakeMessage;
  readonly deadLetters: AmqpLine;
}

class AmqpConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  readonly #opened = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<unknown>();
  readonly #settling = new SettleInOrder((reason) => this.#end(reason));
  #isOver = false;
  /** Messages that were settled in this turn of the event loop. */
  #settled = 0;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    const { amqp, session, receiver, subscription } = parts;
    const end = (refusal: unknown) => this.#end(amqpFailed(subscription.destination, refusal as Refusal | undefined));
    this.#opened.promise.catch(() => undefined);
    session.on('session_error', () => end(session.error));
    session.on('session_close', () => end(session.error));
    receiver.on('receiver_error', () => end(receiver.error));
    receiver.on('receiver_close', () => end(receiver.error));
    receiver.on('receiver_open', () => this.#begin());
    receiver.on('message', (context: EventContext) => this.#receive(context));
    void amqp.lost.then((error) => this.#end(error));
  }

  /** Resolves when the broker has accepted the subscription. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  get ended(): Promise<unknown> {
    return this.#ended.promise;
  }

  async stop(): Promise<void> {
    const { amqp, receiver } = this.#parts;
    const wasOver = this.#isOver;
    this.#isOver = true;
    if (!wasOver) await this.#settling.drained();
    // Closing the link would end a durable subscription.
    if (amqp.isOpen) receiver.detach();
    await amqp.close();
  }

  /** A broker that refuses the link opens it without a source, and then closes it with the reason. */
  #begin(): void {
    const { receiver, subscription } = this.#parts;
    if (!receiver.source?.address) return;
    receiver.add_credit(subscription.window);
    this.#opened.resolve();
  }

  #receive({ message, delivery }: EventContext): void {
    if (this.#isOver) return;
    const isRefused = isJavaObject(message!);
    // As a dead letter it is mere bytes, so that nobody reads it as an object by mistake.
    const incoming = isRefused ? { ...toIncoming(message!), contentType: 'application/octet-stream' } : toIncoming(message!);
    this.#settling.add(isRefused ? refuseObject() : this.#parts.take(incoming), {
      stored: () => this.#accept(delivery!),
      dead: (reason) => this.#bury(incoming, reason),
    });
  }

  #accept(delivery: Delivery): void {
    delivery.accept();
    if (this.#settled++ > 0) return;
    setImmediate(() => {
      if (!this.#isOver) this.#parts.receiver.add_credit(this.#settled);
      this.#settled = 0;
    });
  }

  #bury(incoming: Incoming, reason: DeadReason): Promise<void> {
    const { subscription, deadLetters } = this.#parts;
    return deadLetters.publish(toDeadLetter(incoming, reason, subscription));
  }

  #end(reason: AppError): void {
    this.#isOver = true;
    this.#settling.end();
    this.#opened.reject(reason);
    this.#ended.resolve(reason);
  }
}

async function refuseObject(): Promise<Verdict> {
  const { code, message } = unreadable();
  return { dead: { code, message } };
}
