/** python-hl7 sends or receives, hl7apy validates: a second foreign peer, in its own virtual environment. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isListening } from './is-listening.ts';
import { preparePythonPackages, pythonOf } from './python-packages.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

const script = fileURLToPath(new URL('python-hl7/peer.py', import.meta.url));
const server = fileURLToPath(new URL('python-hl7/server.py', import.meta.url));

/** Why the peer cannot be had here, or undefined when it is there. */
export function preparePythonPeer(): string | undefined {
  return preparePythonPackages('python-hl7', ['hl7==0.4.5', 'hl7apy==1.3.5']);
}

/** Sends one admission by python-hl7 in a charset and prints what it got; answers exit code and output. */
export function runPythonPeer(port: number, charset: string): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(pythonOf('python-hl7'), [script, String(port), charset], { timeout: 120_000, env: { PYTHONIOENCODING: 'utf-8' } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}

export interface PythonHospital extends ServerProcess {
  /** The messages that it has acknowledged, each in a line; also those before a restart. */
  received(): string;
}

/** Acknowledges what it receives, on a free port of 127.0.0.1. */
export async function startPythonHospital(): Promise<PythonHospital> {
  const folder = mkdtempSync(join(tmpdir(), 'kq-hl7-'));
  const file = join(folder, 'received');
  const running = await startProcess({
    name: 'python-hl7',
    scheme: 'mllp',
    cwd: folder,
    command: (port) => [pythonOf('python-hl7'), server, String(port), file],
    isReady: isListening,
  });
  return {
    ...running,
    get pid() {
      return running.pid;
    },
    received: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
