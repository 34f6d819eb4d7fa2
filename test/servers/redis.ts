/** A real Redis on a free port of 127.0.0.1: nothing on disk, noeviction, as production has it but for persistence. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { startProcess, type ServerProcess } from './start-process.ts';

/** Why Redis cannot be had here, or undefined when it is there. */
export function prepareRedis(): string | undefined {
  return spawnSync('redis-server', ['--version']).error ? 'redis-server is not installed (npm run servers)' : undefined;
}

/** `restart` brings it back empty, unless it was given another `save` or `appendonly`. */
export interface RedisServer extends ServerProcess {
  /** One command on its own connection, as redis-cli would send it; returns the first bytes of the reply. */
  command(...words: readonly string[]): Promise<string>;
}

export interface RedisServerOptions {
  readonly port?: number;
  /** Default: the one on the path. */
  readonly program?: string;
  /** Scratch folder; default: one of its own, removed at `stop`. */
  readonly folder?: string;
  /** More options of redis-server, for example `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
  /** PEM of a certificate and its key: the server then speaks TLS, and nothing else. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startRedis({
  folder,
  args = [],
  tls,
  program = 'redis-server',
  ...options
}: RedisServerOptions = {}): Promise<RedisServer> {
  const scratch = folder ?? mkdtempSync(join(tmpdir(), 'kq-redis-'));
  const fixed = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', scratch, '--maxmemory-policy', 'noeviction'];
  const server = await startProcess({
    name: 'redis-server',
    command: (port) => {
      // Its own folder went with the last stop.
      mkdirSync(scratch, { recursive: true });
      return [program, ...portArgs(port, scratch, tls), ...fixed, '--loglevel', 'warning', ...args];
    },
    scheme: tls ? 'rediss' : 'redis',
    cwd: '/',
    isReady: async (port) => /^[+-](PONG|NOAUTH)/.test(await sendCommand(port, ['PING'], tls !== undefined)),
    ...options,
  });
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    command: (...words) => sendCommand(server.port, words, tls !== undefined),
    async stop() {
      await server.stop();
      if (folder === undefined) rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function portArgs(port: number, scratch: string, tls: RedisServerOptions['tls']): readonly string[] {
  if (tls === undefined) return ['--port', String(port)];
  const [cert, key] = [join(scratch, 'server.crt'), join(scratch, 'server.key')];
  writeFileSync(cert, tls.cert);
  writeFileSync(key, tls.key, { mode: 0o600 });
  return ['--port', '0', '--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-auth-clients', 'no'];
}

function sendCommand(port: number, words: readonly string[], isEncrypted: boolean): Promise<string> {
  const text = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
  return new Promise((resolve, reject) => {
    const isUp = () => void socket.write(text);
    // Whose certificate it is, is the product's concern.
    const socket = isEncrypted
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, isUp)
      : connect(port, '127.0.0.1', isUp);
    socket.setTimeout(5000, () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
}
