/** aiosmtpd, a mail server with TLS that forwards nothing; in its own virtual environment. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './free-port.ts';
import { isListening } from './is-listening.ts';
import { preparePythonPackages, pythonOf } from './python-packages.ts';

const script = fileURLToPath(new URL('aiosmtpd/server.py', import.meta.url));
const READY_MS = 20_000;

export interface KeptMail {
  readonly from: string;
  readonly to: readonly string[];
  /** `user:password`; the right password is "right". */
  readonly login: string;
  readonly isEncrypted: boolean;
  readonly data: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly KeptMail[];
  stop(): Promise<void>;
}

/** Why it cannot be had here, or undefined when it is there. */
export function prepareAiosmtpd(): string | undefined {
  return preparePythonPackages('aiosmtpd', ['aiosmtpd==1.4.6']);
}

/** Takes mail after a login over TLS alone. */
export async function startAiosmtpd(
  security: 'tls' | 'starttls',
  tls: { readonly cert: string; readonly key: string },
): Promise<MailServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kq-mail-'));
  const [cert, key, port] = [join(folder, 'server.crt'), join(folder, 'server.key'), await freePort()];
  await Promise.all([writeFile(cert, tls.cert), writeFile(key, tls.key, { mode: 0o600 })]);
  const child = spawn(pythonOf('aiosmtpd'), [script, String(port), security, cert, key], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(child);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const mails: KeptMail[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => void mails.push(JSON.parse(line) as KeptMail));
  for (const end = Date.now() + READY_MS; !(await isListening(port));) {
    if (child.exitCode !== null || Date.now() > end) throw new Error('aiosmtpd was not ready in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    mails,
    async stop() {
      child.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
