/** Connections to one Redis. They fail fast and reconnect, and their commands are counted. */
import { isIP } from 'node:net';
import { Redis, type Command, type RedisOptions } from 'ioredis';
import { refusePassword, refusePlainConnection } from '../shared/server-address.ts';

/** Address and user of a Redis. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: { readonly ca?: string; readonly servername?: string };
}

/** Number of commands sent; each command of a pipeline counts. */
export interface RedisCounters {
  operations: number;
}

/**
 * Maximum wait for a reply. After it, the connection is treated as dead, even if TCP reports no error, and a new one
 * is opened.
 */
const SILENCE_MS = 1_500;
const CONNECT_MS = 2_000;
const MAX_RECONNECT_PAUSE_MS = 1_000;

/**
 * Parses `redis://[user@]host[:port][/db]`, or `rediss://…` for TLS. Throws STORE_NOT_ENCRYPTED or
 * STORE_PASSWORD_IN_ADDRESS (input).
 */
export function parseRedisAddress(address: string, { password, ca }: { readonly password?: string; readonly ca?: string }): RedisPlace {
  refusePassword(address);
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isEncrypted = url.protocol === 'rediss:';
  if (!isEncrypted) refusePlainConnection([host], 'Use rediss:// and a Redis that listens with TLS (tls-port).');
  return {
    host: host === '' ? '127.0.0.1' : host,
    port: url.port === '' ? 6379 : Number(url.port),
    db: Number(url.pathname.slice(1)) || 0,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(password === undefined ? {} : { password }),
    // An IP address is not a valid TLS server name.
    ...(isEncrypted ? { tls: { ...(ca === undefined ? {} : { ca }), ...(isIP(host) === 0 ? { servername: host } : {}) } } : {}),
  };
}

/**
 * Creates a connection whose commands fail at once while Redis is unreachable: no command is queued or sent twice,
 * and none waits longer than SILENCE_MS. It reconnects forever, at least once a second. If `isPipelined`, commands of
 * one turn of the event loop are sent together.
 */
export function createRedisClient(place: RedisPlace, counters: RedisCounters, isPipelined: boolean): Redis {
  return new CountedRedis(
    {
      ...placeOptions(place),
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableAutoPipelining: isPipelined,
      socketTimeout: SILENCE_MS,
      retryStrategy: (times) => Math.min(50 * 2 ** times, MAX_RECONNECT_PAUSE_MS) * (0.5 + Math.random() / 2),
      // After a failover, the old master is a replica. Resolving its address again may return the new master.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    },
    counters,
  );
}

/** Creates a client that connects once, without a password, to find out what kind of server it is. */
export function createProbe(place: RedisPlace): Redis {
  const { password: _password, username: _username, ...anonymous } = placeOptions(place);
  return new Redis({
    ...anonymous,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    db: 0,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    socketTimeout: SILENCE_MS,
  });
}

/** The option `replyMapping` also changes the type of the client, so callers cannot set it. */
type Options = Omit<RedisOptions, 'replyMapping'>;

function placeOptions({ tls, ...place }: RedisPlace): Options {
  return { ...place, ...(tls === undefined ? {} : { tls }), connectTimeout: CONNECT_MS, keepAlive: 10_000 };
}

class CountedRedis extends Redis {
  readonly #counters: RedisCounters;

  constructor(options: Options, counters: RedisCounters) {
    super(options);
    this.#counters = counters;
    // Errors are reported by the rejected commands. Without a listener, each lost connection would end the process.
    this.on('error', () => undefined);
  }

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    this.#counters.operations += 1;
    return super.sendCommand(command, stream);
  }

  /**
   * BullMQ creates its blocking connection with this method. A blocking command gets no reply while it waits, so this
   * connection has no reply timeout. The command continues after a reconnect.
   */
  override duplicate(override?: Partial<Options>): Redis {
    const { socketTimeout: _silence, replyMapping: _mapping, ...options } = this.options;
    const blocking = { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true, lazyConnect: false };
    return new CountedRedis({ ...options, ...blocking, enableAutoPipelining: false, ...override }, this.#counters);
  }
}
