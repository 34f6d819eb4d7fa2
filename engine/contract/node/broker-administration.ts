/**
 * Administration of the message broker behind an adapter. What an adapter may see and change is its scope (decision
 * 0070): everything outside is treated like something that does not exist.
 */
import { AppError } from '../values/errors.ts';
import type { ProbeContext } from './probe.ts';

/** Set in the definition of an adapter type whose adapters reach message brokers. */
export interface BrokerAdministrations {
  /** Returns the scope of an adapter with these valid settings. */
  scopeOf(settings: Readonly<Record<string, unknown>>): BrokerScope;
  /**
   * Opens the administration. Rejects with BROKER_NOT_ADMINISTERED (input), and with the errors of the settings and the
   * credential.
   */
  open(ctx: ProbeContext): Promise<BrokerAdministration>;
}

export interface BrokerScope {
  /** The name of the product in the settings of the adapter, for example `rabbitmq`. */
  readonly broker: string;
  readonly servers: readonly string[];
  readonly virtualHost?: string;
  /** Only names that begin with this text belong to the scope. */
  readonly namePrefix?: string;
  /** Why the broker cannot be administered through this adapter; absent if it can. */
  readonly without?: WithoutReason;
}

/**
 * `unsupported`: this product has no administration here. `management`: the adapter has no address of the management API.
 * `login`: the adapter has no login, so nobody would have decided what it may see.
 */
export type WithoutReason = 'unsupported' | 'management' | 'login';

export interface BrokerAbout {
  readonly product: string;
  readonly version?: string;
  /** What the broker can do; the page shows only this. */
  readonly features: BrokerFeatures;
}

export interface BrokerFeatures {
  readonly kinds: readonly DestinationKind[];
  /** `bindings`: a queue gets messages of a topic. `groups`: the consumers of a group share a topic. */
  readonly subscriptions: 'bindings' | 'groups';
  readonly endSessions: boolean;
  readonly virtualHosts: boolean;
}

export type DestinationKind = 'queue' | 'topic';

export interface DestinationRef {
  readonly kind: DestinationKind;
  readonly name: string;
}

/** Numbers that the broker does not give are absent. */
export interface BrokerDestination extends DestinationRef {
  /** The broker's own word: `quorum`, `classic`, `stream`, `fanout`, `log` … */
  readonly type: string;
  readonly durable: boolean;
  /** Messages that are kept. */
  readonly messages?: number;
  /** Those of `messages` that were delivered and are not acknowledged yet. */
  readonly unacknowledged?: number;
  readonly bytes?: number;
  readonly consumers?: number;
  readonly partitions?: number;
  /** Where the broker moves messages that expire or are refused. */
  readonly deadLetterTo?: string;
  /** After so many deliveries, the broker drops a message or moves it to the dead letters. */
  readonly deliveryLimit?: number;
  /** Made by the broker itself; it cannot be removed. */
  readonly builtIn?: true;
}

export interface NewDestination extends DestinationRef {
  readonly type?: string | undefined;
  readonly partitions?: number | undefined;
  /** Queue that gets messages that expire or are refused. */
  readonly deadLetterTo?: string | undefined;
  readonly retainMs?: number | undefined;
}

export interface SubscriptionRef {
  readonly topic: string;
  /** The queue that is bound to the topic, or the consumer group. */
  readonly subscriber: string;
  /** Tells bindings with the same topic and queue apart. */
  readonly key?: string | undefined;
}

export interface BrokerSubscription extends SubscriptionRef {
  /** Messages that the subscriber has not processed yet. */
  readonly lag?: number;
  readonly consumers?: number;
  readonly state?: string;
}

export interface BrokerSession {
  readonly sessionId: string;
  /** The name that the client gave itself. */
  readonly client: string;
  readonly user?: string;
  readonly address: string;
  readonly since?: number;
  readonly protocol?: string;
  /** The consumer group that it is a member of. */
  readonly group?: string;
  /** Names of the queues or topics that it consumes. */
  readonly consumes: readonly string[];
}

export interface BrokerVirtualHost {
  readonly name: string;
  /** True for the one of the adapter. */
  readonly isOwn: boolean;
  readonly messages?: number;
}

export interface BrowseLimits {
  readonly count: number;
  readonly eachBytes: number;
  /** True if each look may count as a delivery, where the broker counts it. */
  readonly mayCount: boolean;
}

export interface BrowsedMessage {
  /** Partition and offset, where the broker has them. */
  readonly place?: string;
  readonly at?: number;
  readonly id?: string;
  readonly key?: string;
  readonly contentType?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** At most `eachBytes` of the body. */
  readonly body: Uint8Array;
  readonly sizeBytes: number;
}

export interface MoveOrder {
  readonly from: DestinationRef;
  /** A name of the same kind. Absent: each message goes back to the place that its dead-letter headers name. */
  readonly to?: string | undefined;
  readonly limit: number;
  /** Returns whether messages may go back to this place. */
  readonly mayReach: (name: string) => boolean;
}

export interface MoveResult {
  readonly moved: number;
  /** Messages that name no place, or one that does not exist. They stay. */
  readonly left: number;
  /** Set if the person stopped it before the end. */
  readonly isStopped?: true;
}

/**
 * Each operation may also reject with the errors of a connection and login, with BROKER_API_FAILED (transient), and with
 * BROKER_REFUSED or BROKER_CANNOT (input).
 */
export interface BrokerAdministration {
  about(): Promise<BrokerAbout>;
  destinations(): Promise<readonly BrokerDestination[]>;
  subscriptions(): Promise<readonly BrokerSubscription[]>;
  sessions(): Promise<readonly BrokerSession[]>;
  virtualHosts(): Promise<readonly BrokerVirtualHost[]>;
  /** Rejects with BROKER_EXISTS (input). */
  create(destination: NewDestination): Promise<void>;
  /** Returns the number of messages that were removed with it. Rejects with NOT_FOUND (input). */
  remove(destination: DestinationRef): Promise<number>;
  /** Removes all messages, and returns how many. Rejects with NOT_FOUND (input). */
  purge(destination: DestinationRef): Promise<number>;
  /** Rejects with NOT_FOUND, or with BROKER_BROWSE_COUNTS (input) if a look counts as a delivery. */
  browse(destination: DestinationRef, limits: BrowseLimits): Promise<readonly BrowsedMessage[]>;
  /**
   * Moves the messages that are there now. Each is removed only after the broker has stored it at the new place, so that
   * none is lost; after a crash, some may be in both places under the same id.
   */
  move(order: MoveOrder, onMoved: (moved: number) => void): Promise<MoveResult>;
  subscribe(subscription: SubscriptionRef): Promise<void>;
  unsubscribe(subscription: SubscriptionRef): Promise<void>;
  endSession(sessionId: string): Promise<void>;
  createVirtualHost(name: string): Promise<void>;
  removeVirtualHost(name: string): Promise<void>;
  /** Closes all connections. Never rejects. */
  close(): Promise<void>;
}

/** The error for something that does not exist, or is outside the scope: nobody can tell which. */
export function brokerNotFound(name: string): AppError {
  return new AppError('NOT_FOUND', 'input', `${name} does not exist.`, {
    values: { id: name },
    fix: 'Look at the list to see what exists.',
  });
}

const WHY: Readonly<Record<WithoutReason, string>> = {
  unsupported: 'this product cannot be administered here',
  management: 'the adapter has no address of the management API',
  login: 'the adapter has no login',
};

/** The error for a broker that cannot be administered through this adapter. */
export function notAdministered(problem: WithoutReason): AppError {
  return new AppError('BROKER_NOT_ADMINISTERED', 'input', `The broker cannot be administered through this adapter: ${WHY[problem]}.`, {
    values: { problem },
    fix: problem === 'unsupported' ? 'Use the tools of the broker.' : 'Complete the settings of the adapter.',
  });
}
