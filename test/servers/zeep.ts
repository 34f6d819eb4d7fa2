/** A foreign SOAP client: zeep (Python), in its own virtual environment. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { preparePythonPackages, pythonOf } from './python-packages.ts';

const script = fileURLToPath(new URL('zeep/client.py', import.meta.url));
const MOST_MS = 120_000;

/** Why zeep cannot be had here, or undefined when it is there. */
export function prepareZeep(): string | undefined {
  return preparePythonPackages('zeep', ['zeep==4.3.3']);
}

/** Runs one command of `zeep/client.py`; returns what it prints as JSON. */
export function runZeep(...command: readonly string[]): Promise<unknown> {
  const child = spawn(pythonOf('zeep'), [script, ...command], { timeout: MOST_MS, env: { PYTHONIOENCODING: 'utf-8' } });
  let output = '';
  let problems = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (problems += text));
  return new Promise((resolve, reject) =>
    child.once('close', (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`zeep ended with ${code}: ${problems}`)))),
  );
}
