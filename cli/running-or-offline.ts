import type { Command } from 'commander';
import { AppError } from '../engine/contract/errors.ts';
import { ConnectionError, type ApiClient } from './api-client.ts';
import { withApi } from './connect.ts';
import type { Terminal } from './terminal.ts';

export interface Ways<T> {
  readonly isOffline: boolean;
  /** By the process that has the store open. */
  running(api: ApiClient): Promise<T>;
  /** In this process; refused with STORE_LOCKED or STORE_IN_USE while another has the store open. */
  offline(): Promise<T>;
}

/** Asks the running process; where none answers, nobody has the store open, and this process may. */
export async function runningOrOffline<T>(command: Command, terminal: Terminal, ways: Ways<T>): Promise<T> {
  if (!ways.isOffline) {
    let hasBegun = false;
    try {
      return await withApi(command, terminal, async (api) => {
        await api.call('GET', '/me');
        hasBegun = true;
        return ways.running(api);
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
      fix: 'A process has it open: name its --data folder or its --address, so that it can be asked, or stop it.',
    });
  }
}
