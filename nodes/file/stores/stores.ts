/** The kinds of places that an adapter can choose. Client libraries are loaded when they are first used. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { ftpPort, SFTP_PORT } from './ports.ts';
import type { StoreKind } from './store.ts';

export const STORES = {
  local: { open: async (target) => (await import('./local.ts')).open(target) },
  ftp: {
    port: ftpPort,
    open: async (target) => (await import('./ftp.ts')).open(target),
  },
  sftp: { port: () => SFTP_PORT, open: async (target) => (await import('./sftp.ts')).open(target) },
  // The other direction: see receive.node.ts.
  server: {
    open: () =>
      Promise.reject(
        new AppError('FILE_ADAPTER_KIND', 'input', 'This adapter receives by FTP; it has no files to read or write.', {
          fix: 'Choose an adapter for a folder, an FTP or an SFTP server.',
        }),
      ),
  },
} as const satisfies Readonly<Record<string, StoreKind>>;
