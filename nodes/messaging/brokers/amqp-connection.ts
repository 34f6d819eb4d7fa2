/** One connection of AMQP 1.0, and what its errors mean. */
import type { Socket } from 'node:net';
import rhea, { type Connection, type ConnectionOptions, type EventContext } from 'rhea';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import type { Server, Target } from './broker.ts';
import { firstServer, joinWrites, openSocket } from './connect.ts';
import { connectFailed, connectionLost, destinationUnknown, loginRefused, notTaken, refused, stopped, tooLarge } from './errors.ts';
import { endedInTime, within } from './within.ts';

/** The other side must send something within twice this time, else the connection is lost. */
const IDLE_MS = 10_000;

/** What a broker says when it refuses a link, a session or a message. */
export interface Refusal {
  readonly condition?: string;
  readonly description?: string;
}

export interface AmqpConnection {
  readonly connection: Connection;
  readonly isOpen: boolean;
  /** Resolves when the connection is lost or closed. */
  readonly lost: Promise<AppError>;
  /** Waits until the broker has everything that was written. Never rejects. */
  close(): Promise<void>;
}

/** `containerId` names durable subscriptions; otherwise it is any. */
export function openAmqp(target: Target, containerId?: string): Promise<AmqpConnection> {
  return firstServer(target, (server) => openServer(target, server, containerId));
}

async function openServer(target: Target, server: Server, containerId: string | undefined): Promise<AmqpConnection> {
  const { login, virtualHost, addressForm = 'name', connectTimeoutMs, clock, clientName } = target;
  const socket = await openSocket(target, server);
  joinWrites(socket);
  const options: ConnectionOptions = {
    ...server,
    username: login?.user ?? 'anonymous',
    password: login?.password ?? '',
    container_id: containerId ?? `${clientName} ${rhea.generate_uuid()}`,
    hostname: virtualHost === undefined ? server.host : addressForm === 'name' ? virtualHost : `vhost:${virtualHost}`,
    idle_time_out: IDLE_MS,
    reconnect: false,
    // Otherwise the client takes some reasons for closing as no errors.
    non_fatal_errors: [],
    connection_details: () => ({
      ...server,
      connect: (_port: number, _host: string, _options: unknown, done: () => void) => {
        setImmediate(done);
        return socket;
      },
    }),
  };
  const container = rhea.create_container();
  // An event of an error that nobody listens to would end the process.
  container.on('error', () => undefined);
  const connection = container.create_connection(options);
  const lost = lossOf(connection);
  try {
    const opened = new Promise<void>((resolve) => connection.once('connection_open', () => resolve()));
    connection.connect();
    const failed = lost.then((cause) => Promise.reject(cause));
    await within(clock, connectTimeoutMs, Promise.race([opened, failed]));
  } catch (cause) {
    destroy(connection, socket);
    throw target.signal?.aborted ? stopped() : openFailed(server, cause);
  }
  return wrap(connection, lost.then(connectionLost), () => destroy(connection, socket), target);
}

/** Resolves with the first reason for which the connection ends. */
function lossOf(connection: Connection): Promise<unknown> {
  return new Promise((resolve) => {
    connection.on('connection_error', ({ error }: EventContext) => resolve(error));
    connection.on('connection_close', () => resolve(new Error('closed')));
    connection.on('disconnected', ({ error }: EventContext) => resolve(error ?? new Error('the other side closed the connection')));
    connection.on('error', resolve);
    connection.on('protocol_error', resolve);
  });
}

function openFailed(server: Server, cause: unknown): AppError {
  const { condition = '', message = '' } = (cause ?? {}) as { readonly condition?: string; readonly message?: string };
  if (condition === 'amqp:unauthorized-access' || /SASL|authenticat/i.test(message)) return loginRefused('password', cause);
  if (/vhost|virtual host/i.test(message)) return loginRefused('virtual-host', cause);
  return connectFailed(server, cause);
}

/** The client starts timers when it writes to a socket that has ended. They would keep the process running for 20 seconds. */
function destroy(connection: Connection, socket: Socket): void {
  socket.destroy();
  setImmediate(() => {
    const { heartbeat_in, heartbeat_out, abort_idle } = connection as unknown as Readonly<Record<string, NodeJS.Timeout | undefined>>;
    for (const timer of [heartbeat_in, heartbeat_out, abort_idle]) clearTimeout(timer);
  });
}

function wrap(connection: Connection, lost: Promise<AppError>, destroy: () => void, { clock }: Target): AmqpConnection {
  let isOpen = true;
  void lost.then(() => (isOpen = false));
  return {
    connection,
    get isOpen() {
      return isOpen;
    },
    lost,
    async close() {
      connection.close();
      await endedInTime(clock, lost);
      destroy();
    },
  };
}

const TOPIC = 'topic://';

export function isTopic(destination: string): boolean {
  return destination.startsWith(TOPIC);
}

/** The end of a link in the broker. Brokers of JMS must know whether it is a queue or a topic. */
export function terminusOf(destination: string, { connection }: AmqpConnection, { addressForm = 'name' }: Target) {
  if (isTopic(destination)) {
    const { 'topic-prefix': prefix = '' } = (connection.properties ?? {}) as { readonly 'topic-prefix'?: string };
    return { address: prefix + destination.slice(TOPIC.length), capabilities: ['topic'] };
  }
  if (addressForm === 'name' || destination.startsWith('/')) return { address: destination, capabilities: ['queue'] };
  if (addressForm === 'rabbitmq-4') return { address: `/queues/${encodeURIComponent(destination)}` };
  return { address: `/amq/queue/${destination}` };
}

/** Returns the error for a refusal of a link, a session or a message. */
export function amqpFailed(destination: string, refusal: Refusal | undefined): AppError {
  const { condition = 'no reason', description = '' } = refusal ?? {};
  const cause = new Error(`${condition}: ${description.slice(0, 200)}`);
  if (condition === 'amqp:unauthorized-access' || condition === 'amqp:not-allowed') return refused(destination, condition, cause);
  if (condition === 'amqp:link:message-size-exceeded') return tooLarge(cause);
  if (condition === 'amqp:not-found' || /unknown_destination|no queue|not_found/i.test(description))
    return destinationUnknown(destination, 'absent', cause);
  if (condition === 'amqp:precondition-failed' || condition === 'amqp:invalid-field') return refused(destination, condition, cause);
  return notTaken(condition, cause);
}
