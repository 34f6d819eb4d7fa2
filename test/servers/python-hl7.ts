/** python-hl7 sends, hl7apy judges: a second foreign peer, in a virtual environment of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('python-hl7/peer.py', import.meta.url));
const cache = fileURLToPath(new URL('../../node_modules/.cache/servers/python-hl7', import.meta.url));
const PACKAGES = ['hl7==0.4.5', 'hl7apy==1.3.5'];

/** Why the peer cannot be had here, or undefined when it is there. */
export function preparePythonPeer(): string | undefined {
  if (existsSync(`${cache}/ready`)) return undefined;
  if (spawnSync('python3', ['--version']).error) return 'python3 is not installed';
  rmSync(cache, { recursive: true, force: true });
  const made = spawnSync('python3', ['-m', 'venv', cache], { timeout: 60_000, encoding: 'utf8' });
  if (made.status !== 0) return `python3 cannot make a virtual environment: ${made.stdout.slice(-300)}`;
  const installed = spawnSync(`${cache}/bin/pip`, ['install', '-q', '--disable-pip-version-check', ...PACKAGES], {
    timeout: 120_000,
    encoding: 'utf8',
  });
  if (installed.status !== 0) return `pip could not fetch ${PACKAGES.join(' and ')}: ${installed.stderr.slice(-300)}`;
  writeFileSync(`${cache}/ready`, '');
  return undefined;
}

/** Sends one admission by python-hl7 in a charset and prints what it got; answers exit code and output. */
export function runPythonPeer(port: number, charset: string): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(`${cache}/bin/python`, [script, String(port), charset], { timeout: 30_000, env: { PYTHONIOENCODING: 'utf-8' } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}
