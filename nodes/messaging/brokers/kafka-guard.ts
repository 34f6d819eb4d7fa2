import { isIP } from 'node:net';
import { NetworkError, type Connection, type ConnectionPool } from '@platformatic/kafka';
import type { Target } from './broker.ts';

/**
 * Lets a client connect only to addresses that the guard allows, also to brokers that the cluster names. Without TLS,
 * the client connects to the very address that was checked; with TLS, the certificate proves the name.
 */
export function guardPool(pool: ConnectionPool, { outbound, tls }: Target): void {
  // A connection that ends during its login reports two errors. Nobody listens to the second one, which would end the process.
  pool.on('connecting', ({ connection }: { readonly connection: Connection }) => connection.on('error', () => undefined));
  const get = pool.get.bind(pool) as (broker: { host: string; port: number }, done: Done) => void;
  const addressOf = async (host: string, port: number) => {
    if (tls !== undefined && isIP(host) === 0) {
      await outbound.requireAll(host, port);
      return host;
    }
    return (await outbound.resolve(host, port))[0]!.address;
  };
  const guarded = (broker: { host: string; port: number } | undefined, done: Done) => {
    if (broker === undefined) return get(broker as never, done);
    addressOf(broker.host, broker.port).then(
      (host) => get({ ...broker, host }, done),
      // The client looks into errors by methods of its own class.
      (cause: Error) => done(new NetworkError(cause.message, { cause, canRetry: false })),
    );
  };
  pool.get = guarded as typeof pool.get;
}

type Done = (error: Error | null, connection?: unknown) => void;
