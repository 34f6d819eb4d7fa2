import type { Command } from 'commander';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { ApiClient } from './api-client.ts';
import { ApiError, ConnectionError } from './api-errors.ts';
import { withApi } from './connect.ts';
import { logIn } from './log-in.ts';
import type { Terminal } from './terminal.ts';

export interface Ways<T> {
  readonly isOffline: boolean;
  /** The account that acts in the running process; absent: the account of the stored token. */
  readonly name?: string | undefined;
  /** Called if a process has the store open. `api` uses a session of the user. */
  running(api: ApiClient): Promise<T>;
  /**
   * Called if no process responds. Rejects with STORE_LOCKED or STORE_IN_USE (input) if a process has the store open
   * although it did not respond.
   */
  offline(): Promise<T>;
}

const DEFAULT_NAME = 'admin';

/**
 * Calls `running` with the user's password if a process responds. Otherwise, or if `isOffline` is set, calls `offline`,
 * which opens the store in this process.
 */
export async function runningOrOffline<T>(command: Command, terminal: Terminal, ways: Ways<T>): Promise<T> {
  if (!ways.isOffline) {
    let hasBegun = false;
    try {
      return await withApi(command, terminal, async (api) => {
        const known = await accountOf(api);
        hasBegun = true;
        return withPassword(api, terminal, ways.name ?? known ?? DEFAULT_NAME, ways.running);
      });
    } catch (error) {
      if (hasBegun || !(error instanceof ConnectionError)) throw error;
      terminal.tell('No running process answers; doing it in this one. 没有运行中的进程应答，由本命令直接执行。');
    }
  }
  try {
    return await ways.offline();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'STORE_LOCKED') throw error;
    throw new AppError('STORE_LOCKED', 'input', error.message, {
      values: error.values,
      fix: 'A process has it open: give its --data folder or its --address, so that it can be asked, or stop it.',
    });
  }
}

/** Returns the account of the stored token; undefined without a valid token. */
export async function accountOf(api: ApiClient): Promise<string | undefined> {
  try {
    return ((await api.call('GET', '/me')) as { readonly name: string }).name;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}

/** Logs the user in and calls `act` with this session, because a token cannot run dangerous actions. */
export async function withPassword<T>(api: ApiClient, terminal: Terminal, name: string, act: (api: ApiClient) => Promise<T>): Promise<T> {
  const { client } = await logIn(terminal, api, name);
  try {
    return await act(client);
  } finally {
    // Ignore a failed logout: after a move the process may be restarting on the other store.
    await client.call('POST', '/logout').catch(() => {});
    await client.close();
  }
}
