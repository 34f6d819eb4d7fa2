/** python-hl7 sends, hl7apy validates: a second foreign peer, in its own virtual environment. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { preparePythonPackages, pythonOf } from './python-packages.ts';

const script = fileURLToPath(new URL('python-hl7/peer.py', import.meta.url));

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
