import type { FileSettings } from './settings.ts';

export const SFTP_PORT = 22;

export function ftpPort({ tls }: FileSettings): number {
  return tls?.mode === 'implicit' ? 990 : 21;
}
