import { buildConnector, Client, Pool } from 'undici';
import type { AdapterLimits } from '../../../engine/contract/node/adapter.ts';
import { guardConnector, outboundUrl, targetOfUrl, type OutboundGuard } from '../../../engine/contract/node/outbound-guard.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { Line } from './exchange.ts';

export interface Destination {
  readonly url: string;
  readonly ca?: string | undefined;
  readonly serverName?: string | undefined;
  readonly client?: ClientCertificate | undefined;
}

export interface OpenLine extends Line {
  /** Finishes the calls in flight, and closes the connections. */
  close(): void;
}

/** Opens the connections to the host of a URL, as many as the adapter allows. Each connection is checked by the guard. */
export function lineTo(destination: Destination, limits: AdapterLimits, guard: OutboundGuard): OpenLine {
  const { origin } = outboundUrl(destination.url);
  const options = {
    // Our own timer limits the whole call, because the timers of undici are too coarse.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4000,
    keepAliveMaxTimeout: 60_000,
    connect: guardedConnector(destination, limits.connectTimeoutMs, guard),
  };
  const pool = new Pool(origin, { ...options, connections: limits.maxConcurrency });
  return {
    dispatcher: pool,
    connectOnce: () => new Client(origin, options),
    timeoutMs: limits.timeoutMs,
    limitBytes: limits.maxResponseBytes,
    close: () => void pool.close(),
  };
}

function guardedConnector({ url, ca, serverName, client }: Destination, timeout: number, guard: OutboundGuard): buildConnector.connector {
  const { port } = targetOfUrl(url);
  const connect = buildConnector({
    timeout,
    lookup: guard.lookup(port),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...client,
  });
  const connectKeepingAlerts: buildConnector.connector = (given, done) =>
    connect(given, (...result) => {
      const [, socket] = result;
      // An alert of TLS comes with the end of the connection, which would otherwise be reported in its place.
      socket?.prependOnceListener('error', (error: Error) => void socket.destroy(error));
      done(...result);
    });
  return guardConnector(guard, port, connectKeepingAlerts);
}
