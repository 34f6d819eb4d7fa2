/** A MariaDB of this machine's package, in a folder of its own: started, stopped, killed and started again by tests. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const READY_MS = 30_000;

export interface MariadbOptions {
  /** Of the user `kq`, who owns the database `kq`. */
  readonly password: string;
  /** PEM of a certificate and its key: the server then speaks TLS too. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Further options of the server, without the dashes. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface MariadbServer {
  readonly port: number;
  readonly pid: number;
  /** Ends it in good order, and removes its folder. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** After `kill`, or in good order: starts again on the same port and folder. */
  restart(): Promise<void>;
}

/** Why MariaDB cannot be had here, or undefined when it is there. */
export function prepareMariadb(): string | undefined {
  if (find('mariadbd') === undefined || find('mariadb-install-db') === undefined) return 'MariaDB is not installed';
  if (process.getuid?.() === 0 && serverUser() === undefined) return 'MariaDB refuses to run as root, and there is no user "mysql"';
  return undefined;
}

export async function startMariadb({ password, tls, settings = {} }: MariadbOptions): Promise<MariadbServer> {
  const user = serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'kq-mariadb-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    if (user) chownSync(join(folder, name), user.uid, user.gid);
    return join(folder, name);
  };
  if (user) chownSync(folder, user.uid, user.gid);
  await mkdir(data);
  if (user) chownSync(data, user.uid, user.gid);
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
  // Each server that starts removes the temporary tables of others in the folder for temporary files.
  await run(find('mariadb-install-db')!, install, { ...user, cwd: folder, env: { ...process.env, TMPDIR: folder } });
  const accounts = [
    'CREATE DATABASE IF NOT EXISTS kq;',
    `CREATE USER IF NOT EXISTS kq@'%' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON kq.* TO kq@'%';",
  ];
  const options: Readonly<Record<string, string>> = {
    ...{
      datadir: data,
      tmpdir: folder,
      port: String(port),
      'bind-address': '127.0.0.1',
      socket: join(folder, 'socket'),
      'pid-file': join(folder, 'pid'),
    },
    ...{ 'init-file': await write('accounts.sql', `${accounts.join('\n')}\n`), 'innodb-flush-log-at-trx-commit': '0' },
    ...(tls === undefined ? {} : { 'ssl-cert': await write('cert.pem', tls.cert), 'ssl-key': await write('key.pem', tls.key) }),
    ...settings,
  };
  let child = await start();

  async function start(): Promise<ChildProcess> {
    const args = ['--no-defaults', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)];
    const started = spawn(find('mariadbd')!, args, { ...user, cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    endWithUs(started);
    let log = '';
    started.stderr!.setEncoding('utf8').on('data', (text: string) => void (log = (log + text).slice(-4000)));
    await ready(port, password, started, () => log);
    return started;
  }

  async function end(signal: NodeJS.Signals) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill(signal);
    await ended;
  }

  return {
    port,
    get pid() {
      return child.pid!;
    },
    async stop() {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM');
      child = await start();
    },
  };
}

async function ready(port: number, password: string, child: ChildProcess, log: () => string): Promise<void> {
  const endAt = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`MariaDB ended before it was ready: ${log()}`);
    try {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'kq', database: 'kq', password });
      await connection.end();
      return;
    } catch (cause) {
      if (Date.now() > endAt) throw new Error(`MariaDB was not ready in time: ${log()}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Debian has the server in /usr/sbin, which is not on everybody's path. */
function find(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** MariaDB refuses to run as root: there its own user runs it. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
