/** aiosmtpd, a mail server with TLS that forwards nothing; in its own virtual environment. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isListening } from './is-listening.ts';
import { preparePythonPackages, pythonOf } from './python-packages.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const script = fileURLToPath(new URL('aiosmtpd/server.py', import.meta.url));

export interface KeptMail {
  readonly from: string;
  readonly to: readonly string[];
  /** `user:password`; the right password is "right". */
  readonly login: string;
  readonly isEncrypted: boolean;
  readonly sizeBytes: number;
  /** At most the first megabyte. */
  readonly data: string;
}

export interface MailServer extends Pick<ServerProcess, 'port' | 'kill' | 'restart' | 'stop'> {
  readonly mails: readonly KeptMail[];
}

/** Why it cannot be had here, or undefined when it is there. */
export function prepareAiosmtpd(): string | undefined {
  return preparePythonPackages('aiosmtpd', ['aiosmtpd==1.4.6']);
}

/** Takes mail after a login; `none`: in plain text. */
export async function startAiosmtpd(
  security: 'tls' | 'starttls' | 'none',
  tls?: { readonly cert: string; readonly key: string },
): Promise<MailServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-mail-'));
  const [cert, key, kept] = [join(folder, 'server.crt'), join(folder, 'server.key'), join(folder, 'kept')];
  if (tls !== undefined) await Promise.all([writeFile(cert, tls.cert), writeFile(key, tls.key, { mode: 0o600 })]);
  const server = await startProcess({
    name: 'aiosmtpd',
    scheme: 'smtp',
    cwd: folder,
    command: (port) => [pythonOf('aiosmtpd'), script, String(port), security, cert, key, kept],
    isReady: isListening,
  });
  return {
    ...server,
    get mails() {
      const lines = existsSync(kept) ? readFileSync(kept, 'utf8').split('\n') : [];
      return lines.slice(0, -1).map((line) => JSON.parse(line) as KeptMail);
    },
    async stop() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
