import { buildConnector, Pool } from 'undici';
import { AppError } from '../../engine/contract/values/errors.ts';
import { guardConnector, targetOfUrl, type OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';

export type WarnRefused = (fields: Readonly<Record<string, string>>) => void;

/** One instance of a service: its connections, and the path that is put before the interface's path. */
export interface Instance {
  readonly origin: string;
  readonly host: string;
  readonly prefix: string;
  readonly pool: Pool;
}

export interface UpstreamPools {
  /** Returns the instance at an address. All interfaces with that target share its connections. */
  open(address: string): Instance;
  /** Gives instances back. The connections to an origin that nobody uses any more are closed when they are idle. */
  release(instances: readonly Instance[]): void;
  close(): Promise<void>;
}

const CONNECTIONS = 256;
const CONNECT_TIMEOUT_MS = 3000;
const BODY_IDLE_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Creates pools of keep-alive connections by origin. The caller sets the time-out of an attempt; the pool ends a body
 * that stalls.
 */
export function createPools(outbound: OutboundGuard, warnRefused: WarnRefused): UpstreamPools {
  const pools = new Map<string, { readonly pool: Pool; users: number }>();
  return {
    open(address) {
      const url = new URL(address);
      let opened = pools.get(url.origin);
      if (opened === undefined) {
        const pool = new Pool(url.origin, {
          connections: CONNECTIONS,
          pipelining: 1,
          connect: guardedConnector(url.origin, outbound, warnRefused),
          headersTimeout: 0,
          bodyTimeout: BODY_IDLE_MS,
          keepAliveTimeout: KEEP_ALIVE_MS,
          keepAliveMaxTimeout: KEEP_ALIVE_MS,
          maxHeaderSize: 16 * 1024,
        });
        pools.set(url.origin, (opened = { pool, users: 0 }));
      }
      opened.users++;
      const { pool } = opened;
      return { origin: url.origin, host: url.host, prefix: url.pathname === '/' ? '' : url.pathname.replace(/\/$/, ''), pool };
    },
    release(instances) {
      for (const { origin, pool } of instances) {
        const opened = pools.get(origin);
        if (opened === undefined || --opened.users > 0) continue;
        pools.delete(origin);
        void pool.close();
      }
    },
    async close() {
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()));
      pools.clear();
    },
  };
}

/** Creates a connector that checks the target. Callers only see GW50201; the log says what was refused. */
export function guardedConnector(origin: string, outbound: OutboundGuard, warnRefused: WarnRefused): buildConnector.connector {
  const { port } = targetOfUrl(origin);
  const connect = guardConnector(outbound, port, buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: outbound.lookup(port) }));
  return (options, done) =>
    connect(options, (...result) => {
      if (result[0] instanceof AppError) warnRefused({ code: result[0].code, problem: result[0].message });
      done(...result);
    });
}
