/** `kangqiao doctor`: looks whether this machine can run Kangqiao, and says what to do where it cannot. */
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { createApiClient } from '../api-client.ts';
import { DEFAULT_ADDRESS, type ConnectOptions } from '../connect.ts';
import type { Terminal } from '../terminal.ts';
import { findTokenFile } from '../token-file.ts';

interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** Only a hint: it does not fail the doctor. */
  readonly isHint?: boolean;
}

export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .summary('look whether this machine can run Kangqiao')
    .addHelpText('after', '\nExample:\n  $ kangqiao doctor --data /var/lib/kangqiao')
    .action(async function (this: Command) {
      const options = this.optsWithGlobals<ConnectOptions>();
      const findings = [
        runtime(),
        await sqlite(),
        cryptography(),
        await dataFolder(options.data ?? 'data'),
        ...(await control(terminal, options)),
      ];
      for (const { ok, isHint, what } of findings) terminal.print(`${ok ? '✓' : isHint === true ? '–' : '✗'} ${what}`);
      const wrong = findings.filter((finding) => !finding.ok && finding.isHint !== true).length;
      if (wrong > 0) throw new Error(`${wrong} problem(s) found.`);
    });
}

function runtime(): Finding {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return {
    ok,
    what: ok
      ? `Node ${process.versions.node}`
      : `Node ${process.versions.node} is too old: start by bin/kangqiao.mjs, which brings its own`,
  };
}

async function sqlite(): Promise<Finding> {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    new DatabaseSync(':memory:').close();
    return { ok: true, what: 'embedded store (node:sqlite)' };
  } catch {
    return { ok: false, what: 'node:sqlite is missing in this Node: use the one that comes with kangqiao' };
  }
}

function cryptography(): Finding {
  try {
    createSoftwareCrypto().selfTest();
    return { ok: true, what: 'SM2, SM3 and SM4 pass the official vectors' };
  } catch {
    return { ok: false, what: 'SM2, SM3 or SM4 fails its self-test: this OpenSSL is not usable' };
  }
}

async function dataFolder(folder: string): Promise<Finding> {
  const path = resolve(folder);
  try {
    await mkdir(dirname(path), { recursive: true });
    const existing = (await exists(path)) ? path : dirname(path);
    await access(existing, constants.W_OK);
    const { bavail, bsize } = await statfs(existing);
    const freeMb = Math.floor((bavail * bsize) / 1_048_576);
    return {
      ok: freeMb > 500,
      what: `data folder ${path}: writable, ${freeMb} MB free${freeMb > 500 ? '' : ', make room for at least 500 MB'}`,
    };
  } catch {
    return { ok: false, what: `data folder ${path} cannot be written: choose another with --data` };
  }
}

async function control(terminal: Terminal, options: ConnectOptions): Promise<readonly Finding[]> {
  const found = await findTokenFile(options.data);
  const address = options.address ?? found?.address ?? DEFAULT_ADDRESS;
  const api = createApiClient({ ...(found ?? {}), address }, AbortSignal.any([terminal.signal, AbortSignal.timeout(3000)]));
  try {
    const me = (await api.call('GET', '/me')) as { name: string };
    return [{ ok: true, what: `control at ${address}: logged in as ${me.name}` }];
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'ApiError') return [{ ok: false, isHint: true, what: `control at ${address} runs; log in with \`kangqiao login\`` }];
    return [{ ok: false, isHint: true, what: `control does not answer at ${address}: start it with \`kangqiao start\`` }];
  } finally {
    await api.close().catch(() => {});
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
