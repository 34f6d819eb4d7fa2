/** The HTTP server of Python, which demands a login and keeps what it gets, on a free port of 127.0.0.1. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isListening } from './is-listening.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const script = fileURLToPath(new URL('python-http/server.py', import.meta.url));

/** Why it cannot be had here, or undefined when it is there. */
export function preparePythonHttp(): string | undefined {
  return spawnSync('python3', ['--version']).error ? 'python3 is not installed' : undefined;
}

export interface PythonHttp extends ServerProcess {
  /** What `POST` and `PUT` brought so far, also before a restart. */
  received(): string;
}

export async function startPythonHttp(): Promise<PythonHttp> {
  const folder = mkdtempSync(join(tmpdir(), 'kq-http-'));
  const file = join(folder, 'received');
  const server = await startProcess({
    name: 'http.server',
    scheme: 'http',
    cwd: folder,
    command: (port) => ['python3', script, String(port), file],
    isReady: isListening,
  });
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    received: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
