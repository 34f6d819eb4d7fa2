/**
 * The contract between the messaging nodes and a broker. To add a broker: copy `rabbitmq.ts`, and add a line to
 * `../brokers.ts`. The suite `test/nodes/messaging/brokers/conformance.ts` checks every broker that can run.
 */
import type { OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';

export interface Server {
  readonly host: string;
  readonly port: number;
}

export type Mechanism = 'password' | 'scram-sha-256' | 'scram-sha-512';

/** How a broker of AMQP 1.0 writes the address of a queue: its name, or as RabbitMQ 3 and 4 demand it. */
export type AddressForm = 'name' | 'rabbitmq-3' | 'rabbitmq-4';

export interface Target {
  /** Any of them leads to the broker. At least one. */
  readonly servers: readonly Server[];
  readonly virtualHost: string | undefined;
  /** AMQP 1.0 only; `name` if absent. */
  readonly addressForm?: AddressForm;
  /** Absent if the broker demands no login. */
  readonly login: { readonly mechanism: Mechanism; readonly user: string; readonly password: string } | undefined;
  /** Absent for a connection without TLS. With TLS, the name and the chain are always checked. */
  readonly tls: { readonly ca?: string; readonly serverName?: string } | undefined;
  readonly connectTimeoutMs: number;
  /** Maximum time until the broker confirms a message or answers a request. */
  readonly timeoutMs: number;
  /** Every socket must go through the guard, also to servers that the broker names itself. */
  readonly outbound: OutboundGuard;
  readonly clock: Clock;
  /** Aborts opening the connection, and ends it. */
  readonly signal?: AbortSignal;
  /** How the connection is called in the broker's own list. */
  readonly clientName: string;
}

export interface Outgoing {
  /** A queue or a topic; each broker has its own form for others. */
  readonly destination: string;
  /** Messages with the same key stay in order (Kafka), or the key decides where they go (RabbitMQ). */
  readonly key: string | undefined;
  /** The same when the same message is sent again. */
  readonly id: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** One connection that publishes any number of messages at once. */
export interface Publisher {
  /** False once the connection is lost or closed. */
  readonly isUsable: boolean;
  /**
   * Resolves when the broker has stored the message. Rejects with MESSAGING_DESTINATION_UNKNOWN, MESSAGING_REFUSED or
   * MESSAGING_TOO_LARGE (input), MESSAGING_NOT_TAKEN or MESSAGING_CONNECTION_LOST (transient: it was not stored), or
   * MESSAGING_NOT_CONFIRMED (unknown-outcome: the connection was lost before the broker confirmed it).
   */
  publish(message: Outgoing): Promise<void>;
  /** Closes the connection. Messages that are not confirmed yet are rejected. Never rejects. */
  close(): Promise<void>;
}

export interface Subscription {
  readonly destination: string;
  /** Consumers with the same name share the messages, where the broker has that. */
  readonly group: string;
  /** Names this consumer in its group. Another one with the same name takes its place. */
  readonly member: string;
  /** Maximum number of messages that are handed in and not settled yet. */
  readonly window: number;
  /** The destination for messages that are refused for good. It is created if it does not exist. */
  readonly deadLetter: string;
}

export interface Incoming {
  /** The id that the sender gave the message. */
  readonly id: string | undefined;
  /** Where the broker keeps the message, if that never changes. */
  readonly place: string | undefined;
  readonly key: string | undefined;
  readonly contentType: string | undefined;
  /** As the sender wrote them. Values that are neither text nor numbers are JSON. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface DeadReason {
  readonly code: string;
  readonly message: string;
}

/** `stored`: the broker may forget the message. `later`: it cannot be stored now. Otherwise it is never stored as it is. */
export type Verdict = 'stored' | { readonly later: DeadReason } | { readonly dead: DeadReason };

/** Called in the order of the broker, for several messages at once. Never rejects. */
export type TakeMessage = (message: Incoming) => Promise<Verdict>;

/**
 * Reads messages until `stop`, or until it cannot continue. A message is acknowledged after it was stored, or after the
 * broker has stored it in the place of dead letters with its reason. After the first `later`, nothing more of that
 * queue or partition is acknowledged, so that the broker delivers it again in order.
 */
export interface Consumer {
  /** Resolves with an AppError if the consumer cannot continue: the connection is lost, or a verdict was `later`. */
  readonly ended: Promise<unknown>;
  /** Takes no more messages, settles those handed in, and closes the connection. Never rejects. */
  stop(): Promise<void>;
}

export interface Broker {
  /**
   * Connects and logs in. Rejects with MESSAGING_CONNECT_FAILED or MESSAGING_STOPPED (transient),
   * MESSAGING_LOGIN_REFUSED or OUTBOUND_REFUSED (input).
   */
  openPublisher(target: Target): Promise<Publisher>;
  /** Connects and begins to read. Rejects with the same errors, MESSAGING_DESTINATION_UNKNOWN or MESSAGING_REFUSED (input). */
  consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer>;
  /** Connects, logs in and closes. Returns what the broker says of itself, for the connection test. */
  describe(target: Target): Promise<string>;
}

const DEAD_LETTER_CODE = 'dead-letter-code';
const DEAD_LETTER_REASON = 'dead-letter-reason';
export const DEAD_LETTER_ORIGIN = 'dead-letter-origin';
/** The headers that a dead letter has besides its own. */
export const DEAD_LETTER_HEADERS: readonly string[] = [DEAD_LETTER_CODE, DEAD_LETTER_REASON, DEAD_LETTER_ORIGIN];

/** The dead letter of a message. Its own headers, id, key and body stay. */
export function toDeadLetter(incoming: Incoming, { code, message }: DeadReason, { destination, deadLetter }: Subscription): Outgoing {
  const { id = '', key, contentType = 'application/octet-stream', body, place = destination } = incoming;
  const headers = { ...incoming.headers, [DEAD_LETTER_CODE]: code, [DEAD_LETTER_REASON]: message, [DEAD_LETTER_ORIGIN]: place };
  return { destination: deadLetter, key, id, contentType, headers, body };
}
