/** Turns the global options into a logged-in client of the admin API. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ApiClient } from './api-client.ts';
import { readInput } from './read-input.ts';
import type { Terminal } from './terminal.ts';
import { DEFAULT_DATA_FOLDER, findTokenFile } from './token-file.ts';

export interface ConnectOptions {
  readonly data?: string;
  readonly address?: string;
  readonly ca?: string;
  readonly tokenFile?: string;
}

export const DEFAULT_ADDRESS = 'http://127.0.0.1:8440';

/** Runs `work` with a client and always closes it. */
export async function withApi<T>(command: Command, terminal: Terminal, work: (api: ApiClient) => Promise<T>): Promise<T> {
  const options = command.optsWithGlobals<ConnectOptions>();
  const found = await findTokenFile(options.data);
  const ca = options.ca === undefined ? (found?.ca ?? (await readCa(options))) : await readCa(options);
  const address = (options.address ?? found?.address ?? DEFAULT_ADDRESS).replace(/\/$/, '');
  // Send a token only to the server that issued it.
  const isItsOrigin = found !== undefined && new URL(found.address).origin === new URL(address).origin;
  const given = options.tokenFile === undefined ? undefined : (await readInput(options.tokenFile)).trim();
  const token = given !== undefined ? { token: given } : isItsOrigin ? { token: found.token } : {};
  const { createApiClient } = await import('./api-client.ts');
  const api = createApiClient({ address, ...token, ...(ca === undefined ? {} : { ca }) }, terminal.signal);
  try {
    return await work(api);
  } finally {
    await api.close().catch(() => {});
  }
}

/**
 * Returns the file of the certificate authority to trust: the given file, or else the one that `kangqiao start` created
 * in the data folder. Undefined means that the authorities of the system are trusted.
 */
export function findCaFile({ ca, data }: ConnectOptions): string | undefined {
  const made = join(data ?? DEFAULT_DATA_FOLDER, 'tls', 'ca.crt');
  return ca ?? (existsSync(made) ? made : undefined);
}

export async function readCa(options: ConnectOptions): Promise<string | undefined> {
  const file = findCaFile(options);
  return file === undefined ? undefined : readInput(file);
}
