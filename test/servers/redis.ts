/** A real Redis on a free port of 127.0.0.1: nothing on disk, noeviction, as production has it but for persistence. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithUs } from './end-with-us.ts';
import { freePort } from './free-port.ts';

const READY_MS = 10_000;

/** Why Redis cannot be had here, or undefined when it is there. */
export function prepareRedis(): string | undefined {
  return spawnSync('redis-server', ['--version']).error ? 'redis-server is not installed (npm run servers)' : undefined;
}

export interface RedisServer {
  /** `redis://127.0.0.1:<port>` */
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** One command by a connection of its own, as redis-cli would send it; answers the first bytes of the reply. */
  command(...words: readonly string[]): Promise<string>;
  /** As an orderly shutdown; the port stays its own. */
  stop(): Promise<void>;
  /** As a crash: SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port, after stopping it where it runs. Empty, unless it was given another `save` or `appendonly`. */
  restart(): Promise<void>;
}

export interface RedisServerOptions {
  readonly port?: number;
  /** Scratch folder; default: one of its own, removed at `stop`. */
  readonly folder?: string;
  /** More options of redis-server, for example `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
}

export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'kq-redis-'));
  let child = await launch(port, folder, options.args ?? []);
  return {
    address: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid!;
    },
    command: (...words) => sendCommand(port, words),
    async stop() {
      await end(child, 'SIGTERM');
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
    kill: () => end(child, 'SIGKILL'),
    async restart() {
      await end(child, 'SIGTERM');
      child = await launch(port, folder, options.args ?? []);
    },
  };
}

async function launch(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  mkdirSync(folder, { recursive: true });
  const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', [...fixed, '--maxmemory-policy', 'noeviction', '--loglevel', 'warning', ...args], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  });
  endWithUs(child);
  for (const end = Date.now() + READY_MS; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    if (/^[+-](PONG|NOAUTH)/.test(await sendCommand(port, ['PING']).catch(() => ''))) return child;
  }
  child.kill('SIGKILL');
  throw new Error('redis-server did not get ready in time');
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

function sendCommand(port: number, words: readonly string[]): Promise<string> {
  const text = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
}
