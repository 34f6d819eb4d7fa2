/** A PostgreSQL of this machine's package, in a folder of its own: started, stopped, killed and started again by tests and benches. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
const READY_MS = 30_000;

export interface PostgresOptions {
  /** Kept when it stops; by default one that goes with the server. */
  readonly folder?: string;
  readonly port?: number;
  /** Folder of the programs. Default: the newest of this machine. */
  readonly bin?: string;
  /** Flushes to the disk as in production. Default: false, since most tests crash nothing. */
  readonly isDurable?: boolean;
  /** The superuser `postgres` must give it. Default: none is asked for. */
  readonly password?: string;
  /** PEM of a certificate and its key: the server then speaks TLS too. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Further lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  /** Of the database `postgres`; each schema in it is a store of its own. */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it in good order, and removes the folder if it was created for it. */
  stop(): Promise<void>;
  /** kill -9 of all its processes. */
  kill(): Promise<void>;
  /** After `kill`, or in good order: starts again on the same port and folder. */
  restart(): Promise<void>;
  /** Ends it in good order and leaves the folder: `restart` brings it back. */
  pause(): Promise<void>;
}

/** Why PostgreSQL cannot be had here, or undefined when it is there. */
export function preparePostgres(): string | undefined {
  if (programFolder() === undefined) return 'PostgreSQL is not installed';
  if (process.getuid?.() === 0 && serverUser() === undefined) return 'PostgreSQL refuses to run as root, and there is no user "postgres"';
  return undefined;
}

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = options.bin ?? programFolder()!;
  const user = serverUser();
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'kq-postgres-')));
  const data = join(folder, 'data');
  const port = options.port ?? (await freePort());
  await mkdir(folder, { recursive: true });
  if (user) chownSync(folder, user.uid, user.gid);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(bin, folder, data, user, options);
  let child = await start();

  async function start(): Promise<ChildProcess> {
    const settings = { port: String(port), unix_socket_directories: folder, ...speedOf(options), ...options.settings };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // Its own process group, so that a kill ends all its processes together.
    const started = spawn(join(bin, 'postgres'), ['-D', data, ...args], { ...user, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    endWithUs(started);
    let log = '';
    started.stderr!.setEncoding('utf8').on('data', (text: string) => void (log = (log + text).slice(-4000)));
    await ready(port, options.password, started, () => log);
    return started;
  }

  async function end(signal: NodeJS.Signals, target: 'all' | 'leader') {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    process.kill(target === 'all' ? -child.pid! : child.pid!, signal);
    await ended;
  }

  return {
    address: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    get pid() {
      return child.pid!;
    },
    async stop() {
      await end('SIGINT', 'leader');
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL', 'all'),
    pause: () => end('SIGINT', 'leader'),
    async restart() {
      await end('SIGINT', 'leader');
      child = await start();
    },
  };
}

interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

async function initialise(bin: string, folder: string, data: string, user: ServerUser | undefined, options: PostgresOptions) {
  const secret = join(folder, 'password');
  if (options.password !== undefined) {
    await writeFile(secret, options.password, { mode: 0o600 });
    if (user) await chown(secret, user.uid, user.gid);
  }
  const access = options.password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', `--pwfile=${secret}`];
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', ...access], {
    ...user,
    cwd: folder,
  });
  if (!options.tls) return;
  for (const [name, text] of Object.entries({ 'server.crt': options.tls.cert, 'server.key': options.tls.key })) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    if (user) await chown(join(data, name), user.uid, user.gid);
  }
}

function speedOf({ isDurable, tls }: PostgresOptions): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    ...(isDurable ? {} : { fsync: 'off', full_page_writes: 'off' }),
    ...(tls ? { ssl: 'on' } : {}),
  };
}

async function ready(port: number, password: string | undefined, child: ChildProcess, log: () => string): Promise<void> {
  const endAt = Date.now() + READY_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended before it was ready: ${log()}`);
    const client = new Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', password: password ?? '' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (cause) {
      if (Date.now() > endAt) throw new Error(`PostgreSQL was not ready in time: ${log()}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** The newest of Debian's, else the one on the path. */
function programFolder(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter)];
  return places.find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')));
}

/** PostgreSQL refuses to run as root: there its own user runs it. */
function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}
