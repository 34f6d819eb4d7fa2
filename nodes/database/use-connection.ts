/** How nodes get a connection: from the pool of their adapter, with time limit and cancel. */
import { createHash } from 'node:crypto';
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { namingPeer, peerOf } from '../shared/at-peer.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { Pools, type Pool } from '../shared/pool.ts';
import { readSettings } from '../shared/read-settings.ts';
import type { Connection, Target } from './drivers/driver.ts';
import { ENGINES, type EngineName } from './engines.ts';
import { noAnswer, stopped } from './drivers/errors.ts';
import { DatabaseSettings } from './settings.ts';
import type { SqlSyntax } from './sql/syntax.ts';
import { WRITE_DIALECTS, type WriteDialect } from './statements/write-dialects.ts';

/** The server ends a statement at its time limit. Only if it has not done so after this time, the connection is dropped. */
const GRACE_MS = 1000;

/** What a connection needs of the context of an action, a trigger or a connection test. */
export type DatabaseContext = Pick<NodeContext<unknown>, 'adapter' | 'outbound' | 'files' | 'clock' | 'signal' | 'secret'>;

/** For work that a stop waits for. The call time-out of the adapter still ends it. */
export const NEVER_STOPPED: AbortSignal = new AbortController().signal;

export interface Database {
  readonly connection: Connection;
  readonly syntax: SqlSyntax;
  readonly dialect: WriteDialect;
  readonly engine: EngineName;
}

/**
 * Runs the work with a connection of the adapter's pool, within the adapter's call time-out. When the time is over or
 * `ctx.signal` aborts, the connection is dropped, and the work fails with DATABASE_NO_ANSWER. Rejects with the errors of
 * `Driver.open` and `Connection`, with ADAPTER_SETTINGS_WRONG or DATABASE_TLS_REQUIRED (input), DATABASE_BUSY or
 * DATABASE_STOPPED (transient).
 */
export async function useConnection<T>(ctx: DatabaseContext, work: (database: Database) => Promise<T>): Promise<T> {
  const settings = readSettings(ctx.adapter!, DatabaseSettings);
  const target = await targetOf(ctx, settings);
  return namingTarget(target, () => withConnection(ctx, settings, target, work));
}

async function withConnection<T>(
  ctx: DatabaseContext,
  settings: DatabaseSettings,
  target: Target,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { syntax, load } = ENGINES[settings.engine];
  const pool = poolOf(ctx, settings, target);
  const connection = await pool.acquire(async () => (await load()).open(target), ctx.signal);
  let ending: AppError | undefined;
  const end = (error: AppError) => {
    ending ??= error;
    connection.close();
  };
  const { timeoutMs } = target;
  const onAbort = () => end(noAnswer('stopped'));
  const cancelTimer = ctx.clock.after(timeoutMs + GRACE_MS, () => end(noAnswer(`no answer within ${timeoutMs} ms`)));
  ctx.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (ctx.signal.aborted) onAbort();
    return await work({ connection, syntax, dialect: WRITE_DIALECTS[settings.engine]!, engine: settings.engine });
  } catch (error) {
    // A stop while the database commits does not say whether it did.
    throw error instanceof AppError && error.kind === 'unknown-outcome' ? error : (ending ?? error);
  } finally {
    cancelTimer();
    ctx.signal.removeEventListener('abort', onAbort);
    pool.release(connection, connection.isInTransaction);
  }
}

/** Opens a connection that is not in the pool, for the connection test. The caller closes it. */
export async function openConnection(ctx: DatabaseContext): Promise<Connection> {
  const settings = readSettings(ctx.adapter!, DatabaseSettings);
  const target = await targetOf(ctx, settings);
  return namingTarget(target, async () => (await ENGINES[settings.engine].load()).open(target));
}

/** Runs the work; its errors name the server. A file is not named. */
function namingTarget<T>({ host, port }: Target, work: () => Promise<T>): Promise<T> {
  return host === '' ? work() : namingPeer(peerOf('DATABASE', { host, port }), work);
}

async function targetOf(ctx: DatabaseContext, settings: DatabaseSettings): Promise<Target> {
  const { outbound, signal, files, adapter } = ctx;
  const { connectTimeoutMs, timeoutMs } = adapter!.limits;
  const common = { connectTimeoutMs, timeoutMs, outbound, signal };
  const demand = (field: 'host' | 'database' | 'user' | 'file') => settings[field] ?? absent(ctx, field);
  const { port: usualPort } = ENGINES[settings.engine];
  if (usualPort === undefined) {
    return {
      ...common,
      file: await files.resolve(demand('file')),
      host: '',
      port: 0,
      database: '',
      user: '',
      password: '',
      tls: undefined,
    };
  }
  const { port = usualPort, tls, allowPlain } = settings;
  const host = demand('host');
  if (tls === undefined && !isLoopback(host) && allowPlain !== true) {
    throw new AppError('DATABASE_TLS_REQUIRED', 'input', 'This adapter would send patient data unencrypted.', {
      fix: 'Set tls in its settings; or allowPlain, if the database does not support TLS and is in the same protected network.',
    });
  }
  return { ...common, host, port, database: demand('database'), user: demand('user'), password: await ctx.secret(), tls };
}

function absent({ adapter }: DatabaseContext, field: string): never {
  const { adapterId } = adapter!;
  throw new AppError('ADAPTER_SETTINGS_WRONG', 'input', `The settings of adapter ${adapterId} are wrong: ${field} is missing.`, {
    values: { problem: 'absent', adapter: adapterId, field },
    fix: 'Fill it in.',
  });
}

const pools = new Pools<Connection>();

function poolOf({ adapter, clock }: DatabaseContext, settings: DatabaseSettings, { password, timeoutMs, file }: Target): Pool<Connection> {
  const key = createHash('sha256')
    .update(JSON.stringify([settings, timeoutMs, password, file]))
    .digest('base64');
  const { connections, idleCloseMs } = settings;
  const limits = { connections: connections!, idleCloseMs: idleCloseMs!, waitMs: timeoutMs };
  return pools.of(adapter!.adapterId, key, { ...limits, clock, busy, stopped });
}

function busy(): AppError {
  return new AppError('DATABASE_BUSY', 'transient', 'Too many steps are waiting for a connection to this database.', {
    fix: 'Wait, or raise connections of the adapter if the database allows it.',
  });
}
