/** How nodes get at the files of their adapter: by a connection from its pool, or by the local folder. */
import { createHash } from 'node:crypto';
import type { NodeContext } from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { namingPeer, peerOf } from '../shared/at-peer.ts';
import { isLoopback } from '../shared/is-loopback.ts';
import { Pools, type Pool } from '../shared/pool.ts';
import { readSettings } from '../shared/read-settings.ts';
import { FileSettings } from './stores/settings.ts';
import { busy, missing, noAnswer, stopped } from './stores/errors.ts';
import type { FileStore, StoreKind, StoreTarget } from './stores/store.ts';
import { STORES } from './stores/stores.ts';

/** What is needed of the context of an action, a trigger or a connection test. */
export type FileContext = Pick<NodeContext<unknown>, 'adapter' | 'outbound' | 'files' | 'clock' | 'signal' | 'secret'>;

/** For work that a stop waits for. A server that says nothing for the call time-out still ends it. */
export const NEVER_STOPPED: AbortSignal = new AbortController().signal;

const pools = new Pools<FileStore>();

/**
 * Runs the work with a connection of the adapter's pool. When `ctx.signal` aborts, the connection is dropped, and the
 * work fails with FILE_NO_ANSWER. Rejects with the errors of `StoreKind.open` and `FileStore`, with
 * ADAPTER_SETTINGS_WRONG or FILE_TLS_REQUIRED (input), FILE_BUSY or FILE_STOPPED (transient). `path` is the path as
 * configured: FILE_MISSING names it with its placeholders, because a name of a file may be that of a person.
 */
export async function useStore<T>(ctx: FileContext, work: (store: FileStore) => Promise<T>, path = ''): Promise<T> {
  const target = await targetOf(ctx);
  const { settings, credential, timeoutMs, clock } = target;
  const key = createHash('sha256')
    .update(JSON.stringify([settings, credential, timeoutMs]))
    .digest('base64');
  const limits = { connections: settings.connections!, idleCloseMs: settings.idleCloseMs!, waitMs: timeoutMs };
  const pool = pools.of(ctx.adapter!.adapterId, key, { ...limits, clock, busy, stopped });
  return namingServer(settings, () => withStore(ctx, pool, target, (store) => work(store).catch(namingPath(path))));
}

/** Names the path in FILE_MISSING. */
function namingPath(path: string): (error: unknown) => never {
  return (error) => {
    if (path === '' || !(error instanceof AppError) || error.code !== 'FILE_MISSING') throw error;
    throw missing(error, path);
  };
}

async function withStore<T>(
  ctx: FileContext,
  pool: Pool<FileStore>,
  target: StoreTarget,
  work: (store: FileStore) => Promise<T>,
): Promise<T> {
  const store = await pool.acquire(() => STORES[target.settings.kind].open(target), ctx.signal);
  const onAbort = () => store.close();
  ctx.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (ctx.signal.aborted) throw stopped();
    return await work(store);
  } catch (error) {
    throw ctx.signal.aborted && !(error instanceof AppError && error.kind === 'input') ? noAnswer('stopped', error) : error;
  } finally {
    ctx.signal.removeEventListener('abort', onAbort);
    pool.release(store);
  }
}

/** Opens a connection that is not in the pool, for the connection test. The caller closes it. */
export async function openStore(ctx: FileContext): Promise<FileStore> {
  const target = await targetOf(ctx);
  return namingServer(target.settings, () => STORES[target.settings.kind].open(target));
}

/** Runs the work; its errors name the server. A folder is not named. */
function namingServer<T>(settings: FileSettings, work: () => Promise<T>): Promise<T> {
  const { host } = settings;
  return host === undefined ? work() : namingPeer(peerOf('FILE', { host, port: portOf(settings) }), work);
}

/** Returns the port of the server; undefined for a local folder. */
export function portOf(settings: FileSettings): number | undefined {
  const kind: StoreKind = STORES[settings.kind];
  return settings.port ?? kind.port?.(settings);
}

async function targetOf(ctx: FileContext): Promise<StoreTarget> {
  const { outbound, files, clock, signal, adapter } = ctx;
  const settings = readSettings(adapter!, FileSettings);
  const { connectTimeoutMs, timeoutMs } = adapter!.limits;
  const target = { settings, credential: '', connectTimeoutMs, timeoutMs, clock, outbound, files, signal };
  const demand = (field: 'folder' | 'host' | 'user' | 'hostKeys') => settings[field] ?? absent(ctx, field);
  if (settings.kind === 'local') {
    demand('folder');
    return target;
  }
  if (settings.kind === 'server') return target;
  const host = String(demand('host'));
  demand('user');
  if (settings.kind === 'sftp') demand('hostKeys');
  else if (settings.tls === undefined && !isLoopback(host) && settings.allowPlain !== true) {
    throw new AppError('FILE_TLS_REQUIRED', 'input', 'This adapter would send password and patient data unencrypted.', {
      fix: 'Set tls in its settings, or use SFTP; or allowPlain, if the server supports neither and is in the same protected network.',
    });
  }
  return { ...target, credential: await ctx.secret() };
}

function absent({ adapter }: FileContext, field: string): never {
  const { adapterId } = adapter!;
  throw new AppError('ADAPTER_SETTINGS_WRONG', 'input', `The settings of adapter ${adapterId} are wrong: ${field} is missing.`, {
    values: { problem: 'absent', adapter: adapterId, field },
    fix: 'Fill it in.',
  });
}
