/** From the global options to a logged-in client of the admin API. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { createApiClient, type ApiClient } from './api-client.ts';
import type { Terminal } from './terminal.ts';
import { findTokenFile } from './token-file.ts';

export interface ConnectOptions {
  readonly data?: string;
  readonly address?: string;
  readonly ca?: string;
}

export const DEFAULT_ADDRESS = 'http://127.0.0.1:7080';

/** Runs `work` with a client and closes it, however it ends. */
export async function withApi<T>(command: Command, terminal: Terminal, work: (api: ApiClient) => Promise<T>): Promise<T> {
  const options = command.optsWithGlobals<ConnectOptions>();
  const found = await findTokenFile(options.data);
  const ca = options.ca === undefined ? found?.ca : await readFile(options.ca, 'utf8');
  const address = (options.address ?? found?.address ?? DEFAULT_ADDRESS).replace(/\/$/, '');
  // A token goes only where it came from.
  const token = found !== undefined && new URL(found.address).origin === new URL(address).origin ? { token: found.token } : {};
  const api = createApiClient({ address, ...token, ...(ca === undefined ? {} : { ca }) }, terminal.signal);
  try {
    return await work(api);
  } finally {
    await api.close().catch(() => {});
  }
}
